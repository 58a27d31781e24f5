/* test_mptable.c: the MP table, read as an operating system does. */
#include <string.h>

#include "common/base/bits.h"
#include "common/load/mptable.h"
#include "common/tests/suite.h"

static struct machine *m;

static void setup(void)
{
    struct machine_config config = {.ram_bytes = 4 << 20,
                                    .ips = CLOCK_NS_PER_S};
    struct error err;

    ck_assert_ok(machine_create(&config, &m, &err), &err);
    ck_assert_ok(mptable_build(m, &err), &err);
}

static void teardown(void)
{
    machine_destroy(m);
}

static const uint8_t *at(uint64_t pa, uint32_t len)
{
    const uint8_t *p = gmem_host(&m->mem, pa, len);

    ck_assert_ptr_nonnull(p);
    return p;
}

static uint8_t sum(const uint8_t *p, unsigned len)
{
    uint8_t s = 0;

    while (len-- > 0)
        s += *p++;
    return s;
}

static const uint8_t *config(void)
{
    const uint8_t *p = at(0xf0000, 16);

    ck_assert_mem_eq(p, "_MP_", 4);
    ck_assert_uint_eq(sum(p, 16), 0);
    ck_assert_uint_eq(p[8], 1);
    ck_assert_uint_eq(p[9], 4);
    ck_assert_uint_eq(p[11], 0); /* a table of its own */
    ck_assert_uint_eq(p[12], 0); /* virtual wire mode */
    p = at(get_le32(p + 4), 44);
    return at(get_le32(at(0xf0000, 16) + 4), get_le16(p + 4));
}

START_TEST(header)
{
    const uint8_t *c = config();

    ck_assert_mem_eq(c, "PCMP", 4);
    ck_assert_uint_eq(sum(c, get_le16(c + 4)), 0);
    ck_assert_uint_eq(get_le32(c + 36), 0xfee00000);
}
END_TEST

START_TEST(entries_fill_the_table)
{
    const uint8_t *c = config();
    unsigned count[5] = {0}, n = 0, pos = 44;

    while (pos < get_le16(c + 4)) {
        ck_assert_uint_lt(c[pos], 5);
        count[c[pos]]++;
        pos += c[pos] == 0 ? 20 : 8;
        n++;
    }
    ck_assert_uint_eq(pos, get_le16(c + 4));
    ck_assert_uint_eq(n, get_le16(c + 34));
    ck_assert_uint_eq(count[0], 1);
    ck_assert_uint_eq(count[1], 1);
    ck_assert_uint_eq(count[2], 1);
    ck_assert_uint_eq(count[3], 15);
    ck_assert_uint_eq(count[4], 2);
}
END_TEST

static const uint8_t lines[][8] = {
    {2, 1, 0x20, 1, 0, 0, 0xc0, 0xfe}, /* I/O APIC 1 */
    {3, 0, 0, 0, 0, 0, 1, 2},          /* IRQ 0 at pin 2 */
    {3, 0, 0, 0, 0, 4, 1, 4},          /* IRQ 4 */
    {3, 0, 0xd, 0, 0, 9, 1, 9},        /* SCI: level, high */
    {3, 0, 0, 0, 0, 15, 1, 15},
    {4, 3, 0, 0, 0, 0, 0, 0},    /* ExtINT at LINT0 */
    {4, 1, 0, 0, 0, 0, 0xff, 1}, /* NMI at LINT1 of all */
};

START_TEST(entry)
{
    const uint8_t *c = config();

    ck_assert_ptr_nonnull(memmem(c + 44, get_le16(c + 4) - 44u, lines[_i], 8));
}
END_TEST

START_TEST(controllers_are_as_it_says)
{
    bus_write(&m->bus, BUS_MMIO, 0xfec00000, 4, 0);
    ck_assert_uint_eq(bus_read(&m->bus, BUS_MMIO, 0xfec00010, 4), 1u << 24);
    ck_assert_uint_eq(bus_read(&m->bus, BUS_MMIO, 0xfee000f0, 4), 0x1ff);
    ck_assert_uint_eq(bus_read(&m->bus, BUS_MMIO, 0xfee00350, 4), 0x700);
    ck_assert_uint_eq(bus_read(&m->bus, BUS_MMIO, 0xfee00360, 4), 0x400);
}
END_TEST

START_TEST(needs_memory)
{
    struct error err;

    gmem_fini(&m->mem);
    gmem_init(&m->mem);
    ck_assert_int_eq(mptable_build(m, &err), ST_INVAL);
}
END_TEST

Suite *test_mptable_suite(void)
{
    Suite *s = suite_create("mptable");
    TCase *tc = tcase_create("mptable");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, header);
    tcase_add_test(tc, entries_fill_the_table);
    tcase_add_loop_test(tc, entry, 0, ARRAY_LEN(lines));
    tcase_add_test(tc, controllers_are_as_it_says);
    tcase_add_test(tc, needs_memory);
    suite_add_tcase(s, tc);
    return s;
}
