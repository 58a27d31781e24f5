/* zeropage.c: filling in Linux's zero page. */
#include "common/load/zeropage.h"

#include <string.h>

_Static_assert(sizeof(struct boot_params) == LAYOUT_ZEROPAGE_SIZE,
               "the zero page is a page");
_Static_assert(E820_MAX <= E820_MAX_ENTRIES_ZEROPAGE, "the map always fits");

#define BOOT_FLAG    0xaa55
#define HDRS         0x53726448u /* "HdrS" */
#define VID_NORMAL   0xffff
#define LOADER_OTHER 0xff /* type_of_loader: no number of its own */

static void put_memory(struct boot_params *bp, const struct e820_map *map)
{
    uint64_t kb = (e820_low_end(map) - LAYOUT_HIGH) >> 10;
    unsigned i;

    for (i = 0; i < map->nr; i++) {
        bp->e820_table[i].addr = map->entry[i].base;
        bp->e820_table[i].size = map->entry[i].size;
        bp->e820_table[i].type = map->entry[i].type;
    }
    bp->e820_entries = (uint8_t)map->nr;
    bp->alt_mem_k = (uint32_t)kb;
    bp->screen_info.ext_mem_k = (uint16_t)(kb < 0xffff ? kb : 0xffff);
}

enum status zeropage_put(struct job *job, struct boot_params *bp,
                         const struct zeropage_limits *limits,
                         struct error *err)
{
    enum status st = job_put_cmdline(job, limits->cmdline_size, err);

    if (st != ST_OK)
        return st;
    st = job_put_initrd(job, limits->kernel_end, limits->initrd_end, err);
    if (st != ST_OK)
        return st;
    put_memory(bp, &job->e820);
    bp->hdr.vid_mode = VID_NORMAL;
    bp->hdr.type_of_loader = LOADER_OTHER;
    bp->hdr.cmd_line_ptr = LAYOUT_CMDLINE;
    bp->hdr.ramdisk_image = (uint32_t)job->initrd_pa;
    bp->hdr.ramdisk_size = (uint32_t)job->initrd.size;
    if (limits->has_rsdp)
        bp->acpi_rsdp_addr = job->rsdp;
    job_put(job, LAYOUT_ZEROPAGE, bp, sizeof(*bp));
    return ST_OK;
}

enum status zeropage_put_plain(struct job *job, uint64_t kernel_end,
                               struct error *err)
{
    const struct zeropage_limits limits = {
        .kernel_end = kernel_end,
        .initrd_end = LAYOUT_4G,
        .cmdline_size = LAYOUT_CMDLINE_SIZE - 1,
        .has_rsdp = true,
    };
    struct boot_params bp;

    memset(&bp, 0, sizeof(bp));
    bp.hdr.boot_flag = BOOT_FLAG;
    bp.hdr.header = HDRS;
    bp.hdr.version = 0x20f;
    bp.hdr.loadflags = LOADED_HIGH;
    bp.hdr.kernel_alignment = 0x1000000;
    bp.hdr.cmdline_size = LAYOUT_CMDLINE_SIZE - 1;
    return zeropage_put(job, &bp, &limits, err);
}
