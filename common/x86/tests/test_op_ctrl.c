/* test_op_ctrl.c: near branches: conditions, sizes, targets that are refused,
 * what a refused one leaves. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "common/x86/tests/bare.h"

#define TOP 0x4000u

static struct bare b;
static uint64_t *r;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_long64(&b, 0);
    r = b.c->s.r;
    r[R_SP] = TOP;
    r[R_IP] = 0x8000;
}

static void teardown(void)
{
    bare_fini(&b);
}

static uint64_t mem(uint64_t at, unsigned n)
{
    uint64_t v = 0;

    gmem_read(&b.m.mem, at, &v, n);
    return v;
}

static void put(uint64_t at, uint64_t v, unsigned n)
{
    gmem_write(&b.m.mem, at, &v, n);
}

/* Run at ip; returns the RIP after. */
static uint64_t at_ip(uint64_t ip, const void *bytes, unsigned n)
{
    r[R_IP] = ip;
    ck_assert_int_eq(bare_exec(&b, bytes, n), BARE_DONE);
    return r[R_IP];
}

START_TEST(conditional_jumps)
{
    uint8_t near[] = {(uint8_t)(0x70 | _i), 0xf0};
    uint8_t far[] = {0x0f, (uint8_t)(0x80 | _i), 0, 0x10, 0, 0};
    uint64_t fl;

    for (unsigned k = 0; k < 64; k++) {
        fl = ((k & 1) ? FL_CF : 0) | ((k & 2) ? FL_PF : 0) |
             ((k & 4) ? FL_ZF : 0) | ((k & 8) ? FL_SF : 0) |
             ((k & 16) ? FL_OF : 0);
        b.c->arith = arith_from_rflags(fl);
        if (arith_cond(b.c->arith, (unsigned)_i)) {
            ck_assert_uint_eq(at_ip(0x8000, near, 2), 0x7ff2);
            ck_assert_uint_eq(at_ip(0x8000, far, 6), 0x9006);
        } else {
            ck_assert_uint_eq(at_ip(0x8000, near, 2), 0x8002);
            ck_assert_uint_eq(at_ip(0x8000, far, 6), 0x8006);
        }
    }
}
END_TEST

START_TEST(jumps_of_64_bits)
{
    ck_assert_uint_eq(at_ip(0xffffffff80000000, "\xeb\xfe", 2),
                      0xffffffff80000000);
    ck_assert_uint_eq(at_ip(0xfffffffff, "\xe9\0\0\0\x80", 5), 0xf80000004);
    ck_assert_uint_eq(at_ip(5, "\xe9\xf0\xff\xff\xff", 5), -6ull);
    r[R_IP] = 0x7ffffffffff0;
    ck_assert_int_eq(bare_run(&b, "\xeb\x20"), VEC_GP);
    ck_assert_uint_eq(b.event.error, 0);
    ck_assert_uint_eq(r[R_IP], 0x7ffffffffff0);
    r[R_AX] = 0x0000800000000000;
    ck_assert_int_eq(bare_run(&b, "\xff\xe0"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\xff\xd0"), VEC_GP);
    ck_assert_uint_eq(r[R_SP], TOP);
    /* In 64-bit mode 66 does not make near branches 16 bits wide. */
    ck_assert_uint_eq(at_ip(0x12345, "\x66\xeb\x10", 3), 0x12358);
}
END_TEST

/* 32-bit code: 66 cuts to 16 bits; a target beyond CS's limit is refused. */
START_TEST(jumps_of_32_bits)
{
    bare_protected(&b, 0);
    ck_assert_uint_eq(at_ip(0x12345, "\x66\xeb\x10", 3), 0x2358);
    ck_assert_uint_eq(at_ip(0x1fff0, "\x66\xe9\x20\x00", 4), 0x14);
    ck_assert_uint_eq(at_ip(0x10, "\xe9\x00\x00\x00\xf0", 5), 0xf0000015);
    b.c->s.seg[SEG_CS].limit = 0xffff;
    ck_assert_int_eq(bare_run(&b, "\xe9\x00\x00\x00\xf0"), VEC_GP);
    b.c->arith = AR_ZF;
    r[R_IP] = 0xfff0;
    ck_assert_int_eq(bare_run(&b, "\x74\x7f"), VEC_GP);
    ck_assert_uint_eq(r[R_IP], 0xfff0);
    ck_assert_uint_eq(at_ip(0xfff0, "\x75\x7f", 2), 0xfff2);
    r[R_AX] = 0x10000;
    ck_assert_int_eq(bare_run(&b, "\xff\xe0"), VEC_GP);
    ck_assert_uint_eq(at_ip(0, "\x66\xff\xe0", 3), 0);
}
END_TEST

START_TEST(jumps_of_16_bits)
{
    bare_real(&b);
    ck_assert_uint_eq(at_ip(0xfff0, "\xeb\x20", 2), 0x12);
    ck_assert_uint_eq(at_ip(0x0010, "\xe9\xe0\xff", 3), 0xfff3);
    r[R_IP] = 0xfff0;
    ck_assert_int_eq(bare_run(&b, "\x66\xe9\x20\x00\x00\x00"), VEC_GP);
}
END_TEST

START_TEST(call_and_ret_64)
{
    ck_assert_uint_eq(at_ip(0x8000, "\xe8\xfb\x0f\0\0", 5), 0x9000);
    ck_assert_uint_eq(r[R_SP], TOP - 8);
    ck_assert_uint_eq(mem(TOP - 8, 8), 0x8005);
    ck_assert_uint_eq(at_ip(0x9000, "\xc3", 1), 0x8005);
    ck_assert_uint_eq(r[R_SP], TOP);
    r[R_AX] = 0xffffffff81000000;
    ck_assert_uint_eq(at_ip(0x8000, "\xff\xd0", 2), r[R_AX]);
    ck_assert_uint_eq(at_ip(0x9000, "\xc2\xf0\xff", 3), 0x8002);
    ck_assert_uint_eq(r[R_SP], TOP + 0xfff0);
    r[R_SP] = TOP;
    put(TOP, 0xa000, 8);
    ck_assert_uint_eq(at_ip(0x8000, "\xff\x14\x24", 3), 0xa000);
    ck_assert_uint_eq(at_ip(0x8000, "\xff\x64\x24\x08", 4), 0xa000);
    ck_assert_uint_eq(r[R_SP], TOP - 8);
}
END_TEST

START_TEST(call_and_ret_of_16_and_32_bits)
{
    bare_protected(&b, 0);
    ck_assert_uint_eq(at_ip(0x18000, "\xe8\xfb\x0f\0\0", 5), 0x19000);
    ck_assert_uint_eq(mem(TOP - 4, 4), 0x18005);
    ck_assert_uint_eq(r[R_SP], TOP - 4);
    ck_assert_uint_eq(at_ip(0, "\xc2\x04\x00", 3), 0x18005);
    ck_assert_uint_eq(r[R_SP], TOP + 4);
    ck_assert_uint_eq(at_ip(0x18000, "\x66\xe8\xfc\x0f", 4), 0x9000);
    ck_assert_uint_eq(r[R_SP], TOP + 2);
    ck_assert_uint_eq(mem(TOP + 2, 2), 0x8004);
    ck_assert_uint_eq(at_ip(0, "\x66\xc3", 2), 0x8004);
}
END_TEST

START_TEST(refused_targets_change_nothing)
{
    put(TOP, 0x0000900000000000, 8);
    ck_assert_int_eq(bare_run(&b, "\xc3"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\xc2\x08\x00"), VEC_GP);
    ck_assert_uint_eq(r[R_SP], TOP);
    put(TOP - 8, 0x55, 8);
    ck_assert_int_eq(bare_run(&b, "\xff\x14\x24"), VEC_GP);
    ck_assert_uint_eq(mem(TOP - 8, 8), 0x55);
    ck_assert_uint_eq(r[R_SP], TOP);
    r[R_SP] = 1ull << 47;
    ck_assert_int_eq(bare_run(&b, "\xc3"), VEC_SS);
    r[R_SP] = (1ull << 47) + 4;
    ck_assert_int_eq(bare_run(&b, "\xe8\0\0\0\0"), VEC_SS);
    ck_assert_uint_eq(r[R_IP], 0x8000);
}
END_TEST

START_TEST(loops)
{
    r[R_CX] = 2;
    ck_assert_uint_eq(at_ip(0x8000, "\xe2\x10", 2), 0x8012);
    ck_assert_uint_eq(at_ip(0x8000, "\xe2\x10", 2), 0x8002);
    ck_assert_uint_eq(r[R_CX], 0);
    ck_assert_uint_eq(at_ip(0x8000, "\xe2\x10", 2), 0x8012);
    ck_assert_uint_eq(r[R_CX], ~0ull);
    r[R_CX] = 0xffffffff00000001; /* ECX; its write clears the upper half */
    ck_assert_uint_eq(at_ip(0x8000, "\x67\xe2\x10", 3), 0x8003);
    ck_assert_uint_eq(r[R_CX], 0);
    b.c->arith = AR_ZF;
    r[R_CX] = 9;
    ck_assert_uint_eq(at_ip(0x8000, "\xe1\x10", 2), 0x8012);
    ck_assert_uint_eq(at_ip(0x8000, "\xe0\x10", 2), 0x8002);
    b.c->arith = 0;
    ck_assert_uint_eq(at_ip(0x8000, "\xe1\x10", 2), 0x8002);
    ck_assert_uint_eq(at_ip(0x8000, "\xe0\x10", 2), 0x8012);
    ck_assert_uint_eq(r[R_CX], 5);
}
END_TEST

START_TEST(count_zero_jumps)
{
    r[R_CX] = 0xffffffff00000000;
    ck_assert_uint_eq(at_ip(0x8000, "\xe3\x10", 2), 0x8002);
    ck_assert_uint_eq(at_ip(0x8000, "\x67\xe3\x10", 3), 0x8013);
    bare_real(&b);
    r[R_CX] = 0x10000;
    ck_assert_uint_eq(at_ip(0x8000, "\xe3\x10", 2), 0x8012);
    ck_assert_uint_eq(at_ip(0x8000, "\x67\xe3\x10", 3), 0x8003);
    ck_assert_uint_eq(at_ip(0x8000, "\xe2\x10", 2), 0x8012);
    ck_assert_uint_eq(r[R_CX], 0x1ffff);
}
END_TEST

START_TEST(refused_loop_keeps_the_count)
{
    bare_protected(&b, 0);
    b.c->s.seg[SEG_CS].limit = 0x800f;
    r[R_CX] = 5;
    ck_assert_int_eq(bare_run(&b, "\xe2\x7f"), VEC_GP);
    ck_assert_uint_eq(r[R_CX], 5);
}
END_TEST

Suite *test_op_ctrl_suite(void)
{
    Suite *s = suite_create("op_ctrl");
    TCase *t = tcase_create("op_ctrl");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, conditional_jumps, 0, 16);
    tcase_add_test(t, jumps_of_64_bits);
    tcase_add_test(t, jumps_of_32_bits);
    tcase_add_test(t, jumps_of_16_bits);
    tcase_add_test(t, call_and_ret_64);
    tcase_add_test(t, call_and_ret_of_16_and_32_bits);
    tcase_add_test(t, refused_targets_change_nothing);
    tcase_add_test(t, loops);
    tcase_add_test(t, count_zero_jumps);
    tcase_add_test(t, refused_loop_keeps_the_count);
    suite_add_tcase(s, t);
    return s;
}
