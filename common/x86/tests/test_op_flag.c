/* test_op_flag.c: single flags, LAHF, SAHF, SALC. */
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

/* CMC, CLC, STC, LAHF, SAHF */
static const uint8_t ops[] = {0xf5, 0xf8, 0xf9, 0x9f, 0x9e};

START_TEST(as_the_host)
{
    for (unsigned k = 0; k < 256; k++) {
        struct hostrun in = {.ax = 0x1122334455660077 | k << 8,
                             .flags = (k * 37 & 0xff & FL_ARITH) |
                                      ((k & 1) ? FL_OF : 0)};

        hostrun_both(&b, &ops[_i], 1, &in);
    }
}
END_TEST

START_TEST(direction)
{
    ck_assert_int_eq(bare_run(&b, "\xfd"), BARE_DONE);
    ck_assert(x86_rflags(b.c) & FL_DF);
    ck_assert_int_eq(bare_run(&b, "\xfc"), BARE_DONE);
    ck_assert(!(x86_rflags(b.c) & FL_DF));
}
END_TEST

START_TEST(salc)
{
    bare_protected(&b, 0);
    b.c->s.r[R_AX] = 0x1234;
    ck_assert_int_eq(bare_run(&b, "\xf9"), BARE_DONE);
    ck_assert_int_eq(bare_run(&b, "\xd6"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x12ff);
    ck_assert_int_eq(bare_run(&b, "\xf8"), BARE_DONE);
    ck_assert_int_eq(bare_run(&b, "\xd6"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x1200);
}
END_TEST

Suite *test_op_flag_suite(void)
{
    Suite *s = suite_create("op_flag");
    TCase *t = tcase_create("op_flag");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, as_the_host, 0, ARRAY_LEN(ops));
    tcase_add_test(t, direction);
    tcase_add_test(t, salc);
    suite_add_tcase(s, t);
    return s;
}
