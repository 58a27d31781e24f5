/* test_loadfuzz.c: two seconds of the loaders' fuzzer; fuzz_loader runs it
 * for as long as wanted. */
#include "common/load/tests/loadfuzz.h"

#include "common/tests/suite.h"

START_TEST(nothing_breaks_in_two_seconds)
{
    struct loadfuzz_result r;

    loadfuzz_run(1, 0, 0, 2.0, &r);
    ck_assert_msg(r.broken[0] == '\0', "seed 1, case %llu: %s",
                  (unsigned long long)r.failed_case, r.broken);
    ck_assert_uint_gt(r.cases, 100); /* of thousands: hosts may be loaded */
    /* Both ways must be exercised, or the seeds are broken. */
    ck_assert_uint_gt(r.loaded, r.cases / 10);
    ck_assert_uint_lt(r.loaded, r.cases - r.cases / 10);
}
END_TEST

Suite *test_loadfuzz_suite(void)
{
    Suite *s = suite_create("loadfuzz");
    TCase *tc = tcase_create("loadfuzz");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, nothing_breaks_in_two_seconds);
    suite_add_tcase(s, tc);
    return s;
}
