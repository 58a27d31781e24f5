/* hc_mmu.c: mmu_update. [XEN xen.h "HYPERVISOR_mmu_update"]. */
#include "pv/frames.h"
#include "pv/mmu.h"
#include "pv/preempt.h"
#include "pv/pte.h"

int64_t pv_foreign(const struct pv_domain *d, uint64_t domid)
{
    (void)d;
    if (domid == DOMID_SELF)
        return 0;
    /* These exist; a guest like ours has no right to them. */
    if (domid == PV_DOMID_BACKEND || domid == DOMID_IO || domid == DOMID_XEN)
        return -XEN_EPERM;
    return -XEN_ESRCH;
}

void pv_m2p_set(struct pv_domain *d, uint64_t mfn, uint64_t pfn)
{
    unsigned size = d->is32 ? 4 : 8;
    uint64_t at = (d->m2p_mfn << PAGE_SHIFT) + mfn * size;

    gmem_write(&d->m->mem, at, &pfn, size);
}

/* A write into a frame that is no table now. */
static int64_t raw_write(struct pv_domain *d, uint64_t ma, uint64_t val)
{
    uint64_t mfn = ma >> PAGE_SHIFT;

    if (pv_get_typed(d, mfn, PVT_WRITABLE) != 0)
        return -XEN_EINVAL;
    pv_write_frame(d, mfn, ma & (PAGE_SIZE - 1) & ~7u, &val, sizeof(val));
    pv_put_typed(d, mfn);
    return 0;
}

static int64_t normal_update(struct pv_domain *d, uint64_t ma, uint64_t val,
                             bool keep_ad)
{
    uint64_t mfn = ma >> PAGE_SHIFT;
    unsigned index = (unsigned)(ma & (PAGE_SIZE - 1)) / 8;
    const struct pv_frame *f;
    int64_t rc;

    if (!pv_get_frame(d, mfn))
        return -XEN_EINVAL;
    f = pv_frame(d, mfn);
    if (f->type_count > 0 && f->type >= PVT_L1 && f->type <= PVT_L4)
        rc = pv_pte_update(d, mfn, index, val, keep_ad);
    else
        rc = raw_write(d, ma, val);
    pv_put_frame(d, mfn);
    return rc;
}

static int64_t machphys_update(struct pv_domain *d, uint64_t ma, uint64_t pfn)
{
    uint64_t mfn = ma >> PAGE_SHIFT;

    if (!pv_get_frame(d, mfn))
        return -XEN_EINVAL;
    pv_m2p_set(d, mfn, pfn);
    pv_put_frame(d, mfn);
    return 0;
}

static int64_t one(struct pv_domain *d, const struct mmu_update *u)
{
    uint64_t ma = u->ptr & ~7ull;

    switch (u->ptr & 3) {
    case MMU_NORMAL_PT_UPDATE:
        return normal_update(d, ma, u->val, false);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return normal_update(d, ma, u->val, true);
    case MMU_PT_UPDATE_NO_TRANSLATE: /* nothing is translated anyway */
        return normal_update(d, ma, u->val, false);
    default:
        return machphys_update(d, u->ptr & ~3ull, u->val);
    }
}

/* ---- batches ---- */
int64_t pv_batch_begin(struct pv_domain *d, struct pv_batch *b)
{
    uint64_t pdone = b->arg[2];

    b->n = 0;
    b->count = (uint32_t)b->arg[1] & ~PV_BATCH_REST;
    b->before = 0;
    if (!pv_range_okay(d, b->arg[0], b->count, b->size))
        return -XEN_EFAULT;
    /* What cannot be read cannot be written at the end either. */
    if ((b->arg[1] & PV_BATCH_REST) && pdone != 0 &&
        pv_copy_from(d, &b->before, pdone, sizeof(b->before)) != 0)
        return -XEN_EFAULT;
    return 0;
}

bool pv_batch_next(const struct pv_domain *d, const struct pv_batch *b,
                   uint64_t *at)
{
    *at = b->arg[0] + (uint64_t)b->n * b->size;
    return b->n < b->count && b->n < PV_PREEMPT_ENTRIES &&
           (b->n == 0 || !d->v->kicked);
}

int64_t pv_batch_end(struct pv_domain *d, const struct pv_batch *b, int64_t rc)
{
    uint32_t done = b->before + b->n;
    const uint64_t rest[4] = {b->arg[0] + (uint64_t)b->n * b->size,
                              (b->count - b->n) | PV_BATCH_REST, b->arg[2],
                              b->arg[3]};

    if (b->arg[2] != 0 && pv_copy_to(d, b->arg[2], &done, sizeof(done)) != 0)
        return -XEN_EFAULT;
    if (rc != 0 || b->n == b->count)
        return rc;
    return pv_preempt(d, b->nr, 4, rest);
}

int64_t pv_do_mmu_update(struct pv_domain *d, const uint64_t arg[6])
{
    uint32_t foreign = (uint32_t)arg[3];
    struct mmu_update u;
    struct pv_batch b = {
        .nr = __HYPERVISOR_mmu_update, .arg = arg, .size = sizeof(u)};
    int64_t rc = pv_batch_begin(d, &b);
    uint64_t at;

    if (rc == 0)
        rc = pv_foreign(d, foreign & 0xffff);
    if (rc == 0 && foreign >> 16 != 0)
        rc = pv_foreign(d, (foreign >> 16) - 1);
    if (rc != 0)
        return rc;
    for (; rc == 0 && pv_batch_next(d, &b, &at); b.n += rc == 0) {
        rc = pv_copy_from(d, &u, at, sizeof(u));
        if (rc != 0)
            break;
        pv_count_entries(d, __HYPERVISOR_mmu_update, u.ptr & 3, 1);
        rc = one(d, &u);
    }
    return pv_batch_end(d, &b, rc);
}
