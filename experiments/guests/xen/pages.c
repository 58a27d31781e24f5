/* pages.c: page tables that Xen checks: the guest sees them read-only, changes
 * them by hypercall, and they hold machine frame numbers ("direct paging").
 * 64-bit: users have a second root without the kernel's part, because guest
 * kernel and users run in the same ring. [XEN xen.h "mmu_update", "mmuext_op"]
 */
#include "experiments/guests/xen/hypercall_asm.h"
#include "experiments/guests/xen/xen.h"

#define TABLE_SPAN (512ul * PAGE_SIZE)

#ifdef __x86_64__
#define KERNEL_SLOT 511
#define PIN_ROOT    MMUEXT_PIN_L4_TABLE
/* Not present, so that Xen ignores it: where the root keeps its user root. */
#define USER_ROOT_SLOT 1
#else
#define KERNEL_SLOT 3
#define PIN_ROOT    MMUEXT_PIN_L3_TABLE
/* From here on the last table of level 2 is Xen's. */
#define HOLE_SLOT   (((__HYPERVISOR_VIRT_START_PAE) >> 21) & 511)
#endif

static const unsigned long *p2m;
static phys_t boot_root;

static uint64_t machine(phys_t p)
{
    return (uint64_t)p2m[p / PAGE_SIZE] * PAGE_SIZE + p % PAGE_SIZE;
}

pte_t plat_pte_make(phys_t page, pte_t flags)
{
    return machine(page) | flags;
}

phys_t plat_pte_phys(pte_t entry)
{
    return (phys_t)machine_to_phys_mapping[(entry & PTE_ADDR) / PAGE_SIZE] *
           PAGE_SIZE;
}

static void must(long status)
{
    static const char text[] = "xen: a hypercall failed\n";

    if (status >= 0)
        return;
    plat_console(text, sizeof(text) - 1);
    plat_exit(254);
}

static void update_va(uintptr_t va, pte_t value)
{
#ifdef __x86_64__
    must(hypercall(__HYPERVISOR_update_va_mapping, va, value,
                   UVMF_INVLPG | UVMF_LOCAL, 0));
#else
    must(hypercall(__HYPERVISOR_update_va_mapping, va, (uint32_t)value,
                   (uint32_t)(value >> 32), UVMF_INVLPG | UVMF_LOCAL));
#endif
}

static void mmuext(unsigned cmd, uintptr_t arg)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = arg; /* or linear_addr, in the same place */
    must(hypercall(__HYPERVISOR_mmuext_op, (uintptr_t)&op, 1, 0, DOMID_SELF));
}

/* How the page appears in the kernel's window. */
static void set_writable(phys_t page, bool writable)
{
    update_va(KBASE + page,
              plat_pte_make(page, PTE_P | (writable ? PTE_W : 0)));
}

void plat_pte_set(pte_t *slot, pte_t value)
{
    struct mmu_update u = {
        .ptr = machine(virt_to_phys(slot)) | MMU_NORMAL_PT_UPDATE,
        .val = value,
    };

    must(hypercall(__HYPERVISOR_mmu_update, (uintptr_t)&u, 1, 0, DOMID_SELF));
}

void plat_flush_page(uintptr_t va)
{
    mmuext(MMUEXT_INVLPG_LOCAL, va);
}

/* ---- roots and tables --------------------------------------------------- */

#ifdef __x86_64__
static phys_t user_root(phys_t root)
{
    const pte_t *table = phys_to_virt(root);

    return root != boot_root ? (phys_t)(table[USER_ROOT_SLOT] & PTE_ADDR) : 0;
}

void plat_space_use(phys_t root)
{
    phys_t user = user_root(root);

    mmuext(MMUEXT_NEW_BASEPTR, p2m[root / PAGE_SIZE]);
    mmuext(MMUEXT_NEW_USER_BASEPTR, user != 0 ? p2m[user / PAGE_SIZE] : 0);
}

/* Both roots refer to the tables of users. */
static void set_slot(pte_t *slot, pte_t value, unsigned table_level)
{
    phys_t root = virt_to_phys(slot) & ~(phys_t)(PAGE_SIZE - 1);
    pte_t *user;

    plat_pte_set(slot, value);
    if (table_level != PAGING_LEVELS - 1 || user_root(root) == 0)
        return;
    user = phys_to_virt(user_root(root));
    plat_pte_set(&user[virt_to_phys(slot) % PAGE_SIZE / sizeof(*slot)], value);
}

/* The part of a root beside the root: here the user root. */
static phys_t root_part(phys_t root)
{
    return user_root(root);
}

static void fill_root(pte_t *table, phys_t part)
{
    const pte_t *boot = phys_to_virt(boot_root);

    table[KERNEL_SLOT] = boot[KERNEL_SLOT];
    table[USER_ROOT_SLOT] = part;
}

static void pin_part(phys_t part, bool pin)
{
    mmuext(pin ? PIN_ROOT : MMUEXT_UNPIN_TABLE, p2m[part / PAGE_SIZE]);
}
#else
void plat_space_use(phys_t root)
{
    mmuext(MMUEXT_NEW_BASEPTR, p2m[root / PAGE_SIZE]);
}

static void set_slot(pte_t *slot, pte_t value, unsigned table_level)
{
    if (table_level == PAGING_LEVELS - 1)
        value &= ~(PTE_W | PTE_U); /* no rights at the top level */
    plat_pte_set(slot, value);
}

/* Here a table of level 2 of its own, because Xen's part is in it. */
static phys_t root_part(phys_t root)
{
    const pte_t *table = phys_to_virt(root);

    return plat_pte_phys(table[KERNEL_SLOT]);
}

static void fill_root(pte_t *table, phys_t part)
{
    const pte_t *boot = phys_to_virt(boot_root), *from;
    pte_t *to = phys_to_virt(part);
    unsigned i;

    from = phys_to_virt(plat_pte_phys(boot[KERNEL_SLOT]));
    for (i = 0; i < HOLE_SLOT; i++)
        to[i] = from[i];
    table[KERNEL_SLOT] = plat_pte_make(part, PTE_P);
}

static void pin_part(phys_t part, bool pin)
{
    (void)part;
    (void)pin;
}
#endif

void plat_root_new(phys_t root)
{
    phys_t part = kernel_table_page();

    must(part != 0 ? 0 : -1);
    fill_root(phys_to_virt(root), part);
    set_writable(part, false);
    set_writable(root, false);
    mmuext(PIN_ROOT, p2m[root / PAGE_SIZE]);
    pin_part(part, true);
}

void plat_root_free(phys_t root)
{
    phys_t part = root_part(root);

    pin_part(part, false);
    mmuext(MMUEXT_UNPIN_TABLE, p2m[root / PAGE_SIZE]);
    set_writable(root, true);
    set_writable(part, true);
    kernel_table_page_put(part);
}

void plat_table_new(pte_t *slot, phys_t table, unsigned level)
{
    set_writable(table, false);
    set_slot(slot, plat_pte_make(table, PTE_P | PTE_W | PTE_U), level);
}

void plat_table_free(pte_t *slot, unsigned level)
{
    phys_t table = plat_pte_phys(*slot);

    set_slot(slot, 0, level);
    set_writable(table, true);
}

/* ---- the window -----------------------------------------------------------
 */

/* The entry of level 2 that va's lowest-level table hangs on. */
static pte_t *level2_slot(uintptr_t va)
{
    pte_t *table = phys_to_virt(boot_root);
    unsigned level;

    for (level = PAGING_LEVELS; level > 2; level--)
        table = phys_to_virt(
            plat_pte_phys(table[(va >> (12 + 9 * (level - 1))) & 511]));
    return &table[(va >> 21) & 511];
}

/* A table, made of a page that is mapped already, for the 2 MiB at p. */
static void map_new(pte_t *slot, phys_t table, phys_t p, phys_t end)
{
    pte_t *pte = phys_to_virt(table);
    unsigned i;

    for (i = 0; i < 512; i++, p += PAGE_SIZE)
        pte[i] = p < end ? plat_pte_make(p, PTE_P | PTE_W) : 0;
    set_writable(table, false);
    plat_pte_set(slot, plat_pte_make(table, PTE_P | PTE_W | PTE_U));
}

static void map_rest(const pte_t *slot, phys_t p, phys_t end)
{
    const pte_t *pte = phys_to_virt(plat_pte_phys(*slot));
    unsigned i;

    for (i = 0; i < 512 && p < end; i++, p += PAGE_SIZE)
        if (!(pte[i] & PTE_P))
            update_va(KBASE + p, plat_pte_make(p, PTE_P | PTE_W));
}

phys_t xen_pages_init(const struct start_info *si, phys_t end)
{
    /* Behind the page tables there is the boot stack, then nothing. */
    phys_t next =
        virt_to_phys((void *)si->pt_base) + (si->nr_pt_frames + 1) * PAGE_SIZE;
    pte_t *slot;
    phys_t p;

    p2m = (const unsigned long *)si->mfn_list;
    boot_root = virt_to_phys((void *)si->pt_base);
    for (p = 0; p < end; p += TABLE_SPAN) {
        slot = level2_slot(KBASE + p);
        if (*slot & PTE_P) {
            map_rest(slot, p, end);
        } else {
            map_new(slot, next, p, end);
            next += PAGE_SIZE;
        }
    }
    update_va((uintptr_t)&xen_shared, si->shared_info | PTE_P | PTE_W);
    return next;
}
