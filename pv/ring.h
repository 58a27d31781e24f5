/* ring.h: the back end's side of a shared ring [XEN io/ring.h]: one granted
 * page with indices and entries, a request and its answer sharing a place.
 *
 * The page is the guest's and is read anew each time; nothing in it is
 * believed. More requests than there is room for make the ring broken: nothing
 * more is taken from it. */
#ifndef PV_RING_H
#define PV_RING_H

#include "pv/domain.h"

#define PV_RING_ROOM                                                           \
    (PAGE_SIZE - 64) /* bytes for entries; the size is the                     \
                      * largest power of two that fits */

struct pv_ring {
    struct pv_domain *d;
    unsigned size, entry; /* entries, and bytes of each */
    uint64_t mfn;
    uint32_t ref;
    uint32_t req_cons, rsp_prod;
    bool broken;
};

void pv_ring_init(struct pv_ring *r, struct pv_domain *d, unsigned size,
                  unsigned entry);

/* Take the page granted as the number at `path` in the store. False: no number,
 * or not granted for mapping and writing. */
bool pv_ring_attach(struct pv_ring *r, const char *path) MUST_CHECK;
void pv_ring_detach(struct pv_ring *r);

/* How many requests wait. 0: the front end will ring for the next one, unless
 * the ring is broken. */
uint32_t pv_ring_waiting(struct pv_ring *r);

/* Copy the waiting request `i`, up to r->entry bytes of it. */
void pv_ring_peek(struct pv_ring *r, uint32_t i, void *request, unsigned len);
/* The first `n` requests were taken. */
void pv_ring_take(struct pv_ring *r, uint32_t n);

/* Put an answer to a request that was taken. True: the front end wants an
 * event for it. */
bool pv_ring_answer(struct pv_ring *r, const void *answer,
                    unsigned len) MUST_CHECK;

/* `attached`: LOAD wants a page that is granted so. */
void pv_ring_snapshot(struct pv_ring *r, struct snap *s, bool attached);

#endif
