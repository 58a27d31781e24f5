/* e820.h: the memory map that guests are told, in the form that the zero page,
 * PVH and multiboot share. [ACPI "System Address Map Interfaces"] */
#ifndef COMMON_LOAD_E820_H
#define COMMON_LOAD_E820_H

#include "common/machine/gmem.h"

/* Every region may be cut once by the areas below 1 MiB, which add two. */
#define E820_MAX (2 * GMEM_MAX_REGIONS + 2)

enum e820_type { E820_RAM = 1, E820_RESERVED = 2 };

struct e820_entry {
    uint64_t base, size;
    enum e820_type type;
};

struct e820_map {
    struct e820_entry entry[E820_MAX]; /* ascending, not overlapping */
    unsigned nr;
};

/* RAM is what `mem` holds as RAM, without everything from the EBDA to 1 MiB;
 * the EBDA and the firmware tables are reserved. ROM regions are left out. */
void e820_build(struct e820_map *map, const struct gmem *mem);

/* End of the RAM that holds the first byte above 1 MiB, at most 4 GiB; 1 MiB if
 * there is none. What a loader may fill lies below. */
uint64_t e820_low_end(const struct e820_map *map);

/* Whether all of [base, base+size) is RAM; an empty range is if base is. */
bool e820_is_ram(const struct e820_map *map, uint64_t base, uint64_t size);

#endif
