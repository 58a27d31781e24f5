/* test_aml.c: encodings of ACPI Machine Language. */
#include <string.h>

#include "common/load/aml.h"
#include "common/tests/suite.h"

static struct aml a;
static uint8_t buf[8192];

static void setup(void)
{
    aml_init(&a, buf, sizeof(buf));
}

static void wrote(const void *bytes, size_t n)
{
    ck_assert(aml_ok(&a));
    ck_assert_uint_eq(a.len, n);
    ck_assert_mem_eq(buf, bytes, n);
}

static const struct {
    uint64_t v;
    const char *bytes;
    size_t n;
} integers[] = {
    {0, "\x00", 1},
    {1, "\x01", 1},
    {2, "\x0a\x02", 2},
    {0xff, "\x0a\xff", 2},
    {0x100, "\x0b\x00\x01", 3},
    {0xffff, "\x0b\xff\xff", 3},
    {0x12345, "\x0c\x45\x23\x01\x00", 5},
    {0xffffffff, "\x0c\xff\xff\xff\xff", 5},
    {0x100000000, "\x0e\x00\x00\x00\x00\x01\x00\x00\x00", 9},
};

START_TEST(integer)
{
    aml_name_integer(&a, "_UID", integers[_i].v);
    ck_assert_mem_eq(buf, "\x08_UID", 5);
    ck_assert_uint_eq(a.len, 5 + integers[_i].n);
    ck_assert_mem_eq(buf + 5, integers[_i].bytes, integers[_i].n);
}
END_TEST

static const struct {
    const char *id;
    uint8_t bytes[4];
} ids[] = {
    {"PNP0501", {0x41, 0xd0, 0x05, 0x01}},
    {"PNP0B00", {0x41, 0xd0, 0x0b, 0x00}},
    {"PNP0C02", {0x41, 0xd0, 0x0c, 0x02}},
    {"ACP1F9E", {0x04, 0x70, 0x1f, 0x9e}},
};

START_TEST(eisaid)
{
    aml_name_eisaid(&a, "_HID", ids[_i].id);
    ck_assert_uint_eq(a.len, 10);
    ck_assert_mem_eq(buf, "\x08_HID\x0c", 6);
    ck_assert_mem_eq(buf + 6, ids[_i].bytes, 4);
}
END_TEST

/* An integer like any other: this one fits in a word. */
START_TEST(eisaid_shortest)
{
    aml_name_eisaid(&a, "_HID", "PNP0000");
    wrote("\x08_HID\x0b\x41\xd0", 8);
}
END_TEST

START_TEST(strings_and_names)
{
    aml_name_string(&a, "\\AB", "xy");
    wrote("\x08\\AB__\x0dxy", 10);
}
END_TEST

START_TEST(package)
{
    static const uint8_t v[] = {5, 5, 0, 1};

    aml_name_package(&a, "\\_S5", v, sizeof(v));
    wrote("\x08\\_S5_\x12\x08\x04\x0a\x05\x0a\x05\x00\x01", 15);
}
END_TEST

START_TEST(resources)
{
    aml_crs_begin(&a);
    aml_io(&a, 0x3f8, 8);
    aml_irq(&a, 4);
    aml_memory32(&a, 0xfeb00000, 0x200);
    aml_interrupt(&a, 17);
    aml_crs_end(&a);
    wrote("\x08_CRS\x11\x25\x0a\x22\x47\x01\xf8\x03\xf8\x03\x01\x08\x22\x10\x00"
          "\x86\x09\x00\x01\x00\x00\xb0\xfe\x00\x02\x00\x00"
          "\x89\x06\x00\x01\x01\x11\x00\x00\x00\x79\x00",
          43);
}
END_TEST

START_TEST(nesting)
{
    aml_scope_begin(&a, "\\_SB");
    aml_device_begin(&a, "DEV0");
    aml_name_integer(&a, "_UID", 0);
    aml_end(&a);
    aml_end(&a);
    wrote("\x10\x13\\_SB_\x5b\x82\x0b"
          "DEV0\x08_UID\x00",
          20);
}
END_TEST

/* Where the length of a package changes its own size. */
static const struct {
    unsigned body; /* bytes after the name */
    const char *length;
    size_t n;
} lengths[] = {
    {58, "\x3f", 1},
    {59, "\x41\x04", 2},
    {4089, "\x4f\xff", 2},
    {4090, "\x81\x00\x01", 3},
};

START_TEST(package_lengths)
{
    unsigned i;

    aml_scope_begin(&a, "ABCD");
    for (i = 0; i + 6 <= lengths[_i].body; i += 6)
        aml_name_integer(&a, "NAME", 0);
    for (; i < lengths[_i].body; i++)
        a.buf[a.len++] = 0; /* any byte will do */
    aml_end(&a);
    ck_assert(aml_ok(&a));
    ck_assert_uint_eq(a.len, 1 + lengths[_i].n + 4 + lengths[_i].body);
    ck_assert_mem_eq(buf + 1, lengths[_i].length, lengths[_i].n);
    ck_assert_mem_eq(buf + 1 + lengths[_i].n, "ABCD", 4);
}
END_TEST

START_TEST(mistakes_are_told)
{
    uint8_t small[8];
    unsigned i;

    aml_init(&a, small, sizeof(small));
    aml_name_integer(&a, "NAME", 0x12345678);
    ck_assert(!aml_ok(&a));
    setup();
    aml_scope_begin(&a, "ABCD");
    ck_assert(!aml_ok(&a));
    setup();
    aml_end(&a);
    ck_assert(!aml_ok(&a));
    setup();
    aml_crs_end(&a);
    ck_assert(!aml_ok(&a));
    setup();
    for (i = 0; i <= AML_MAX_DEPTH; i++)
        aml_scope_begin(&a, "ABCD");
    ck_assert(!aml_ok(&a));
    setup();
    aml_name_integer(&a, "ABCDE", 0);
    ck_assert(!aml_ok(&a));
    setup();
    aml_name_eisaid(&a, "_HID", "PNP05");
    ck_assert(!aml_ok(&a));
}
END_TEST

Suite *test_aml_suite(void)
{
    Suite *s = suite_create("aml");
    TCase *tc = tcase_create("aml");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, integer, 0, ARRAY_LEN(integers));
    tcase_add_loop_test(tc, eisaid, 0, ARRAY_LEN(ids));
    tcase_add_test(tc, eisaid_shortest);
    tcase_add_test(tc, strings_and_names);
    tcase_add_test(tc, package);
    tcase_add_test(tc, resources);
    tcase_add_test(tc, nesting);
    tcase_add_loop_test(tc, package_lengths, 0, ARRAY_LEN(lengths));
    tcase_add_test(tc, mistakes_are_told);
    suite_add_tcase(s, tc);
    return s;
}
