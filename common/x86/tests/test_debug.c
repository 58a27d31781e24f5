/* test_debug.c: what debug registers hold and match. */
#include "common/x86/debug.h"

#include "common/tests/suite.h"
#include "common/x86/seg.h"
#include "common/x86/tests/bare.h"

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_protected(&b, 0);
}

static void teardown(void)
{
    bare_fini(&b);
}

/* DR7 with breakpoint n enabled (locally), R/W and LEN fields as given. */
static uint64_t dr7(unsigned n, unsigned rw, unsigned len)
{
    return 0x400u | 1u << 2 * n | rw << (16 + 4 * n) | len << (18 + 4 * n);
}

/* [SDM3 "Breakpoint Field Recognition"]; its table of examples is in here. */
static const struct {
    uint64_t dr;
    unsigned rw, len;
    uint64_t at;
    unsigned n;
    bool write, hit;
} data[] = {
    /* the manual's: DR0 A0001 1 byte, DR1 A0002 1 byte, DR2 B0002 2 bytes, DR3
     * C0000 4 bytes */
    {0xa0001, 3, 0, 0xa0001, 1, false, true},
    {0xa0001, 3, 0, 0xa0001, 2, false, true},
    {0xa0002, 1, 0, 0xa0001, 2, true, true},
    {0xa0002, 1, 0, 0xa0002, 1, true, true},
    {0xb0002, 3, 1, 0xb0001, 4, false, true},
    {0xb0002, 3, 1, 0xb0002, 1, false, true},
    {0xc0000, 1, 3, 0xc0000, 4, true, true},
    {0xc0000, 1, 3, 0xc0001, 2, true, true},
    {0xc0000, 1, 3, 0xc0003, 1, true, true},
    {0xa0001, 3, 0, 0xa0000, 1, false, false},
    {0xa0002, 1, 0, 0xa0002, 1, false, false},
    {0xb0002, 3, 1, 0xb0000, 2, false, false},
    {0xb0002, 3, 1, 0xb0004, 4, false, false},
    {0xc0000, 1, 3, 0xc0004, 4, true, false},
    {0xc0003, 1, 3, 0xc0000, 1, true, true}, /* low bits do not count */
    {0xc0007, 1, 2, 0xc0000, 1, true, true}, /* 8 bytes */
    {0xffffffffffffffff, 1, 0, 0xfffffffffffffffe, 4, true, true},
    {0, 1, 0, 0xfffffffffffffffe, 4, true, true}, /* wraps */
    {0xa0001, 0, 0, 0xa0001, 1, true, false},     /* of instructions */
    {0xa0001, 2, 0, 0xa0001, 1, true, false},     /* of ports */
};

START_TEST(data_breakpoints)
{
    unsigned n;

    for (n = 0; n < 4; n++) {
        memset(b.c->s.dr, 0, sizeof(b.c->s.dr));
        b.c->s.dr[n] = data[_i].dr;
        b.c->s.dr[7] = dr7(n, data[_i].rw, data[_i].len);
        ck_assert_uint_eq(
            x86_debug_data_match(b.c, data[_i].at, data[_i].n, data[_i].write),
            data[_i].hit ? 1u << n : 0);
        b.c->s.dr[7] &= ~0xffull; /* not enabled */
        ck_assert_uint_eq(
            x86_debug_data_match(b.c, data[_i].at, data[_i].n, data[_i].write),
            0);
    }
}
END_TEST

START_TEST(instruction_breakpoints)
{
    b.c->s.dr[0] = b.c->s.dr[2] = 0x8000;
    b.c->s.dr[1] = 0x8001;
    b.c->s.dr[7] = dr7(0, 0, 0) | dr7(1, 0, 0) | 2u << 4; /* G2 */
    ck_assert_uint_eq(x86_debug_insn_match(b.c, 0x8000), 5);
    ck_assert_uint_eq(x86_debug_insn_match(b.c, 0x8001), 2);
    ck_assert_uint_eq(x86_debug_insn_match(b.c, 0x8002), 0);
    b.c->s.dr[7] = dr7(0, 1, 0); /* of data */
    ck_assert_uint_eq(x86_debug_insn_match(b.c, 0x8000), 0);
}
END_TEST

START_TEST(io_breakpoints_want_de)
{
    b.c->s.dr[3] = 0x60;
    b.c->s.dr[7] = dr7(3, 2, 1);
    ck_assert_uint_eq(x86_debug_io_match(b.c, 0x61, 1), 0);
    b.c->s.cr4 = CR4_DE;
    ck_assert_uint_eq(x86_debug_io_match(b.c, 0x61, 1), 8);
    ck_assert_uint_eq(x86_debug_io_match(b.c, 0x5e, 4), 8);
    ck_assert_uint_eq(x86_debug_io_match(b.c, 0x62, 1), 0);
}
END_TEST

START_TEST(fixed_bits)
{
    x86_dr_set(b.c, 6, 0);
    ck_assert_uint_eq(x86_dr_get(b.c, 6), 0xffff0ff0);
    x86_dr_set(b.c, 6, 0xffffffff);
    ck_assert_uint_eq(x86_dr_get(b.c, 6), 0xffffefff);
    x86_dr_set(b.c, 7, 0);
    ck_assert_uint_eq(x86_dr_get(b.c, 7), 0x400);
    x86_dr_set(b.c, 7, 0xffffffff);
    ck_assert_uint_eq(x86_dr_get(b.c, 7), 0xffff27ff);
    x86_dr_set(b.c, 4, 1); /* another name of DR6 */
    ck_assert_uint_eq(x86_dr_get(b.c, 6), 0xffff0ff1);
}
END_TEST

/* ---- the instructions ---- */
START_TEST(mov_dr)
{
    b.c->s.r[R_AX] = 0x12345678;
    ck_assert_int_eq(bare_run(&b, "\x0f\x23\xd8"), BARE_DONE); /* DR3 */
    ck_assert_int_eq(bare_run(&b, "\x0f\x21\xd9"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_CX], 0x12345678);
    ck_assert_int_eq(bare_run(&b, "\x0f\x21\xe1"), BARE_DONE); /* DR4 */
    ck_assert_uint_eq(b.c->s.r[R_CX], 0xffff0ff0);
    b.c->s.cr4 = CR4_DE;
    ck_assert_int_eq(bare_run(&b, "\x0f\x21\xe1"), VEC_UD);
    x86_set_cpl(b.c, 3);
    ck_assert_int_eq(bare_run(&b, "\x0f\x21\xd9"), VEC_GP);
}
END_TEST

START_TEST(general_detect)
{
    b.c->s.dr[7] = 0x400 | DR7_GD;
    ck_assert_int_eq(bare_run(&b, "\x0f\x21\xc0"), VEC_DB);
    ck_assert_uint_eq(b.event.db, DR6_BD);
    ck_assert_int_eq(bare_run(&b, "\x0f\x23\xc0"), VEC_DB);
}
END_TEST

START_TEST(upper_halves)
{
    bare_long64(&b, 0);
    b.c->s.r[R_AX] = 0xffff800000000000;
    ck_assert_int_eq(bare_run(&b, "\x0f\x23\xc0"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.dr[0], 0xffff800000000000);
    ck_assert_int_eq(bare_run(&b, "\x0f\x23\xf0"), VEC_GP);     /* DR6 */
    ck_assert_int_eq(bare_run(&b, "\x0f\x23\xf8"), VEC_GP);     /* DR7 */
    ck_assert_int_eq(bare_run(&b, "\x44\x0f\x23\xc0"), VEC_UD); /* DR8 */
}
END_TEST

Suite *test_debug_suite(void)
{
    Suite *s = suite_create("debug");
    TCase *tc = tcase_create("match");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, data_breakpoints, 0, ARRAY_LEN(data));
    tcase_add_test(tc, instruction_breakpoints);
    tcase_add_test(tc, io_breakpoints_want_de);
    suite_add_tcase(s, tc);
    tc = tcase_create("registers");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, fixed_bits);
    tcase_add_test(tc, mov_dr);
    tcase_add_test(tc, general_detect);
    tcase_add_test(tc, upper_halves);
    suite_add_tcase(s, tc);
    return s;
}
