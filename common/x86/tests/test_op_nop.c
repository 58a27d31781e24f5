/* test_op_nop.c: hints and fences do nothing; CLFLUSH faults as a load. */
#include "common/tests/suite.h"
#include "common/x86/tests/bare.h"

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

static const struct {
    const char *bytes;
    unsigned n;
} nops[] = {
    {"\x90", 1},         {"\x66\x90", 2},     {"\x48\x90", 2},
    {"\x0f\x1f\x06", 3}, {"\x0f\x18\x0e", 3}, {"\x0f\x0d\x0e", 3},
    {"\x0f\xae\xe8", 3}, {"\x0f\xae\xf0", 3}, {"\x0f\xae\xf8", 3},
};

START_TEST(nothing_changes)
{
    struct x86_state before;

    b.c->s.r[R_SI] = 1ull << 47; /* no address */
    b.c->s.r[R_AX] = ~0ull;      /* 90 with REX.W is no XCHG of halves */
    before = b.c->s;
    ck_assert_int_eq(bare_exec(&b, nops[_i].bytes, nops[_i].n), BARE_DONE);
    before.r[R_IP] += nops[_i].n;
    ck_assert_mem_eq(&before, &b.c->s, sizeof(before));
}
END_TEST

START_TEST(clflush)
{
    b.c->s.r[R_SI] = 0x3000;
    ck_assert_int_eq(bare_run(&b, "\x0f\xae\x3e"), BARE_DONE);
    b.c->s.r[R_SI] = 1ull << 47;
    ck_assert_int_eq(bare_run(&b, "\x0f\xae\x3e"), VEC_GP);
    b.c->s.r[R_SI] = 1ull << 40;
    ck_assert_int_eq(bare_run(&b, "\x0f\xae\x3e"), VEC_PF);
    ck_assert_uint_eq(b.event.error & PF_W, 0);
}
END_TEST

Suite *test_op_nop_suite(void)
{
    Suite *s = suite_create("op_nop");
    TCase *t = tcase_create("op_nop");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, nothing_changes, 0, ARRAY_LEN(nops));
    tcase_add_test(t, clflush);
    suite_add_tcase(s, t);
    return s;
}
