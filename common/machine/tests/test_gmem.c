/* test_gmem.c: guest memory: regions, copies, page flags. */
#include "common/machine/gmem.h"

#include <string.h>

#include "common/tests/suite.h"

static struct gmem g;
static struct error err;
static unsigned nr_calls;
static uint64_t call_pa;
static uint32_t call_len;

static void setup(void)
{
    gmem_init(&g);
    ck_assert_ok(gmem_add(&g, 0x100000, 0x10000, false, &err), &err);
    ck_assert_ok(gmem_add(&g, 0, 0x2000, false, &err), &err);
    ck_assert_ok(gmem_add(&g, 0xfffff000, 0x1000, true, &err), &err);
    ck_assert_ok(gmem_add(&g, 0x100000000, 0x3000, false, &err), &err);
}

static void teardown(void)
{
    gmem_fini(&g);
}

static void listener(void *opaque, uint64_t pa, uint32_t len)
{
    ck_assert_ptr_eq(opaque, &g);
    nr_calls++;
    call_pa = pa;
    call_len = len;
}

static const struct {
    uint64_t base, size;
    enum status st;
} adds[] = {
    {0x10000, 0, ST_INVAL},
    {0x10001, 0x1000, ST_INVAL},
    {0x10000, 0x1001, ST_INVAL},
    {0xfffffffffffff000, 0x2000, ST_INVAL},
    {0x1000, 0x1000, ST_INVAL},
    {0x0, 0x100000, ST_INVAL},
    {0xff000, 0x2000, ST_INVAL},
    {0x10f000, 0x1000, ST_INVAL},
    {0x110000, 0x1000, ST_OK},
    {0xff000, 0x1000, ST_OK},
    {0xfffffffffffff000, 0x1000, ST_OK},
    {0x10000000000, 1ull << 62, ST_NOMEM},
};

START_TEST(rules_of_add)
{
    ck_assert_int_eq(gmem_add(&g, adds[_i].base, adds[_i].size, false, NULL),
                     adds[_i].st);
    ck_assert_uint_eq(g.nr_regions, adds[_i].st == ST_OK ? 5 : 4);
}
END_TEST

START_TEST(too_many_regions)
{
    uint64_t base = 1ull << 40;

    while (g.nr_regions < GMEM_MAX_REGIONS)
        ck_assert_ok(gmem_add(&g, base += 0x1000, 0x1000, false, &err), &err);
    ck_assert_int_eq(gmem_add(&g, 1ull << 41, 0x1000, false, &err), ST_LIMIT);
}
END_TEST

static const struct {
    uint64_t pa, len;
    bool there;
} hosts[] = {
    {0x0, 0x2000, true},        {0x1fff, 1, true},
    {0x1fff, 2, false},         {0x2000, 1, false},
    {0x100000, 0x10000, true},  {0x100000, 0x10001, false},
    {0xfffff000, 0x1000, true}, {0xffffffff, 2, false},
    {0x100002fff, 1, true},     {0x100003000, 1, false},
    {UINT64_MAX, 1, false},     {0x100000, UINT64_MAX, false},
};

START_TEST(host_addresses)
{
    void *p = gmem_host(&g, hosts[_i].pa, hosts[_i].len);

    ck_assert_int_eq(p != NULL, hosts[_i].there);
    if (p != NULL) {
        ck_assert_ptr_nonnull(gmem_find(&g, hosts[_i].pa));
        ck_assert_ptr_nonnull(gmem_flags(&g, hosts[_i].pa));
    }
}
END_TEST

START_TEST(copies_across_pages_and_holes)
{
    uint8_t in[0x3000], out[0x3000];

    memset(in, 0x5a, sizeof(in));
    ck_assert(gmem_write(&g, 0x100ffe, in, 0x1004));
    ck_assert(gmem_read(&g, 0x100ffe, out, 0x1004));
    ck_assert_mem_eq(in, out, 0x1004);
    ck_assert(!gmem_write(&g, 0x1ffe, in, 4));
    ck_assert(!gmem_read(&g, 0x1ffd, out, 6));
    ck_assert_mem_eq(out, "\x00\x5a\x5a\xff\xff\xff", 6);
    /* From ROM into the region that follows it at once. */
    ck_assert(!gmem_write(&g, 0xfffffffe, in, 4));
    ck_assert(gmem_read(&g, 0xfffffffe, out, 4));
    ck_assert_mem_eq(out, "\x00\x00\x5a\x5a", 4);
    /* Off the end of the address space. */
    ck_assert(!gmem_write(&g, UINT64_MAX - 1, in, 2));
    ck_assert(!gmem_read(&g, UINT64_MAX - 1, out, 2));
}
END_TEST

START_TEST(rom)
{
    uint8_t v = 1;

    ck_assert_uint_eq(*gmem_flags(&g, 0xfffff000), GMEM_PAGE_ROM);
    ck_assert(!gmem_write(&g, 0xfffff000, &v, 1));
    ck_assert_uint_eq(*(uint8_t *)gmem_host(&g, 0xfffff000, 1), 0);
    ck_assert(gmem_load(&g, 0xfffff000, &v, 1));
    ck_assert_uint_eq(*(uint8_t *)gmem_host(&g, 0xfffff000, 1), 1);
    ck_assert_uint_eq(gmem_ram_below_4g(&g), 0x12000);
    ck_assert_uint_eq(gmem_ram_above_4g(&g), 0x3000);
}
END_TEST

START_TEST(flags)
{
    uint8_t buf[0x2000] = {0};

    g.code_fn = listener;
    g.code_opaque = &g;
    *gmem_flags(&g, 0x102000) |= GMEM_PAGE_CODE | GMEM_PAGE_TRACE;
    gmem_write(&g, 0x101800, buf, 0x800);
    ck_assert_uint_eq(nr_calls, 0);
    gmem_write(&g, 0x101800, buf, 0x900);
    ck_assert_uint_eq(nr_calls, 1);
    ck_assert_uint_eq(call_pa, 0x102000);
    ck_assert_uint_eq(call_len, 0x100);
    ck_assert_uint_eq(*gmem_flags(&g, 0x101000), GMEM_PAGE_DIRTY);
    ck_assert_uint_eq(*gmem_flags(&g, 0x103000), 0);
    gmem_clear_dirty(&g);
    ck_assert_uint_eq(*gmem_flags(&g, 0x101000), 0);
    ck_assert_uint_eq(*gmem_flags(&g, 0x102fff),
                      GMEM_PAGE_CODE | GMEM_PAGE_TRACE);
}
END_TEST

static unsigned nr_traced;

static void tracer(void *opaque, uint64_t pa, const void *buf, uint32_t len)
{
    uint8_t was;

    ck_assert(opaque == &g);
    ck_assert_uint_eq(pa, 0x102000);
    ck_assert_uint_eq(len, 0x100);
    ck_assert_uint_eq(*(const uint8_t *)buf, 7);
    gmem_read(&g, pa, &was, 1);
    ck_assert_uint_eq(was, 0); /* told before it happens */
    nr_traced++;
}

START_TEST(traced_pages)
{
    uint8_t buf[0x2000];

    memset(buf, 7, sizeof(buf));
    g.trace_fn = tracer;
    g.trace_opaque = &g;
    *gmem_flags(&g, 0x102000) |= GMEM_PAGE_TRACE;
    gmem_write(&g, 0x101800, buf, 0x800);
    ck_assert_uint_eq(nr_traced, 0);
    gmem_write(&g, 0x101800, buf, 0x900);
    ck_assert_uint_eq(nr_traced, 1);
}
END_TEST

Suite *test_gmem_suite(void)
{
    Suite *s = suite_create("gmem");
    TCase *tc = tcase_create("gmem");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, rules_of_add, 0, ARRAY_LEN(adds));
    tcase_add_test(tc, too_many_regions);
    tcase_add_loop_test(tc, host_addresses, 0, ARRAY_LEN(hosts));
    tcase_add_test(tc, copies_across_pages_and_holes);
    tcase_add_test(tc, rom);
    tcase_add_test(tc, flags);
    tcase_add_test(tc, traced_pages);
    suite_add_tcase(s, tc);
    return s;
}
