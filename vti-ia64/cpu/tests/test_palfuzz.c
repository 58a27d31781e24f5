/* test_palfuzz.c: a few cases of PAL's fuzzer; fuzz_ia64_pal runs more. */
#include "vti-ia64/cpu/tests/palfuzz.h"

#include <stddef.h>

#include "common/tests/suite.h"

START_TEST(nothing_breaks)
{
    struct palfuzz_result r = {0};

    for (uint64_t seed = 1; seed <= 10; seed++) {
        palfuzz_run(seed, 400, &r);
        ck_assert_msg(r.broken == NULL, "seed %llu: %s",
                      (unsigned long long)seed, r.broken);
    }
    /* Both answers, and the guest gets to run, or the cases are no good. */
    ck_assert_uint_gt(r.accepted, r.calls / 10);
    ck_assert_uint_lt(r.accepted, r.calls / 2);
    ck_assert_uint_gt(r.insns, 0);
}
END_TEST

Suite *test_palfuzz_suite(void)
{
    Suite *s = suite_create("palfuzz");
    TCase *tc = tcase_create("palfuzz");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, nothing_breaks);
    suite_add_tcase(s, tc);
    return s;
}
