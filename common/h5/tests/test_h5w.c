/* test_h5w.c: the writer, read back through HDF5's own interface; its name
 * rule; what is left after a kill; the reader on bad files. */
#include "common/h5/h5w.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/h5/h5r.h"
#include "common/tests/suite.h"

#define ROWS 3000 /* several chunks */

static char path[512], part[520];

static void setup(void)
{
    snprintf(path, sizeof(path), "%s/out.h5", suite_tmpdir());
    snprintf(part, sizeof(part), "%s.part", path);
}

static struct h5_exits row(unsigned i)
{
    struct h5_exits e = {.engine = "native",
                         .processor = "interp",
                         .benchmark = "boot",
                         .kind = "SENSITIVE",
                         .name = "OUT"};

    e.reason = i;
    e.subreason = UINT64_MAX - i;
    e.count = 3ull * i;
    return e;
}

static const char *const engines[] = {"native", "hvm"};
static const char *const states[] = {"ok", "failed", NULL};

static struct h5w *begin(void)
{
    struct h5w *w;
    struct error err;

    ck_assert_ok(h5w_create(path, &w, &err), &err);
    h5w_attr(w, "/", "Conventions", H5_CONVENTIONS);
    h5w_attr_u64(w, "/", "schema_version", H5_SCHEMA_VERSION);
    return w;
}

static void write_all(void)
{
    static const double time[2][3] = {{1.5, 2.5, NAN}, {4, 5, 6}};
    static const uint8_t state[2][3] = {{0, 0, 1}, {0, 0, 0}};
    static const char *const odd[] = {"",
                                      "a\xff"
                                      "b",
                                      "gr\xc3\xbc\xc3\x9f e"};
    struct h5w_array a = {
        .path = "/bench/time",
        .rank = 2,
        .dim = {2, 3},
        .scale = {"/scales/engine", "/scales/repetition"},
        .f64 = &time[0][0],
        .units = "ns",
        .long_name = "host time",
        .timebase = "host_ns",
    };
    static struct h5_exits e[ROWS];
    struct h5w *w = begin();
    struct error err;
    unsigned i;

    h5w_group(w, "/scales");
    h5w_group(w, "/bench");
    h5w_texts(w, "/scales/engine", engines, 2, true, "engine");
    h5w_scale_count(w, "/scales/repetition", 3, "repetition");
    h5w_array(w, &a);
    a.path = "/bench/status";
    a.f64 = NULL;
    a.timebase = NULL;
    a.enums = &state[0][0];
    a.enum_name = states;
    h5w_array(w, &a);
    h5w_texts(w, "/texts", odd, 3, false, "odd texts");
    h5w_table(w, &h5_schema_exits);
    for (i = 0; i < ROWS; i++)
        e[i] = row(i);
    h5w_append(w, &h5_schema_exits, e, 1);
    h5w_append(w, &h5_schema_exits, e + 1, ROWS - 2);
    h5w_append(w, &h5_schema_exits, e + ROWS - 1, 1);
    ck_assert_ok(h5w_close(w, &err), &err);
}

static void attr_text(hid_t file, const char *object, const char *name,
                      char *buf, size_t size)
{
    hid_t a = H5Aopen_by_name(file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Aget_type(a);

    ck_assert_int_ge(a, 0);
    ck_assert_int_eq(H5Tget_class(type), H5T_STRING);
    ck_assert(!H5Tis_variable_str(type));
    ck_assert_int_eq(H5Tget_cset(type), H5T_CSET_UTF8);
    ck_assert_uint_le(H5Tget_size(type), size);
    ck_assert_int_ge(H5Aread(a, type, buf), 0);
    H5Tclose(type);
    H5Aclose(a);
}

START_TEST(arrays)
{
    double time[2][3];
    uint8_t state[6];
    char text[64];
    hid_t f, d, type;

    write_all();
    f = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_int_ge(f, 0);
    ck_assert_int_ge(H5LTread_dataset_double(f, "/bench/time", &time[0][0]), 0);
    ck_assert_double_eq(time[0][1], 2.5);
    ck_assert_double_eq(time[1][2], 6);
    ck_assert_double_nan(time[0][2]);
    attr_text(f, "/bench/time", "units", text, sizeof(text));
    ck_assert_str_eq(text, "ns");
    attr_text(f, "/bench/time", "timebase", text, sizeof(text));
    ck_assert_str_eq(text, "host_ns");
    attr_text(f, "/bench/time", "long_name", text, sizeof(text));
    ck_assert_str_eq(text, "host time");
    d = H5Dopen2(f, "/bench/time", H5P_DEFAULT);
    ck_assert_int_eq(H5DSget_num_scales(d, 0), 1);
    ck_assert_int_eq(H5DSget_num_scales(d, 1), 1);
    ck_assert_int_gt(H5DSget_label(d, 1, text, sizeof(text)), 0);
    ck_assert_str_eq(text, "repetition");
    H5Dclose(d);
    d = H5Dopen2(f, "/scales/engine", H5P_DEFAULT);
    ck_assert_int_gt(H5DSis_scale(d), 0);
    H5Dclose(d);
    d = H5Dopen2(f, "/bench/status", H5P_DEFAULT);
    type = H5Dget_type(d);
    ck_assert_int_eq(H5Tget_class(type), H5T_ENUM);
    ck_assert_int_ge(H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, state), 0);
    ck_assert_int_ge(H5Tenum_nameof(type, &state[2], text, sizeof(text)), 0);
    ck_assert_str_eq(text, "failed");
    H5Tclose(type);
    H5Dclose(d);
    H5Fclose(f);
}
END_TEST

START_TEST(texts)
{
    char text[3][7];
    hid_t f, d, type;

    write_all();
    f = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    d = H5Dopen2(f, "/texts", H5P_DEFAULT);
    type = H5Dget_type(d);
    ck_assert_uint_eq(H5Tget_size(type), 9);
    H5Tclose(type);
    type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 7);
    H5Tset_cset(type, H5T_CSET_UTF8);
    ck_assert_int_ge(H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text), 0);
    ck_assert_str_eq(text[0], "");
    ck_assert_str_eq(text[1], "a?b");
    ck_assert_str_eq(text[2], "gr\xc3\xbc\xc3\x9f");
    H5Tclose(type);
    H5Dclose(d);
    H5Fclose(f);
}
END_TEST

START_TEST(table)
{
    struct h5_exits *e, want;
    struct h5r *r;
    struct error err;
    void *rows;
    size_t n, i;

    write_all();
    ck_assert_ok(h5r_open(path, &r, &err), &err);
    ck_assert_ok(h5r_table(r, &h5_schema_exits, &rows, &n, &err), &err);
    e = rows;
    ck_assert_uint_eq(n, ROWS);
    for (i = 0; i < n; i++) {
        want = row((unsigned)i);
        ck_assert_mem_eq(&e[i], &want, sizeof(want));
    }
    free(rows);
    /* A table that is not there. */
    ck_assert_int_eq(h5r_table(r, &h5_schema_runs, &rows, &n, &err), ST_GUEST);
    h5r_close(r);
}
END_TEST

START_TEST(same_bytes)
{
    static char a[1 << 20], b[1 << 20];
    size_t la, lb;
    FILE *f;

    write_all();
    f = fopen(path, "rb");
    la = fread(a, 1, sizeof(a), f);
    fclose(f);
    write_all();
    f = fopen(path, "rb");
    lb = fread(b, 1, sizeof(b), f);
    fclose(f);
    ck_assert_uint_gt(la, 1000);
    ck_assert_uint_lt(la, sizeof(a));
    ck_assert_uint_eq(la, lb);
    ck_assert_mem_eq(a, b, la);
}
END_TEST

/* An older file of the name is whole until the new one is. */
START_TEST(names)
{
    struct h5w *w;
    struct error err;

    suite_tmpfile("out.h5", "old", 3);
    w = begin();
    ck_assert_int_eq(access(part, F_OK), 0);
    h5w_table(w, &h5_schema_exits);
    h5w_abandon(w);
    ck_assert_int_ne(access(part, F_OK), 0);
    ck_assert_int_eq(h5r_open(path, &(struct h5r *){NULL}, &err), ST_GUEST);
    w = begin();
    ck_assert_ok(h5w_close(w, &err), &err);
    ck_assert_int_ne(access(part, F_OK), 0);
    ck_assert_int_gt(H5Fis_hdf5(path), 0);
}
END_TEST

START_TEST(killed)
{
    struct h5_exits e = row(1);
    struct h5w *w;
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        w = begin();
        h5w_table(w, &h5_schema_exits);
        h5w_append(w, &h5_schema_exits, &e, 1);
        raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_ne(access(path, F_OK), 0);
    /* What it left does not stop the next one. */
    write_all();
    ck_assert_int_ne(access(part, F_OK), 0);
}
END_TEST

/* The first failure counts, is reported at the end, and nothing is left. */
START_TEST(failures)
{
    struct h5w *w = begin();
    struct error err;

    ck_assert_int_eq(h5w_status(w, NULL), ST_OK);
    h5w_group(w, "/a");
    h5w_group(w, "/a");
    ck_assert_int_eq(h5w_status(w, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "/a"));
    h5w_table(w, &h5_schema_exits);
    ck_assert_int_eq(h5w_close(w, &err), ST_HOST);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_ne(access(part, F_OK), 0);
    ck_assert_int_eq(h5w_create("/not/there/x.h5", &w, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
    ck_assert_int_eq(h5w_create(suite_tmpdir(), &w, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "is a directory"));
    ck_assert_int_eq(h5w_create("/dev/null", &w, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "no regular file"));
}
END_TEST

/* A disk that is full, as a limit on files of this process. */
START_TEST(full_disk)
{
    static const struct rlimit least = {64, RLIM_INFINITY};
    static const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};
    struct h5w *w = begin(), *other;
    struct error err;

    ck_assert_int_eq(h5w_create(path, &other, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "another process"));
    ck_assert_int_eq(access(part, F_OK), 0);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &least), 0);
    ck_assert_int_eq(h5w_close(w, &err), ST_HOST);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "File too large"));
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_ne(access(part, F_OK), 0);
    /* Nothing of it is left in the library either. */
    write_all();
}
END_TEST

static void refused(const char *what, enum status want)
{
    struct h5r *r = NULL;
    struct error err;
    enum status st = h5r_open(path, &r, &err);
    void *rows;
    size_t n;

    if (st == ST_OK) {
        st = h5r_table(r, &h5_schema_exits, &rows, &n, &err);
        if (st == ST_OK)
            free(rows);
        h5r_close(r);
    }
    ck_assert_msg(st == want, "%s: %s", what, status_text(st));
    ck_assert(st == ST_OK || strchr(err.text, '\n') == NULL);
}

START_TEST(bad_files)
{
    hid_t f;
    struct h5w *w;
    struct error err;

    refused("not there", ST_HOST);
    suite_tmpfile("out.h5", "", 0);
    refused("empty", ST_GUEST);
    suite_tmpfile("out.h5", "hello, world", 12);
    refused("text", ST_GUEST);
    unlink(path);
    f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(f);
    refused("foreign", ST_GUEST);
    ck_assert_ok(h5w_create(path, &w, &err), &err);
    h5w_attr(w, "/", "Conventions", H5_CONVENTIONS);
    h5w_attr_u64(w, "/", "schema_version", H5_SCHEMA_VERSION + 1);
    ck_assert_ok(h5w_close(w, &err), &err);
    refused("newer", ST_GUEST);
    /* The right path, another table. */
    w = begin();
    h5w_group(w, "/exits");
    h5w_texts(w, "/exits/table", engines, 2, false, "x");
    ck_assert_ok(h5w_close(w, &err), &err);
    refused("other type", ST_GUEST);
}
END_TEST

/* Cut short anywhere. */
START_TEST(cut_files)
{
    static char whole[1 << 20];
    size_t len, at;
    FILE *f;

    write_all();
    f = fopen(path, "rb");
    len = fread(whole, 1, sizeof(whole), f);
    fclose(f);
    for (at = 0; at < len; at += 1 + len / 50) {
        suite_tmpfile("out.h5", whole, at);
        refused("cut", ST_GUEST);
    }
}
END_TEST

Suite *test_h5w_suite(void)
{
    Suite *s = suite_create("h5w");
    TCase *tc = tcase_create("h5w");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, arrays);
    tcase_add_test(tc, texts);
    tcase_add_test(tc, table);
    tcase_add_test(tc, same_bytes);
    tcase_add_test(tc, names);
    tcase_add_test(tc, killed);
    tcase_add_test(tc, failures);
    tcase_add_test(tc, full_disk);
    tcase_add_test(tc, bad_files);
    tcase_add_test(tc, cut_files);
    suite_add_tcase(s, tc);
    return s;
}
