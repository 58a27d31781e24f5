/* test_op_softint.c: INT n, INT3, INTO, INT1, BOUND: what they raise. What is
 * delivered then is tested with event delivery, and v86.c's with v86. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "common/x86/tests/bare.h"

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_protected(&b, 3);
}

static void teardown(void)
{
    bare_fini(&b);
}

START_TEST(int_n)
{
    b.c->s.r[R_IP] = 0x8000;
    ck_assert_int_eq(bare_run(&b, "\xcd\x80"), 0x80);
    ck_assert_int_eq(b.event.type, X86_EV_SOFT);
    ck_assert(b.event.by_insn);
    ck_assert(!b.event.has_error);
    ck_assert_uint_eq(b.event.next_ip, 0x8002);
    ck_assert_uint_eq(
        ledger_get(&b.c->v.ledger, LEDGER_SENSITIVE, SENS_INT_N, 0x80), 1);
}
END_TEST

START_TEST(int3_and_into)
{
    b.c->s.r[R_IP] = 0x8000;
    ck_assert_int_eq(bare_run(&b, "\xcc"), VEC_BP);
    ck_assert_int_eq(b.event.type, X86_EV_SOFT);
    ck_assert_uint_eq(b.event.next_ip, 0x8001);
    b.c->arith = AR_OF;
    ck_assert_int_eq(bare_run(&b, "\xce"), VEC_OF);
    ck_assert_int_eq(b.event.type, X86_EV_SOFT);
    b.c->arith = AR_CF;
    ck_assert_int_eq(bare_run(&b, "\xce"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x8001);
}
END_TEST

START_TEST(int1)
{
    ck_assert_int_eq(bare_run(&b, "\xf1"), VEC_DB);
    ck_assert_int_eq(b.event.type, X86_EV_TRAP);
    ck_assert(b.event.by_insn);
    ck_assert_uint_eq(b.event.db, 0);
}
END_TEST

START_TEST(disposition)
{
    b.c->v.disp.at[SENS_INT_N] = DISP_FAULT;
    ck_assert_int_eq(bare_run(&b, "\xcd\x21"), VEC_GP);
    ck_assert_int_eq(b.event.type, X86_EV_FAULT);
}
END_TEST

START_TEST(virtual_8086)
{
    bare_real(&b);
    b.c->s.cr0 |= CR0_PE;
    b.c->s.rflags |= FL_VM;
    x86_update_mode(b.c);
    ck_assert_int_eq(bare_run(&b, "\xcd\x21"), VEC_GP);
    ck_assert_int_eq(b.event.type, X86_EV_FAULT);
    ck_assert_int_eq(bare_run(&b, "\xcc"), VEC_BP); /* IOPL has no say */
    b.c->s.rflags |= FL_IOPL;
    ck_assert_int_eq(bare_run(&b, "\xcd\x21"), 0x21);
    ck_assert_int_eq(b.event.type, X86_EV_SOFT);
}
END_TEST

/* Bounds -5..10 of 32 bits, then the same as 16 */
static const struct {
    uint32_t value;
    int32_t low, high;
    int result;
} bounds[] = {
    {0, -5, 10, BARE_DONE},
    {10, -5, 10, BARE_DONE},
    {11, -5, 10, VEC_BR},
    {(uint32_t)-5, -5, 10, BARE_DONE},
    {(uint32_t)-6, -5, 10, VEC_BR},
    {0x7fff, -0x8000, 0x7fff, BARE_DONE},
    {0, 1, -1, VEC_BR},
};

START_TEST(bound)
{
    int32_t v[2] = {bounds[_i].low, bounds[_i].high};
    int16_t w[2] = {(int16_t)v[0], (int16_t)v[1]};

    b.c->s.r[R_AX] = bounds[_i].value;
    b.c->s.r[R_SI] = 0x3000;
    gmem_write(&b.m.mem, 0x3000, v, sizeof(v));
    ck_assert_int_eq(bare_run(&b, "\x62\x06"), bounds[_i].result);
    gmem_write(&b.m.mem, 0x3000, w, sizeof(w));
    ck_assert_int_eq(bare_run(&b, "\x66\x62\x06"), bounds[_i].result);
    if (bounds[_i].result == VEC_BR)
        ck_assert_int_eq(b.event.type, X86_EV_FAULT);
}
END_TEST

START_TEST(bound_reads_both)
{
    b.c->s.seg[SEG_DS].limit = 0x3003;
    x86_seg_update(b.c, SEG_DS);
    b.c->s.r[R_SI] = 0x3000;
    ck_assert_int_eq(bare_run(&b, "\x62\x06"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x66\x62\x06"), BARE_DONE);
}
END_TEST

Suite *test_op_softint_suite(void)
{
    Suite *s = suite_create("op_softint");
    TCase *t = tcase_create("op_softint");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, int_n);
    tcase_add_test(t, int3_and_into);
    tcase_add_test(t, int1);
    tcase_add_test(t, disposition);
    tcase_add_test(t, virtual_8086);
    tcase_add_loop_test(t, bound, 0, ARRAY_LEN(bounds));
    tcase_add_test(t, bound_reads_both);
    suite_add_tcase(s, t);
    return s;
}
