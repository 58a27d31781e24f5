/* e820.c: the memory map that guests are told. */
#include "common/load/e820.h"

#include <string.h>

#include "common/load/layout.h"

/* Keeps the entries in ascending order; empty ones are dropped. */
static void add(struct e820_map *map, uint64_t base, uint64_t end,
                enum e820_type type)
{
    unsigned i = map->nr;

    if (base >= end)
        return;
    for (; i > 0 && map->entry[i - 1].base > base; i--)
        map->entry[i] = map->entry[i - 1];
    map->entry[i] = (struct e820_entry){base, end - base, type};
    map->nr++;
}

void e820_build(struct e820_map *map, const struct gmem *mem)
{
    unsigned i;

    memset(map, 0, sizeof(*map));
    for (i = 0; i < mem->nr_regions; i++) {
        const struct gmem_region *r = &mem->region[i];
        uint64_t end = r->base + r->size;

        if (r->rom)
            continue;
        add(map, r->base, end < LAYOUT_EBDA ? end : LAYOUT_EBDA, E820_RAM);
        add(map, r->base > LAYOUT_HIGH ? r->base : LAYOUT_HIGH, end, E820_RAM);
    }
    add(map, LAYOUT_EBDA, LAYOUT_EBDA + LAYOUT_EBDA_SIZE, E820_RESERVED);
    add(map, LAYOUT_FIRMWARE, LAYOUT_FIRMWARE + LAYOUT_FIRMWARE_SIZE,
        E820_RESERVED);
}

uint64_t e820_low_end(const struct e820_map *map)
{
    unsigned i;

    for (i = 0; i < map->nr; i++) {
        const struct e820_entry *e = &map->entry[i];
        uint64_t end = e->base + e->size;

        if (e->type == E820_RAM && e->base == LAYOUT_HIGH)
            return end < LAYOUT_4G ? end : LAYOUT_4G;
    }
    return LAYOUT_HIGH;
}

bool e820_is_ram(const struct e820_map *map, uint64_t base, uint64_t size)
{
    unsigned i;

    for (i = 0; i < map->nr; i++) {
        const struct e820_entry *e = &map->entry[i];

        if (e->type == E820_RAM && base >= e->base && base - e->base < e->size)
            return size <= e->size - (base - e->base);
    }
    return false;
}
