/* test_op_atomic.c: XCHG, XADD, CMPXCHG against the host; CMPXCHG8B and 16B. */
#include "common/tests/suite.h"
#include "common/x86/cpuid.h"
#include "common/x86/flags.h"
#include "common/x86/tests/hostrun.h"

#define MEM 0x3000u

static struct bare b;
static uint64_t *r;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_long64(&b, 0);
    r = b.c->s.r;
    r[R_SI] = MEM;
}

static void teardown(void)
{
    bare_fini(&b);
}

static void put(const uint64_t *v, unsigned n)
{
    gmem_write(&b.m.mem, MEM, v, n);
}

static uint64_t get(unsigned at)
{
    uint64_t v;

    gmem_read(&b.m.mem, MEM + at, &v, 8);
    return v;
}

/* Forms of XCHG, XADD, CMPXCHG on rax, rcx, rdx */
static const struct {
    const char *bytes;
    unsigned n;
} as_host[] = {
    {"\x86\xcc", 2},
    {"\x86\xe4", 2},
    {"\x66\x87\xc8", 3},
    {"\x87\xc8", 2},
    {"\x48\x87\xc8", 3},
    {"\x87\xc0", 2},
    {"\x91", 1},
    {"\x66\x91", 2},
    {"\x48\x92", 2},
    {"\x0f\xc0\xcd", 3},
    {"\x66\x0f\xc1\xc8", 4},
    {"\x0f\xc1\xc8", 3},
    {"\x48\x0f\xc1\xc8", 4},
    {"\x0f\xc1\xc0", 3},
    {"\x0f\xc0\xe0", 3},
    {"\x0f\xb0\xd1", 3},
    {"\x0f\xb0\xcc", 3},
    {"\x0f\xb0\xe0", 3},
    {"\x66\x0f\xb1\xd1", 4},
    {"\x0f\xb1\xd1", 3},
    {"\x48\x0f\xb1\xd1", 4},
    {"\x0f\xb1\xc8", 3},
    {"\x0f\xb1\xc0", 3},
    {"\x0f\xb1\xc9", 3},
};

START_TEST(registers_as_the_host)
{
    for (unsigned x = 0; x < HOSTRUN_VALUES; x++) {
        for (unsigned y = 0; y < HOSTRUN_VALUES; y++) {
            struct hostrun in = {.ax = hostrun_values[x],
                                 .cx = hostrun_values[y],
                                 .dx = 0x8877665544332211,
                                 .flags = FL_ARITH};

            hostrun_both(&b, (const uint8_t *)as_host[_i].bytes, as_host[_i].n,
                         &in);
        }
    }
}
END_TEST

START_TEST(memory)
{
    uint64_t v = 100;

    put(&v, 8);
    r[R_CX] = 7;
    ck_assert_int_eq(bare_run(&b, "\x48\x87\x0e"), BARE_DONE); /* xchg */
    ck_assert_uint_eq(get(0), 7);
    ck_assert_uint_eq(r[R_CX], 100);
    ck_assert_int_eq(bare_run(&b, "\xf0\x48\x0f\xc1\x0e"), BARE_DONE);
    ck_assert_uint_eq(get(0), 107);
    ck_assert_uint_eq(r[R_CX], 7);
    r[R_AX] = 107;
    ck_assert_int_eq(bare_run(&b, "\xf0\x48\x0f\xb1\x0e"), BARE_DONE);
    ck_assert_uint_eq(get(0), 7);
    ck_assert(b.c->arith & AR_ZF);
    ck_assert_int_eq(bare_run(&b, "\xf0\x48\x0f\xb1\x0e"), BARE_DONE);
    ck_assert_uint_eq(get(0), 7);
    ck_assert_uint_eq(r[R_AX], 7);
    ck_assert(!(b.c->arith & AR_ZF));
}
END_TEST

/* The write is made, and checked, though the values differ. */
START_TEST(cmpxchg_wants_write_access)
{
    bare_protected(&b, 0);
    b.c->s.seg[SEG_DS].attr &= ~(uint32_t)SA_WRITABLE;
    x86_seg_update(b.c, SEG_DS);
    r[R_AX] = 55;
    b.c->arith = AR_CF;
    ck_assert_int_eq(bare_run(&b, "\x0f\xb1\x0e"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x0f\xc7\x0e"), VEC_GP);
    ck_assert_uint_eq(r[R_AX], 55);
    ck_assert_uint_eq(b.c->arith, AR_CF);
}
END_TEST

START_TEST(cmpxchg8b)
{
    uint64_t v = 0x1111111122222222;

    put(&v, 8);
    r[R_AX] = 0xffffffff22222222;
    r[R_DX] = 0xffffffff11111111;
    r[R_BX] = 0xffffffff33333333;
    r[R_CX] = 0xffffffff44444444;
    b.c->arith = AR_OF | AR_CF | AR_SF;
    ck_assert_int_eq(bare_run(&b, "\x0f\xc7\x0e"), BARE_DONE);
    ck_assert_uint_eq(get(0), 0x4444444433333333);
    ck_assert_uint_eq(b.c->arith, AR_OF | AR_CF | AR_SF | AR_ZF);
    ck_assert_uint_eq(r[R_AX], 0xffffffff22222222);
    ck_assert_int_eq(bare_run(&b, "\x0f\xc7\x0e"), BARE_DONE);
    ck_assert_uint_eq(get(0), 0x4444444433333333);
    ck_assert_uint_eq(b.c->arith, AR_OF | AR_CF | AR_SF);
    ck_assert_uint_eq(r[R_AX], 0x33333333);
    ck_assert_uint_eq(r[R_DX], 0x44444444);
}
END_TEST

START_TEST(cmpxchg16b)
{
    uint64_t v[2] = {5, 6};

    put(v, 16);
    r[R_AX] = 5;
    r[R_DX] = 6;
    r[R_BX] = 7;
    r[R_CX] = 8;
    ck_assert_int_eq(bare_run(&b, "\xf0\x48\x0f\xc7\x0e"), BARE_DONE);
    ck_assert_uint_eq(get(0), 7);
    ck_assert_uint_eq(get(8), 8);
    ck_assert(b.c->arith & AR_ZF);
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\xc7\x0e"), BARE_DONE);
    ck_assert_uint_eq(r[R_AX], 7);
    ck_assert_uint_eq(r[R_DX], 8);
    ck_assert(!(b.c->arith & AR_ZF));
    r[R_SI] = MEM + 8;
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\xc7\x0e"), VEC_GP);
    ck_assert_uint_eq(b.event.error, 0);
}
END_TEST

START_TEST(cmpxchg16b_is_a_feature)
{
    bare_fini(&b);
    bare_init(&b, "p4-672");
    bare_long64(&b, 0);
    b.c->s.r[R_SI] = MEM;
    if (!cpuid_model_has(b.c->model, X86_FEATURE_CX16))
        ck_assert_int_eq(bare_run(&b, "\x48\x0f\xc7\x0e"), VEC_UD);
    else
        ck_assert_int_eq(bare_run(&b, "\x48\x0f\xc7\x0e"), BARE_DONE);
}
END_TEST

Suite *test_op_atomic_suite(void)
{
    Suite *s = suite_create("op_atomic");
    TCase *t = tcase_create("op_atomic");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, registers_as_the_host, 0, ARRAY_LEN(as_host));
    tcase_add_test(t, memory);
    tcase_add_test(t, cmpxchg_wants_write_access);
    tcase_add_test(t, cmpxchg8b);
    tcase_add_test(t, cmpxchg16b);
    tcase_add_test(t, cmpxchg16b_is_a_feature);
    suite_add_tcase(s, t);
    return s;
}
