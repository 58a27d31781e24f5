/* gmem_snap.c: guest memory in snapshots and hashes.
 *
 * Stream: number of regions; for each its base, size and kind, then its pages
 * that are not all zeroes as (page number, 4096 bytes) in rising order, then
 * NO_PAGE. */
#include <string.h>

#include "common/machine/gmem.h"
#include "common/machine/snap.h"

#define NO_PAGE UINT64_MAX

static bool page_is_zero(const uint8_t *page)
{
    /* A page equals itself shifted by one exactly if all bytes are alike. */
    return page[0] == 0 && memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

static void pages_out(struct gmem_region *r, struct snap *s)
{
    uint64_t n = r->size >> PAGE_SHIFT;
    uint64_t end = NO_PAGE;
    uint64_t i;

    for (i = 0; i < n; i++) {
        uint8_t *page = r->host + (i << PAGE_SHIFT);

        if (page_is_zero(page))
            continue;
        snap_u64(s, &i);
        snap_bytes(s, page, PAGE_SIZE);
    }
    snap_u64(s, &end);
}

/* Zero pages [from, to) of a region, touching only those that are not. */
static void zero_pages(struct gmem *g, struct gmem_region *r, uint64_t from,
                       uint64_t to)
{
    static const uint8_t zeroes[PAGE_SIZE];

    for (; from < to; from++)
        if (!page_is_zero(r->host + (from << PAGE_SHIFT)))
            (void)gmem_load(g, r->base + (from << PAGE_SHIFT), zeroes,
                            PAGE_SIZE);
}

static void pages_in(struct gmem *g, struct gmem_region *r, struct snap *s)
{
    uint64_t n = r->size >> PAGE_SHIFT;
    uint64_t next = 0; /* lowest page not yet loaded */
    uint8_t page[PAGE_SIZE];
    uint64_t i;

    for (;;) {
        i = NO_PAGE;
        snap_u64(s, &i);
        if (s->status != ST_OK || i == NO_PAGE)
            break;
        snap_require(s, i < n && i >= next, "RAM page number");
        snap_bytes(s, page, sizeof(page));
        if (s->status != ST_OK)
            return;
        zero_pages(g, r, next, i);
        (void)gmem_load(g, r->base + (i << PAGE_SHIFT), page, sizeof(page));
        next = i + 1;
    }
    if (s->status == ST_OK)
        zero_pages(g, r, next, n);
}

void gmem_snapshot(struct gmem *g, struct snap *s)
{
    uint32_t nr = g->nr_regions;
    unsigned i;

    snap_section(s, "gmem", 1);
    snap_u32(s, &nr);
    snap_require(s, nr == g->nr_regions, "number of memory regions");
    for (i = 0; i < g->nr_regions && s->status == ST_OK; i++) {
        struct gmem_region *r = &g->region[i];
        uint64_t base = r->base, size = r->size;
        bool rom = r->rom;

        snap_u64(s, &base);
        snap_u64(s, &size);
        snap_bool(s, &rom);
        snap_require(s, base == r->base && size == r->size && rom == r->rom,
                     "memory region");
        if (s->status != ST_OK)
            return;
        if (s->mode == SNAP_LOAD)
            pages_in(g, r, s);
        else
            pages_out(r, s);
    }
}
