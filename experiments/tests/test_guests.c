/* test_guests.c: names and paths of guests. */
#include "experiments/cli/guests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tests/suite.h"

START_TEST(names_are_unique_and_found)
{
    const struct guests_entry *g;
    unsigned i, k;

    for (i = 0; (g = guests_at(i)) != NULL; i++) {
        ck_assert_ptr_eq(guests_find(g->name), g);
        ck_assert_ptr_null(strchr(g->name, '/'));
        ck_assert_uint_gt(strlen(g->text), 0);
        for (k = 0; k < i; k++)
            ck_assert_str_ne(guests_at(k)->name, g->name);
    }
    ck_assert_ptr_nonnull(guests_find("ia64-twins"));
    ck_assert_ptr_nonnull(guests_find("trik64"));
    ck_assert_ptr_nonnull(guests_find("nano-cr8wr"));
    ck_assert_ptr_null(guests_find("nano-cr8wr-32"));
    ck_assert_ptr_nonnull(guests_find("debian-686-pae-disk"));
    ck_assert_ptr_null(guests_find("debian"));
}
END_TEST

static void check_dir(const char *want)
{
    struct error err;
    char *dir;

    ck_assert_ok(guests_folder(&dir, &err), &err);
    ck_assert_str_eq(dir, want);
    free(dir);
}

START_TEST(folder_follows_the_environment)
{
    struct error err;
    char *dir;

    setenv("HOME", "/h", 1);
    setenv("XDG_CACHE_HOME", "/x", 1);
    setenv("TRIPTYCH_GUESTS", "/t", 1);
    check_dir("/t");
    setenv("TRIPTYCH_GUESTS", "", 1);
    check_dir("/x/triptych/guests");
    unsetenv("XDG_CACHE_HOME");
    check_dir("/h/.cache/triptych/guests");
    unsetenv("HOME");
    ck_assert_int_eq(guests_folder(&dir, &err), ST_HOST);
}
END_TEST

START_TEST(a_name_needs_all_its_files)
{
    const struct guests_entry *g = guests_find("debian-686");
    const char *dir = suite_tmpdir();
    struct guests_files f;
    struct error err;
    char want[512];

    setenv("TRIPTYCH_GUESTS", dir, 1);
    ck_assert(!guests_present(g, dir));
    ck_assert_int_eq(guests_resolve(g->name, &f, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, GUESTS_SCRIPT));
    suite_tmpfile(g->kernel, "k", 1);
    suite_tmpfile(g->initrd, "", 0); /* an empty file is not there yet */
    ck_assert_int_eq(guests_resolve(g->name, &f, &err), ST_HOST);
    suite_tmpfile(g->initrd, "i", 1);
    ck_assert(guests_present(g, dir));
    ck_assert_ok(guests_resolve(g->name, &f, &err), &err);
    snprintf(want, sizeof(want), "%s/vmlinuz-686", dir);
    ck_assert_str_eq(f.kernel, want);
    snprintf(want, sizeof(want), "%s/initrd-i386.gz", dir);
    ck_assert_str_eq(f.initrd, want);
    ck_assert_str_eq(f.append, "console=ttyS0 quiet panic=-1 mitigations=off");
    guests_files_free(&f);
}
END_TEST

START_TEST(any_path_is_a_guest)
{
    const char *path = suite_tmpfile("my-kernel", "k", 1);
    struct guests_files f;
    struct error err;

    ck_assert_ok(guests_resolve(path, &f, &err), &err);
    ck_assert_str_eq(f.kernel, path);
    ck_assert_ptr_null(f.initrd);
    ck_assert_ptr_null(f.append);
    guests_files_free(&f);
    ck_assert_int_eq(guests_resolve("debian-687", &f, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "neither a guest's name"));
    ck_assert_int_eq(guests_resolve("/nonexistent/kernel", &f, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
}
END_TEST

Suite *test_guests_suite(void)
{
    Suite *s = suite_create("guests");
    TCase *tc = tcase_create("guests");

    tcase_add_test(tc, names_are_unique_and_found);
    tcase_add_test(tc, folder_follows_the_environment);
    tcase_add_test(tc, a_name_needs_all_its_files);
    tcase_add_test(tc, any_path_is_a_guest);
    suite_add_tcase(s, tc);
    return s;
}
