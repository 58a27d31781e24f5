/* layout.h: who owns which part of the first MiB when a guest is loaded.
 *
 * What the loader writes for a guest lies in 0x90000..0x9FFFF, firmware tables
 * in 0xE0000..0xFFFFF, so that a guest's own segments may lie anywhere in
 * 0x500..0x8FFFF and from 1 MiB on. The table is the one list of areas: the
 * E820 map, the overlap checks and the tests go by it. */
#ifndef COMMON_LOAD_LAYOUT_H
#define COMMON_LOAD_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* X(name, base, size, what) in ascending order, none overlapping. */
#define LAYOUT_AREAS(X)                                                        \
    X(BDA, 0x00000, 0x00500, "the BIOS data area")                             \
    X(GDT, 0x90000, 0x01000, "the loader's GDT")                               \
    X(ZEROPAGE, 0x91000, 0x01000, "the Linux zero page")                       \
    X(PVH, 0x92000, 0x01000, "the PVH start info")                             \
    X(MULTIBOOT, 0x93000, 0x01000, "the multiboot information")                \
    X(PAGE_TABLES, 0x94000, 0x06000, "the loader's page tables")               \
    X(CMDLINE, 0x9a000, 0x04000, "the command line")                           \
    X(STACK, 0x9e000, 0x01000, "the stack at entry")                           \
    X(EBDA, 0x9fc00, 0x00400, "the extended BIOS data area")                   \
    X(VGA, 0xa0000, 0x40000, "the video memory and option ROM range")          \
    X(FIRMWARE, 0xe0000, 0x20000, "the firmware tables")

enum layout_address {
#define X(name, base, size, what)                                              \
    LAYOUT_##name = (base), LAYOUT_##name##_SIZE = (size),
    LAYOUT_AREAS(X)
#undef X
};

#define LAYOUT_HIGH    0x100000ull /* the first MiB ends: RAM from here on */
#define LAYOUT_4G      0x100000000ull
#define LAYOUT_BASE_KB 639 /* RAM up to the EBDA, in KiB */

struct layout_area {
    const char *what;
    uint64_t base, size;
};

/* The areas in ascending order; *nr is how many. */
const struct layout_area *layout_areas(size_t *nr);

/* What owns a byte of [base, base+size), or NULL: free for the guest. */
const char *layout_owner(uint64_t base, uint64_t size);

#endif
