/* hc_memory.c: memory_op. [XEN memory.h]. */
#include "pv/frames.h"
#include "pv/mmu.h"

/* xen_memory_reservation of either layout. */
struct reservation {
    uint64_t extents; /* address of the list */
    uint64_t nr;
    unsigned order;
    uint64_t domid;
};

static int64_t read_reservation(struct pv_domain *d, uint64_t at,
                                struct reservation *r)
{
    struct xen_memory_reservation x;
    struct {
        uint32_t extents, nr, order, flags;
        uint16_t domid;
    } x32;

    if (d->is32) {
        if (pv_copy_from(d, &x32, at, sizeof(x32)) != 0)
            return -XEN_EFAULT;
        *r = (struct reservation){x32.extents, x32.nr, x32.order, x32.domid};
    } else {
        if (pv_copy_from(d, &x, at, sizeof(x)) != 0)
            return -XEN_EFAULT;
        *r = (struct reservation){(uintptr_t)x.extent_start.p, x.nr_extents,
                                  x.extent_order, x.domid};
    }
    return 0;
}

static unsigned pfn_size(const struct pv_domain *d)
{
    return d->is32 ? 4 : 8;
}

static bool read_pfn(struct pv_domain *d, const struct reservation *r,
                     uint64_t n, uint64_t *pfn)
{
    *pfn = 0;
    return pv_copy_from(d, pfn, r->extents + n * pfn_size(d), pfn_size(d)) == 0;
}

static bool write_pfn(struct pv_domain *d, const struct reservation *r,
                      uint64_t n, uint64_t pfn)
{
    return pv_copy_to(d, r->extents + n * pfn_size(d), &pfn, pfn_size(d)) == 0;
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

static int64_t decrease(struct pv_domain *d, const struct reservation *r)
{
    uint64_t n, k, mfn;

    for (n = 0; n < r->nr; n++) {
        if (!read_pfn(d, r, n, &mfn))
            break;
        for (k = 0; k < 1ull << r->order; k++)
            if (!give_up(d, mfn + k))
                return (int64_t)n;
    }
    pv_flush_all(d);
    return (int64_t)n;
}

/* ---- increase, populate: single frames only; larger extents would have to be
 * contiguous ---- */
static int64_t increase(struct pv_domain *d, const struct reservation *r,
                        bool populate)
{
    uint64_t n, pfn, mfn;

    if (r->order > 0)
        return 0;
    for (n = 0; n < r->nr; n++) {
        if (d->tot_pages >= d->max_pages ||
            (populate && !read_pfn(d, r, n, &pfn)))
            break;
        /* The result must be deliverable before a frame is taken. */
        if (r->extents != 0 &&
            !pv_range_okay(d, r->extents + n * pfn_size(d), 1, pfn_size(d)))
            break;
        mfn = pv_alloc_frame(d, PVO_DOMAIN);
        if (mfn == 0)
            break;
        if ((populate || r->extents != 0) && !write_pfn(d, r, n, mfn)) {
            pv_release_frame(d, mfn);
            break;
        }
        if (populate)
            pv_m2p_set(d, mfn, pfn);
    }
    return (int64_t)n;
}

static int64_t reservation(struct pv_domain *d, uint64_t op, uint64_t at)
{
    struct reservation r;
    int64_t rc = read_reservation(d, at, &r);

    if (rc != 0)
        return rc;
    if (r.nr > UINT32_MAX || r.order > 30 ||
        !pv_range_okay(d, r.extents, r.nr, pfn_size(d)))
        return 0; /* no extent was done, as Xen counts */
    if (r.domid != DOMID_SELF && r.domid != PV_DOMID)
        return pv_foreign(d, r.domid);
    if (op == XENMEM_decrease_reservation)
        return decrease(d, &r);
    return increase(d, &r, op == XENMEM_populate_physmap);
}

/* ---- what there is ---- */
static int64_t pages_of(struct pv_domain *d, uint64_t op, uint64_t at)
{
    uint64_t max_pfn = 0;
    domid_t id;

    if (pv_copy_from(d, &id, at, sizeof(id)) != 0)
        return -XEN_EFAULT;
    if (id != DOMID_SELF && id != PV_DOMID)
        return pv_foreign(d, id);
    if (op == XENMEM_current_reservation)
        return (int64_t)d->tot_pages;
    if (op == XENMEM_maximum_reservation)
        return (int64_t)d->max_pages;
    if (d->is32)
        pv_shared_read(d, offsetof(struct shared_info_x86_32, arch.max_pfn),
                       &max_pfn, 4);
    else
        pv_shared_read(d, offsetof(struct shared_info, arch.max_pfn), &max_pfn,
                       8);
    return max_pfn == 0 ? 0 : (int64_t)max_pfn - 1;
}

static int64_t machphys_mapping(struct pv_domain *d, uint64_t at)
{
    const struct xen_machphys_mapping map = {
        .v_start = MACH2PHYS_VIRT_START,
        .v_end = MACH2PHYS_VIRT_END,
        .max_mfn = MACH2PHYS_NR_ENTRIES - 1,
    };
    const uint32_t map32[3] = {
        (uint32_t)PV_HOLE32_START, (uint32_t)PV_HOLE32_END,
        (uint32_t)(PV_HOLE32_END - PV_HOLE32_START) / 4 - 1};

    return d->is32 ? pv_copy_to(d, at, map32, sizeof(map32))
                   : pv_copy_to(d, at, &map, sizeof(map));
}

int64_t pv_do_memory_op(struct pv_domain *d, const uint64_t arg[6])
{
    /* The upper bits are where Xen would go on after a preemption. */
    switch (arg[0] & 0x3f) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return reservation(d, arg[0] & 0x3f, arg[1]);
    case XENMEM_maximum_ram_page:
        return (int64_t)d->nr_frames;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return pages_of(d, arg[0] & 0x3f, arg[1]);
    case XENMEM_machphys_mapping:
        return machphys_mapping(d, arg[1]);
    case XENMEM_machine_memory_map:
        return -XEN_EPERM;
    case XENMEM_add_to_physmap: /* for guests whose frames are translated */
    case XENMEM_remove_from_physmap:
        return -XEN_EACCES;
    default: /* XENMEM_memory_map too: nobody gave the domain one */
        return -XEN_ENOSYS;
    }
}
