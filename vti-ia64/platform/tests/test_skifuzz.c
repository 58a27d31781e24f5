/* test_skifuzz.c: a few cases of the platform's fuzzer; fuzz_ia64_ski runs it
 * for as long as wanted. */
#include "vti-ia64/platform/tests/skifuzz.h"

#include "common/tests/suite.h"

#define CASES 300u

START_TEST(nothing_breaks)
{
    struct skifuzz_result r;

    skifuzz_run(1, 0, CASES, 0, &r);
    ck_assert_msg(r.broken[0] == '\0', "seed 1, case %llu: %s",
                  (unsigned long long)r.failed_case, r.broken);
    ck_assert_uint_eq(r.cases, CASES);
    /* Both ways must be exercised, or the cases are no good. */
    ck_assert_uint_gt(r.loaded, CASES / SKIFUZZ_KINDS / 4);
    ck_assert_uint_lt(r.loaded, CASES / SKIFUZZ_KINDS * 3 / 4);
    ck_assert_uint_gt(r.served, CASES);
}
END_TEST

Suite *test_skifuzz_suite(void)
{
    Suite *s = suite_create("skifuzz");
    TCase *tc = tcase_create("skifuzz");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, nothing_breaks);
    suite_add_tcase(s, tc);
    return s;
}
