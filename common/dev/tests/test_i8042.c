/* test_i8042.c: the keyboard controller and its keyboard. */
#include "common/dev/i8042.h"

#include "common/dev/tests/ports.h"
#include "common/tests/suite.h"

static struct testrig *r;
static struct i8042 *k;

static void setup(void)
{
    struct error err;

    r = testrig_new();
    ck_assert_ok(i8042_create(&r->m, testrig_line(r), &k, &err), &err);
}

static void teardown(void)
{
    testrig_free(r);
}

static void config(uint8_t v)
{
    out8(r, 0x64, 0x60);
    out8(r, 0x60, v);
}

/* The answer to a controller command; fails if there is none. */
static uint8_t ask(uint8_t command)
{
    out8(r, 0x64, command);
    ck_assert_uint_eq(in8(r, 0x64) & 0x01, 0x01);
    return in8(r, 0x60);
}

/* The keyboard answers exactly these bytes, up to -1. */
static void expect(const int *bytes)
{
    for (; *bytes >= 0; bytes++) {
        ck_assert_uint_eq(in8(r, 0x64) & 0x01, 0x01);
        ck_assert_uint_eq(in8(r, 0x60), (unsigned)*bytes);
    }
    ck_assert_uint_eq(in8(r, 0x64) & 0x01, 0);
}

START_TEST(power_on)
{
    ck_assert_uint_eq(in8(r, 0x64), 0x14);
    ck_assert_uint_eq(ask(0x20), 0x65);
    ck_assert_uint_eq(in8(r, 0x64), 0x1c); /* last write was a command */
    ck_assert(!r->line);
}
END_TEST

START_TEST(controller_answers)
{
    static const struct {
        uint8_t command, answer;
    } t[] = {
        {0xaa, 0x55}, {0xab, 0x00}, {0xa9, 0x01}, {0xc0, 0x80},
        {0xd0, 0xc3}, {0xe0, 0x00}, {0x3f, 0x00},
    };

    ck_assert_uint_eq(ask(t[_i].command), t[_i].answer);
    ck_assert_uint_eq(in8(r, 0x64) & 0x01, 0);
    ck_assert(!r->line);
}
END_TEST

START_TEST(memory_and_command_byte)
{
    config(0x47);
    ck_assert_uint_eq(ask(0x20), 0x47);
    out8(r, 0x64, 0x7f);
    out8(r, 0x60, 0xa5);
    ck_assert_uint_eq(ask(0x3f), 0xa5);
    config(0x00); /* the system flag is bit 2 of the status */
    ck_assert_uint_eq(in8(r, 0x64) & 0x04, 0);
    out8(r, 0x64, 0xad);
    ck_assert_uint_eq(ask(0x20), 0x10);
    out8(r, 0x64, 0xae);
    ck_assert_uint_eq(ask(0x20), 0x00);
    out8(r, 0x64, 0xa7);
    ck_assert_uint_eq(ask(0x20), 0x20);
    out8(r, 0x64, 0xa8);
    ck_assert_uint_eq(ask(0x20), 0x00);
    ask(0xaa);
    ck_assert_uint_eq(ask(0x20), 0x74); /* what the self test leaves */
}
END_TEST

START_TEST(no_auxiliary_port)
{
    /* As Linux's i8042_check_aux() finds out, without any time-out. */
    out8(r, 0x64, 0xd3);
    out8(r, 0x60, 0x5a);
    ck_assert_uint_eq(in8(r, 0x64) & 0x21, 0x01);
    ck_assert_uint_eq(in8(r, 0x60), 0x5a);
    out8(r, 0x64, 0xd4);
    out8(r, 0x60, 0xff);
    ck_assert_uint_eq(in8(r, 0x64) & 0x01, 0);
}
END_TEST

static const struct {
    uint8_t send[2];
    int answer[6];
} plain[] = {
    {{0xff, 0}, {0xfa, 0xaa, -1}},
    {{0xf2, 0}, {0xfa, 0xab, 0x83, -1}},
    {{0xee, 0}, {0xee, -1}},
    {{0xed, 0x07}, {0xfa, 0xfa, -1}},
    {{0xf3, 0x00}, {0xfa, 0xfa, -1}},
    {{0xf0, 0x00}, {0xfa, 0xfa, 0x02, -1}},
    {{0xf0, 0x01}, {0xfa, 0xfa, -1}},
    {{0xf0, 0x04}, {0xfa, 0xfe, -1}},
    {{0xf4, 0}, {0xfa, -1}},
    {{0xf5, 0}, {0xfa, -1}},
    {{0xf6, 0}, {0xfa, -1}},
    {{0xf7, 0}, {0xfa, -1}},
    {{0xfa, 0}, {0xfa, -1}},
    {{0xfb, 0x1c}, {0xfa, 0xfa, -1}},
    {{0xef, 0}, {0xfe, -1}},
    {{0x12, 0}, {0xfe, -1}},
    /* A command where a parameter should be. */
    {{0xed, 0xf2}, {0xfa, 0xfa, 0xab, 0x83, -1}},
};

START_TEST(keyboard_commands)
{
    config(0x00);
    out8(r, 0x60, plain[_i].send[0]);
    if (plain[_i].send[1] != 0 || plain[_i].answer[1] == 0xfa)
        out8(r, 0x60, plain[_i].send[1]);
    expect(plain[_i].answer);
    ck_assert_uint_eq(r->raised, 0); /* the interrupt is off */
    ck_assert_uint_eq(in8(r, 0x64) & 0x08, 0);
}
END_TEST

START_TEST(scan_code_set_and_resend)
{
    config(0x00);
    out8(r, 0x60, 0xf0);
    out8(r, 0x60, 0x03);
    expect((const int[]){0xfa, 0xfa, -1});
    out8(r, 0x60, 0xf0);
    out8(r, 0x60, 0x00);
    expect((const int[]){0xfa, 0xfa, 0x03, -1});
    out8(r, 0x60, 0xfe);
    expect((const int[]){0x03, -1});
    out8(r, 0x60, 0xff);
    expect((const int[]){0xfa, 0xaa, -1});
    out8(r, 0x60, 0xf0);
    out8(r, 0x60, 0x00);
    expect((const int[]){0xfa, 0xfa, 0x02, -1});
}
END_TEST

START_TEST(translation)
{
    config(0x40);
    out8(r, 0x60, 0xf2);
    expect((const int[]){0xfa, 0xab, 0x41, -1});
    out8(r, 0x60, 0xf0);
    out8(r, 0x60, 0x00);
    expect((const int[]){0xfa, 0xfa, 0x41, -1});
    out8(r, 0x60, 0xf0);
    out8(r, 0x60, 0x01);
    out8(r, 0x60, 0xf0);
    out8(r, 0x60, 0x00);
    expect((const int[]){0xfa, 0xfa, 0xfa, 0xfa, 0x43, -1});
    out8(r, 0x60, 0xf0);
    out8(r, 0x60, 0x03);
    out8(r, 0x60, 0xf0);
    out8(r, 0x60, 0x00);
    expect((const int[]){0xfa, 0xfa, 0xfa, 0xfa, 0x3f, -1});
    out8(r, 0x60, 0xff);
    expect((const int[]){0xfa, 0xaa, -1});
    out8(r, 0x60, 0xee);
    expect((const int[]){0xee, -1});
    out8(r, 0x60, 0x00);
    expect((const int[]){0xfe, -1});
}
END_TEST

START_TEST(one_interrupt_a_byte)
{
    config(0x41);
    out8(r, 0x60, 0xf2);
    ck_assert(r->line);
    ck_assert_uint_eq(r->raised, 1);
    in8(r, 0x60);
    ck_assert_uint_eq(r->raised, 2);
    in8(r, 0x60);
    ck_assert_uint_eq(r->raised, 3);
    in8(r, 0x60);
    ck_assert(!r->line);
    ck_assert_uint_eq(ask(0x20), 0x41); /* answers of the controller: none */
    ck_assert_uint_eq(r->raised, 3);
    out8(r, 0x64, 0xd2); /* as if typed */
    out8(r, 0x60, 0x1c);
    ck_assert(r->line);
    ck_assert_uint_eq(in8(r, 0x60), 0x1c);
}
END_TEST

START_TEST(a_disabled_interface_holds_its_bytes)
{
    config(0x00);
    out8(r, 0x60, 0xf2);
    out8(r, 0x64, 0xad);
    ck_assert_uint_eq(in8(r, 0x60), 0xfa); /* was in the buffer already */
    ck_assert_uint_eq(in8(r, 0x64) & 0x01, 0);
    ck_assert_uint_eq(ask(0x20), 0x10);
    out8(r, 0x64, 0xae);
    expect((const int[]){0xab, 0x83, -1});
    out8(r, 0x64, 0xad);
    out8(r, 0x60, 0xf4); /* a byte to the keyboard enables it */
    expect((const int[]){0xfa, -1});
    ck_assert_uint_eq(ask(0x20), 0x00);
}
END_TEST

START_TEST(resets)
{
    static const struct {
        uint8_t command, data;
        bool reset;
    } t[] = {
        {0xfe, 0, true},  {0xf0, 0, true},    {0xff, 0, false},
        {0xf1, 0, false}, {0xd1, 0xde, true}, {0xd1, 0xdd, false},
    };

    out8(r, 0x64, t[_i].command);
    if (t[_i].command == 0xd1)
        out8(r, 0x60, t[_i].data);
    ck_assert_int_eq(r->m.end, t[_i].reset ? MACHINE_RESET : MACHINE_RUNNING);
}
END_TEST

START_TEST(a20_bit_is_stored)
{
    out8(r, 0x64, 0xdd);
    ck_assert_uint_eq(ask(0xd0) & 2, 0);
    out8(r, 0x64, 0xdf);
    ck_assert_uint_eq(ask(0xd0) & 2, 2);
    out8(r, 0x64, 0xd1);
    out8(r, 0x60, 0xdd);
    ck_assert_uint_eq(ask(0xd0), 0xdd);
}
END_TEST

START_TEST(queues_are_bounded)
{
    unsigned i;

    for (i = 0; i < 1000; i++) {
        out8(r, 0x60, 0xf2);
        out8(r, 0x64, 0x20);
    }
    for (i = 0; i < 40; i++)
        in8(r, 0x60);
    ck_assert_uint_eq(in8(r, 0x64) & 0x01, 0);
}
END_TEST

START_TEST(state_survives)
{
    struct testrig *to = testrig_new();
    struct i8042 *copy;
    struct error err;

    ck_assert_ok(i8042_create(&to->m, testrig_line(to), &copy, &err), &err);
    config(0x00);
    out8(r, 0x60, 0xf2);
    out8(r, 0x64, 0x60);
    testrig_copy_state(r, to);
    testrig_free(r);
    r = to;
    out8(r, 0x60, 0x04);
    expect((const int[]){0xfa, 0xab, 0x83, -1});
    ck_assert_uint_eq(ask(0x20), 0x04);
}
END_TEST

Suite *test_i8042_suite(void)
{
    Suite *s = suite_create("i8042");
    TCase *tc = tcase_create("i8042");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, power_on);
    tcase_add_loop_test(tc, controller_answers, 0, 7);
    tcase_add_test(tc, memory_and_command_byte);
    tcase_add_test(tc, no_auxiliary_port);
    tcase_add_loop_test(tc, keyboard_commands, 0, ARRAY_LEN(plain));
    tcase_add_test(tc, scan_code_set_and_resend);
    tcase_add_test(tc, translation);
    tcase_add_test(tc, one_interrupt_a_byte);
    tcase_add_test(tc, a_disabled_interface_holds_its_bytes);
    tcase_add_loop_test(tc, resets, 0, 6);
    tcase_add_test(tc, a20_bit_is_stored);
    tcase_add_test(tc, queues_are_bounded);
    tcase_add_test(tc, state_survives);
    suite_add_tcase(s, tc);
    return s;
}
