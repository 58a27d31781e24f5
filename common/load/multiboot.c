/* multiboot.c: Multiboot 1: header, placement, information structure. */
#include "common/load/multiboot.h"

#include <string.h>

#include "common/base/bits.h"
#include "common/load/elfimage.h"

#define HEADER_MAGIC 0x1badb002u
#define SEARCH_BYTES 8192u

/* Flags of the header. Bits 0 to 15 are demands, the others information. */
#define NEED_ALIGNED   BIT(0) /* modules on page boundaries: always so */
#define NEED_MEMORY    BIT(1)
#define NEED_KNOWN     (NEED_ALIGNED | NEED_MEMORY)
#define NEED_MASK      0xffffu
#define HAVE_ADDRESSES BIT(16)

/* Flags of the information structure. */
#define INFO_MEMORY  BIT(0)
#define INFO_CMDLINE BIT(2)
#define INFO_MODS    BIT(3)
#define INFO_MMAP    BIT(6)
#define INFO_LOADER  BIT(9)

struct mb_header {
    uint32_t offset; /* in the file */
    uint32_t flags;
    uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};

/* [MULTIBOOT "Boot information format"], up to the loader's name. */
struct mb_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t syms[4];
    uint32_t mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr, config_table, boot_loader_name;
    uint32_t unused[12];
};

struct mb_module {
    uint32_t start, end, string, reserved;
};

struct mb_mmap {
    uint32_t size; /* of the rest */
    uint64_t base, length;
    uint32_t type;
} __attribute__((packed));

/* The page at LAYOUT_MULTIBOOT. */
struct mb_page {
    struct mb_info info;
    struct mb_module module;
    struct mb_mmap mmap[E820_MAX];
    char loader[16];
    char module_name[sizeof(((struct image *)NULL)->name)];
};

_Static_assert(offsetof(struct mb_info, boot_loader_name) == 64, "layout");
_Static_assert(sizeof(struct mb_mmap) == 24, "layout");
_Static_assert(sizeof(struct mb_page) <= LAYOUT_MULTIBOOT_SIZE, "fits");

static bool find_header(const struct image *img, struct mb_header *out)
{
    uint64_t limit = img->size < SEARCH_BYTES ? img->size : SEARCH_BYTES;
    uint64_t at;

    for (at = 0; at + 12 <= limit; at += 4) {
        const uint8_t *p = img->data + at;
        uint32_t flags = get_le32(p + 4);

        if (get_le32(p) != HEADER_MAGIC ||
            HEADER_MAGIC + flags + get_le32(p + 8) != 0)
            continue;
        memset(out, 0, sizeof(*out));
        out->offset = (uint32_t)at;
        out->flags = flags;
        if (!(flags & HAVE_ADDRESSES))
            return true;
        if (at + 32 > limit) /* the whole header lies in the first 8 KiB */
            return false;
        out->header_addr = get_le32(p + 12);
        out->load_addr = get_le32(p + 16);
        out->load_end_addr = get_le32(p + 20);
        out->bss_end_addr = get_le32(p + 24);
        out->entry_addr = get_le32(p + 28);
        return true;
    }
    return false;
}

bool multiboot_is(const struct image *img)
{
    struct mb_header h;

    return img->data != NULL && find_header(img, &h);
}

void multiboot_put_info(struct job *job)
{
    struct mb_page page;
    unsigned i;

    memset(&page, 0, sizeof(page));
    page.info.flags =
        INFO_MEMORY | INFO_CMDLINE | INFO_MODS | INFO_MMAP | INFO_LOADER;
    page.info.mem_lower = LAYOUT_BASE_KB;
    page.info.mem_upper =
        (uint32_t)((e820_low_end(&job->e820) - LAYOUT_HIGH) >> 10);
    page.info.cmdline = LAYOUT_CMDLINE;
    page.info.mods_addr = LAYOUT_MULTIBOOT + offsetof(struct mb_page, module);
    if (job->initrd_pa != 0) {
        page.info.mods_count = 1;
        page.module.start = (uint32_t)job->initrd_pa;
        page.module.end = (uint32_t)(job->initrd_pa + job->initrd.size);
        page.module.string =
            LAYOUT_MULTIBOOT + offsetof(struct mb_page, module_name);
        memcpy(page.module_name, job->initrd.name, sizeof(page.module_name));
    }
    page.info.mmap_addr = LAYOUT_MULTIBOOT + offsetof(struct mb_page, mmap);
    page.info.mmap_length = (uint32_t)(job->e820.nr * sizeof(page.mmap[0]));
    for (i = 0; i < job->e820.nr; i++) {
        page.mmap[i].size = sizeof(page.mmap[0]) - 4;
        page.mmap[i].base = job->e820.entry[i].base;
        page.mmap[i].length = job->e820.entry[i].size;
        page.mmap[i].type = job->e820.entry[i].type;
    }
    strcpy(page.loader, "triptych");
    page.info.boot_loader_name =
        LAYOUT_MULTIBOOT + offsetof(struct mb_page, loader);
    job_put(job, LAYOUT_MULTIBOOT, &page, sizeof(page));
}

static enum status bad_address(const struct job *job, const char *field,
                               uint32_t value, const char *rule, uint64_t bound,
                               struct error *err)
{
    return err_set(err, ST_GUEST, "%s: multiboot %s 0x%x: must be %s 0x%llx",
                   job->kernel.name, field, value, rule,
                   (unsigned long long)bound);
}

/* The header's addresses describe one piece of the file and zeros behind it. */
static enum status place_addresses(struct job *job, const struct mb_header *h,
                                   uint64_t *end, struct error *err)
{
    uint64_t start, size, mem;
    enum status st;

    if (h->load_addr > h->header_addr ||
        h->header_addr - h->load_addr > h->offset)
        return err_set(err, ST_GUEST,
                       "%s: multiboot load_addr 0x%x: must be at most "
                       "header_addr 0x%x, by no more than the header's offset "
                       "0x%x",
                       job->kernel.name, h->load_addr, h->header_addr,
                       h->offset);
    start = h->offset - (h->header_addr - h->load_addr);
    size = job->kernel.size - start;
    if (h->load_end_addr != 0) {
        if (h->load_end_addr < h->load_addr ||
            h->load_end_addr - h->load_addr > size)
            return bad_address(job, "load_end_addr", h->load_end_addr,
                               "in what the file holds, up to",
                               h->load_addr + size, err);
        size = h->load_end_addr - h->load_addr;
    }
    mem = size;
    if (h->bss_end_addr != 0) {
        if (h->bss_end_addr < h->load_addr + size)
            return bad_address(job, "bss_end_addr", h->bss_end_addr,
                               "at least the data's end", h->load_addr + size,
                               err);
        mem = h->bss_end_addr - h->load_addr;
    }
    if (h->entry_addr < h->load_addr || h->entry_addr - h->load_addr >= mem)
        return bad_address(job, "entry_addr", h->entry_addr,
                           "in the image, from load_addr", h->load_addr, err);
    st = job_check_range(job, "multiboot image", h->load_addr, mem, err);
    if (st != ST_OK)
        return st;
    job_put(job, h->load_addr, job->kernel.data + start, size);
    *end = h->load_addr + mem;
    return ST_OK;
}

static enum status place_elf(struct job *job, uint64_t *entry, uint64_t *end,
                             struct error *err)
{
    struct elfimage elf;
    enum status st;

    if (!elfimage_is(&job->kernel))
        return err_set(err, ST_GUEST,
                       "%s: multiboot flags: bit 16 must be set in a file that "
                       "is not ELF",
                       job->kernel.name);
    st = elfimage_parse(&job->kernel, &elf, err);
    if (st == ST_OK)
        st = elfimage_physical(&job->kernel, &elf, "e_entry", elf.entry, entry,
                               err);
    if (st == ST_OK)
        st = elfimage_put(job, &elf, end, err);
    return st;
}

static enum status place(struct job *job, uint64_t *entry, struct error *err)
{
    struct mb_header h;
    enum status st;
    uint64_t end;

    if (!find_header(&job->kernel, &h))
        return err_set(err, ST_GUEST,
                       "%s: no multiboot header in the first 8 KiB (magic "
                       "0x1badb002, then flags and a matching checksum)",
                       job->kernel.name);
    if (h.flags & NEED_MASK & ~NEED_KNOWN)
        return err_set(err, ST_NOTSUP,
                       "%s: multiboot flags 0x%x: asks for 0x%x, which this "
                       "machine has not (bit 2: a video mode)",
                       job->kernel.name, h.flags,
                       h.flags & NEED_MASK & ~NEED_KNOWN);
    if (h.flags & HAVE_ADDRESSES) {
        *entry = h.entry_addr;
        st = place_addresses(job, &h, &end, err);
    } else {
        st = place_elf(job, entry, &end, err);
    }
    if (st == ST_OK)
        st = job_put_cmdline(job, LAYOUT_CMDLINE_SIZE, err);
    if (st == ST_OK)
        st = job_put_initrd(job, end, LAYOUT_4G, err);
    return st;
}

enum status multiboot_load(struct job *job, struct load_entry *out,
                           struct error *err)
{
    enum status st = place(job, &out->rip, err);

    if (st != ST_OK)
        return st;
    multiboot_put_info(job);
    job_flat32(job, out);
    out->protocol = LOAD_MULTIBOOT;
    out->rax = MULTIBOOT_BOOT_MAGIC;
    out->rbx = LAYOUT_MULTIBOOT;
    return ST_OK;
}
