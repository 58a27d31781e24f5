/* fault.c: pages that come into being when they are touched, copy on write,
 * and the kernel's own access to user memory by the same rules. */
#include "experiments/guests/trik/kernel.h"

/* The part of the region's data that belongs into the page at va. */
static void fill(const struct region *r, uintptr_t va, void *page)
{
    uintptr_t at = va - r->start, n;

    if (at >= r->size)
        return;
    n = r->size - at;
    memcpy(page, r->data + at, n < PAGE_SIZE ? n : PAGE_SIZE);
}

static bool make_present(struct space *s, const struct region *r, uintptr_t va)
{
    pte_t *pte = plat_walk(s->root, va, true);
    phys_t page = pte != NULL ? page_zeroed() : 0;

    if (page == 0)
        return false;
    fill(r, va, phys_to_virt(page));
    plat_pte_set(pte,
                 plat_pte_make(page, PTE_P | PTE_U |
                                         (r->prot & PROT_WRITE ? PTE_W : 0)));
    return true;
}

/* The page is present, the region writable, the entry not. */
static bool make_writable(pte_t *pte, uintptr_t va)
{
    phys_t old = plat_pte_phys(*pte), page = old;

    if (page_refs(old) > 1) {
        page = page_alloc();
        if (page == 0)
            return false;
        memcpy(phys_to_virt(page), phys_to_virt(old), PAGE_SIZE);
    }
    plat_pte_set(pte, plat_pte_make(page, PTE_P | PTE_U | PTE_W));
    plat_flush_page(va);
    if (page != old)
        page_put(old);
    return true;
}

bool fault_handle(struct space *s, uintptr_t va, bool write)
{
    const struct region *r = region_at(s, va);
    pte_t *pte;

    va = PAGE_DOWN(va);
    if (r == NULL || !(r->prot & (write ? PROT_WRITE : PROT_READ)))
        return false;
    pte = plat_walk(s->root, va, false);
    if (pte == NULL || !(*pte & PTE_P))
        return make_present(s, r, va);
    return !write || (*pte & PTE_W) || make_writable(pte, va);
}

/* Where the kernel finds the byte at va; NULL: the user may not. */
static uint8_t *reach(struct space *s, uintptr_t va, bool write)
{
    pte_t *pte;

    if (!fault_handle(s, va, write))
        return NULL;
    pte = plat_walk(s->root, va, false);
    return (uint8_t *)phys_to_virt(plat_pte_phys(*pte)) + va % PAGE_SIZE;
}

static size_t within_page(uintptr_t va, size_t n)
{
    size_t left = PAGE_SIZE - va % PAGE_SIZE;

    return n < left ? n : left;
}

bool user_read(struct space *s, void *to, uintptr_t from, size_t n)
{
    uint8_t *d = to, *p;
    size_t some;

    for (; n > 0; n -= some, from += some, d += some) {
        some = within_page(from, n);
        p = reach(s, from, false);
        if (p == NULL)
            return false;
        memcpy(d, p, some);
    }
    return true;
}

bool user_write(struct space *s, uintptr_t to, const void *from, size_t n)
{
    const uint8_t *d = from;
    size_t some;
    uint8_t *p;

    for (; n > 0; n -= some, to += some, d += some) {
        some = within_page(to, n);
        p = reach(s, to, true);
        if (p == NULL)
            return false;
        memcpy(p, d, some);
    }
    return true;
}

bool user_string(struct space *s, char *to, uintptr_t from, size_t size)
{
    size_t n = 0, some, i;
    const uint8_t *p;

    for (; n < size; n += some) {
        some = within_page(from + n, size - n);
        p = reach(s, from + n, false);
        if (p == NULL)
            return false;
        for (i = 0; i < some; i++) {
            to[n + i] = (char)p[i];
            if (p[i] == '\0')
                return true;
        }
    }
    return false;
}
