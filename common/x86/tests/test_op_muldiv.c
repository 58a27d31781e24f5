/* test_op_muldiv.c: multiplications and divisions against the host; which
 * divisions fault, against the definition. */
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

static const uint8_t size_prefix[3] = {0x66, 0x40, 0x48};

static void all_pairs(const uint8_t *bytes, unsigned n)
{
    for (unsigned x = 0; x < HOSTRUN_VALUES; x++) {
        for (unsigned y = 0; y < HOSTRUN_VALUES; y++) {
            struct hostrun in = {
                .ax = hostrun_values[x], .cx = hostrun_values[y], .dx = 0x77};

            hostrun_both(&b, bytes, n, &in);
            in.flags = FL_ARITH;
            hostrun_both(&b, bytes, n, &in);
        }
    }
}

/* MUL rcx, IMUL rcx */
START_TEST(accumulator_products)
{
    uint8_t modrm = _i ? 0xe9 : 0xe1;
    uint8_t m8[] = {0xf6, modrm};

    all_pairs(m8, 2);
    for (unsigned s = 0; s < 3; s++) {
        uint8_t m[] = {size_prefix[s], 0xf7, modrm};

        all_pairs(m, 3);
    }
}
END_TEST

START_TEST(two_and_three_operand_products)
{
    for (unsigned s = 0; s < 3; s++) {
        uint8_t two[] = {size_prefix[s], 0x0f, 0xaf, 0xc1};
        uint8_t b3[] = {size_prefix[s], 0x6b, 0xc1, 0xfd};
        uint8_t z3[8] = {size_prefix[s], 0x69, 0xc1, 0x39, 0x30, 0x01, 0x80};

        all_pairs(two, 4);
        all_pairs(b3, 4);
        all_pairs(z3, size_prefix[s] == 0x66 ? 5 : 7);
    }
}
END_TEST

/* ---- divisions ---- */
typedef __int128 i128;
typedef unsigned __int128 u128;

/* Does hi:lo / d of `bits` have a quotient that fits? */
static bool fits(uint64_t hi, uint64_t lo, uint64_t d, unsigned bits, bool sign)
{
    u128 n =
        bits == 64
            ? (u128)hi << 64 | lo
            : (u128)((hi & mask_low(bits)) << bits | (lo & mask_low(bits)));
    i128 min = -((i128)1 << (bits - 1)), q, sn, sd;

    d &= mask_low(bits);
    if (d == 0)
        return false;
    if (!sign)
        return n / d <= (u128)mask_low(bits);
    sn = bits == 64 ? (i128)n : (i128)sext((uint64_t)n, 2 * bits);
    sd = sext(d, bits);
    if (sd == -1)
        return sn >= min + 1 && sn <= -min; /* no negation of -2^127 */
    q = sn / sd;
    return q >= min && q <= -min - 1;
}

static void divide(const uint8_t *bytes, unsigned n, const struct hostrun *in,
                   unsigned bits, bool sign)
{
    struct hostrun r = *in;
    uint64_t hi = bits == 8 ? in->ax >> 8 : in->dx;

    if (fits(hi, in->ax, in->cx, bits, sign)) {
        hostrun_both(&b, bytes, n, in);
        r.flags = FL_ARITH;
        hostrun_both(&b, bytes, n, &r);
        return;
    }
    ck_assert_int_eq(hostrun_interp(&b, bytes, n, &r), VEC_DE);
    ck_assert(!b.event.has_error);
    ck_assert_uint_eq(r.ax, in->ax);
    ck_assert_uint_eq(r.dx, in->dx);
    ck_assert_uint_eq(r.flags & FL_ARITH, in->flags & FL_ARITH);
}

static void all_divisions(const uint8_t *bytes, unsigned n, unsigned bits,
                          bool sign)
{
    struct hostrun in = {0};

    for (unsigned x = 0; x < HOSTRUN_VALUES; x++) {
        for (unsigned y = x % 3; y < HOSTRUN_VALUES; y += 3) {
            for (unsigned z = 0; z < HOSTRUN_VALUES; z++) {
                in.ax = hostrun_values[x];
                in.dx = hostrun_values[y];
                in.cx = hostrun_values[z];
                divide(bytes, n, &in, bits, sign);
            }
            in.dx = (uint64_t)((int64_t)in.ax >> 63); /* as CQO */
            divide(bytes, n, &in, bits, sign);
        }
    }
}

START_TEST(divisions)
{
    uint8_t modrm = _i ? 0xf9 : 0xf1;
    uint8_t d8[] = {0xf6, modrm};

    all_divisions(d8, 2, 8, _i);
    for (unsigned s = 0; s < 3; s++) {
        uint8_t d[] = {size_prefix[s], 0xf7, modrm};

        all_divisions(d, 3, 16u << s, _i);
    }
}
END_TEST

START_TEST(random_divisions)
{
    uint64_t x = 0x9e3779b97f4a7c15;
    uint8_t d[] = {0x48, 0xf7, _i ? 0xf9 : 0xf1};
    struct hostrun in = {0};

    for (unsigned k = 0; k < 30000; k++) {
        x = x * 6364136223846793005 + 1442695040888963407;
        in.ax = x;
        in.dx = (uint64_t)((int64_t)(x * 77) >> (x >> 58));
        in.cx = (x * 99) >> (x >> 52 & 63);
        divide(d, 3, &in, 64, _i);
    }
}
END_TEST

START_TEST(memory)
{
    uint64_t v[2] = {7, 0};

    gmem_write(&b.m.mem, 0x3000, v, sizeof(v));
    b.c->s.r[R_SI] = 0x3000;
    b.c->s.r[R_AX] = 100;
    b.c->s.r[R_DX] = 0;
    ck_assert_int_eq(bare_run(&b, "\x48\xf7\x36"), BARE_DONE); /* div [rsi] */
    ck_assert_uint_eq(b.c->s.r[R_AX], 14);
    ck_assert_uint_eq(b.c->s.r[R_DX], 2);
    ck_assert_int_eq(bare_run(&b, "\xf7\x26"), BARE_DONE); /* mul dword [rsi] */
    ck_assert_uint_eq(b.c->s.r[R_AX], 98);
    ck_assert_int_eq(bare_run(&b, "\x6b\x06\xfe"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xfffffff2); /* imul eax, [rsi], -2 */
    ck_assert_int_eq(bare_run(&b, "\xf6\x76\x08"), VEC_DE);
}
END_TEST

Suite *test_op_muldiv_suite(void)
{
    Suite *s = suite_create("op_muldiv");
    TCase *t = tcase_create("op_muldiv");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, accumulator_products, 0, 2);
    tcase_add_test(t, two_and_three_operand_products);
    tcase_add_loop_test(t, divisions, 0, 2);
    tcase_add_loop_test(t, random_divisions, 0, 2);
    tcase_add_test(t, memory);
    suite_add_tcase(s, t);
    return s;
}
