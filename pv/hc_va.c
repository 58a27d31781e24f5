/* hc_va.c: update_va_mapping and its form for another domain's frames.
 * [XEN xen.h "HYPERVISOR_update_va_mapping"]. */
#include "pv/frames.h"
#include "pv/mmu.h"
#include "pv/pte.h"

/* UVMF_*: what to flush, and (in the upper bits) where. */
static int64_t flush(struct pv_domain *d, uint64_t va, uint64_t flags)
{
    uint64_t map, where = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;

    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_NONE)
        return 0;
    /* A pointer to a map of vcpus: there is one, it is flushed anyway. */
    if (where != UVMF_LOCAL && where != UVMF_ALL &&
        pv_copy_from(d, &map, where, d->is32 ? 4 : 8) != 0)
        return -XEN_EFAULT;
    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_TLB_FLUSH)
        pv_flush_all(d);
    else if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG)
        x86_tlb_invlpg(d->c, va);
    return 0;
}

static int64_t update(struct pv_domain *d, uint64_t va, uint64_t val,
                      uint64_t flags)
{
    unsigned index;
    uint64_t mfn;
    int64_t rc, flushed;

    if (!pv_range_okay(d, va, 1, 1) || !pv_find_l1e(d, va, &mfn, &index))
        return -XEN_EINVAL;
    rc = -XEN_EINVAL;
    if (d->frame[mfn].type == PVT_L1)
        rc = pv_pte_update(d, mfn, index, val, false);
    flushed = flush(d, va, flags);
    return rc != 0 ? rc : flushed;
}

int64_t pv_do_update_va_mapping(struct pv_domain *d, const uint64_t arg[6])
{
    if (d->is32)
        return update(d, arg[0], arg[2] << 32 | arg[1], arg[3]);
    return update(d, arg[0], arg[1], arg[2]);
}

int64_t pv_do_update_va_mapping_otherdomain(struct pv_domain *d,
                                            const uint64_t arg[6])
{
    int64_t rc = pv_foreign(d, arg[d->is32 ? 4 : 3] & 0xffff);

    return rc != 0 ? rc : pv_do_update_va_mapping(d, arg);
}
