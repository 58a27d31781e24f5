/* test_op_stack.c: PUSH, POP, PUSHA, POPA, ENTER, LEAVE at all stack and
 * operand sizes. */
#include "common/tests/suite.h"
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

/* A 16-bit stack segment in 32-bit code, or the reverse */
static void stack_of(bool big)
{
    bare_protected(&b, 0);
    b.c->s.seg[SEG_SS].attr =
        (b.c->s.seg[SEG_SS].attr & ~(uint32_t)SA_DB) | (big ? SA_DB : 0);
    x86_update_mode(b.c);
}

START_TEST(push_and_pop_64)
{
    r[R_AX] = 0x1122334455667788;
    ck_assert_int_eq(bare_run(&b, "\x50"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], TOP - 8);
    ck_assert_uint_eq(mem(TOP - 8, 8), r[R_AX]);
    ck_assert_int_eq(bare_run(&b, "\x41\x5f"), BARE_DONE); /* pop r15 */
    ck_assert_uint_eq(r[15], r[R_AX]);
    ck_assert_uint_eq(r[R_SP], TOP);
    ck_assert_int_eq(bare_run(&b, "\x66\x50"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], TOP - 2);
    ck_assert_uint_eq(mem(TOP - 2, 2), 0x7788);
    ck_assert_int_eq(bare_run(&b, "\x66\x59"), BARE_DONE); /* pop cx */
    ck_assert_uint_eq(r[R_CX], 0x7788);
    ck_assert_int_eq(bare_run(&b, "\x6a\xff"), BARE_DONE);
    ck_assert_uint_eq(mem(TOP - 8, 8), ~0ull);
    ck_assert_int_eq(bare_run(&b, "\x68\0\0\0\x80"), BARE_DONE);
    ck_assert_uint_eq(mem(TOP - 16, 8), 0xffffffff80000000);
    ck_assert_int_eq(bare_run(&b, "\x66\x68\x34\x82"), BARE_DONE);
    ck_assert_uint_eq(mem(TOP - 18, 2), 0x8234);
    ck_assert_uint_eq(r[R_SP], TOP - 18);
}
END_TEST

START_TEST(stack_pointer_itself)
{
    ck_assert_int_eq(bare_run(&b, "\x54"), BARE_DONE);
    ck_assert_uint_eq(mem(TOP - 8, 8), TOP);
    put(TOP - 8, 0x5000, 8);
    ck_assert_int_eq(bare_run(&b, "\x5c"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], 0x5000);
    put(0x5000, 0xabcd, 8);
    ck_assert_int_eq(bare_run(&b, "\x66\x5c"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], 0xabcd); /* was 0x5002 */
}
END_TEST

/* push [rsp+8]: the address by the old rSP; pop [rsp+8]: by the new one. */
START_TEST(memory_by_stack_pointer)
{
    put(TOP + 8, 0x1234, 8);
    ck_assert_int_eq(bare_run(&b, "\xff\x74\x24\x08"), BARE_DONE);
    ck_assert_uint_eq(mem(TOP - 8, 8), 0x1234);
    ck_assert_uint_eq(r[R_SP], TOP - 8);
    ck_assert_int_eq(bare_run(&b, "\x8f\x44\x24\x10"), BARE_DONE);
    ck_assert_uint_eq(mem(TOP + 0x10, 8), 0x1234);
    ck_assert_uint_eq(r[R_SP], TOP);
    ck_assert_int_eq(bare_run(&b, "\x66\x8f\x04\x24"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], TOP + 2);
}
END_TEST

START_TEST(faults_leave_the_stack_pointer)
{
    r[R_SI] = 1ull << 47;
    put(TOP, 0x77, 8);
    ck_assert_int_eq(bare_run(&b, "\x8f\x06"), VEC_GP);
    ck_assert_uint_eq(r[R_SP], TOP);
    ck_assert_int_eq(bare_run(&b, "\xff\x36"), VEC_GP);
    r[R_SP] = (1ull << 47) + 4;
    ck_assert_int_eq(bare_run(&b, "\x50"), VEC_SS);
    ck_assert_uint_eq(b.event.error, 0);
    ck_assert_int_eq(bare_run(&b, "\x58"), VEC_SS);
    ck_assert_uint_eq(r[R_SP], (1ull << 47) + 4);
}
END_TEST

/* 16-bit stack pointers wrap and keep their upper bits. */
START_TEST(stack_of_16_bits)
{
    stack_of(false);
    r[R_SP] = 0x12340000;
    r[R_AX] = 0x89abcdef;
    ck_assert_int_eq(bare_run(&b, "\x50"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], 0x1234fffc);
    ck_assert_uint_eq(mem(0xfffc, 4), 0x89abcdef);
    ck_assert_int_eq(bare_run(&b, "\x59"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], 0x12340000);
    ck_assert_uint_eq(r[R_CX], 0x89abcdef);
    ck_assert_int_eq(bare_run(&b, "\x66\x50"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], 0x1234fffe);
}
END_TEST

START_TEST(stack_of_32_bits)
{
    stack_of(true);
    r[R_SP] = TOP;
    r[R_AX] = 0x89abcdef;
    ck_assert_int_eq(bare_run(&b, "\x50"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], TOP - 4);
    ck_assert_int_eq(bare_run(&b, "\x66\x59"), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], TOP - 2);
    ck_assert_uint_eq((uint16_t)r[R_CX], 0xcdef);
    r[R_SP] = 2; /* wraps at 4 GiB, where there is no memory, but no limit */
    b.c->s.seg[SEG_SS].limit = 0xffff;
    x86_seg_update(b.c, SEG_SS);
    ck_assert_int_eq(bare_run(&b, "\x50"), VEC_SS);
    ck_assert_uint_eq(r[R_SP], 2);
}
END_TEST

START_TEST(pusha_and_popa)
{
    unsigned n = _i ? 2 : 4;
    const char *prefix = _i ? "\x66" : "\x3e";
    uint8_t op[2] = {(uint8_t)prefix[0], 0x60};

    stack_of(true);
    for (unsigned k = 0; k < 8; k++)
        r[k] = 0x10203040u + k;
    r[R_SP] = TOP;
    ck_assert_int_eq(bare_exec(&b, op, 2), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], TOP - 8 * n);
    for (unsigned k = 0; k < 8; k++)
        ck_assert_uint_eq(mem(TOP - (k + 1) * n, n),
                          (k == R_SP ? TOP : 0x10203040u + k) &
                              mask_low(8 * n));
    for (unsigned k = 0; k < 8; k++) {
        if (k != R_SP)
            r[k] = 0xffffffff;
    }
    op[1] = 0x61;
    ck_assert_int_eq(bare_exec(&b, op, 2), BARE_DONE);
    ck_assert_uint_eq(r[R_SP], TOP);
    for (unsigned k = 0; k < 8; k++) {
        if (k != R_SP)
            ck_assert_uint_eq(r[k], _i ? 0xffff3040u + k : 0x10203040u + k);
    }
}
END_TEST

START_TEST(faulting_pusha_and_popa)
{
    stack_of(true);
    b.c->s.seg[SEG_SS].limit = TOP - 1;
    x86_seg_update(b.c, SEG_SS);
    r[R_SP] = 0x10; /* the last four would be below 0 */
    ck_assert_int_eq(bare_run(&b, "\x60"), VEC_SS);
    ck_assert_uint_eq(r[R_SP], 0x10);
    r[R_SP] = TOP + 8; /* the first two are above the limit */
    put(TOP + 4, 0, 4);
    put(TOP - 4, 0, 4);
    r[R_DX] = 1;
    ck_assert_int_eq(bare_run(&b, "\x60"), VEC_SS);
    ck_assert_uint_eq(mem(TOP - 4, 4), 0);
    r[R_SP] = TOP - 0x10;
    r[R_DI] = 0x77;
    ck_assert_int_eq(bare_run(&b, "\x61"), VEC_SS);
    ck_assert_uint_eq(r[R_SP], TOP - 0x10);
    ck_assert_uint_eq(r[R_DI], 0x77);
}
END_TEST

START_TEST(enter_and_leave)
{
    r[R_BP] = 0xaabbccdd00112233;
    ck_assert_int_eq(bare_run(&b, "\xc8\x20\x00\x00"), BARE_DONE);
    ck_assert_uint_eq(r[R_BP], TOP - 8);
    ck_assert_uint_eq(r[R_SP], TOP - 0x28);
    ck_assert_uint_eq(mem(TOP - 8, 8), 0xaabbccdd00112233);
    ck_assert_int_eq(bare_run(&b, "\xc9"), BARE_DONE);
    ck_assert_uint_eq(r[R_BP], 0xaabbccdd00112233);
    ck_assert_uint_eq(r[R_SP], TOP);
    ck_assert_int_eq(bare_run(&b, "\xc8\xff\xff\x20"), VEC_PF); /* level 0 */
    ck_assert_uint_eq(r[R_SP], TOP);
    ck_assert_uint_eq(r[R_BP], 0xaabbccdd00112233);
}
END_TEST

/* Level 3: two outer frame pointers and the new one are copied. */
START_TEST(enter_with_levels)
{
    put(0x5000 - 8, 0x1111, 8);
    put(0x5000 - 16, 0x2222, 8);
    r[R_BP] = 0x5000;
    ck_assert_int_eq(bare_run(&b, "\xc8\x10\x00\x03"), BARE_DONE);
    ck_assert_uint_eq(mem(TOP - 8, 8), 0x5000);
    ck_assert_uint_eq(mem(TOP - 16, 8), 0x1111);
    ck_assert_uint_eq(mem(TOP - 24, 8), 0x2222);
    ck_assert_uint_eq(mem(TOP - 32, 8), TOP - 8);
    ck_assert_uint_eq(r[R_BP], TOP - 8);
    ck_assert_uint_eq(r[R_SP], TOP - 48);
}
END_TEST

START_TEST(leave_faults_whole)
{
    r[R_BP] = 1ull << 47;
    ck_assert_int_eq(bare_run(&b, "\xc9"), VEC_SS);
    ck_assert_uint_eq(r[R_SP], TOP);
    ck_assert_uint_eq(r[R_BP], 1ull << 47);
}
END_TEST

Suite *test_op_stack_suite(void)
{
    Suite *s = suite_create("op_stack");
    TCase *t = tcase_create("op_stack");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, push_and_pop_64);
    tcase_add_test(t, stack_pointer_itself);
    tcase_add_test(t, memory_by_stack_pointer);
    tcase_add_test(t, faults_leave_the_stack_pointer);
    tcase_add_test(t, stack_of_16_bits);
    tcase_add_test(t, stack_of_32_bits);
    tcase_add_loop_test(t, pusha_and_popa, 0, 2);
    tcase_add_test(t, faulting_pusha_and_popa);
    tcase_add_test(t, enter_and_leave);
    tcase_add_test(t, enter_with_levels);
    tcase_add_test(t, leave_faults_whole);
    suite_add_tcase(s, t);
    return s;
}
