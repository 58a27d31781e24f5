/* ring.c: the back end's side of a shared ring. */
#include "pv/ring.h"

#include "pv/grant.h"
#include "pv/xenstore.h"

/* The shared page: indices, then entries. */
#define AT_REQ_PROD  0u
#define AT_REQ_EVENT 4u
#define AT_RSP_PROD  8u
#define AT_RSP_EVENT 12u
#define AT_ENTRIES   (PAGE_SIZE - PV_RING_ROOM)

static uint32_t get(struct pv_ring *r, unsigned at)
{
    uint32_t v;

    pv_read_frame(r->d, r->mfn, at, &v, sizeof(v));
    return v;
}

static void set(struct pv_ring *r, unsigned at, uint32_t v)
{
    pv_write_frame(r->d, r->mfn, at, &v, sizeof(v));
}

static unsigned entry_at(const struct pv_ring *r, uint32_t index)
{
    return AT_ENTRIES + index % r->size * r->entry;
}

void pv_ring_init(struct pv_ring *r, struct pv_domain *d, unsigned size,
                  unsigned entry)
{
    *r = (struct pv_ring){.d = d, .size = size, .entry = entry};
}

bool pv_ring_attach(struct pv_ring *r, const char *path)
{
    uint64_t ref, mfn;

    if (!pv_store_get_number(r->d, path, &ref) || ref > UINT32_MAX ||
        pv_grant_use(r->d, (uint32_t)ref, PV_DOMID_BACKEND, true, true, &mfn) !=
            GNTST_okay)
        return false;
    r->ref = (uint32_t)ref;
    r->mfn = mfn;
    r->rsp_prod = r->req_cons = get(r, AT_RSP_PROD);
    r->broken = false;
    return true;
}

void pv_ring_detach(struct pv_ring *r)
{
    pv_grant_end(r->d, r->ref, true);
}

uint32_t pv_ring_waiting(struct pv_ring *r)
{
    uint32_t n;

    if (r->broken)
        return 0;
    n = get(r, AT_REQ_PROD) - r->req_cons;
    /* Those that are taken and not answered keep their places. */
    if (n > r->size - (r->req_cons - r->rsp_prod)) {
        r->broken = true;
        return 0;
    }
    if (n == 0)
        set(r, AT_REQ_EVENT, r->req_cons + 1);
    return n;
}

void pv_ring_peek(struct pv_ring *r, uint32_t i, void *request, unsigned len)
{
    pv_read_frame(r->d, r->mfn, entry_at(r, r->req_cons + i), request, len);
}

void pv_ring_take(struct pv_ring *r, uint32_t n)
{
    r->req_cons += n;
}

bool pv_ring_answer(struct pv_ring *r, const void *answer, unsigned len)
{
    uint32_t old = r->rsp_prod;

    pv_write_frame(r->d, r->mfn, entry_at(r, old), answer, len);
    r->rsp_prod++;
    set(r, AT_RSP_PROD, r->rsp_prod);
    /* Only if the front end asked to hear of this one. */
    return r->rsp_prod - get(r, AT_RSP_EVENT) < r->rsp_prod - old;
}

void pv_ring_snapshot(struct pv_ring *r, struct snap *s, bool attached)
{
    struct pv_domain *d = r->d;

    snap_u64(s, &r->mfn);
    snap_u32(s, &r->ref);
    snap_u32(s, &r->req_cons);
    snap_u32(s, &r->rsp_prod);
    snap_bool(s, &r->broken);
    snap_require(s,
                 !attached ||
                     (r->mfn < d->nr_frames && r->ref < pv_grant_refs(d) &&
                      d->grants->use[r->ref].writers > 0 &&
                      r->req_cons - r->rsp_prod <= r->size),
                 "shared ring");
}
