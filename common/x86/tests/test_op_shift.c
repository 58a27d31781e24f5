/* test_op_shift.c: shifts and rotates by every count, against the host. */
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

static void try_all(const uint8_t *bytes, unsigned n, uint64_t cx)
{
    for (unsigned x = 0; x < HOSTRUN_VALUES; x++) {
        struct hostrun in = {.ax = hostrun_values[x],
                             .cx = cx,
                             .dx =
                                 hostrun_values[(x * 3 + 5) % HOSTRUN_VALUES]};

        hostrun_both(&b, bytes, n, &in);
        in.flags = FL_ARITH;
        hostrun_both(&b, bytes, n, &in);
        in.flags = FL_CF;
        hostrun_both(&b, bytes, n, &in);
    }
}

/* All that the sizes tell apart, and some of the rest. */
static unsigned next_count(unsigned count)
{
    return count < 34 || (count > 61 && count < 66) ? count + 1 : count + 7;
}

static const uint8_t size_prefix[3] = {0x66, 0x40, 0x48};

/* ModRM.reg 0..7: ROL ROR RCL RCR SHL SHR SHL SAR */
START_TEST(shifts)
{
    uint8_t modrm = (uint8_t)(0xc0 | _i << 3);

    for (unsigned count = 0; count < 256; count = next_count(count)) {
        uint8_t cl8[] = {0xd2, modrm}, i8[] = {0xc0, modrm, (uint8_t)count};

        try_all(cl8, 2, 0xffffff00 | count);
        try_all(i8, 3, 0);
        for (unsigned s = 0; s < 3; s++) {
            uint8_t cl[] = {size_prefix[s], 0xd3, modrm};
            uint8_t im[] = {size_prefix[s], 0xc1, modrm, (uint8_t)count};

            try_all(cl, 3, count);
            try_all(im, 4, 0);
        }
    }
}
END_TEST

START_TEST(shifts_by_one)
{
    uint8_t modrm = (uint8_t)(0xc0 | _i << 3);
    uint8_t one8[] = {0xd0, modrm};

    try_all(one8, 2, 77);
    for (unsigned s = 0; s < 3; s++) {
        uint8_t one[] = {size_prefix[s], 0xd1, modrm};

        try_all(one, 3, 77);
    }
}
END_TEST

/* SHLD A4, A5; SHRD AC, AD: rax, rdx */
START_TEST(double_shifts)
{
    uint8_t op = _i ? 0xac : 0xa4;

    for (unsigned count = 0; count < 256; count = next_count(count)) {
        for (unsigned s = 0; s < 3; s++) {
            uint8_t im[] = {size_prefix[s], 0x0f, op, 0xd0, (uint8_t)count};
            uint8_t cl[] = {size_prefix[s], 0x0f, (uint8_t)(op | 1), 0xd0};

            try_all(im, 5, 0);
            try_all(cl, 4, count);
        }
    }
}
END_TEST

START_TEST(memory)
{
    uint64_t v = 0x8000000000000001;

    b.c->s.r[R_SI] = 0x3000;
    b.c->s.r[R_CX] = 4;
    gmem_write(&b.m.mem, 0x3000, &v, 8);
    ck_assert_int_eq(bare_run(&b, "\x48\xd3\x06"),
                     BARE_DONE); /* rol [rsi], cl */
    gmem_read(&b.m.mem, 0x3000, &v, 8);
    ck_assert_uint_eq(v, 0x18);
    ck_assert_int_eq(bare_run(&b, "\xc0\x2e\x03"), BARE_DONE); /* shr byte, 3 */
    gmem_read(&b.m.mem, 0x3000, &v, 8);
    ck_assert_uint_eq(v, 3);
    b.c->s.r[R_DX] = 0x5000;
    ck_assert_int_eq(bare_run(&b, "\x66\x0f\xa4\x16\x04"), BARE_DONE);
    gmem_read(&b.m.mem, 0x3000, &v, 8);
    ck_assert_uint_eq(v, 0x35); /* shld word [rsi], dx, 4 */
}
END_TEST

/* A count of 0 changes nothing, but the operand must be writable. */
START_TEST(count_of_zero_still_writes)
{
    bare_protected(&b, 0);
    b.c->s.seg[SEG_DS].attr &= ~(uint32_t)SA_WRITABLE;
    x86_seg_update(b.c, SEG_DS);
    b.c->s.r[R_CX] = 0;
    ck_assert_int_eq(bare_run(&b, "\xd3\x26"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\xc1\x26\x20"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x0f\xa5\x16"), VEC_GP);
}
END_TEST

Suite *test_op_shift_suite(void)
{
    Suite *s = suite_create("op_shift");
    TCase *t = tcase_create("op_shift");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, shifts, 0, 8);
    tcase_add_loop_test(t, shifts_by_one, 0, 8);
    tcase_add_loop_test(t, double_shifts, 0, 2);
    tcase_add_test(t, memory);
    tcase_add_test(t, count_of_zero_still_writes);
    suite_add_tcase(s, t);
    return s;
}
