/* pte.c: what may stand in the guest's page tables. Rules as in
 * [XEN "Direct paging"] for a guest without devices of its own. */
#include "pv/pte.h"

#include "common/x86/walk.h"
#include "pv/vcpu.h"

/* First entry of the hole: of L4, and of the L2 in L3[3]. */
#define HOLE_L4_FIRST 256u
#define HOLE_L4_LAST  271u
#define HOLE_L2_FIRST ((unsigned)(PV_HOLE32_START >> 21) & 511)

#define AVAIL      0xe00ull
#define AVAIL_HIGH (0x7ffull << 52)
#define TABLE_OK                                                               \
    (X86_PTE_P | X86_PTE_RW | X86_PTE_US | X86_PTE_A | X86_PTE_D | AVAIL |     \
     AVAIL_HIGH | X86_PTE_XD)
#define L1_OK ((TABLE_OK | X86_PTE_G) & ~PV_PTE_GNTTAB)
/* 32-bit: what Xen lets stand in an L3 although the processor would not. */
#define PDPT_OK                                                                \
    (X86_PTE_P | X86_PTE_RW | X86_PTE_US | X86_PTE_A | X86_PTE_D | AVAIL)

static uint64_t *entry_at(struct pv_domain *d, uint64_t mfn, unsigned index)
{
    return gmem_host(&d->m->mem, (mfn << PAGE_SHIFT) + index * 8ull, 8);
}

uint64_t pv_pte_read(struct pv_domain *d, uint64_t mfn, unsigned index)
{
    return get_le64(entry_at(d, mfn, index));
}

void pv_pte_set(struct pv_domain *d, uint64_t mfn, unsigned index, uint64_t e)
{
    pv_write_frame(d, mfn, index * 8, &e, sizeof(e));
}

static bool is_table(unsigned type)
{
    return type >= PVT_L1 && type <= PVT_L4;
}

static unsigned nr_entries(const struct pv_domain *d, unsigned type)
{
    return d->is32 && type == PVT_L3 ? 4 : PV_PTES;
}

bool pv_pte_is_guests(const struct pv_domain *d, const struct pv_frame *f,
                      unsigned index)
{
    if (f->type == PVT_L4)
        return index < HOLE_L4_FIRST || index > HOLE_L4_LAST;
    if (f->type == PVT_L2_HOLE)
        return index < HOLE_L2_FIRST;
    return index < nr_entries(d, f->type);
}

/* The type that entry `index` of a table of `type` points to. */
static enum pv_type below(const struct pv_domain *d, unsigned type,
                          unsigned index)
{
    switch (type) {
    case PVT_L4:
        return PVT_L3;
    case PVT_L3:
        return d->is32 && index == 3 ? PVT_L2_HOLE : PVT_L2;
    default:
        return PVT_L1;
    }
}

/* Bits other than the address that may be set. */
static uint64_t allowed(const struct pv_domain *d, unsigned type)
{
    uint64_t bits = type == PVT_L1              ? L1_OK
                    : d->is32 && type == PVT_L3 ? PDPT_OK
                                                : TABLE_OK;

    if (d->is32)
        bits &= ~AVAIL_HIGH;
    if (!(d->c->s.efer & EFER_NXE))
        bits &= ~X86_PTE_XD;
    return bits | 0x000ffffffffff000ull;
}

/* What Xen adds: a 64-bit guest's kernel runs at CPL 3 too. */
static uint64_t adjust(const struct pv_domain *d, unsigned type, uint64_t e)
{
    if (d->is32 || !(e & X86_PTE_P))
        return e;
    if (type == PVT_L1 && !(e & X86_PTE_US))
        e |= PV_PTE_GUEST_KERNEL;
    else if (type == PVT_L1 && !(e & PV_PTE_GUEST_KERNEL))
        e |= X86_PTE_G;
    return e | X86_PTE_US;
}

/* ---- the references of one entry ---- */
static int64_t take_page(struct pv_domain *d, uint64_t e)
{
    uint64_t mfn = PV_PTE_MFN(e);
    const struct pv_frame *f = pv_frame(d, mfn);

    if (f == NULL || f->owner == PVO_NONE) /* device memory */
        return mfn == 0xffffffffffull ? -XEN_EINVAL : -XEN_EPERM;
    if (e & X86_PTE_RW)
        return pv_get_typed(d, mfn, PVT_WRITABLE) == 0 ? 0 : -XEN_EBUSY;
    return pv_get_frame(d, mfn) ? 0 : -XEN_EBUSY;
}

static int64_t take(struct pv_domain *d, unsigned type, unsigned index,
                    uint64_t e)
{
    if (!(e & X86_PTE_P))
        return 0;
    if (e & ~allowed(d, type))
        return -XEN_EINVAL;
    if (type == PVT_L1)
        return take_page(d, e);
    return pv_get_typed(d, PV_PTE_MFN(e), below(d, type, index));
}

static void give(struct pv_domain *d, unsigned type, uint64_t e)
{
    if (!(e & X86_PTE_P))
        return;
    if (type == PVT_L1 && !(e & X86_PTE_RW))
        pv_put_frame(d, PV_PTE_MFN(e));
    else
        pv_put_typed(d, PV_PTE_MFN(e));
}

/* ---- whole tables ---- */
static void give_first(struct pv_domain *d, uint64_t mfn, unsigned nr)
{
    const struct pv_frame *f = &d->frame[mfn];
    unsigned i;

    for (i = 0; i < nr; i++)
        if (pv_pte_is_guests(d, f, i))
            give(d, f->type, pv_pte_read(d, mfn, i));
}

static void fill_hole(struct pv_domain *d, uint64_t mfn)
{
    const struct pv_frame *f = &d->frame[mfn];
    unsigned i;

    if (f->type != PVT_L4 && f->type != PVT_L2_HOLE)
        return;
    for (i = 0; i < PV_PTES; i++)
        if (!pv_pte_is_guests(d, f, i))
            pv_pte_set(d, mfn, i, d->hole_entry[i]);
}

int64_t pv_table_validate(struct pv_domain *d, uint64_t mfn)
{
    const struct pv_frame *f = &d->frame[mfn];
    unsigned i, nr = nr_entries(d, f->type);
    uint64_t e, seen;
    int64_t rc;

    for (i = 0; i < nr; i++) {
        if (!pv_pte_is_guests(d, f, i))
            continue;
        e = pv_pte_read(d, mfn, i);
        if (!(e & X86_PTE_P)) {
            if (d->is32 && f->type == PVT_L3) /* PAE: all four */
                rc = i == 3 ? -XEN_EINVAL : 0;
            else
                rc = 0;
        } else {
            rc = take(d, f->type, i, e);
        }
        if (rc != 0) {
            give_first(d, mfn, i);
            return rc;
        }
        seen = adjust(d, f->type, e);
        if (seen != e)
            pv_pte_set(d, mfn, i, seen);
    }
    fill_hole(d, mfn);
    return 0;
}

void pv_table_release(struct pv_domain *d, uint64_t mfn)
{
    give_first(d, mfn, nr_entries(d, d->frame[mfn].type));
}

/* ---- one entry ---- */

/* Same frame with the same access: no reference changes hands. */
static bool same_target(unsigned type, uint64_t a, uint64_t b)
{
    uint64_t what =
        0x000ffffffffff000ull | X86_PTE_P | (type == PVT_L1 ? X86_PTE_RW : 0);

    return (a & X86_PTE_P) && ((a ^ b) & what) == 0;
}

int64_t pv_pte_update(struct pv_domain *d, uint64_t mfn, unsigned index,
                      uint64_t e, bool keep_ad)
{
    const struct pv_frame *f = &d->frame[mfn];
    uint64_t old;
    int64_t rc;

    if (!is_table(f->type) || !f->validated || f->type_count == 0 ||
        !pv_pte_is_guests(d, f, index))
        return -XEN_EINVAL;
    /* The hole's table can be exchanged, not removed. */
    if (d->is32 && f->type == PVT_L3 && index == 3 && !(e & X86_PTE_P))
        return -XEN_EINVAL;
    old = pv_pte_read(d, mfn, index);
    if (same_target(f->type, old, e)) {
        if (e & ~allowed(d, f->type))
            return -XEN_EINVAL;
        old = 0;
    } else {
        rc = take(d, f->type, index, e);
        if (rc != 0)
            return rc;
        old = pv_pte_read(d, mfn, index);
    }
    if (keep_ad)
        e |= pv_pte_read(d, mfn, index) & (X86_PTE_A | X86_PTE_D);
    pv_pte_set(d, mfn, index, adjust(d, f->type, e));
    /* The processor holds the four entries in registers. */
    if (d->is32 && mfn == d->kernel_cr3 >> PAGE_SHIFT)
        pv_load_cr3(d);
    give(d, f->type, old);
    return 0;
}

/* ---- where an address is mapped ---- */
bool pv_find_l1e(struct pv_domain *d, uint64_t va, uint64_t *mfn,
                 unsigned *index)
{
    struct x86_walk_env env = {.read = x86_walk_gmem_read,
                               .update = x86_walk_gmem_update,
                               .opaque = &d->m->mem};
    unsigned levels = d->is32 ? 2 : 4;
    struct x86_walk_regs r;
    struct x86_walk w;
    uint64_t pa;

    x86_walk_regs_of(d->c, &r);
    if (!d->is32 && sext(va, 48) != (int64_t)va)
        return false;
    if (!x86_walk(&env, &r, va, X86_WALK_PEEK, &w) && w.nr != levels)
        return false;
    if (w.nr != levels)
        return false;
    pa = w.step[levels - 1].pa;
    *mfn = pa >> PAGE_SHIFT;
    *index = (unsigned)(pa & (PAGE_SIZE - 1)) / 8;
    return true;
}
