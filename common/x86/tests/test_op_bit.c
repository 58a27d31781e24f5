/* test_op_bit.c: bit tests, scans, POPCNT against the host; bit strings. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "common/x86/tests/hostrun.h"

#define MEM 0x3000u

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

static void try_all(const uint8_t *bytes, unsigned n)
{
    for (unsigned x = 0; x < HOSTRUN_VALUES; x++) {
        for (unsigned y = 0; y < HOSTRUN_VALUES; y++) {
            struct hostrun in = {.ax = hostrun_values[x],
                                 .cx = hostrun_values[y]};

            hostrun_both(&b, bytes, n, &in);
            in.flags = FL_ARITH;
            hostrun_both(&b, bytes, n, &in);
        }
    }
}

/* BT A3, BTS AB, BTR B3, BTC BB; by immediate BA/4..7 */
START_TEST(bits_of_registers)
{
    for (unsigned s = 0; s < 3; s++) {
        uint8_t reg[] = {size_prefix[s], 0x0f, (uint8_t)(0xa3 + 8 * _i), 0xc8};

        try_all(reg, 4);
        for (unsigned bit = 0; bit < 256; bit += 13) {
            uint8_t imm[] = {size_prefix[s], 0x0f, 0xba,
                             (uint8_t)(0xe0 | _i << 3), (uint8_t)bit};

            try_all(imm, 5);
        }
    }
}
END_TEST

/* BSF, BSR: what a source of 0 leaves in the destination is the host's. */
START_TEST(scans)
{
    for (unsigned s = 0; s < 3; s++) {
        uint8_t scan[] = {size_prefix[s], 0x0f, (uint8_t)(0xbc + _i), 0xc8};

        try_all(scan, 4);
    }
}
END_TEST

START_TEST(popcnt)
{
    if (!__builtin_cpu_supports("popcnt"))
        SKIP("the host has no POPCNT");
    try_all((const uint8_t *)"\xf3\x0f\xb8\xc8", 4);
    try_all((const uint8_t *)"\xf3\x48\x0f\xb8\xc8", 5);
    try_all((const uint8_t *)"\x66\xf3\x0f\xb8\xc8", 5);
}
END_TEST

/* The bit number, signed, reaches around the address. */
static const struct {
    const char *bytes;
    unsigned n;
    int64_t bit;
    int at;   /* byte that changes, from MEM */
    int mask; /* what it becomes, from 0 */
} strings[] = {
    {"\x0f\xab\x0e", 3, 0, 0, 1},
    {"\x0f\xab\x0e", 3, 31, 3, 0x80},
    {"\x0f\xab\x0e", 3, 32, 4, 1},
    {"\x0f\xab\x0e", 3, -1, -1, 0x80},
    {"\x0f\xab\x0e", 3, 1000, 125, 1},
    {"\x0f\xab\x0e", 3, -1000, -125, 1},
    {"\x0f\xab\x0e", 3, 0x100000001, 0, 2}, /* 32 bits of it count */
    {"\x66\x0f\xab\x0e", 4, 15, 1, 0x80},
    {"\x66\x0f\xab\x0e", 4, 0x10010, 2, 1},
    {"\x66\x0f\xab\x0e", 4, 0xffff, -1, 0x80},
    {"\x48\x0f\xab\x0e", 4, -64, -8, 1},
    {"\x48\x0f\xab\x0e", 4, 10000, 1250, 1},
    {"\xf0\x48\x0f\xbb\x0e", 5, -3, -1, 0x20},
    {"\x0f\xba\x2e\xff", 4, 0, 3, 0x80}, /* immediates stay inside */
    {"\x66\x0f\xba\x2e\x1f", 5, 0, 1, 0x80},
};

START_TEST(bit_strings)
{
    uint64_t at = (uint64_t)(MEM + 0x800 + strings[_i].at);
    uint8_t v = 0;

    b.c->s.r[R_SI] = MEM + 0x800;
    b.c->s.r[R_CX] = (uint64_t)strings[_i].bit;
    b.c->arith = AR_CF;
    ck_assert_int_eq(bare_exec(&b, strings[_i].bytes, strings[_i].n),
                     BARE_DONE);
    gmem_read(&b.m.mem, at, &v, 1);
    ck_assert_int_eq(v, strings[_i].mask);
    ck_assert_uint_eq(b.c->arith & AR_CF, 0);
    ck_assert_int_eq(bare_exec(&b, strings[_i].bytes, strings[_i].n),
                     BARE_DONE);
    ck_assert_uint_eq(b.c->arith & AR_CF, AR_CF);
}
END_TEST

START_TEST(bt_reads_only)
{
    uint64_t v = 0x80;

    bare_protected(&b, 0);
    gmem_write(&b.m.mem, MEM, &v, 8);
    b.c->s.seg[SEG_DS].attr &= ~(uint32_t)SA_WRITABLE;
    x86_seg_update(b.c, SEG_DS);
    b.c->s.r[R_SI] = MEM + 4;
    b.c->s.r[R_CX] = (uint32_t)-25;
    ck_assert_int_eq(bare_run(&b, "\x0f\xa3\x0e"), BARE_DONE);
    ck_assert_uint_eq(b.c->arith & AR_CF, AR_CF);
    ck_assert_int_eq(bare_run(&b, "\x0f\xb3\x0e"), VEC_GP);
    ck_assert_uint_eq(b.c->arith & AR_CF, AR_CF);
}
END_TEST

Suite *test_op_bit_suite(void)
{
    Suite *s = suite_create("op_bit");
    TCase *t = tcase_create("op_bit");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, bits_of_registers, 0, 4);
    tcase_add_loop_test(t, scans, 0, 2);
    tcase_add_test(t, popcnt);
    tcase_add_loop_test(t, bit_strings, 0, ARRAY_LEN(strings));
    tcase_add_test(t, bt_reads_only);
    suite_add_tcase(s, t);
    return s;
}
