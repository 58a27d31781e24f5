/* test_testdev.c: exit port, marker port and debug console. */
#include "common/dev/testdev.h"

#include "common/dev/debugcon.h"
#include "common/dev/tests/ports.h"
#include "common/tests/suite.h"

static struct testrig *r;
static unsigned nr_markers;
static uint32_t last_code, last_iterations;
static char last_char;

static void marker(void *opaque, uint32_t code, uint32_t iterations,
                   const char *name)
{
    (void)opaque;
    ck_assert_ptr_null(name);
    nr_markers++;
    last_code = code;
    last_iterations = iterations;
}

static void console(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    ck_assert_uint_eq(len, 1);
    last_char = (char)buf[0];
}

static void setup(void)
{
    struct error err;

    r = testrig_new();
    r->m.config.marker = marker;
    r->m.config.console = console;
    ck_assert_ok(testdev_create(&r->m, &err), &err);
    ck_assert_ok(debugcon_create(&r->m, &err), &err);
}

static void teardown(void)
{
    testrig_free(r);
}

static void out(uint16_t port, unsigned size, uint32_t v)
{
    bus_write(&r->m.bus, BUS_PORT, port, size, v);
}

START_TEST(exit_port)
{
    unsigned size = 1u << _i;

    out(0xf4, size, 0x87654321);
    ck_assert_int_eq(r->m.end, MACHINE_GUEST_EXIT);
    ck_assert_uint_eq(r->m.end_code, size == 4   ? 0x87654321
                                     : size == 2 ? 0x4321
                                                 : 0x21);
    ck_assert_uint_eq(r->cpu[0].attention, 1);
    out(0xf4, 1, 0); /* the first one counts */
    ck_assert_uint_ne(r->m.end_code, 0);
    ck_assert_uint_eq(bus_read(&r->m.bus, BUS_PORT, 0xf4, 4), 0);
}
END_TEST

START_TEST(marker_pair)
{
    out(0xf5, 4, 0xdead0007);
    ck_assert_uint_eq(nr_markers, 0);
    ck_assert_uint_eq(in8(r, 0xf5), 1);
    out(0xf5, 4, 1000000);
    ck_assert_uint_eq(nr_markers, 1);
    ck_assert_uint_eq(last_code, 7);
    ck_assert_uint_eq(last_iterations, 1000000);
    ck_assert_uint_eq(in8(r, 0xf5), 0);
    out(0xf5, 4, 8);
    out(0xf5, 4, 9);
    ck_assert_uint_eq(nr_markers, 2);
    ck_assert_uint_eq(last_code, 8);
}
END_TEST

START_TEST(marker_alone)
{
    out(0xf5, 4, 1);
    out(0xf5, 2, 0x1235);
    ck_assert_uint_eq(nr_markers, 1);
    ck_assert_uint_eq(last_code, 0x1235);
    ck_assert_uint_eq(last_iterations, 0);
    ck_assert_uint_eq(in8(r, 0xf5), 0);
    out(0xf5, 1, 5);
    out(0xf6, 4, 5);
    out(0xf8, 1, 5);
    ck_assert_uint_eq(nr_markers, 1);
    ck_assert_int_eq(r->m.end, MACHINE_RUNNING);
}
END_TEST

START_TEST(waiting_code_survives)
{
    struct testrig *to = testrig_new();
    struct error err;

    ck_assert_ok(testdev_create(&to->m, &err), &err);
    to->m.config.marker = marker;
    out(0xf5, 4, 77);
    testrig_copy_state(r, to);
    bus_write(&to->m.bus, BUS_PORT, 0xf5, 4, 3);
    ck_assert_uint_eq(last_code, 77);
    testrig_free(to);
}
END_TEST

START_TEST(debug_console)
{
    ck_assert_uint_eq(in8(r, 0xe9), 0xe9);
    out8(r, 0xe9, 'x');
    ck_assert_int_eq(last_char, 'x');
    out(0xe9, 4, 0x44434241); /* the other bytes go to other ports */
    ck_assert_int_eq(last_char, 'A');
}
END_TEST

Suite *test_testdev_suite(void)
{
    Suite *s = suite_create("testdev");
    TCase *tc = tcase_create("testdev");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, exit_port, 0, 3);
    tcase_add_test(tc, marker_pair);
    tcase_add_test(tc, marker_alone);
    tcase_add_test(tc, waiting_code_survives);
    tcase_add_test(tc, debug_console);
    suite_add_tcase(s, tc);
    return s;
}
