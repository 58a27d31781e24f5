/* space.c: the pages and page tables of an address space. */
#include "experiments/guests/trik/kernel.h"

#define TABLE_SPAN (512ul * PAGE_SIZE) /* of a lowest-level table */

/* Slots of the root that users own. */
#define USER_SLOTS (PAGING_LEVELS == 4 ? 1u : 2u)

bool space_init(struct space *s)
{
    memset(s, 0, sizeof(*s));
    s->root = page_zeroed();
    if (s->root == 0)
        return false;
    plat_root_new(s->root);
    return true;
}

/* The entry of va; where there is no table, NULL and *va the last page that
 * this table would hold. */
static pte_t *entry_or_skip(const struct space *s, uintptr_t *va)
{
    pte_t *pte = plat_walk(s->root, *va, false);

    if (pte == NULL)
        *va |= TABLE_SPAN - PAGE_SIZE;
    return pte;
}

void space_drop(struct space *s, uintptr_t start, uintptr_t end, bool flush)
{
    uintptr_t va;
    pte_t *pte, old;

    for (va = start; va < end; va += PAGE_SIZE) {
        pte = entry_or_skip(s, &va);
        if (pte == NULL || !(*pte & PTE_P))
            continue;
        old = *pte;
        plat_pte_set(pte, 0);
        if (flush)
            plat_flush_page(va);
        page_put(plat_pte_phys(old));
    }
}

/* All tables below the first `slots` entries of a table of `level`. */
static void free_tables(phys_t table, unsigned level, unsigned slots)
{
    pte_t *slot = phys_to_virt(table);
    phys_t below;
    unsigned i;

    for (i = 0; i < slots; i++) {
        if (!(slot[i] & PTE_P))
            continue;
        below = plat_pte_phys(slot[i]);
        if (level > 2)
            free_tables(below, level - 1, 512);
        plat_table_free(&slot[i], level - 1);
        page_put(below);
    }
}

void space_fini(struct space *s)
{
    unsigned i;

    for (i = 0; i < NR_REGIONS; i++)
        space_drop(s, s->region[i].start, s->region[i].end, false);
    free_tables(s->root, PAGING_LEVELS, USER_SLOTS);
    plat_root_free(s->root);
    page_put(s->root);
    memset(s, 0, sizeof(*s));
}

static bool copy_region(struct space *to, struct space *from,
                        const struct region *r)
{
    uintptr_t va;
    pte_t *old, *new;

    for (va = r->start; va < r->end; va += PAGE_SIZE) {
        old = entry_or_skip(from, &va);
        if (old == NULL || !(*old & PTE_P))
            continue;
        new = plat_walk(to->root, va, true);
        if (new == NULL)
            return false;
        if (*old & PTE_W)
            plat_pte_set(old, *old & ~PTE_W);
        page_get(plat_pte_phys(*old));
        plat_pte_set(new, *old);
    }
    return true;
}

bool space_copy(struct space *to, struct space *from)
{
    bool ok = space_init(to);
    unsigned i;

    for (i = 0; ok && i < NR_REGIONS; i++) {
        to->region[i] = from->region[i];
        ok = copy_region(to, from, &from->region[i]);
    }
    if (!ok && to->root != 0)
        space_fini(to);
    plat_space_use(from->root); /* its writable translations are stale */
    return ok;
}
