/* bus.c: port and MMIO ranges and who answers them. */
#include "common/machine/bus.h"

#include <string.h>

#include "common/base/bits.h"

void bus_init(struct bus *b)
{
    memset(b, 0, sizeof(*b));
}

/* Index of the first range that ends after addr; ranges are sorted. */
static unsigned lower_bound(const struct bus *b, enum bus_kind kind,
                            uint64_t addr)
{
    unsigned lo = 0, hi = b->nr[kind];

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        const struct bus_range *r = &b->range[kind][mid];

        if (r->base + (r->len - 1) < addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

enum status bus_add(struct bus *b, enum bus_kind kind, uint64_t base,
                    uint64_t len, const struct bus_ops *ops, void *dev,
                    const char *name, struct error *err)
{
    struct bus_range *table = b->range[kind];
    unsigned at;

    if (len == 0 || base + (len - 1) < base ||
        (kind == BUS_PORT && base + (len - 1) > 0xffff))
        return err_set(err, ST_INVAL, "%s: range 0x%llx+0x%llx: empty or wraps",
                       name, (unsigned long long)base, (unsigned long long)len);
    at = lower_bound(b, kind, base);
    if (at < b->nr[kind] && table[at].base <= base + (len - 1))
        return err_set(err, ST_INVAL, "%s: range 0x%llx+0x%llx overlaps %s",
                       name, (unsigned long long)base, (unsigned long long)len,
                       table[at].name);
    if (b->nr[kind] == BUS_MAX_RANGES)
        return err_set(err, ST_LIMIT, "%s: more than %d bus ranges", name,
                       BUS_MAX_RANGES);
    memmove(&table[at + 1], &table[at], (b->nr[kind] - at) * sizeof(table[0]));
    table[at] = (struct bus_range){base, len, ops, dev, name};
    b->nr[kind]++;
    return ST_OK;
}

const struct bus_range *bus_find(const struct bus *b, enum bus_kind kind,
                                 uint64_t addr)
{
    unsigned at = lower_bound(b, kind, addr);

    if (at < b->nr[kind] && b->range[kind][at].base <= addr)
        return &b->range[kind][at];
    return NULL;
}

/* Whether the range takes the access whole. */
static bool holds(const struct bus_range *r, uint64_t addr, unsigned size)
{
    return r != NULL && size <= r->len - (addr - r->base) &&
           (r->ops->max_size == 0 || size <= r->ops->max_size);
}

/* Whether any byte of [addr, addr+size) is claimed; addr itself is not. */
static bool tail_claimed(const struct bus *b, enum bus_kind kind, uint64_t addr,
                         unsigned size)
{
    unsigned at = lower_bound(b, kind, addr);

    return at < b->nr[kind] && b->range[kind][at].base - addr < size;
}

uint64_t bus_read(struct bus *b, enum bus_kind kind, uint64_t addr,
                  unsigned size)
{
    const struct bus_range *r = bus_find(b, kind, addr);
    uint64_t v = 0;
    unsigned i;

    if (holds(r, addr, size))
        return r->ops->read(r->dev, addr - r->base, size) & mask_low(8 * size);
    if (size == 1 || (r == NULL && !tail_claimed(b, kind, addr, size))) {
        b->unclaimed_reads++;
        return mask_low(8 * size);
    }
    for (i = 0; i < size; i++)
        v |= bus_read(b, kind, addr + i, 1) << (8 * i);
    return v;
}

void bus_write(struct bus *b, enum bus_kind kind, uint64_t addr, unsigned size,
               uint64_t value)
{
    const struct bus_range *r = bus_find(b, kind, addr);
    unsigned i;

    value &= mask_low(8 * size);
    if (holds(r, addr, size)) {
        r->ops->write(r->dev, addr - r->base, size, value);
        return;
    }
    if (size == 1 || (r == NULL && !tail_claimed(b, kind, addr, size))) {
        b->unclaimed_writes++;
        return;
    }
    for (i = 0; i < size; i++)
        bus_write(b, kind, addr + i, 1, value >> (8 * i));
}
