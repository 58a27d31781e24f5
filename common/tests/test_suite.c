/* test_suite.c: the test glue itself. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/tests/suite.h"

START_TEST(tmpfile_holds_its_bytes)
{
    const char *path = suite_tmpfile("a", "xyz", 3);
    char buf[8] = "";
    FILE *f = fopen(path, "r");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fread(buf, 1, sizeof(buf), f), 3);
    fclose(f);
    ck_assert_str_eq(buf, "xyz");
}
END_TEST

START_TEST(tmpdir_is_one_per_process)
{
    struct stat st;
    const char *path = suite_tmpdir();

    ck_assert_ptr_eq(path, suite_tmpdir());
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert(S_ISDIR(st.st_mode));
}
END_TEST

Suite *test_suite_suite(void)
{
    Suite *s = suite_create("suite");
    TCase *tc = tcase_create("tmp");

    tcase_add_test(tc, tmpfile_holds_its_bytes);
    tcase_add_test(tc, tmpdir_is_one_per_process);
    suite_add_tcase(s, tc);
    return s;
}
