/* test_blockdev.c: a disk's contents in a file: rules and errors. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/dev/blockdev.h"
#include "common/tests/suite.h"

static uint8_t data[4096];
static struct error err;

static const char *disk(size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        data[i] = (uint8_t)(i / 512 + i);
    return suite_tmpfile("disk", data, len);
}

START_TEST(reads_and_writes)
{
    const char *path = disk(2048);
    struct blockdev *bd;
    uint8_t buf[1024];

    ck_assert_ok(blockdev_open(path, false, &bd, &err), &err);
    ck_assert_uint_eq(blockdev_sectors(bd), 4);
    ck_assert(!blockdev_readonly(bd));
    ck_assert_ok(blockdev_read(bd, 512, buf, sizeof(buf), &err), &err);
    ck_assert_mem_eq(buf, data + 512, sizeof(buf));
    memset(buf, 0x5a, sizeof(buf));
    ck_assert_ok(blockdev_write(bd, 1024, buf, 512, &err), &err);
    ck_assert_ok(blockdev_flush(bd, &err), &err);
    blockdev_close(bd);
    ck_assert_ok(blockdev_open(path, true, &bd, &err), &err);
    ck_assert_ok(blockdev_read(bd, 1024, buf + 512, 512, &err), &err);
    ck_assert_mem_eq(buf, buf + 512, 512);
    blockdev_close(bd);
    blockdev_close(NULL);
}
END_TEST

static const struct {
    uint64_t offset;
    size_t len;
    enum status st;
} ranges[] = {
    {0, 2048, ST_OK},          {2048, 0, ST_OK},
    {0, 2049, ST_INVAL},       {2047, 1, ST_OK},
    {2048, 1, ST_INVAL},       {1024, 1025, ST_INVAL},
    {1ull << 63, 1, ST_INVAL}, {UINT64_MAX, 512, ST_INVAL},
};

START_TEST(stays_inside)
{
    struct blockdev *bd;
    uint8_t buf[4096] = {0};

    ck_assert_ok(blockdev_open(disk(2048), false, &bd, &err), &err);
    ck_assert_int_eq(
        blockdev_read(bd, ranges[_i].offset, buf, ranges[_i].len, NULL),
        ranges[_i].st);
    ck_assert_int_eq(
        blockdev_write(bd, ranges[_i].offset, buf, ranges[_i].len, NULL),
        ranges[_i].st);
    blockdev_close(bd);
}
END_TEST

START_TEST(readonly_is)
{
    struct blockdev *bd;

    ck_assert_ok(blockdev_open(disk(512), true, &bd, &err), &err);
    ck_assert(blockdev_readonly(bd));
    ck_assert_int_eq(blockdev_write(bd, 0, data, 512, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "read-only"));
    ck_assert_ok(blockdev_flush(bd, &err), &err);
    blockdev_close(bd);
}
END_TEST

START_TEST(locks)
{
    const char *path = disk(512);
    struct blockdev *a, *b;

    ck_assert_ok(blockdev_open(path, true, &a, &err), &err);
    ck_assert_ok(blockdev_open(path, true, &b, &err), &err);
    blockdev_close(b);
    ck_assert_int_eq(blockdev_open(path, false, &b, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "in use"));
    blockdev_close(a);
    ck_assert_ok(blockdev_open(path, false, &a, &err), &err);
    ck_assert_int_eq(blockdev_open(path, true, &b, &err), ST_HOST);
    blockdev_close(a);
}
END_TEST

START_TEST(refuses_by_name)
{
    struct blockdev *bd;
    char fifo[300];

    ck_assert_int_eq(blockdev_open("/nonexistent/d", true, &bd, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/d"));
    ck_assert_int_eq(blockdev_open(disk(0), true, &bd, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "empty"));
    ck_assert_int_eq(blockdev_open(disk(513), true, &bd, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "512"));
    ck_assert_int_eq(blockdev_open(suite_tmpdir(), true, &bd, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "plain file"));
    snprintf(fifo, sizeof(fifo), "%s/fifo", suite_tmpdir());
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(blockdev_open(fifo, true, &bd, &err), ST_INVAL);
}
END_TEST

START_TEST(shrunk_file)
{
    const char *path = disk(1024);
    struct blockdev *bd;
    uint8_t buf[512];

    ck_assert_ok(blockdev_open(path, false, &bd, &err), &err);
    ck_assert_int_eq(truncate(path, 512), 0);
    ck_assert_int_eq(blockdev_read(bd, 512, buf, 512, &err), ST_HOST);
    ck_assert_ptr_nonnull(strstr(err.text, "shrunk"));
    blockdev_close(bd);
}
END_TEST

Suite *test_blockdev_suite(void)
{
    Suite *s = suite_create("blockdev");
    TCase *tc = tcase_create("blockdev");

    tcase_add_test(tc, reads_and_writes);
    tcase_add_loop_test(tc, stays_inside, 0, ARRAY_LEN(ranges));
    tcase_add_test(tc, readonly_is);
    tcase_add_test(tc, locks);
    tcase_add_test(tc, refuses_by_name);
    tcase_add_test(tc, shrunk_file);
    suite_add_tcase(s, tc);
    return s;
}
