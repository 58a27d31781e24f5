/* seed.c: small valid guest images made in code. */
#include "common/load/tests/seed.h"

#include <asm/bootparam.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>

#include "common/base/bits.h"
#include "common/tests/elffile.h"

#define TEXT_SIZE 0x40u
#define BSS_SIZE  0x1000u

static void put_code(uint8_t *text)
{
    memset(text, 0x90, TEXT_SIZE);
    text[0] = SEED_CODE;
    text[SEED_PVH - SEED_ENTRY] = SEED_CODE;
}

/* The note's value has `width` bytes. Returns its size. */
static size_t put_note(uint8_t *p, size_t width)
{
    put_le32(p, 4);
    put_le32(p + 4, (uint32_t)width);
    put_le32(p + 8, XEN_ELFNOTE_PHYS32_ENTRY);
    memcpy(p + 12, "Xen", 4);
    put_le64(p + 16, SEED_PVH);
    return 16 + width;
}

/* Two segments, the second has no bytes in the file, and perhaps a note. */
static size_t make_elf(uint8_t *buf, bool is32, bool note)
{
    uint64_t base = is32 ? 0xc0000000 : 0xffffffff80000000;
    Elf64_Phdr ph[3] = {
        {.p_type = PT_LOAD,
         .p_offset = SEED_TEXT_AT,
         .p_vaddr = base + SEED_ENTRY,
         .p_paddr = SEED_ENTRY,
         .p_filesz = TEXT_SIZE,
         .p_memsz = TEXT_SIZE,
         .p_align = 0x1000},
        {.p_type = PT_LOAD,
         .p_offset = SEED_TEXT_AT,
         .p_vaddr = base + SEED_ENTRY + 0x10000,
         .p_paddr = SEED_ENTRY + 0x10000,
         .p_memsz = BSS_SIZE,
         .p_align = 0x1000},
        {.p_type = PT_NOTE, .p_offset = SEED_NOTE_AT, .p_align = 4},
    };

    ph[2].p_filesz = put_note(buf + SEED_NOTE_AT, is32 ? 4 : 8);
    elffile_headers(buf, is32, SEED_ENTRY, ph, note ? 3 : 2);
    put_code(buf + SEED_TEXT_AT);
    return SEED_TEXT_AT + TEXT_SIZE;
}

static void put_multiboot(uint8_t *p, uint32_t flags)
{
    put_le32(p, 0x1badb002);
    put_le32(p + 4, flags);
    put_le32(p + 8, 0u - (0x1badb002u + flags));
}

static size_t make_flat(uint8_t *buf)
{
    uint8_t *h = buf + SEED_MB_AT;

    put_code(buf);
    put_multiboot(h, 1u << 16 | 3);
    put_le32(h + 12, SEED_ENTRY + SEED_MB_AT); /* header_addr */
    put_le32(h + 16, SEED_ENTRY);              /* load_addr */
    put_le32(h + 20, SEED_ENTRY + 0x500);      /* load_end_addr */
    put_le32(h + 24, SEED_ENTRY + 0x2000);     /* bss_end_addr */
    put_le32(h + 28, SEED_ENTRY);              /* entry_addr */
    return 0x600;
}

/* One setup sector, so that the kernel is at 0x400. */
static size_t make_bzimage(uint8_t *buf, bool has64)
{
    struct setup_header h = {
        .setup_sects = 1,
        .syssize = 0x600 / 16,
        .boot_flag = 0xaa55,
        .jump = 0x66eb, /* ends at 0x268 */
        .header = 0x53726448,
        .version = 0x20f,
        .loadflags = LOADED_HIGH,
        .code32_start = 0x100000,
        .initrd_addr_max = 0x7fffffff,
        .kernel_alignment = 0x200000,
        .relocatable_kernel = 1,
        .xloadflags = has64 ? XLF_KERNEL_64 : 0,
        .cmdline_size = 2047,
        .pref_address = SEED_LINUX,
        .init_size = 0x10000,
    };

    memcpy(buf + 0x1f1, &h, sizeof(h));
    memset(buf + 0x400, 0x90, 0x600);
    buf[0x400] = SEED_CODE;
    buf[0x600] = SEED_CODE;
    return 0xa00;
}

size_t seed_make(enum seed_kind kind, uint8_t *buf)
{
    memset(buf, 0, SEED_BYTES);
    switch (kind) {
    case SEED_ELF32:
    case SEED_ELF32_PVH:
        return make_elf(buf, true, kind == SEED_ELF32_PVH);
    case SEED_ELF64:
    case SEED_ELF64_PVH:
        return make_elf(buf, false, kind == SEED_ELF64_PVH);
    case SEED_ELF32_MULTIBOOT:
        put_multiboot(buf + SEED_MB_AT, 3);
        return make_elf(buf, true, false);
    case SEED_MULTIBOOT_FLAT:
        return make_flat(buf);
    case SEED_BZIMAGE32:
    case SEED_BZIMAGE64:
        return make_bzimage(buf, kind == SEED_BZIMAGE64);
    case SEED_COUNT:
        break;
    }
    abort();
}

void seed_job_init(struct job *job, struct gmem *mem, uint64_t ram_bytes)
{
    memset(job, 0, sizeof(*job));
    gmem_init(mem);
    if (gmem_add(mem, 0xc0000, ram_bytes - 0xc0000, false, NULL) != ST_OK ||
        gmem_add(mem, 0, 0xa0000, false, NULL) != ST_OK)
        abort();
    job->mem = mem;
    job->cmdline = "console=ttyS0";
    e820_build(&job->e820, mem);
}

void seed_job_fini(struct job *job)
{
    image_free(&job->kernel);
    image_free(&job->initrd);
    gmem_fini(job->mem);
}

void seed_job_kernel(struct job *job, const uint8_t *buf, size_t size)
{
    image_free(&job->kernel);
    if (image_copy("kernel", buf, size, &job->kernel, NULL) != ST_OK)
        abort();
}

void seed_job_initrd(struct job *job, size_t size)
{
    uint8_t *bytes = malloc(size);

    image_free(&job->initrd);
    if (bytes == NULL)
        abort();
    memset(bytes, 0x5a, size);
    if (image_copy("ramdisk", bytes, size, &job->initrd, NULL) != ST_OK)
        abort();
    free(bytes);
}
