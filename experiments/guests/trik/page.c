/* page.c: pages of RAM, with reference counts. Free pages form a stack. */
#include "experiments/guests/trik/kernel.h"

#define MAX_PAGES 16384u /* 64 MiB: what is above stays unused */

static struct {
    phys_t start;
    uint32_t nr_free;
    uint32_t free[MAX_PAGES]; /* page numbers from `start` on */
    uint16_t refs[MAX_PAGES];
} pages;

void page_init(phys_t start, phys_t end)
{
    uint32_t nr = (uint32_t)((end - start) / PAGE_SIZE), i;

    if (nr > MAX_PAGES)
        nr = MAX_PAGES;
    pages.start = start;
    for (i = nr; i > 0; i--)
        pages.free[pages.nr_free++] = i - 1;
}

static uint32_t number(phys_t page)
{
    return (uint32_t)((page - pages.start) / PAGE_SIZE);
}

phys_t page_alloc(void)
{
    uint32_t i;

    if (pages.nr_free == 0)
        return 0;
    i = pages.free[--pages.nr_free];
    pages.refs[i] = 1;
    return pages.start + (phys_t)i * PAGE_SIZE;
}

phys_t page_zeroed(void)
{
    phys_t page = page_alloc();

    if (page != 0)
        memset(phys_to_virt(page), 0, PAGE_SIZE);
    return page;
}

phys_t kernel_table_page(void)
{
    return page_zeroed();
}

void kernel_table_page_put(phys_t page)
{
    page_put(page);
}

void page_get(phys_t page)
{
    pages.refs[number(page)]++;
}

void page_put(phys_t page)
{
    uint32_t i = number(page);

    if (--pages.refs[i] == 0)
        pages.free[pages.nr_free++] = i;
}

unsigned page_refs(phys_t page)
{
    return pages.refs[number(page)];
}

unsigned page_free_count(void)
{
    return pages.nr_free;
}
