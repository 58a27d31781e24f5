/* test_hostdiff.c: a short run of the host oracle (hostdiff.h) in each mode;
 * the long one is `make fuzz-host`. */
#include "common/tests/suite.h"
#include "common/x86/tests/hostdiff.h"

#define CASES 60000u
#define SEED  20061019u

START_TEST(same_as_host)
{
    struct hostdiff_counts n;
    const char *why;

#ifdef __SANITIZE_ADDRESS__
    SKIP("AddressSanitizer's shadow memory lies among the addresses used");
#endif
    if (!hostdiff_run((unsigned)_i, SEED, CASES, 5, stderr, &n, &why))
        SKIP("the host processor is no oracle here: %s", why);
    ck_assert_uint_eq(n.cases, CASES);
    ck_assert_uint_gt(n.completed, CASES / 2);
    ck_assert_msg(n.different == 0, "%llu of %llu cases differ, seed %u",
                  (unsigned long long)n.different, (unsigned long long)n.cases,
                  SEED);
}
END_TEST

Suite *test_hostdiff_suite(void);
Suite *test_hostdiff_suite(void)
{
    Suite *s = suite_create("hostdiff");
    TCase *tc = tcase_create("16-, 32- and 64-bit code");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, same_as_host, 1, 4);
    suite_add_tcase(s, tc);
    return s;
}
