/* hc_memres.c: memory_op: frames that the domain takes and gives up.
 * [XEN memory.h "XENMEM_increase_reservation"]. */
#include "pv/frames.h"
#include "pv/memop.h"
#include "pv/mmu.h"
#include "pv/preempt.h"

/* What fits beside the operation */
#define MOST_START (UINT32_MAX >> PV_MEMOP_OP_BITS)

/* ---- lists ---- */
unsigned pv_pfn_bytes(const struct pv_domain *d)
{
    return d->is32 ? 4 : 8;
}

unsigned pv_extents_bytes(const struct pv_domain *d)
{
    return d->is32 ? 20 : sizeof(struct xen_memory_reservation);
}

int64_t pv_extents_read(struct pv_domain *d, uint64_t at, struct pv_extents *x)
{
    struct xen_memory_reservation r;
    struct {
        uint32_t extents, nr, order, flags;
        uint16_t domid;
    } r32;

    if (d->is32) {
        if (pv_copy_from(d, &r32, at, sizeof(r32)) != 0)
            return -XEN_EFAULT;
        *x = (struct pv_extents){r32.extents, r32.nr, r32.order, r32.domid};
    } else {
        if (pv_copy_from(d, &r, at, sizeof(r)) != 0)
            return -XEN_EFAULT;
        *x = (struct pv_extents){(uintptr_t)r.extent_start.p, r.nr_extents,
                                 r.extent_order, r.domid};
    }
    return 0;
}

bool pv_extent_get(struct pv_domain *d, const struct pv_extents *x, uint64_t n,
                   uint64_t *frame)
{
    unsigned size = pv_pfn_bytes(d);

    *frame = 0;
    return pv_copy_from(d, frame, x->list + n * size, size) == 0;
}

bool pv_extent_put(struct pv_domain *d, const struct pv_extents *x, uint64_t n,
                   uint64_t frame)
{
    unsigned size = pv_pfn_bytes(d);

    return pv_copy_to(d, x->list + n * size, &frame, size) == 0;
}

bool pv_extents_okay(const struct pv_domain *d, const struct pv_extents *x,
                     uint64_t n)
{
    uint64_t size = pv_pfn_bytes(d);

    return pv_range_okay(d, x->list + n * size, x->nr - n, size);
}

/* ---- decrease: frames by mfn ---- */
static bool give_up(struct pv_domain *d, uint64_t mfn)
{
    struct pv_frame *f = pv_frame(d, mfn);

    if (f == NULL || f->owner != PVO_DOMAIN || !f->allocated)
        return false;
    if (f->pinned) {
        f->pinned = false;
        pv_put_typed(d, mfn);
    }
    pv_m2p_set(d, mfn, PV_M2P_INVALID);
    pv_release_frame(d, mfn);
    return true;
}

static bool decrease(struct pv_domain *d, const struct pv_extents *x,
                     uint64_t n)
{
    uint64_t k, mfn;

    if (!pv_extent_get(d, x, n, &mfn))
        return false;
    for (k = 0; k < 1ull << x->order; k++)
        if (!give_up(d, mfn + k))
            return false;
    return true;
}

/* ---- increase, populate ---- */
static bool take(struct pv_domain *d, const struct pv_extents *x, uint64_t n,
                 bool populate)
{
    uint64_t pfn = 0, mfn, k, pages = 1ull << x->order;

    if (pages > d->max_pages - d->tot_pages ||
        (populate && !pv_extent_get(d, x, n, &pfn)))
        return false;
    mfn = pv_alloc_run(d, PVO_DOMAIN, x->order);
    if (mfn == 0)
        return false;
    if ((populate || x->list != 0) && !pv_extent_put(d, x, n, mfn)) {
        for (k = 0; k < pages; k++)
            pv_release_frame(d, mfn + k);
        return false;
    }
    for (k = 0; populate && k < pages; k++)
        pv_m2p_set(d, mfn + k, pfn + k);
    return true;
}

/* ---- the lists ---- */
static bool one(struct pv_domain *d, unsigned op, const struct pv_extents *x,
                uint64_t n)
{
    return op == XENMEM_decrease_reservation
               ? decrease(d, x, n)
               : take(d, x, n, op == XENMEM_populate_physmap);
}

static bool acceptable(struct pv_domain *d, unsigned op,
                       const struct pv_extents *x, uint64_t start)
{
    if (x->nr > MOST_START || start >= x->nr || x->order > PV_MAX_ORDER ||
        (x->domid != PV_DOMID && pv_foreign(d, x->domid) != 0))
        return false;
    return (op == XENMEM_increase_reservation && x->list == 0) ||
           pv_extents_okay(d, x, start);
}

int64_t pv_memop_reservation(struct pv_domain *d, unsigned op, uint64_t at,
                             uint64_t start)
{
    struct pv_extents x;
    uint64_t n, most;

    if (pv_extents_read(d, at, &x) != 0 || !acceptable(d, op, &x, start))
        return (int64_t)start;
    most = start + (PV_PREEMPT_ENTRIES >> x.order);
    for (n = start; n < x.nr; n++) {
        if (n == most || (n > start && d->v->kicked))
            return pv_preempt(
                d, __HYPERVISOR_memory_op, 2,
                (const uint64_t[]){n << PV_MEMOP_OP_BITS | op, at});
        if (!one(d, op, &x, n))
            break;
    }
    return (int64_t)n;
}
