/* test_rse.c: the register stack engine at the ends of its range: backing
 * stores that come round to address 0, incomplete frames. Each once made it
 * store without an end. */
#include "vti-ia64/cpu/rse.h"

#include "common/tests/suite.h"
#include "vti-ia64/cpu/tests/onecode.h"

#define NR_LOADRS(words) ((uint64_t)(words)*8 << 16)

static struct onecode o;

static void setup(void)
{
    onecode_init(&o);
    ia64_reset(o.c);
    o.c->s.cfm = 0;
}

static void teardown(void)
{
    onecode_fini(&o);
}

/* The vector that it was delivered to, or -1. */
static int run(const char *mnemonic)
{
    int row = onecode_row(mnemonic);

    return onecode_step(&o, row, ia64_encodings[row].value, PSR_IC);
}

static void put(uint64_t pa, uint64_t v)
{
    gmem_write(&o.m.mem, pa, &v, sizeof(v));
}

static void backing_store(uint64_t at)
{
    o.c->s.dirty = 0;
    ia64_rse_set_bspstore(o.c, at);
}

START_TEST(loadrs_takes_words_below_bsp)
{
    struct ia64_state *s = &o.c->s;

    /* A collection lies at 0x201f8, 4 registers above it, 3 below. */
    for (uint64_t k = 0; k < 8; k++)
        put(0x201e0 + 8 * k, k);
    put(0x201f8, 1ull << 61); /* of the register at 0x201e8 */
    backing_store(0x20220);
    s->rsc = NR_LOADRS(8);
    ck_assert_int_eq(run("loadrs"), -1);
    ck_assert_uint_eq(s->dirty, 7);
    ck_assert_uint_eq(s->bspstore, 0x201e0);
    ck_assert_uint_eq(s->bsp, 0x20220);
    /* Back to where they were, the collection too. */
    for (uint64_t k = 0; k < 8; k++)
        put(0x201e0 + 8 * k, 99);
    s->rsc = 0;
    ck_assert_int_eq(run("flushrs"), -1);
    ck_assert_uint_eq(s->dirty, 0);
    for (uint64_t k = 0; k < 8; k++) {
        uint64_t v;

        gmem_read(&o.m.mem, 0x201e0 + 8 * k, &v, 8);
        ck_assert_uint_eq(k == 3 ? v & 1ull << 61 : v, k == 3 ? 1ull << 61 : k);
    }
}
END_TEST

/* More words than there are below: the addresses come round to those that are
 * not implemented. */
START_TEST(loadrs_below_address_0)
{
    struct ia64_state *s = &o.c->s;

    backing_store(0x100);
    s->rsc = NR_LOADRS(0x7ff);
    ck_assert_int_eq(run("loadrs"), IA64_VEC_GENERAL);
    ck_assert_uint_eq(s->isr & ISR_RS, ISR_RS);
    ck_assert_uint_eq(s->ifa, ~7ull);
    ck_assert_uint_eq(s->dirty, 32);
    ck_assert_uint_eq(s->bspstore, 0);
    ck_assert_uint_eq(s->bsp, 0x100);
    ck_assert_int_eq(run("flushrs"), -1);
    ck_assert_uint_eq(s->bspstore, 0x100);
}
END_TEST

/* More than the processor has registers. */
START_TEST(loadrs_of_too_many)
{
    backing_store(0x20000);
    o.c->s.rsc = NR_LOADRS(200);
    ck_assert_int_eq(run("loadrs"), IA64_VEC_GENERAL);
    ck_assert_uint_eq(o.c->s.isr & 0xff, IA64_GE_ILLEGAL_OP);
}
END_TEST

/* The handler of a fault of an incomplete frame's loads: nothing is stored,
 * though BSP has come round. */
START_TEST(flushrs_of_an_incomplete_frame)
{
    struct ia64_state *s = &o.c->s;
    uint64_t v;

    put(0x10, 77);
    backing_store(0x10);
    s->dirty = (uint64_t)-20;
    s->cfm = 20;
    ia64_rse_set_bspstore(o.c, 0x10);
    ck_assert_uint_gt(s->bsp, s->bspstore);
    ck_assert_int_eq(run("flushrs"), -1);
    ck_assert_int_eq((int64_t)s->dirty, -20);
    ck_assert_uint_eq(s->bspstore, 0x10);
    gmem_read(&o.m.mem, 0x10, &v, 8);
    ck_assert_uint_eq(v, 77);
}
END_TEST

Suite *test_rse_suite(void)
{
    Suite *s = suite_create("rse");
    TCase *tc = tcase_create("backing store");

    tcase_set_timeout(tc, 20);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, loadrs_takes_words_below_bsp);
    tcase_add_test(tc, loadrs_below_address_0);
    tcase_add_test(tc, loadrs_of_too_many);
    tcase_add_test(tc, flushrs_of_an_incomplete_frame);
    suite_add_tcase(s, tc);
    return s;
}
