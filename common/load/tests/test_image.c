/* test_image.c: reading files, and saying why not. */
#include "common/load/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/tests/suite.h"

static void must_fail(const char *path, uint64_t max, enum status want,
                      const char *text)
{
    struct image img;
    struct error err;
    enum status st = image_read(path, max, &img, &err);

    ck_assert_int_eq(st, want);
    ck_assert_msg(strstr(err.text, text) != NULL, "\"%s\" is not in \"%s\"",
                  text, err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}

START_TEST(a_file_is_read_whole)
{
    const char *path = suite_tmpfile("some", "0123456789", 10);
    struct image img;
    struct error err;

    ck_assert_ok(image_read(path, 10, &img, &err), &err);
    ck_assert_uint_eq(img.size, 10);
    ck_assert_mem_eq(img.data, "0123456789", 10);
    ck_assert_ptr_eq(image_at(&img, 3, 7), img.data + 3);
    ck_assert_ptr_eq(image_at(&img, 10, 0), img.data + 10);
    ck_assert_ptr_null(image_at(&img, 3, 8));
    ck_assert_ptr_null(image_at(&img, 11, 0));
    ck_assert_ptr_null(image_at(&img, 1, ~0ull));
    image_free(&img);
    ck_assert_ptr_null(image_at(&img, 0, 0));
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    char fifo[256];

    must_fail("/nonexistent/kernel", 100, ST_HOST, "/nonexistent/kernel: open");
    must_fail(suite_tmpdir(), 100, ST_GUEST, "is a directory");
    must_fail(suite_tmpfile("empty", "", 0), 100, ST_GUEST, "size 0");
    must_fail(suite_tmpfile("big", "12345", 5), 4, ST_GUEST,
              "size 5: at most 4 bytes");
    snprintf(fifo, sizeof(fifo), "%s/fifo", suite_tmpdir());
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    must_fail(fifo, 100, ST_GUEST, "not a regular file");
}
END_TEST

START_TEST(an_unreadable_file_is_refused)
{
    const char *path = suite_tmpfile("secret", "12345", 5);

    ck_assert_int_eq(chmod(path, 0), 0);
    if (access(path, R_OK) == 0) /* root may read it anyway */
        ck_assert_int_eq(setuid(65534), 0);
    must_fail(path, 100, ST_HOST, "ermission denied");
}
END_TEST

START_TEST(names_are_printable_and_bounded)
{
    struct image img;
    char path[5000];

    memset(path, 'x', sizeof(path));
    memcpy(path + sizeof(path) - 10, "/the\nend\x7f", 10); /* and the 0 */
    ck_assert_int_eq(image_copy(path, "a", 1, &img, NULL), ST_OK);
    ck_assert_uint_eq(strlen(img.name), sizeof(img.name) - 1);
    ck_assert_int_eq(strncmp(img.name, "...x", 4), 0);
    ck_assert_str_eq(img.name + strlen(img.name) - 9, "/the?end?");
    image_free(&img);
}
END_TEST

Suite *test_image_suite(void)
{
    Suite *s = suite_create("image");
    TCase *tc = tcase_create("image");

    tcase_add_test(tc, a_file_is_read_whole);
    tcase_add_test(tc, what_is_no_file_is_refused);
    tcase_add_test(tc, an_unreadable_file_is_refused);
    tcase_add_test(tc, names_are_printable_and_bounded);
    suite_add_tcase(s, tc);
    return s;
}
