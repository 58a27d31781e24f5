/* main.c: one nanobenchmark: the empty loop, then the operation, each between
 * markers. The run ends with status 0, or 1 if the benchmark's own check fails
 * or something happens that it did not ask for. */
#include "experiments/guests/lib/string.h"
#include "experiments/guests/marks.h"
#include "experiments/guests/nano/nano.h"

/* Pages for tables and the one page that all of NANO_PAGES are. */
static phys_t next_page, last_page;
static uintptr_t user_stack, user_text;
static phys_t root;

extern char user_start[], user_end[]; /* section .user */

pte_t *nano_ptes;

phys_t kernel_table_page(void)
{
    phys_t page = next_page;

    if (page >= last_page)
        return 0;
    next_page += PAGE_SIZE;
    memset(phys_to_virt(page), 0, PAGE_SIZE);
    return page;
}

/* Nothing is ever unmapped. */
void kernel_table_page_put(phys_t page)
{
    (void)page;
}

void kernel_trap(struct frame *f, uintptr_t fault)
{
    static const char text[] = "nano: unexpected trap\n";

    (void)f;
    (void)fault;
    plat_console(text, sizeof(text) - 1);
    plat_exit(1);
}

static bool map(uintptr_t va, phys_t page, pte_t flags)
{
    pte_t *pte = plat_walk(root, va, true);

    if (pte != NULL)
        plat_pte_set(pte, plat_pte_make(page, flags));
    return pte != NULL;
}

/* The upper levels first, so that the lowest tables are consecutive. */
void nano_map_pages(pte_t flags)
{
    static phys_t page;
    unsigned i;

    if (page == 0) {
        page = kernel_table_page();
        for (i = 0; i < NANO_NR_PAGES; i += 512)
            if (!map(NANO_PAGES + (uintptr_t)i * PAGE_SIZE, page, PTE_P))
                plat_exit(1);
        nano_ptes = plat_walk(root, NANO_PAGES, false);
    }
    for (i = 0; i < NANO_NR_PAGES; i++)
        plat_pte_set(&nano_ptes[i], plat_pte_make(page, flags));
    plat_space_use(root);
}

void nano_touch_pages(void)
{
    unsigned i;

    for (i = 0; i < NANO_NR_PAGES; i++)
        (void)*(volatile uint32_t *)(NANO_PAGES + (uintptr_t)i * PAGE_SIZE);
}

static void user_init(void)
{
    uintptr_t size = (uintptr_t)(user_end - user_start), at;

    user_text = NANO_USER;
    user_stack = NANO_USER + size + PAGE_SIZE;
    for (at = 0; at < size; at += PAGE_SIZE)
        if (!map(NANO_USER + at, virt_to_phys(user_start) + at, PTE_P | PTE_U))
            plat_exit(1);
    if (!map(NANO_USER + size, kernel_table_page(), PTE_P | PTE_W | PTE_U))
        plat_exit(1);
    plat_gate(TRAP_SYSCALL, nano_user_done, true);
}

static void run(void (*kernel)(uintptr_t), void (*user)(uintptr_t), uintptr_t n)
{
    if (nano_user)
        nano_user_call((uintptr_t)user - (uintptr_t)user_start + user_text, n,
                       user_stack);
    else
        kernel(n);
}

void kernel_main(const struct plat_info *info)
{
    static uint8_t trap_stack[PAGE_SIZE];

    next_page = info->ram_start;
    last_page = info->ram_end;
    root = info->root;
    plat_kernel_stack((uintptr_t)trap_stack + sizeof(trap_stack));
    user_init();
    nano_setup();
    plat_mark(MARK_SETUP, 0);
    run(nano_empty, nano_empty_user, nano_iterations);
    plat_mark(MARK_EMPTY, nano_iterations);
    run(nano_loop, nano_loop, nano_iterations);
    plat_mark(nano_code, nano_iterations);
    plat_exit(nano_check() ? 0 : 1);
}
