/* test_pvfuzz.c: some random hypercalls; `make fuzz-pv` makes many. */
#include "common/tests/suite.h"
#include "pv/tests/pvfuzz.h"

START_TEST(random_hypercalls)
{
    pvfuzz_run(10000, 1);
}
END_TEST

Suite *test_pvfuzz_suite(void)
{
    Suite *s = suite_create("pvfuzz");
    TCase *tc = tcase_create("fuzz");

    tcase_add_test(tc, random_hypercalls);
    suite_add_tcase(s, tc);
    return s;
}
