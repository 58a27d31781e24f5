/* test_op_cmov.c: CMOVcc and SETcc under all flags, against the host. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "common/x86/tests/hostrun.h"

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_long64(&b, 0);
}

static void teardown(void)
{
    bare_fini(&b);
}

/* The k-th of all combinations of CF, PF, ZF, SF, OF */
static uint64_t flags_of(unsigned k)
{
    return ((k & 1) ? FL_CF : 0) | ((k & 2) ? FL_PF : 0) |
           ((k & 4) ? FL_ZF : 0) | ((k & 8) ? FL_SF : 0) |
           ((k & 16) ? FL_OF : 0);
}

START_TEST(conditions)
{
    uint8_t cmov16[] = {0x66, 0x0f, (uint8_t)(0x40 | _i), 0xc8};
    uint8_t cmov32[] = {0x0f, (uint8_t)(0x40 | _i), 0xc8};
    uint8_t cmov64[] = {0x48, 0x0f, (uint8_t)(0x40 | _i), 0xc8};
    uint8_t setl[] = {0x0f, (uint8_t)(0x90 | _i), 0xc1};
    uint8_t seth[] = {0x0f, (uint8_t)(0x90 | _i), 0xc5};
    struct hostrun in = {.ax = 0x1122334455667788, .cx = 0xaabbccddeeff0011};

    for (unsigned k = 0; k < 32; k++) {
        in.flags = flags_of(k);
        hostrun_both(&b, cmov16, 4, &in);
        hostrun_both(&b, cmov32, 3, &in);
        hostrun_both(&b, cmov64, 4, &in);
        hostrun_both(&b, setl, 3, &in);
        hostrun_both(&b, seth, 3, &in);
        ck_assert_int_eq(arith_cond(arith_from_rflags(in.flags), (unsigned)_i),
                         (b.c->s.r[R_CX] >> 8 & 0xff) == 1);
    }
}
END_TEST

START_TEST(memory)
{
    uint64_t v = 0x1234567890abcdef;

    gmem_write(&b.m.mem, 0x3000, &v, 8);
    b.c->s.r[R_SI] = 0x3000;
    b.c->s.r[R_CX] = ~0ull;
    b.c->arith = 0x0200;
    ck_assert_int_eq(bare_run(&b, "\x0f\x44\x0e"), BARE_DONE); /* cmove */
    ck_assert_uint_eq(b.c->s.r[R_CX], 0xffffffff);
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\x45\x0e"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_CX], v);
    ck_assert_int_eq(bare_run(&b, "\x0f\x95\x06"), BARE_DONE); /* setne */
    ck_assert_int_eq(bare_run(&b, "\x0f\x94\x46\x01"), BARE_DONE);
    gmem_read(&b.m.mem, 0x3000, &v, 8);
    ck_assert_uint_eq(v, 0x1234567890ab0001);
}
END_TEST

START_TEST(source_is_read_in_any_case)
{
    b.c->s.r[R_SI] = 1ull << 47;
    b.c->s.r[R_CX] = ~0ull;
    b.c->arith = 0x0200;
    ck_assert_int_eq(bare_run(&b, "\x0f\x44\x0e"), VEC_GP);
    ck_assert_uint_eq(b.c->s.r[R_CX], ~0ull);
}
END_TEST

Suite *test_op_cmov_suite(void)
{
    Suite *s = suite_create("op_cmov");
    TCase *t = tcase_create("op_cmov");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, conditions, 0, 16);
    tcase_add_test(t, memory);
    tcase_add_test(t, source_is_read_in_any_case);
    suite_add_tcase(s, t);
    return s;
}
