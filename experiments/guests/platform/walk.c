/* walk.c: from a virtual address to its page-table entry. */
#include "experiments/guests/platform/platform.h"

#define INDEX_BITS 9u
#define PAGE_BITS  12u

pte_t *plat_walk(phys_t root, uintptr_t va, bool make)
{
    pte_t *table = phys_to_virt(root), *slot;
    unsigned level;
    phys_t page;

    for (level = PAGING_LEVELS; level > 1; level--) {
        slot = &table[(va >> (PAGE_BITS + INDEX_BITS * (level - 1))) & 511];
        if (!(*slot & PTE_P)) {
            page = make ? kernel_table_page() : 0;
            if (page == 0)
                return NULL;
            plat_table_new(slot, page, level - 1);
        }
        table = phys_to_virt(plat_pte_phys(*slot));
    }
    return &table[(va >> PAGE_BITS) & 511];
}
