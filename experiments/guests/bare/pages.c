/* pages.c: page tables that the processor walks itself: plain stores. */
#include "experiments/guests/bare/bare.h"
#include "experiments/guests/bare/cpu_asm.h"

/* The kernel's part is one entry of the root; 32-bit: the last GiB. */
#define KERNEL_SLOT (PAGING_LEVELS == 4 ? 511 : 3)

/* Entries of PAE's page-directory-pointer table have no rights, and the
 * processor keeps copies of them. [SDM3 "PDPTE Registers"] */
static bool is_pdpte(unsigned table_level)
{
    return PAGING_LEVELS == 3 && table_level == 2;
}

static phys_t root_in_use;

void bare_pages_init(void)
{
    boot_root[0] = 0;
    plat_space_use(virt_to_phys(boot_root));
}

/* After a change of an entry of `slot`'s table. */
static void reload(const pte_t *slot, unsigned table_level)
{
    phys_t table = virt_to_phys(slot) & ~(phys_t)(PAGE_SIZE - 1);

    if (is_pdpte(table_level) && table == root_in_use)
        cpu_write_cr3(table);
}

void plat_root_new(phys_t root)
{
    pte_t *table = phys_to_virt(root);

    table[KERNEL_SLOT] = boot_root[KERNEL_SLOT];
}

void plat_root_free(phys_t root)
{
    (void)root;
}

void plat_table_new(pte_t *slot, phys_t table, unsigned level)
{
    *slot = table | (is_pdpte(level) ? PTE_P : PTE_P | PTE_W | PTE_U);
    reload(slot, level);
}

void plat_table_free(pte_t *slot, unsigned level)
{
    *slot = 0;
    reload(slot, level);
}

void plat_pte_set(pte_t *slot, pte_t value)
{
    *slot = value;
}

pte_t plat_pte_make(phys_t page, pte_t flags)
{
    return page | flags;
}

phys_t plat_pte_phys(pte_t entry)
{
    return (phys_t)(entry & PTE_ADDR);
}

void plat_flush_page(uintptr_t va)
{
    cpu_invlpg(va);
}

void plat_space_use(phys_t root)
{
    root_in_use = root;
    cpu_write_cr3(root);
}
