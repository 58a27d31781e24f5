/* test_endian.c: big-endian data (PSR.be) and register stack (ar.rsc.be). */
#include <string.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/tests/onecode.h"

#define AT 0x4000u

static struct onecode o;
static const uint8_t bytes[16] = {0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6,
                                  0xe7, 0xf8, 9,    10,   11,   12,
                                  13,   14,   15,   16};

static void setup(void)
{
    onecode_init(&o);
    ia64_reset(o.c);
    o.c->s.gr[10].v = AT;
    gmem_write(&o.m.mem, AT, bytes, sizeof(bytes));
}

static void teardown(void)
{
    onecode_fini(&o);
}

static void run(const char *mnemonic, uint64_t psr)
{
    int row = onecode_row(mnemonic);

    ck_assert_int_eq(onecode_step(&o, row, onecode_slot(row), psr), -1);
}

/* The first `size` bytes as a number. */
static uint64_t number(const uint8_t *b, unsigned size, bool big)
{
    uint64_t v = 0;

    for (unsigned k = 0; k < size; k++)
        v = v << 8 | b[big ? k : size - 1 - k];
    return v;
}

static const struct {
    const char *load, *store, *advanced;
    unsigned size;
} sizes[] = {
    {"ld1%h", "st1%H", "ld1.a%h", 1},
    {"ld2%h", "st2%H", "ld2.a%h", 2},
    {"ld4%h", "st4%H", "ld4.a%h", 4},
    {"ld8%h", "st8%H", "ld8.a%h", 8},
};

START_TEST(loads_and_stores)
{
    const unsigned size = sizes[_i].size;
    uint8_t b[8];

    for (unsigned big = 0; big < 2; big++) {
        uint64_t psr = big ? PSR_BE : 0, v = number(bytes, size, big);

        run(sizes[_i].load, psr);
        ck_assert_uint_eq(o.c->s.gr[8].v, v);
        run(sizes[_i].advanced, psr);
        ck_assert_uint_eq(o.c->s.gr[8].v, v);
        o.c->s.gr[9].v = 0x1122334455667788;
        run(sizes[_i].store, psr);
        gmem_read(&o.m.mem, AT, b, sizeof(b));
        ck_assert_uint_eq(number(b, size, big),
                          0x1122334455667788 & mask_low(8 * size));
        ck_assert_int_eq(memcmp(b + size, bytes + size, 8 - size), 0);
        gmem_write(&o.m.mem, AT, bytes, sizeof(bytes));
    }
}
END_TEST

START_TEST(semaphores)
{
    o.c->s.gr[9].v = 0x1122334455667788;
    run("xchg8%h", PSR_BE);
    ck_assert_uint_eq(o.c->s.gr[8].v, number(bytes, 8, true));
    run("ld8%h", PSR_BE);
    ck_assert_uint_eq(o.c->s.gr[8].v, 0x1122334455667788);
    o.c->s.ccv = 0x1122334455667788;
    o.c->s.gr[9].v = 5;
    run("cmpxchg8.acq%h", PSR_BE);
    ck_assert_uint_eq(o.c->s.gr[8].v, 0x1122334455667788);
    run("ld8%h", 0);
    ck_assert_uint_eq(o.c->s.gr[8].v, 5ull << 56);
}
END_TEST

/* A significand, and a double. */
START_TEST(floating_point)
{
    const uint8_t two[8] = {0x40};

    run("ldf8%h", PSR_BE);
    ck_assert_uint_eq(o.c->s.fr[8].sig, number(bytes, 8, true));
    gmem_write(&o.m.mem, AT, two, sizeof(two));
    run("ldfd%h", PSR_BE);
    ck_assert_uint_eq(o.c->s.fr[8].sig, 1ull << 63);
    ck_assert_uint_eq(o.c->s.fr[8].se, 0x10000);
}
END_TEST

/* The order of the backing store is RSC's, whatever PSR.be is. */
START_TEST(register_stack)
{
    struct ia64_state *s = &o.c->s;
    uint8_t b[8];

    for (unsigned big = 0; big < 2; big++) {
        s->cfm = 0;
        s->rsc = 8ull << 16 | big << 4; /* loadrs of a word */
        s->dirty = 0;
        ia64_rse_set_bspstore(o.c, AT + 8);
        run("loadrs", big ? 0 : PSR_BE);
        ck_assert_uint_eq(s->dirty, 1);
        ck_assert_uint_eq(
            s->stacked[(s->bof + IA64_STACKED - 1) % IA64_STACKED].v,
            number(bytes, 8, big));
        run("flushrs", 0);
        gmem_read(&o.m.mem, AT, b, sizeof(b));
        ck_assert_int_eq(memcmp(b, bytes, sizeof(b)), 0);
    }
}
END_TEST

Suite *test_endian_suite(void)
{
    Suite *s = suite_create("endian");
    TCase *tc = tcase_create("big-endian");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, loads_and_stores, 0, ARRAY_LEN(sizes));
    tcase_add_test(tc, semaphores);
    tcase_add_test(tc, floating_point);
    tcase_add_test(tc, register_stack);
    suite_add_tcase(s, tc);
    return s;
}
