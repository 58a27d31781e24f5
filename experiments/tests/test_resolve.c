/* test_resolve.c: guests by name and by path. */
#include "experiments/cli/resolve.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/tests/suite.h"

/* A folder of guests with the files of the first catalogue entry. */
static void some_guests(void)
{
    suite_tmpfile(catalogue[0].kernel, "k", 1);
    suite_tmpfile(catalogue[0].initrd, "i", 1);
    setenv("TRIPTYCH_GUESTS", suite_tmpdir(), 1);
}

static bool ends(const char *text, const char *tail)
{
    size_t a = strlen(text), b = strlen(tail);

    return a >= b && strcmp(text + a - b, tail) == 0;
}

START_TEST(by_name)
{
    struct error err;
    struct guest g;

    some_guests();
    ck_assert(catalogue_present(&catalogue[0]));
    ck_assert_ok(guest_resolve(catalogue[0].name, NULL, NULL, &g, &err), &err);
    ck_assert(ends(g.kernel, catalogue[0].kernel));
    ck_assert(ends(g.initrd, catalogue[0].initrd));
    ck_assert_str_eq(g.cmdline, catalogue[0].cmdline);
    guest_free(&g);
    ck_assert_ptr_null(g.kernel);
}
END_TEST

START_TEST(user_adds_and_replaces)
{
    struct error err;
    struct guest g;

    some_guests();
    ck_assert_ok(
        guest_resolve(catalogue[0].name, "other.gz", "scale=0", &g, &err),
        &err);
    ck_assert_str_eq(g.initrd, "other.gz");
    ck_assert(strncmp(g.cmdline, catalogue[0].cmdline,
                      strlen(catalogue[0].cmdline)) == 0);
    ck_assert(ends(g.cmdline, " scale=0"));
    guest_free(&g);
}
END_TEST

START_TEST(not_fetched)
{
    struct error err;
    struct guest g;

    setenv("TRIPTYCH_GUESTS", suite_tmpdir(), 1);
    ck_assert(!catalogue_present(&catalogue[0]));
    ck_assert_int_eq(guest_resolve(catalogue[0].name, NULL, NULL, &g, &err),
                     ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "make guests"));
}
END_TEST

START_TEST(by_path)
{
    const char *path = suite_tmpfile("kernel", "k", 1);
    struct error err;
    struct guest g;

    ck_assert_ok(guest_resolve(path, NULL, NULL, &g, &err), &err);
    ck_assert_str_eq(g.kernel, path);
    ck_assert_ptr_null(g.initrd);
    ck_assert_str_eq(g.cmdline, "");
    guest_free(&g);
    /* In the current folder a bare name will do. */
    ck_assert_int_eq(chdir(suite_tmpdir()), 0);
    ck_assert_ok(guest_resolve("kernel", NULL, "a b", &g, &err), &err);
    ck_assert_str_eq(g.cmdline, "a b");
    guest_free(&g);
}
END_TEST

START_TEST(neither)
{
    struct error err;
    struct guest g;

    ck_assert_int_eq(guest_resolve("debian-amd46", NULL, NULL, &g, &err),
                     ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "did you mean debian-amd64"));
}
END_TEST

START_TEST(dir_by_environment)
{
    char dir[64];

    unsetenv("TRIPTYCH_GUESTS");
    setenv("XDG_CACHE_HOME", "/c", 1);
    ck_assert_int_eq(guests_dir(dir, sizeof(dir), NULL), ST_OK);
    ck_assert_str_eq(dir, "/c/triptych/guests");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", "/h", 1);
    ck_assert_int_eq(guests_dir(dir, sizeof(dir), NULL), ST_OK);
    ck_assert_str_eq(dir, "/h/.cache/triptych/guests");
    ck_assert_int_eq(guests_dir(dir, 10, NULL), ST_LIMIT);
}
END_TEST

Suite *test_resolve_suite(void)
{
    Suite *s = suite_create("resolve");
    TCase *tc = tcase_create("resolve");

    tcase_add_test(tc, by_name);
    tcase_add_test(tc, user_adds_and_replaces);
    tcase_add_test(tc, not_fetched);
    tcase_add_test(tc, by_path);
    tcase_add_test(tc, neither);
    tcase_add_test(tc, dir_by_environment);
    suite_add_tcase(s, tc);
    return s;
}
