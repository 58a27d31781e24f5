/* test_fuzz.c: the short run of fuzz_vmx. */
#include "common/tests/suite.h"
#include "hvm/cpu/tests/vmxfuzz.h"

#define GUESTS 150u

START_TEST(random_guests)
{
    struct rng r = {2026 + (unsigned)_i};
    struct vmxfuzz f = {0};

    while (f.rounds < GUESTS && f.wrong == NULL)
        vmxfuzz_round(&r, &f);
    ck_assert_msg(f.wrong == NULL, "seed %d, guest %llu: %s", 2026 + _i,
                  f.rounds, f.wrong);
    ck_assert_uint_gt(f.entries, GUESTS);
    ck_assert_uint_gt(f.exits, GUESTS);
    ck_assert_uint_gt(f.failed, 0);
    ck_assert_uint_gt(f.refused, 0);
}
END_TEST

Suite *test_fuzz_suite(void)
{
    Suite *s = suite_create("fuzz");
    TCase *tc = tcase_create("vmx");

    tcase_add_loop_test(tc, random_guests, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}
