/* xenstore.h: the store in this process: one connection, the guest's ring
 * [XEN io/xs_wire.h], and the back ends, who act as PV_DOMID_BACKEND.
 *
 * Requests are carried out when the guest rings. What it does not fetch waits;
 * with PV_STORE_OUT_SOFT bytes waiting no further request is looked at, and a
 * guest for whom PV_STORE_OUT_HARD bytes wait (watch events) loses its
 * connection, as does one that breaks the protocol. */
#ifndef PV_XENSTORE_H
#define PV_XENSTORE_H

#include "pv/domain.h"
#include "pv/xenstore_tree.h"

#define PV_STORE_WATCHES   128u
#define PV_STORE_TXNS      10u
#define PV_STORE_CHANGES   1024u /* in a transaction */
#define PV_STORE_LISTENERS 8u
#define PV_STORE_OUT_SOFT  (64u << 10)
#define PV_STORE_OUT_HARD  (1u << 20)

/* The guest's own part of the store. */
#define PV_STORE_HOME "/local/domain/1"

struct pv_store_watch {
    char *path; /* whole; NULL: free */
    char *token;
    bool relative; /* it was given that way: so are its events */
};

struct pv_store_change {
    char *path;
    bool removed;
};

struct pv_store_txn {
    uint32_t id;   /* 0: free */
    uint64_t base; /* gen of the store's tree when it began */
    struct pv_store_tree *tree;
    struct pv_store_change *change; /* [PV_STORE_CHANGES] */
    uint32_t nr_changes;
};

/* A back end's watch: fn is called after a change at or below path. */
struct pv_store_listener {
    const char *path;
    void (*fn)(void *opaque, const char *path);
    void *opaque;
};

struct pv_store {
    struct pv_domain *d;
    uint64_t mfn; /* of the ring, referenced as writable */
    uint32_t port;
    uint32_t error; /* XENSTORE_ERROR_*: the connection is dead */
    bool busy;      /* requests are being carried out */

    struct pv_store_tree *tree;
    uint64_t gen; /* last one given out */
    struct pv_store_watch watch[PV_STORE_WATCHES];
    struct pv_store_txn txn[PV_STORE_TXNS];
    uint32_t last_txn;
    struct pv_store_listener listener[PV_STORE_LISTENERS];
    unsigned nr_listeners;

    /* A request as far as it came. */
    uint8_t in[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    uint32_t in_len;
    /* Messages to the guest, [out_pos, out_len) still to be fetched. */
    uint8_t *out;
    uint32_t out_pos, out_len, out_cap;
};

/* ---- for back ends: as PV_DOMID_BACKEND, outside transactions ---- */

/* Text of a node (cut to size - 1 bytes); false: there is none. */
bool pv_store_get(struct pv_domain *d, const char *path, char *buf,
                  size_t size);
/* A number in decimal; false: none, or no such. */
bool pv_store_get_number(struct pv_domain *d, const char *path, uint64_t *v);
/* Write, printf-like; watches fire. */
enum status pv_store_put(struct pv_domain *d, const char *path, const char *fmt,
                         ...) PRINTF(3, 4);
/* Owner, what others may do, and what one of them may (nobody: UINT16_MAX). */
enum status pv_store_allow(struct pv_domain *d, const char *path,
                           uint16_t owner, uint8_t others, uint16_t domid,
                           uint8_t perms);
/* false: there are too many. Not part of snapshots: made at creation. */
bool pv_store_listen(struct pv_domain *d, const char *path,
                     void (*fn)(void *opaque, const char *path), void *opaque);

/* ---- xenstore_watch.c ---- */

/* The node at path (or what is now no more) changed: tell who watches. */
void pv_store_fire(struct pv_store *x, const char *path, bool removed);
/* EEXIST, ENOSPC, ENOMEM or 0. `given`: as the guest wrote it. */
int pv_store_watch_add(struct pv_store *x, const char *path, const char *given,
                       const char *token);
/* The event that a new watch begins with. */
void pv_store_watch_first(struct pv_store *x, const char *path,
                          const char *token);
int pv_store_watch_remove(struct pv_store *x, const char *path,
                          const char *token);
void pv_store_watch_reset(struct pv_store *x);
void pv_store_watch_snapshot(struct pv_store *x, struct snap *s);

/* ---- xenstore_txn.c ---- */

struct pv_store_txn *pv_store_txn_find(struct pv_store *x, uint32_t id);
/* ENOSPC, ENOMEM or 0. */
int pv_store_txn_start(struct pv_store *x, uint32_t *id);
/* EAGAIN: something else changed; the transaction is over in any case. */
int pv_store_txn_end(struct pv_store *x, struct pv_store_txn *t, bool commit);
void pv_store_txn_reset(struct pv_store *x);
/* Before a change in t (NULL: in the store itself): 0, or ENOSPC. After it:
 * generations, the list for the commit, watches. n NULL: it is gone. */
int pv_store_txn_room(const struct pv_store_txn *t);
void pv_store_changed(struct pv_store *x, struct pv_store_txn *t,
                      struct pv_store_node *n, const char *path, bool removed);
void pv_store_txn_snapshot(struct pv_store *x, struct snap *s);

/* ---- xenstore_ops.c ---- */

/* Carry out the request in x->in, which is whole, and send its answer. */
void pv_store_request(struct pv_store *x);

/* ---- xenstore_ring.c ---- */

/* Queue a message; `parts` are `nr` pieces of its payload. */
struct pv_store_piece {
    const void *data;
    size_t len;
};
void pv_store_send(struct pv_store *x, const struct xsd_sockmsg *head,
                   const struct pv_store_piece *piece, unsigned nr);
/* Move what fits, both ways. */
void pv_store_ring(struct pv_store *x);
/* The connection is over, for good. */
void pv_store_kill(struct pv_store *x, uint32_t error);

/* Text in a snapshot; LOAD: allocated, at most `max` bytes. */
void pv_store_text_snapshot(struct snap *s, char **text, uint32_t max);

#endif
