/* test_equal.c: random code retires the same instructions, with the same
 * registers, under `native` and under `hvm` with any accelerations. */
#include "common/tests/suite.h"
#include "vti-ia64/cpu/tests/equal.h"

START_TEST(native_and_hvm)
{
    ck_assert(
        equal_run((uint64_t)_i + 1, equal_controls((uint64_t)_i), 2000, 5));
}
END_TEST

Suite *test_equal_suite(void)
{
    Suite *s = suite_create("equal");
    TCase *tc = tcase_create("random code");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, native_and_hvm, 0, 20);
    suite_add_tcase(s, tc);
    return s;
}
