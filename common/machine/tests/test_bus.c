/* test_bus.c: port and MMIO ranges: claims, routing, splitting. */
#include "common/machine/bus.h"

#include "common/tests/suite.h"

struct fake {
    uint64_t offset, value;
    unsigned size, reads, writes;
};

static struct bus b;
static struct fake a, c, w;
static struct error err;

static uint64_t fake_read(void *dev, uint64_t offset, unsigned size)
{
    struct fake *f = dev;

    f->reads++;
    f->offset = offset;
    f->size = size;
    return 0x8877665544332200 + offset; /* more than was asked for */
}

static void fake_write(void *dev, uint64_t offset, unsigned size,
                       uint64_t value)
{
    struct fake *f = dev;

    f->writes++;
    f->offset = offset;
    f->size = size;
    f->value = value;
}

static const struct bus_ops ops = {fake_read, fake_write, 0};
static const struct bus_ops byte_ops = {fake_read, fake_write, 1};

static void setup(void)
{
    bus_init(&b);
    ck_assert_ok(bus_add(&b, BUS_PORT, 0x100, 8, &ops, &a, "a", &err), &err);
    ck_assert_ok(bus_add(&b, BUS_PORT, 0x80, 2, &byte_ops, &c, "c", &err),
                 &err);
    ck_assert_ok(
        bus_add(&b, BUS_MMIO, 0xfffffffffffff000, 0x1000, &ops, &w, "w", &err),
        &err);
}

static const struct {
    enum bus_kind kind;
    uint64_t base, len;
    enum status st;
} claims[] = {
    {BUS_PORT, 0x107, 1, ST_INVAL},      {BUS_PORT, 0xff, 2, ST_INVAL},
    {BUS_PORT, 0xf0, 0x20, ST_INVAL},    {BUS_PORT, 0x200, 0, ST_INVAL},
    {BUS_PORT, 0xffff, 2, ST_INVAL},     {BUS_PORT, 0xffff, 1, ST_OK},
    {BUS_PORT, 0x108, 1, ST_OK},         {BUS_PORT, 0xff, 1, ST_OK},
    {BUS_MMIO, 0x100, 8, ST_OK},         {BUS_MMIO, UINT64_MAX, 2, ST_INVAL},
    {BUS_MMIO, UINT64_MAX, 1, ST_INVAL},
};

START_TEST(rules_of_claims)
{
    ck_assert_int_eq(bus_add(&b, claims[_i].kind, claims[_i].base,
                             claims[_i].len, &ops, &a, "new", &err),
                     claims[_i].st);
    if (claims[_i].st == ST_OK)
        ck_assert_str_eq(bus_find(&b, claims[_i].kind, claims[_i].base)->name,
                         "new");
}
END_TEST

START_TEST(too_many_claims)
{
    while (b.nr[BUS_PORT] < BUS_MAX_RANGES)
        ck_assert_ok(bus_add(&b, BUS_PORT, 0x1000 - b.nr[BUS_PORT], 1, &ops, &a,
                             "x", &err),
                     &err);
    ck_assert_int_eq(bus_add(&b, BUS_PORT, 0x2000, 1, &ops, &a, "x", &err),
                     ST_LIMIT);
}
END_TEST

START_TEST(finds)
{
    ck_assert_ptr_null(bus_find(&b, BUS_PORT, 0xff));
    ck_assert_str_eq(bus_find(&b, BUS_PORT, 0x100)->name, "a");
    ck_assert_str_eq(bus_find(&b, BUS_PORT, 0x107)->name, "a");
    ck_assert_ptr_null(bus_find(&b, BUS_PORT, 0x108));
    ck_assert_str_eq(bus_find(&b, BUS_PORT, 0x80)->name, "c");
    ck_assert_ptr_null(bus_find(&b, BUS_MMIO, 0x80));
    ck_assert_str_eq(bus_find(&b, BUS_MMIO, UINT64_MAX)->name, "w");
}
END_TEST

START_TEST(whole_accesses)
{
    ck_assert_uint_eq(bus_read(&b, BUS_PORT, 0x104, 4), 0x44332204);
    ck_assert_uint_eq(a.offset, 4);
    ck_assert_uint_eq(a.size, 4);
    bus_write(&b, BUS_PORT, 0x101, 2, 0x12345678);
    ck_assert_uint_eq(a.value, 0x5678);
    ck_assert_uint_eq(a.offset, 1);
    ck_assert_uint_eq(bus_read(&b, BUS_MMIO, 0xfffffffffffffff8, 8),
                      0x8877665544332200 + 0xff8);
    ck_assert_uint_eq(b.unclaimed_reads + b.unclaimed_writes, 0);
}
END_TEST

START_TEST(accesses_that_leave_a_range_are_bytes)
{
    ck_assert_uint_eq(bus_read(&b, BUS_PORT, 0x106, 4), 0xffff0706);
    ck_assert_uint_eq(a.reads, 2);
    ck_assert_uint_eq(b.unclaimed_reads, 2);
    ck_assert_uint_eq(bus_read(&b, BUS_PORT, 0xfe, 4), 0x0100ffff);
    bus_write(&b, BUS_PORT, 0xff, 2, 0xabcd);
    ck_assert_uint_eq(a.value, 0xab);
    ck_assert_uint_eq(b.unclaimed_writes, 1);
    /* Around the end of the address space and of the ports. */
    ck_assert_uint_eq(bus_read(&b, BUS_MMIO, UINT64_MAX, 4), 0xffffffff);
    ck_assert_uint_eq(bus_read(&b, BUS_PORT, 0xffff, 4), 0xffffffff);
}
END_TEST

START_TEST(narrow_devices_get_bytes)
{
    ck_assert_uint_eq(bus_read(&b, BUS_PORT, 0x80, 2), 0x0100);
    ck_assert_uint_eq(c.reads, 2);
    ck_assert_uint_eq(c.size, 1);
    bus_write(&b, BUS_PORT, 0x80, 2, 0xbbaa);
    ck_assert_uint_eq(c.writes, 2);
    ck_assert_uint_eq(c.value, 0xbb);
}
END_TEST

START_TEST(unclaimed)
{
    unsigned size = 1u << _i;

    ck_assert_uint_eq(bus_read(&b, BUS_MMIO, 0x1000, size),
                      size == 8 ? UINT64_MAX : (1ull << 8 * size) - 1);
    bus_write(&b, BUS_MMIO, 0x1000, size, 0);
    ck_assert_uint_eq(b.unclaimed_reads, 1);
    ck_assert_uint_eq(b.unclaimed_writes, 1);
}
END_TEST

Suite *test_bus_suite(void)
{
    Suite *s = suite_create("bus");
    TCase *tc = tcase_create("bus");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, rules_of_claims, 0, ARRAY_LEN(claims));
    tcase_add_test(tc, too_many_claims);
    tcase_add_test(tc, finds);
    tcase_add_test(tc, whole_accesses);
    tcase_add_test(tc, accesses_that_leave_a_range_are_bytes);
    tcase_add_test(tc, narrow_devices_get_bytes);
    tcase_add_loop_test(tc, unclaimed, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}
