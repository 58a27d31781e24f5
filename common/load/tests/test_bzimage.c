/* test_bzimage.c: Linux bzImage by its boot protocol. */
#include "common/load/bzimage.h"

#include <asm/bootparam.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/load/protocol.h"
#include "common/load/tests/seed.h"
#include "common/tests/suite.h"

#define RAM (8u << 20)

static struct gmem mem;
static struct job job;
static uint8_t buf[SEED_BYTES];
static struct boot_params bp;
static struct load_entry entry;
static struct error err;

static void setup(void)
{
    seed_job_init(&job, &mem, RAM);
    job.rsdp = 0xe0000;
}

static void teardown(void)
{
    seed_job_fini(&job);
}

static void load_ok(void)
{
    ck_assert_ok(protocol_load(&job, LOAD_AUTO, &entry, &err), &err);
    ck_assert_uint_eq(entry.rsi, LAYOUT_ZEROPAGE);
    ck_assert(gmem_read(&mem, entry.rsi, &bp, sizeof(bp)));
}

static uint8_t peek(uint64_t pa)
{
    uint8_t v = 0;

    ck_assert(gmem_read(&mem, pa, &v, 1));
    return v;
}

START_TEST(entry_64_is_behind_the_first_sector)
{
    seed_job_kernel(&job, buf, seed_make(SEED_BZIMAGE64, buf));
    load_ok();
    ck_assert_int_eq(entry.kind, ENTRY_LONG64);
    ck_assert_int_eq(entry.protocol, LOAD_BZIMAGE64);
    ck_assert_uint_eq(entry.rip, SEED_LINUX + 0x200);
    ck_assert_uint_eq(peek(entry.rip), SEED_CODE);
    ck_assert_uint_ne(entry.cr3, 0);
}
END_TEST

START_TEST(entry_32_is_the_first_byte)
{
    seed_job_kernel(&job, buf, seed_make(SEED_BZIMAGE32, buf));
    load_ok();
    ck_assert_int_eq(entry.kind, ENTRY_PM32);
    ck_assert_int_eq(entry.protocol, LOAD_BZIMAGE32);
    ck_assert_uint_eq(entry.rip, SEED_LINUX);
    ck_assert_uint_eq(peek(entry.rip), SEED_CODE);
    ck_assert_uint_eq(entry.cs, 0x10);
    ck_assert_uint_eq(entry.ds, 0x18);
    ck_assert_uint_eq(entry.rbp | entry.rdi | entry.rbx, 0);

    seed_job_kernel(&job, buf, seed_make(SEED_BZIMAGE64, buf));
    ck_assert_ok(protocol_load(&job, LOAD_BZIMAGE32, &entry, &err), &err);
    ck_assert_int_eq(entry.kind, ENTRY_PM32);
}
END_TEST

START_TEST(zero_page_tells_the_machine)
{
    char text[32];
    unsigned i;

    seed_job_kernel(&job, buf, seed_make(SEED_BZIMAGE64, buf));
    seed_job_initrd(&job, 5000);
    load_ok();
    ck_assert_uint_eq(bp.hdr.header, 0x53726448);
    ck_assert_uint_eq(bp.hdr.type_of_loader, 0xff);
    ck_assert_uint_eq(bp.hdr.code32_start, SEED_LINUX);
    ck_assert_uint_eq(bp.hdr.init_size, 0x10000);
    ck_assert_uint_eq(bp.sentinel, 0);
    ck_assert_uint_eq(bp.acpi_rsdp_addr, 0xe0000);
    ck_assert(gmem_read(&mem, bp.hdr.cmd_line_ptr, text, sizeof(text)));
    ck_assert_str_eq(text, job.cmdline);
    ck_assert_uint_eq(bp.hdr.ramdisk_size, 5000);
    ck_assert_uint_eq(bp.hdr.ramdisk_image, RAM - 0x2000);
    ck_assert_uint_eq(peek(bp.hdr.ramdisk_image + 4999u), 0x5a);
    ck_assert_uint_eq(bp.alt_mem_k, (RAM >> 10) - 1024);
    ck_assert_uint_eq(bp.e820_entries, job.e820.nr);
    for (i = 0; i < bp.e820_entries; i++) {
        ck_assert_uint_eq(bp.e820_table[i].addr, job.e820.entry[i].base);
        ck_assert_uint_eq(bp.e820_table[i].size, job.e820.entry[i].size);
        ck_assert_uint_eq(bp.e820_table[i].type, job.e820.entry[i].type);
    }
}
END_TEST

#define HDR(field)                                                             \
    0x1f1 + offsetof(struct setup_header, field),                              \
        sizeof(((struct setup_header *)0)->field)

START_TEST(old_protocols_keep_their_limits)
{
    size_t size = seed_make(SEED_BZIMAGE64, buf);

    put_le16(buf + 0x206, 0x20d); /* before acpi_rsdp_addr */
    seed_job_kernel(&job, buf, size);
    load_ok();
    ck_assert_uint_eq(bp.acpi_rsdp_addr, 0);

    put_le16(buf + 0x206, 0x20b); /* before XLF_KERNEL_64 */
    seed_job_kernel(&job, buf, size);
    load_ok();
    ck_assert_int_eq(entry.kind, ENTRY_PM32);

    put_le16(buf + 0x206, 0x204); /* fixed at code32_start */
    seed_job_kernel(&job, buf, size);
    load_ok();
    ck_assert_uint_eq(entry.rip, 0x100000);
}
END_TEST

START_TEST(kernel_moves_down_into_small_memory)
{
    size_t size = seed_make(SEED_BZIMAGE64, buf);

    put_le64(buf + 0x258, 0x1000000); /* pref_address beyond RAM */
    seed_job_kernel(&job, buf, size);
    load_ok();
    ck_assert_uint_eq(entry.rip, 0x200000 + 0x200);

    buf[0x234] = 0; /* relocatable_kernel */
    seed_job_kernel(&job, buf, size);
    ck_assert_int_eq(protocol_load(&job, LOAD_AUTO, &entry, &err), ST_GUEST);
    ck_assert_msg(strstr(err.text, "give the machine more memory") != NULL,
                  "%s", err.text);
}
END_TEST

START_TEST(ram_disk_stays_below_its_limit)
{
    size_t size = seed_make(SEED_BZIMAGE64, buf);

    put_le32(buf + 0x22c, 0x3fffff); /* initrd_addr_max */
    seed_job_kernel(&job, buf, size);
    seed_job_initrd(&job, 5000);
    load_ok();
    ck_assert_uint_eq(bp.hdr.ramdisk_image, 0x400000 - 0x2000);

    put_le32(buf + 0x22c, 0x210fff); /* one page behind init_size */
    seed_job_kernel(&job, buf, size);
    ck_assert_int_eq(protocol_load(&job, LOAD_AUTO, &entry, &err), ST_GUEST);
    ck_assert_msg(strstr(err.text, "ramdisk: size 5000: must fit between "
                                   "the kernel's end at 0x210000 and "
                                   "0x211000") != NULL,
                  "%s", err.text);
    seed_job_initrd(&job, 4096);
    load_ok();
}
END_TEST

START_TEST(command_line_has_the_kernels_limit)
{
    size_t size = seed_make(SEED_BZIMAGE64, buf);
    char text[2049];

    memset(text, 'a', sizeof(text));
    text[2048] = '\0';
    seed_job_kernel(&job, buf, size);
    job.cmdline = text + 1;
    load_ok();
    job.cmdline = text;
    ck_assert_int_eq(protocol_load(&job, LOAD_AUTO, &entry, &err), ST_GUEST);
    ck_assert_msg(strstr(err.text, "command line of 2048 characters: at most "
                                   "2047") != NULL,
                  "%s", err.text);
}
END_TEST

static const struct {
    size_t at, width;
    uint64_t value;
    enum status want;
    const char *text;
} spoiled[] = {
    {HDR(version), 0x201, ST_NOTSUP, "version 2.01: at least 2.02"},
    {HDR(loadflags), 0, ST_NOTSUP, "LOADED_HIGH must be set"},
    {HDR(boot_flag), 0, ST_GUEST, "no setup header"},
    {HDR(header), 0, ST_GUEST, "no setup header"},
    {HDR(jump), 0xffeb, ST_GUEST, "setup header ends at 0x301"},
    {HDR(setup_sects), 4, ST_GUEST, "setup_sects 4 puts the kernel at 0xa00"},
    {HDR(setup_sects), 0, ST_GUEST, "setup_sects 4 puts the kernel at 0xa00"},
    {HDR(syssize), 0x61, ST_GUEST, "syssize 0x61: needs 1552 bytes"},
    {HDR(syssize), 0xffffffff, ST_GUEST, "syssize 0xffffffff"},
    {HDR(syssize), 0x20, ST_GUEST, "64-bit entry is at 0x200"},
    {HDR(kernel_alignment), 0x300000, ST_GUEST, "must be a power of two"},
    {HDR(kernel_alignment), 0, ST_GUEST, "must be a power of two"},
    {HDR(kernel_alignment), 0x80000000, ST_GUEST, "must lie in RAM"},
    {HDR(pref_address), 0xfffff, ST_GUEST, "pref_address 0xfffff"},
    {HDR(pref_address), 1ull << 32, ST_GUEST, "pref_address 0x100000000"},
    {HDR(init_size), 0x600001, ST_GUEST, "init_size 0x600001 at 0x200000"},
    {HDR(init_size), 0xffffffff, ST_GUEST, "init_size 0xffffffff"},
    {HDR(xloadflags), 0, ST_GUEST, "XLF_KERNEL_64 must be set"},
    {HDR(cmdline_size), 3, ST_GUEST, "command line of 13 characters"},
};

START_TEST(spoiled_headers_are_refused_by_field)
{
    size_t size = seed_make(SEED_BZIMAGE64, buf);

    memcpy(buf + spoiled[_i].at, &spoiled[_i].value, spoiled[_i].width);
    seed_job_kernel(&job, buf, size);
    ck_assert_int_eq(protocol_load(&job, LOAD_BZIMAGE64, &entry, &err),
                     spoiled[_i].want);
    ck_assert_msg(strstr(err.text, spoiled[_i].text) != NULL,
                  "\"%s\" is not in \"%s\"", spoiled[_i].text, err.text);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    size_t size = seed_make(SEED_BZIMAGE64, buf), n;

    for (n = 0; n + 15 < size;
         n += 13) { /* the last paragraph may be partial */
        seed_job_kernel(&job, buf, n);
        ck_assert_int_eq(protocol_load(&job, LOAD_AUTO, &entry, &err),
                         ST_GUEST);
    }
}
END_TEST

Suite *test_bzimage_suite(void)
{
    Suite *s = suite_create("bzimage");
    TCase *tc = tcase_create("bzimage");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, entry_64_is_behind_the_first_sector);
    tcase_add_test(tc, entry_32_is_the_first_byte);
    tcase_add_test(tc, zero_page_tells_the_machine);
    tcase_add_test(tc, old_protocols_keep_their_limits);
    tcase_add_test(tc, kernel_moves_down_into_small_memory);
    tcase_add_test(tc, ram_disk_stays_below_its_limit);
    tcase_add_test(tc, command_line_has_the_kernels_limit);
    tcase_add_loop_test(tc, spoiled_headers_are_refused_by_field, 0,
                        (int)ARRAY_LEN(spoiled));
    tcase_add_test(tc, every_truncation_is_refused);
    suite_add_tcase(s, tc);
    return s;
}
