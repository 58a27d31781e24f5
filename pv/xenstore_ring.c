/* xenstore_ring.c: xenstore's messages on the ring [XEN io/xs_wire.h]. */
#include <stdlib.h>

#include "pv/evtchn.h"
#include "pv/xenstore.h"

#define AT(field) ((unsigned)offsetof(struct xenstore_domain_interface, field))
#define RING      XENSTORE_RING_SIZE

static uint32_t get(struct pv_store *x, unsigned at)
{
    uint32_t v;

    pv_read_frame(x->d, x->mfn, at, &v, sizeof(v));
    return v;
}

static void set(struct pv_store *x, unsigned at, uint32_t v)
{
    pv_write_frame(x->d, x->mfn, at, &v, sizeof(v));
}

void pv_store_kill(struct pv_store *x, uint32_t error)
{
    if (x->error != XENSTORE_ERROR_NONE)
        return;
    x->error = error;
    set(x, AT(error), error);
    pv_store_watch_reset(x);
    pv_store_txn_reset(x);
    x->in_len = 0;
    x->out_pos = x->out_len = 0;
    pv_evtchn_raise(x->d, x->port);
}

/* ---- to the guest ---- */

static bool reserve(struct pv_store *x, size_t n)
{
    uint8_t *p;

    if (x->out_pos > 0) {
        memmove(x->out, x->out + x->out_pos, x->out_len - x->out_pos);
        x->out_len -= x->out_pos;
        x->out_pos = 0;
    }
    if (x->out_len + n > PV_STORE_OUT_HARD)
        return false;
    if (x->out_len + n <= x->out_cap)
        return true;
    p = realloc(x->out, x->out_len + n + 4096);
    if (p == NULL)
        return false;
    x->out = p;
    x->out_cap = (uint32_t)(x->out_len + n + 4096);
    return true;
}

static void append(struct pv_store *x, const void *data, size_t n)
{
    if (n > 0)
        memcpy(x->out + x->out_len, data, n);
    x->out_len += (uint32_t)n;
}

void pv_store_send(struct pv_store *x, const struct xsd_sockmsg *head,
                   const struct pv_store_piece *piece, unsigned nr)
{
    unsigned i;

    if (x->error != XENSTORE_ERROR_NONE)
        return;
    if (!reserve(x, sizeof(*head) + head->len)) {
        pv_store_kill(x, XENSTORE_ERROR_COMM);
        return;
    }
    append(x, head, sizeof(*head));
    for (i = 0; i < nr; i++)
        append(x, piece[i].data, piece[i].len);
}

/* True if anything moved. */
static bool flush(struct pv_store *x)
{
    uint32_t cons = get(x, AT(rsp_cons)), prod = get(x, AT(rsp_prod));
    uint32_t n = x->out_len - x->out_pos, i;

    if (prod - cons > RING) {
        pv_store_kill(x, XENSTORE_ERROR_RINGIDX);
        return false;
    }
    if (n > RING - (prod - cons))
        n = RING - (prod - cons);
    for (i = 0; i < n; i++)
        pv_write_frame(x->d, x->mfn, AT(rsp) + (prod + i) % RING,
                       x->out + x->out_pos + i, 1);
    x->out_pos += n;
    if (n > 0)
        set(x, AT(rsp_prod), prod + n);
    return n > 0;
}

/* ---- from the guest ---- */

/* How many bytes of the request are still missing; 0: it is whole. */
static uint32_t missing(const struct pv_store *x)
{
    struct xsd_sockmsg head;

    if (x->in_len < sizeof(head))
        return (uint32_t)sizeof(head) - x->in_len;
    memcpy(&head, x->in, sizeof(head));
    return (uint32_t)sizeof(head) + head.len - x->in_len;
}

static bool too_long(const struct pv_store *x)
{
    struct xsd_sockmsg head;

    if (x->in_len < sizeof(head))
        return false;
    memcpy(&head, x->in, sizeof(head));
    return head.len > XENSTORE_PAYLOAD_MAX;
}

/* Take at most what the request still lacks. True if anything moved. */
static bool fill(struct pv_store *x)
{
    uint32_t cons = get(x, AT(req_cons)), prod = get(x, AT(req_prod));
    uint32_t n = prod - cons, want = missing(x), i;

    if (n > RING) {
        pv_store_kill(x, XENSTORE_ERROR_RINGIDX);
        return false;
    }
    if (n > want)
        n = want;
    for (i = 0; i < n; i++)
        pv_read_frame(x->d, x->mfn, AT(req) + (cons + i) % RING,
                      x->in + x->in_len + i, 1);
    x->in_len += n;
    if (n > 0)
        set(x, AT(req_cons), cons + n);
    return n > 0;
}

/* One request further, or a part of one. True if there may be more. */
static bool advance(struct pv_store *x)
{
    if (x->out_len - x->out_pos > PV_STORE_OUT_SOFT)
        return false;
    if (!fill(x) && missing(x) > 0)
        return false;
    if (too_long(x)) {
        pv_store_kill(x, XENSTORE_ERROR_PROTO);
        return false;
    }
    if (x->in_len < sizeof(struct xsd_sockmsg) || missing(x) > 0)
        return true;
    pv_store_request(x);
    x->in_len = 0;
    return true;
}

/* Requests as long as there are any; true if anything moved. */
static bool requests(struct pv_store *x)
{
    bool moved = false;
    uint32_t before;

    while (x->error == XENSTORE_ERROR_NONE) {
        before = x->in_len;
        if (!advance(x))
            break;
        moved = moved || x->in_len != before;
    }
    return moved;
}

void pv_store_ring(struct pv_store *x)
{
    bool moved = false, flushed = true;

    /* A back end that writes while a request is carried out. */
    if (x->busy)
        return;
    x->busy = true;
    while (flushed && x->error == XENSTORE_ERROR_NONE) {
        moved = requests(x) || moved;
        flushed = x->error == XENSTORE_ERROR_NONE && flush(x);
        moved = moved || flushed;
    }
    x->busy = false;
    if (moved)
        pv_evtchn_raise(x->d, x->port);
}
