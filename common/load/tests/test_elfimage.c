/* test_elfimage.c: ELF kernels: what is loaded, what is refused and how. */
#include "common/load/elfimage.h"

#include <elf.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/load/protocol.h"
#include "common/load/tests/seed.h"
#include "common/tests/suite.h"

static struct gmem mem;
static struct job job;
static uint8_t buf[SEED_BYTES];
static struct load_entry entry;
static struct error err;

static void setup(void)
{
    seed_job_init(&job, &mem, 8u << 20);
}

static void teardown(void)
{
    seed_job_fini(&job);
}

static uint64_t peek(uint64_t pa, unsigned size)
{
    uint64_t v = 0;

    ck_assert(gmem_read(&mem, pa, &v, size));
    return v;
}

START_TEST(plain_elf32_enters_protected_mode)
{
    seed_job_kernel(&job, buf, seed_make(SEED_ELF32, buf));
    ck_assert_ok(protocol_load(&job, LOAD_AUTO, &entry, &err), &err);
    ck_assert_int_eq(entry.kind, ENTRY_PM32);
    ck_assert_int_eq(entry.protocol, LOAD_ELF);
    ck_assert_uint_eq(entry.rip, SEED_ENTRY);
    ck_assert_uint_eq(peek(entry.rip, 1), SEED_CODE);
    ck_assert_uint_eq(entry.rax, 0x2badb002);
    ck_assert_uint_eq(entry.rbx, LAYOUT_MULTIBOOT);
    ck_assert_uint_eq(entry.rsi, LAYOUT_ZEROPAGE);
    ck_assert_uint_eq(entry.rdi, LAYOUT_PVH);
    ck_assert_uint_eq(entry.cr3, 0);
    ck_assert_uint_eq(peek(entry.gdt_base + entry.cs, 8), 0x00cf9b000000ffff);
    ck_assert_uint_eq(peek(entry.gdt_base + entry.ds, 8), 0x00cf93000000ffff);
    ck_assert_uint_eq(peek(entry.gdt_base + entry.tr, 8), 0x00008b0000000067);
    ck_assert_uint_eq(entry.gdt_limit, 0x2f);
}
END_TEST

START_TEST(plain_elf64_enters_long_mode_with_identity_tables)
{
    uint64_t pa, e;

    seed_job_kernel(&job, buf, seed_make(SEED_ELF64, buf));
    ck_assert_ok(protocol_load(&job, LOAD_AUTO, &entry, &err), &err);
    ck_assert_int_eq(entry.kind, ENTRY_LONG64);
    ck_assert_uint_eq(entry.rip, SEED_ENTRY);
    ck_assert_uint_eq(peek(entry.gdt_base + entry.cs, 8), 0x00af9b000000ffff);
    for (pa = 0; pa < 1ull << 32; pa += 0x200000 * 7) {
        e = peek(entry.cr3 + (pa >> 39) * 8, 8);
        ck_assert_uint_eq(e & 0xfff, 3);
        e = peek((e & PAGE_MASK) + (pa >> 30 & 511) * 8, 8);
        ck_assert_uint_eq(e & 0xfff, 3);
        e = peek((e & PAGE_MASK) + (pa >> 21 & 511) * 8, 8);
        ck_assert_uint_eq(e, (pa & ~0x1fffffull) | 0x83);
    }
}
END_TEST

START_TEST(virtual_entry_is_translated)
{
    size_t size = seed_make(SEED_ELF32, buf);

    put_le32(buf + offsetof(Elf32_Ehdr, e_entry), 0xc0100010);
    seed_job_kernel(&job, buf, size);
    ck_assert_ok(protocol_load(&job, LOAD_ELF, &entry, &err), &err);
    ck_assert_uint_eq(entry.rip, SEED_ENTRY + 0x10);
}
END_TEST

START_TEST(low_segments_are_loaded_where_nothing_else_is)
{
    size_t size = seed_make(SEED_ELF32, buf);

    put_le32(buf + SEED_ELF32_PHDR + offsetof(Elf32_Phdr, p_paddr), 0x7c00);
    put_le32(buf + offsetof(Elf32_Ehdr, e_entry), 0x7c00);
    seed_job_kernel(&job, buf, size);
    ck_assert_ok(protocol_load(&job, LOAD_ELF, &entry, &err), &err);
    ck_assert_uint_eq(peek(0x7c00, 1), SEED_CODE);
}
END_TEST

#define EH(field) offsetof(Elf32_Ehdr, field), sizeof(((Elf32_Ehdr *)0)->field)
#define PH(n, field)                                                           \
    SEED_ELF32_PHDR + (n) * sizeof(Elf32_Phdr) + offsetof(Elf32_Phdr, field),  \
        sizeof(((Elf32_Phdr *)0)->field)

/* One field of a good file spoiled, and what the message says then. */
static const struct {
    size_t at;
    size_t width;
    uint32_t value;
    const char *text;
} spoiled[] = {
    {EI_CLASS, 1, 3, "EI_CLASS 3"},
    {EI_DATA, 1, 2, "EI_DATA 2"},
    {EH(e_machine), 40, "e_machine 40: must be 3 (i386)"},
    {EH(e_type), ET_DYN, "e_type 3: must be 2 (ET_EXEC)"},
    {EH(e_phnum), 0, "e_phnum"},
    {EH(e_phnum), 1000, "program header"},
    {EH(e_phoff), 0xfffffff0, "program header"},
    {EH(e_entry), 0x300000, "e_entry 0x300000: must lie in a segment"},
    {PH(0, p_type), PT_NOTE, "e_entry 0x100000: must lie in a segment"},
    {PH(0, p_filesz), 0x41, "p_filesz 0x41: at most p_memsz 0x40"},
    {PH(0, p_offset), 0x1001, "truncated?"},
    {PH(0, p_offset), 0xffffffff, "truncated?"},
    {PH(1, p_paddr), 0x7ff001, "must lie in RAM, which ends at 0x800000"},
    {PH(1, p_paddr), 0xfffff800, "must end below 4 GiB"},
    {PH(1, p_memsz), 0xffffffff, "must end below 4 GiB"},
    {PH(1, p_paddr), 0x8f001, "must not overlap the loader's GDT"},
    {PH(1, p_paddr), 0x4ff, "must not overlap the BIOS data area"},
    {PH(1, p_paddr), 0xe0000, "must not overlap the firmware tables"},
    {PH(1, p_paddr), 0x10003f, "must not overlap segment 0"},
};

START_TEST(spoiled_files_are_refused_by_field)
{
    size_t size = seed_make(SEED_ELF32, buf);

    memcpy(buf + spoiled[_i].at, &spoiled[_i].value, spoiled[_i].width);
    seed_job_kernel(&job, buf, size);
    ck_assert_int_ne(protocol_load(&job, LOAD_ELF, &entry, &err), ST_OK);
    ck_assert_int_eq(err.status, ST_GUEST);
    ck_assert_msg(strncmp(err.text, "kernel: ", 8) == 0, "%s", err.text);
    ck_assert_msg(strstr(err.text, spoiled[_i].text) != NULL,
                  "\"%s\" is not in \"%s\"", spoiled[_i].text, err.text);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    size_t size = seed_make(SEED_ELF64, buf), n;

    for (n = 0; n < size; n += n < 0x100 ? 1 : 61) {
        seed_job_kernel(&job, buf, n);
        ck_assert_int_eq(protocol_load(&job, LOAD_ELF, &entry, &err), ST_GUEST);
    }
}
END_TEST

Suite *test_elfimage_suite(void)
{
    Suite *s = suite_create("elfimage");
    TCase *tc = tcase_create("elfimage");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, plain_elf32_enters_protected_mode);
    tcase_add_test(tc, plain_elf64_enters_long_mode_with_identity_tables);
    tcase_add_test(tc, virtual_entry_is_translated);
    tcase_add_test(tc, low_segments_are_loaded_where_nothing_else_is);
    tcase_add_loop_test(tc, spoiled_files_are_refused_by_field, 0,
                        (int)ARRAY_LEN(spoiled));
    tcase_add_test(tc, every_truncation_is_refused);
    suite_add_tcase(s, tc);
    return s;
}
