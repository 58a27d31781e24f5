/* test_multiboot.c: Multiboot 1 kernels. */
#include "common/load/multiboot.h"

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

static uint32_t peek(uint64_t pa)
{
    uint32_t v = 0;

    ck_assert(gmem_read(&mem, pa, &v, 4));
    return v;
}

static const enum seed_kind kinds[] = {SEED_ELF32_MULTIBOOT,
                                       SEED_MULTIBOOT_FLAT};

START_TEST(kernel_finds_memory_command_line_and_module)
{
    uint32_t info, module, at, end;
    uint64_t v[2];
    char text[32];
    unsigned i;

    seed_job_kernel(&job, buf, seed_make(kinds[_i], buf));
    seed_job_initrd(&job, 5000);
    ck_assert_ok(protocol_load(&job, LOAD_AUTO, &entry, &err), &err);
    ck_assert_int_eq(entry.protocol, LOAD_MULTIBOOT);
    ck_assert_int_eq(entry.kind, ENTRY_PM32);
    ck_assert_uint_eq(entry.rip, SEED_ENTRY);
    ck_assert_uint_eq(peek(entry.rip) & 0xff, SEED_CODE);
    ck_assert_uint_eq(entry.rax, 0x2badb002);
    info = (uint32_t)entry.rbx;
    ck_assert_uint_eq(peek(info) & 0x4d, 0x4d);
    ck_assert_uint_eq(peek(info + 4), 639);
    ck_assert_uint_eq(peek(info + 8), 7 * 1024);
    ck_assert(gmem_read(&mem, peek(info + 16), text, sizeof(text)));
    ck_assert_str_eq(text, job.cmdline);
    ck_assert_uint_eq(peek(info + 20), 1);
    module = peek(info + 24);
    ck_assert_uint_eq(peek(module) % PAGE_SIZE, 0);
    ck_assert_uint_eq(peek(module + 4) - peek(module), 5000);
    ck_assert_uint_eq(peek(peek(module)), 0x5a5a5a5a);
    ck_assert(gmem_read(&mem, peek(module + 8), text, sizeof(text)));
    ck_assert_str_eq(text, "ramdisk");
    at = peek(info + 48);
    end = at + peek(info + 44);
    for (i = 0; at < end; at += peek(at) + 4, i++) {
        ck_assert(gmem_read(&mem, at + 4, v, 16));
        ck_assert_uint_eq(v[0], job.e820.entry[i].base);
        ck_assert_uint_eq(v[1], job.e820.entry[i].size);
        ck_assert_uint_eq(peek(at + 20), job.e820.entry[i].type);
    }
    ck_assert_uint_eq(i, job.e820.nr);
    ck_assert(gmem_read(&mem, peek(info + 64), text, sizeof(text)));
    ck_assert_str_eq(text, "triptych");
}
END_TEST

/* One field of the flat kernel's header spoiled. */
static const struct {
    unsigned field; /* dword of the header */
    uint32_t value;
    const char *text;
} spoiled[] = {
    {3, SEED_ENTRY - 1, "load_addr 0x100000: must be at most header_addr"},
    {4, SEED_ENTRY - 1, "by no more than the header's offset"},
    {5, SEED_ENTRY + 0x601, "load_end_addr 0x100601"},
    {5, SEED_ENTRY - 1, "load_end_addr 0xfffff"},
    {6, SEED_ENTRY + 0x4ff, "bss_end_addr 0x1004ff"},
    {6, 0x800001, "must lie in RAM, which ends at 0x800000"},
    {7, SEED_ENTRY - 1, "entry_addr 0xfffff"},
    {7, SEED_ENTRY + 0x2000, "entry_addr 0x102000"},
};

START_TEST(spoiled_headers_are_refused_by_field)
{
    size_t size = seed_make(SEED_MULTIBOOT_FLAT, buf);

    put_le32(buf + SEED_MB_AT + spoiled[_i].field * 4, spoiled[_i].value);
    seed_job_kernel(&job, buf, size);
    ck_assert_int_eq(protocol_load(&job, LOAD_AUTO, &entry, &err), ST_GUEST);
    ck_assert_msg(strstr(err.text, spoiled[_i].text) != NULL,
                  "\"%s\" is not in \"%s\"", spoiled[_i].text, err.text);
}
END_TEST

static void set_flags(uint32_t flags)
{
    put_le32(buf + SEED_MB_AT + 4, flags);
    put_le32(buf + SEED_MB_AT + 8, 0u - (0x1badb002u + flags));
}

START_TEST(demands_that_cannot_be_met_are_refused)
{
    size_t size = seed_make(SEED_MULTIBOOT_FLAT, buf);

    set_flags(1u << 16 | 7);
    seed_job_kernel(&job, buf, size);
    ck_assert_int_eq(protocol_load(&job, LOAD_AUTO, &entry, &err), ST_NOTSUP);
    ck_assert_msg(strstr(err.text, "asks for 0x4") != NULL, "%s", err.text);

    set_flags(3);
    seed_job_kernel(&job, buf, size);
    ck_assert_int_eq(protocol_load(&job, LOAD_AUTO, &entry, &err), ST_GUEST);
    ck_assert_msg(strstr(err.text, "bit 16 must be set") != NULL, "%s",
                  err.text);
}
END_TEST

START_TEST(a_wrong_checksum_is_no_header)
{
    size_t size = seed_make(SEED_MULTIBOOT_FLAT, buf);

    buf[SEED_MB_AT + 8] ^= 1;
    seed_job_kernel(&job, buf, size);
    ck_assert(!multiboot_is(&job.kernel));
    ck_assert_int_eq(protocol_load(&job, LOAD_MULTIBOOT, &entry, &err),
                     ST_GUEST);
    ck_assert_int_eq(protocol_load(&job, LOAD_AUTO, &entry, &err), ST_GUEST);
    ck_assert_msg(strstr(err.text, "not a kernel") != NULL, "%s", err.text);
}
END_TEST

Suite *test_multiboot_suite(void)
{
    Suite *s = suite_create("multiboot");
    TCase *tc = tcase_create("multiboot");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, kernel_finds_memory_command_line_and_module, 0,
                        (int)ARRAY_LEN(kinds));
    tcase_add_loop_test(tc, spoiled_headers_are_refused_by_field, 0,
                        (int)ARRAY_LEN(spoiled));
    tcase_add_test(tc, demands_that_cannot_be_met_are_refused);
    tcase_add_test(tc, a_wrong_checksum_is_no_header);
    suite_add_tcase(s, tc);
    return s;
}
