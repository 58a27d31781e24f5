/* hc_mmuext.c: mmuext_op: pinning, base pointers, TLB and cache operations,
 * LDT, page clearing and copying. [XEN xen.h "HYPERVISOR_mmuext_op"]. */
#include "pv/desc.h"
#include "pv/frames.h"
#include "pv/mmu.h"
#include "pv/pte.h"
#include "pv/vcpu.h"

/* ---- pinning ---- */
static int64_t pin(struct pv_domain *d, uint64_t mfn, enum pv_type type)
{
    int64_t rc;

    if (d->is32 && type == PVT_L4)
        return -XEN_EINVAL;
    rc = pv_get_typed(d, mfn, type);
    if (rc != 0)
        return rc;
    if (d->frame[mfn].pinned) {
        pv_put_typed(d, mfn);
        return -XEN_EINVAL;
    }
    d->frame[mfn].pinned = true;
    return 0;
}

static int64_t unpin(struct pv_domain *d, uint64_t mfn)
{
    const struct pv_frame *f = pv_frame(d, mfn);

    if (f == NULL || f->owner != PVO_DOMAIN || !f->pinned)
        return -XEN_EINVAL;
    d->frame[mfn].pinned = false;
    pv_put_typed(d, mfn);
    return 0;
}

/* ---- base pointers ---- */
int64_t pv_new_baseptr(struct pv_domain *d, uint64_t mfn)
{
    uint64_t old = d->kernel_cr3 >> PAGE_SHIFT;
    int64_t rc;

    if (old == mfn) { /* it may have changed: PAE's registers */
        pv_flush_all(d);
        pv_load_cr3(d);
        return 0;
    }
    if (d->is32 && mfn >> 20 != 0)
        return -XEN_EINVAL;
    rc = pv_get_typed(d, mfn, d->is32 ? PVT_L3 : PVT_L4);
    if (rc != 0)
        return -XEN_EINVAL;
    d->kernel_cr3 = mfn << PAGE_SHIFT;
    pv_load_cr3(d);
    pv_flush_all(d);
    if (old != 0)
        pv_put_typed(d, old);
    return 0;
}

int64_t pv_new_user_baseptr(struct pv_domain *d, uint64_t mfn)
{
    uint64_t old = d->user_cr3 >> PAGE_SHIFT;

    if (d->is32)
        return -XEN_ENOSYS;
    if (old == mfn)
        return 0;
    if (mfn != 0 && pv_get_typed(d, mfn, PVT_L4) != 0)
        return -XEN_EINVAL;
    d->user_cr3 = mfn << PAGE_SHIFT;
    pv_flush_all(d);
    if (old != 0)
        pv_put_typed(d, old);
    return 0;
}

/* ---- pages ---- */
static int64_t clear_page(struct pv_domain *d, uint64_t mfn)
{
    static const uint8_t zero[PAGE_SIZE];

    if (pv_get_typed(d, mfn, PVT_WRITABLE) != 0)
        return -XEN_EINVAL;
    pv_write_frame(d, mfn, 0, zero, PAGE_SIZE);
    pv_put_typed(d, mfn);
    return 0;
}

static int64_t copy_page(struct pv_domain *d, uint64_t dst, uint64_t src)
{
    uint8_t page[PAGE_SIZE];

    if (!pv_get_frame(d, src))
        return -XEN_EINVAL;
    if (pv_get_typed(d, dst, PVT_WRITABLE) != 0) {
        pv_put_frame(d, src);
        return -XEN_EINVAL;
    }
    pv_read_frame(d, src, 0, page, PAGE_SIZE);
    pv_write_frame(d, dst, 0, page, PAGE_SIZE);
    pv_put_typed(d, dst);
    pv_put_frame(d, src);
    return 0;
}

/* ---- TLB ---- */
static int64_t invlpg(struct pv_domain *d, uint64_t va)
{
    if (pv_range_okay(d, va, 1, 1))
        x86_tlb_invlpg(d->c, va);
    return 0;
}

/* The map of vcpus must be readable; there is one vcpu. */
static int64_t check_mask(struct pv_domain *d, uint64_t at)
{
    uint8_t map;

    return pv_copy_from(d, &map, at, 1);
}

static int64_t tlb(struct pv_domain *d, unsigned cmd, uint64_t va,
                   uint64_t mask)
{
    bool multi = cmd == MMUEXT_TLB_FLUSH_MULTI || cmd == MMUEXT_INVLPG_MULTI;
    int64_t rc = multi ? check_mask(d, mask) : 0;

    if (rc != 0)
        return rc;
    if (cmd == MMUEXT_INVLPG_LOCAL || cmd == MMUEXT_INVLPG_MULTI ||
        cmd == MMUEXT_INVLPG_ALL)
        return invlpg(d, va);
    pv_flush_all(d);
    return 0;
}

/* ---- the batch ---- */
struct op {
    uint32_t cmd;
    uint64_t arg1, arg2;
};

static int64_t one(struct pv_domain *d, const struct op *o)
{
    switch (o->cmd) {
    case MMUEXT_PIN_L1_TABLE:
        return pin(d, o->arg1, PVT_L1);
    case MMUEXT_PIN_L2_TABLE:
        return pin(d, o->arg1, PVT_L2);
    case MMUEXT_PIN_L3_TABLE:
        return pin(d, o->arg1, PVT_L3);
    case MMUEXT_PIN_L4_TABLE:
        return pin(d, o->arg1, PVT_L4);
    case MMUEXT_UNPIN_TABLE:
        return unpin(d, o->arg1);
    case MMUEXT_NEW_BASEPTR:
        return pv_new_baseptr(d, o->arg1);
    case MMUEXT_NEW_USER_BASEPTR:
        return pv_new_user_baseptr(d, o->arg1);
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
    case MMUEXT_TLB_FLUSH_ALL:
    case MMUEXT_INVLPG_ALL:
        return tlb(d, o->cmd, o->arg1, o->arg2);
    case MMUEXT_FLUSH_CACHE: /* for guests with devices of their own */
        return -XEN_EACCES;
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        return -XEN_EINVAL;
    case MMUEXT_SET_LDT:
        return pv_ldt_set(d, o->arg1, (uint32_t)o->arg2);
    case MMUEXT_CLEAR_PAGE:
        return clear_page(d, o->arg1);
    case MMUEXT_COPY_PAGE:
        return copy_page(d, o->arg1, o->arg2);
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER:
        return -XEN_EOPNOTSUPP;
    default:
        return -XEN_ENOSYS;
    }
}

static int64_t read_op(struct pv_domain *d, uint64_t at, struct op *o)
{
    struct mmuext_op op;
    uint32_t op32[3];
    int64_t rc;

    if (d->is32) {
        rc = pv_copy_from(d, op32, at, sizeof(op32));
        if (rc == 0)
            *o = (struct op){op32[0], op32[1], op32[2]};
        return rc;
    }
    rc = pv_copy_from(d, &op, at, sizeof(op));
    if (rc == 0) {
        o->cmd = op.cmd;
        o->arg1 = op.arg1.mfn;
        memcpy(&o->arg2, &op.arg2, sizeof(o->arg2));
    }
    return rc;
}

int64_t pv_do_mmuext_op(struct pv_domain *d, const uint64_t arg[6])
{
    struct pv_batch b = {.nr = __HYPERVISOR_mmuext_op,
                         .arg = arg,
                         .size = d->is32 ? 12 : sizeof(struct mmuext_op)};
    int64_t rc = pv_batch_begin(d, &b);
    struct op o;
    uint64_t at;

    if (rc == 0)
        rc = pv_foreign(d, arg[3] & 0xffff);
    if (rc != 0)
        return rc;
    for (; rc == 0 && pv_batch_next(d, &b, &at); b.n += rc == 0) {
        rc = read_op(d, at, &o);
        if (rc != 0)
            break;
        pv_count_entries(
            d, __HYPERVISOR_mmuext_op,
            o.cmd <= MMUEXT_UNMARK_SUPER ? o.cmd : MMUEXT_UNMARK_SUPER + 1, 1);
        rc = one(d, &o);
    }
    return pv_batch_end(d, &b, rc);
}
