/* suite.h: what the tests add to Check: skips with a reason, a summary that
 * scripts can read, a folder for temporary files.
 *
 * A folder's tests are files test_<file>.c, each with one function
 *
 *     Suite *test_<file>_suite(void);
 *
 * The build finds the files by name; there is no list to edit. One TCase per
 * behaviour; tables by tcase_add_loop_test(). Each test runs in a process of
 * its own (CK_FORK=no turns that off for a debugger). Run some by hand:
 *
 *     build/release/tests/common-base [FILE...]      as in test_FILE.c
 *     CK_RUN_CASE=name build/release/tests/common-base
 */
#ifndef COMMON_TESTS_SUITE_H
#define COMMON_TESTS_SUITE_H

#include <check.h>

#include "common/base/cc.h"

/* Marks a failure message as a skip; the runner counts those apart. */
#define SUITE_SKIP_MARK "\001SKIP "

/* End the running test as skipped: SKIP("no /dev/kvm: %s", strerror(errno)).
 * The reason is printed and counted; a skip is never a pass. */
#define SKIP(...)                                                              \
    do {                                                                       \
        char skip_text_[256];                                                  \
        suite_format(skip_text_, sizeof(skip_text_), __VA_ARGS__);             \
        ck_abort_msg(SUITE_SKIP_MARK "%s", skip_text_);                        \
    } while (0)

/* A status of ours is ST_OK, or the test fails with the error's text. */
#define ck_assert_ok(status_, err_)                                            \
    do {                                                                       \
        enum status ck_st_ = (status_);                                        \
        ck_assert_msg(ck_st_ == ST_OK, "%s: %s", status_text(ck_st_),          \
                      (err_)->text);                                           \
    } while (0)

struct suite_entry {
    const char *name;
    Suite *(*make)(void);
};

/* Generated for each folder of tests; ends with a NULL name. */
extern const char suite_folder[];
extern const struct suite_entry suite_list[];

/* snprintf, but here so that SKIP needs no other header. */
void suite_format(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/* Run the suites named in names[] (all if empty). Prints each failure and each
 * skip with its reason, then one line
 *     RESULT <folder> passed=N failed=N skipped=N
 * Returns the process's exit status: 0, or 1 if anything failed. */
int suite_run(char **names);

/* A new empty folder, removed with all its files when the test's process ends.
 * The path is valid until then. Fails the test if the host refuses. */
const char *suite_tmpdir(void);

/* Create a file of `len` bytes in suite_tmpdir(); returns its path, valid until
 * the process ends. */
const char *suite_tmpfile(const char *name, const void *data, size_t len);

#endif
