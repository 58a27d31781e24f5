/* test_names.c: every value of the contracts' enumerations has a text. */
#include <string.h>

#include "common/engine/disposition.h"
#include "common/engine/engine.h"
#include "common/engine/vcpu.h"
#include "common/tests/suite.h"

START_TEST(sensitive_operations)
{
    unsigned a, b;

    ck_assert_str_eq(sensitive_text(SENS_MOV_TO_CR), "mov to cr");
    ck_assert_str_eq(sensitive_name(SENS_MOV_TO_CR), "MOV_TO_CR");
    for (a = 0; a < SENS_COUNT; a++)
        for (b = 0; b < a; b++)
            ck_assert_str_ne(sensitive_text((enum x86_sensitive)a),
                             sensitive_text((enum x86_sensitive)b));
    ck_assert_str_eq(sensitive_text(SENS_COUNT), "?");
    ck_assert_str_eq(sensitive_name(SENS_COUNT), "?");
}
END_TEST

START_TEST(exits_and_ends)
{
    unsigned end;

    ck_assert_str_eq(exit_kind_text(EXIT_BUDGET), "instruction budget used up");
    ck_assert_str_eq(exit_kind_text((enum exit_kind)999), "?");
    ck_assert_ptr_nonnull(strstr(run_end_text(RUN_SHUTDOWN), "double fault"));
    ck_assert_str_eq(run_end_text((enum run_end)999), "?");
    for (end = RUN_MACHINE; end <= RUN_CRASHED; end++)
        ck_assert_ptr_nonnull(run_end_text((enum run_end)end));
}
END_TEST

Suite *test_names_suite(void)
{
    Suite *s = suite_create("names");
    TCase *tc = tcase_create("texts");

    tcase_add_test(tc, sensitive_operations);
    tcase_add_test(tc, exits_and_ends);
    suite_add_tcase(s, tc);
    return s;
}
