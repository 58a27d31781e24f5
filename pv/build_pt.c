/* build_pt.c: the guest's first page tables. They map pfn 0 up to the end of
 * the layout from virt_base on, the tables themselves read-only, and the p2m
 * table where the kernel wants it. */
#include "common/x86/walk.h"
#include "pv/build.h"
#include "pv/pte.h"

#define TABLE (X86_PTE_P | X86_PTE_RW | X86_PTE_US | X86_PTE_A | X86_PTE_D)
#define PAGE  (X86_PTE_P | X86_PTE_A | X86_PTE_D)

/* Blocks of 1 << shift that [a, a_end) and [b, b_end) touch. */
static uint64_t blocks(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end,
                       unsigned shift)
{
    uint64_t a0 = a >> shift, a1 = (a_end - 1) >> shift;
    uint64_t b0, b1, n = a1 - a0 + 1;

    if (b == b_end)
        return n;
    b0 = b >> shift;
    b1 = (b_end - 1) >> shift;
    if (b1 < a0 || b0 > a1)
        return n + b1 - b0 + 1;
    return (a1 > b1 ? a1 : b1) - (a0 < b0 ? a0 : b0) + 1;
}

uint64_t pv_build_count_tables(const struct pv_builder *b)
{
    const struct pv_notes *no = &b->notes;
    uint64_t a = no->virt_base, a_end = b->l.end, p = 0, p_end = 0;

    if (no->init_p2m != 0) {
        p = no->init_p2m;
        p_end = p + (b->l.nr_p2m << PAGE_SHIFT);
    }
    if (!no->is64)
        return 1 + 4 + blocks(a, a_end, p, p_end, 21);
    return 1 + blocks(a, a_end, p, p_end, 39) + blocks(a, a_end, p, p_end, 30) +
           blocks(a, a_end, p, p_end, 21);
}

struct tables {
    struct pv_builder *b;
    uint64_t used;
    uint64_t top; /* mfn */
};

static uint64_t new_table(struct tables *t)
{
    uint64_t pfn = pv_build_pfn(t->b, t->b->l.tables) + t->used++;

    return t->b->p2m[pfn];
}

static uint64_t descend(struct tables *t, uint64_t mfn, unsigned at,
                        uint64_t flags)
{
    struct pv_domain *d = t->b->d;
    uint64_t e = pv_pte_read(d, mfn, at), below;

    if (e & X86_PTE_P)
        return PV_PTE_MFN(e);
    below = new_table(t);
    pv_pte_set(d, mfn, at, below << PAGE_SHIFT | flags);
    return below;
}

static uint64_t l1_of(struct tables *t, uint64_t va)
{
    uint64_t mfn = t->top;

    if (t->b->notes.is64) {
        mfn = descend(t, mfn, (va >> 39) & 511, TABLE);
        mfn = descend(t, mfn, (va >> 30) & 511, TABLE);
    } else {
        mfn = descend(t, mfn, (va >> 30) & 3, X86_PTE_P);
    }
    return descend(t, mfn, (va >> 21) & 511, TABLE);
}

static void map(struct tables *t, uint64_t va, uint64_t pfn, bool writable)
{
    uint64_t e = t->b->p2m[pfn] << PAGE_SHIFT | PAGE;

    pv_pte_set(t->b->d, l1_of(t, va), (va >> PAGE_SHIFT) & 511,
               e | (writable ? X86_PTE_RW : 0));
}

static void map_all(struct tables *t)
{
    const struct pv_builder *b = t->b;
    const struct pv_layout *l = &b->l;
    uint64_t va, n;

    for (va = b->notes.virt_base; va < l->end; va += PAGE_SIZE)
        map(t, va, pv_build_pfn(b, va),
            va < l->tables || va >= l->tables + (l->nr_tables << PAGE_SHIFT));
    for (n = 0; b->notes.init_p2m != 0 && n < l->nr_p2m; n++)
        map(t, b->notes.init_p2m + (n << PAGE_SHIFT), l->p2m_pfn + n, true);
}

enum status pv_build_tables(struct pv_builder *b, struct error *err)
{
    struct pv_domain *d = b->d;
    struct tables t = {.b = b};
    enum pv_type type = d->is32 ? PVT_L3 : PVT_L4;
    unsigned n;

    t.top = new_table(&t);
    for (n = 0; d->is32 && n < 4; n++)
        descend(&t, t.top, n, X86_PTE_P);
    map_all(&t);
    if (t.used > b->l.nr_tables)
        return err_set(err, ST_BUG, "page tables: %llu frames, not %llu",
                       (unsigned long long)t.used,
                       (unsigned long long)b->l.nr_tables);
    /* One reference by the pin, one by CR3. */
    if (pv_get_typed(d, t.top, type) != 0 || pv_get_typed(d, t.top, type) != 0)
        return err_set(err, ST_BUG, "page tables: not valid");
    d->frame[t.top].pinned = true;
    d->kernel_cr3 = t.top << PAGE_SHIFT;
    return ST_OK;
}
