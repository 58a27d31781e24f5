/* gmem.c: guest-physical memory: RAM and ROM regions, checked copies, page
 * flags for code and dirty tracking. */
#include "common/machine/gmem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/bits.h"
#include "common/base/hugepage.h"

void gmem_init(struct gmem *g)
{
    memset(g, 0, sizeof(*g));
}

void gmem_fini(struct gmem *g)
{
    unsigned i;

    for (i = 0; i < g->nr_regions; i++) {
        munmap(g->region[i].host, g->region[i].size);
        free(g->region[i].flags);
    }
    g->nr_regions = 0;
}

/* The rules of gmem_add; changes nothing. */
static enum status add_check(const struct gmem *g, uint64_t base, uint64_t size,
                             struct error *err)
{
    unsigned i;

    if (size == 0 || (base | size) % PAGE_SIZE != 0 || base + size - 1 < base)
        return err_set(err, ST_INVAL,
                       "memory region 0x%llx+0x%llx: whole pages, not empty, "
                       "no wrap",
                       (unsigned long long)base, (unsigned long long)size);
    for (i = 0; i < g->nr_regions; i++) {
        const struct gmem_region *r = &g->region[i];

        if (base <= r->base + (r->size - 1) && r->base <= base + (size - 1))
            return err_set(err, ST_INVAL,
                           "memory region 0x%llx+0x%llx overlaps "
                           "0x%llx+0x%llx",
                           (unsigned long long)base, (unsigned long long)size,
                           (unsigned long long)r->base,
                           (unsigned long long)r->size);
    }
    if (g->nr_regions == GMEM_MAX_REGIONS)
        return err_set(err, ST_LIMIT, "more than %d memory regions",
                       GMEM_MAX_REGIONS);
    return ST_OK;
}

enum status gmem_add(struct gmem *g, uint64_t base, uint64_t size, bool rom,
                     struct error *err)
{
    enum status st = add_check(g, base, size, err);
    struct gmem_region *r = &g->region[g->nr_regions];
    void *host;

    if (st != ST_OK)
        return st;
    host = mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (host == MAP_FAILED)
        return err_set_errno(err, ST_NOMEM, errno,
                             "map 0x%llx bytes of guest memory",
                             (unsigned long long)size);
    r->flags = calloc(1, size >> PAGE_SHIFT);
    if (r->flags == NULL) {
        munmap(host, size);
        return err_set(err, ST_NOMEM, "page flags of 0x%llx bytes of memory",
                       (unsigned long long)size);
    }
    hugepage_advise(host, size);
    if (rom)
        memset(r->flags, GMEM_PAGE_ROM, size >> PAGE_SHIFT);
    r->base = base;
    r->size = size;
    r->host = host;
    r->rom = rom;
    g->nr_regions++;
    return ST_OK;
}

struct gmem_region *gmem_find(struct gmem *g, uint64_t pa)
{
    unsigned i;

    /* The board adds its biggest region first. */
    for (i = 0; i < g->nr_regions; i++)
        if (pa - g->region[i].base < g->region[i].size)
            return &g->region[i];
    return NULL;
}

void *gmem_host(struct gmem *g, uint64_t pa, uint64_t len)
{
    struct gmem_region *r = gmem_find(g, pa);

    if (r == NULL || len > r->size - (pa - r->base))
        return NULL;
    return r->host + (pa - r->base);
}

uint8_t *gmem_flags(struct gmem *g, uint64_t pa)
{
    struct gmem_region *r = gmem_find(g, pa);

    return r == NULL ? NULL : &r->flags[(pa - r->base) >> PAGE_SHIFT];
}

/* Bytes of [pa, pa+len) that lie in the page of pa. */
static uint64_t in_page(uint64_t pa, uint64_t len)
{
    uint64_t room = PAGE_SIZE - pa % PAGE_SIZE;

    return len < room ? len : room;
}

bool gmem_read(struct gmem *g, uint64_t pa, void *buf, uint64_t len)
{
    uint8_t *to = buf;
    bool all = true;

    while (len > 0) {
        uint64_t n = in_page(pa, len);
        const void *from = gmem_host(g, pa, n);

        if (from != NULL) {
            memcpy(to, from, n);
        } else {
            memset(to, 0xff, n);
            all = false;
        }
        pa += n;
        to += n;
        len -= n;
    }
    return all;
}

void gmem_tell(struct gmem *g, uint8_t flags, uint64_t pa, const void *buf,
               uint32_t len)
{
    if ((flags & GMEM_PAGE_CODE) != 0 && g->code_fn != NULL)
        g->code_fn(g->code_opaque, pa, len);
    if ((flags & GMEM_PAGE_TRACE) != 0 && g->trace_fn != NULL)
        g->trace_fn(g->trace_opaque, pa, buf, len);
}

static bool copy_in(struct gmem *g, uint64_t pa, const void *buf, uint64_t len,
                    bool into_rom)
{
    const uint8_t *from = buf;
    bool all = true;

    while (len > 0) {
        uint64_t n = in_page(pa, len);
        uint8_t *flags = gmem_flags(g, pa);

        if (flags == NULL || ((*flags & GMEM_PAGE_ROM) != 0 && !into_rom)) {
            all = false;
        } else {
            gmem_tell(g, *flags, pa, from, (uint32_t)n);
            *flags |= GMEM_PAGE_DIRTY;
            memcpy(gmem_host(g, pa, n), from, n);
        }
        pa += n;
        from += n;
        len -= n;
    }
    return all;
}

bool gmem_write(struct gmem *g, uint64_t pa, const void *buf, uint64_t len)
{
    return copy_in(g, pa, buf, len, false);
}

bool gmem_load(struct gmem *g, uint64_t pa, const void *buf, uint64_t len)
{
    return copy_in(g, pa, buf, len, true);
}

static uint64_t ram_bytes(const struct gmem *g, bool above_4g)
{
    uint64_t sum = 0;
    unsigned i;

    for (i = 0; i < g->nr_regions; i++)
        if (!g->region[i].rom &&
            (g->region[i].base >= 0x100000000ull) == above_4g)
            sum += g->region[i].size;
    return sum;
}

uint64_t gmem_ram_below_4g(const struct gmem *g)
{
    return ram_bytes(g, false);
}

uint64_t gmem_ram_above_4g(const struct gmem *g)
{
    return ram_bytes(g, true);
}

void gmem_clear_dirty(struct gmem *g)
{
    uint64_t page;
    unsigned i;

    for (i = 0; i < g->nr_regions; i++)
        for (page = 0; page < g->region[i].size >> PAGE_SHIFT; page++)
            g->region[i].flags[page] &= (uint8_t)~GMEM_PAGE_DIRTY;
}
