/* region.c: which addresses a process may use, and how. */
#include "experiments/guests/trik/kernel.h"

#define MMAP_START 0x40000000ul
#define MMAP_END   0x60000000ul

static bool overlaps(const struct region *r, uintptr_t start, uintptr_t end)
{
    return r->start < end && start < r->end;
}

bool region_add(struct space *s, const struct region *r)
{
    struct region *unused = NULL;
    unsigned i;

    if (r->start >= r->end || r->end > USER_END)
        return false;
    for (i = 0; i < NR_REGIONS; i++) {
        if (s->region[i].end == 0)
            unused = &s->region[i];
        else if (overlaps(&s->region[i], r->start, r->end))
            return false;
    }
    if (unused != NULL)
        *unused = *r;
    return unused != NULL;
}

struct region *region_at(struct space *s, uintptr_t va)
{
    unsigned i;

    for (i = 0; i < NR_REGIONS; i++)
        if (va >= s->region[i].start && va < s->region[i].end)
            return &s->region[i];
    return NULL;
}

uintptr_t region_place(const struct space *s, uintptr_t size)
{
    uintptr_t at = MMAP_START;
    unsigned i;

    /* Behind each region that is in the way, until none is. */
    for (i = 0; i < NR_REGIONS; i++) {
        if (!overlaps(&s->region[i], at, at + size))
            continue;
        at = s->region[i].end;
        i = (unsigned)-1;
    }
    return at + size <= MMAP_END ? at : 0;
}

/* A region that begins before `va` and ends behind it becomes two. */
static bool split(struct space *s, uintptr_t va)
{
    struct region *r = region_at(s, va), high;
    uintptr_t before;

    if (r == NULL || r->start == va)
        return true;
    high = *r;
    before = va - r->start;
    high.start = va;
    high.data = before < high.size ? high.data + before : NULL;
    high.size = before < high.size ? high.size - before : 0;
    r->end = va;
    if (r->size > before)
        r->size = before;
    if (region_add(s, &high))
        return true;
    r->end = high.end;
    r->size += high.size;
    return false;
}

/* Make [start, start + size) consist of whole regions. */
static int isolate(struct space *s, uintptr_t start, uintptr_t size)
{
    if (start % PAGE_SIZE != 0 || size % PAGE_SIZE != 0 || size == 0 ||
        start >= USER_END || size > USER_END - start)
        return -E_INVAL;
    return split(s, start) && split(s, start + size) ? 0 : -E_NOMEM;
}

int region_unmap(struct space *s, uintptr_t start, uintptr_t size)
{
    int status = isolate(s, start, size);
    unsigned i;

    for (i = 0; status == 0 && i < NR_REGIONS; i++) {
        struct region *r = &s->region[i];

        if (!overlaps(r, start, start + size))
            continue;
        space_drop(s, r->start, r->end, true);
        memset(r, 0, sizeof(*r));
    }
    return status;
}

/* Write access comes back page by page, by faults. */
static void take_write(struct space *s, const struct region *r)
{
    uintptr_t va;
    pte_t *pte;

    for (va = r->start; va < r->end; va += PAGE_SIZE) {
        pte = plat_walk(s->root, va, false);
        if (pte == NULL || !(*pte & PTE_W))
            continue;
        plat_pte_set(pte, *pte & ~PTE_W);
        plat_flush_page(va);
    }
}

int region_protect(struct space *s, uintptr_t start, uintptr_t size,
                   unsigned prot)
{
    int status = isolate(s, start, size);
    unsigned i;

    for (i = 0; status == 0 && i < NR_REGIONS; i++) {
        struct region *r = &s->region[i];

        if (!overlaps(r, start, start + size))
            continue;
        r->prot = prot;
        if (!(prot & PROT_WRITE))
            take_write(s, r);
    }
    return status;
}
