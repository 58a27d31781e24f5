/* test_rtc.c: the real-time clock: time, formats, alarm, interrupts, memory. */
#include "common/dev/rtc.h"

#include "common/dev/tests/ports.h"
#include "common/tests/suite.h"

#define S CLOCK_NS_PER_S

static struct testrig *r;
static struct rtc *rtc;

static void setup(void)
{
    struct error err;

    r = testrig_new();
    ck_assert_ok(gmem_add(&r->m.mem, 0, 0xa0000, false, &err), &err);
    ck_assert_ok(gmem_add(&r->m.mem, 0xc0000, 0x4000000 - 0xc0000, false, &err),
                 &err);
    ck_assert_ok(rtc_create(&r->m, testrig_line(r), &rtc, &err), &err);
}

static void teardown(void)
{
    testrig_free(r);
}

static uint8_t get(uint8_t reg)
{
    out8(r, 0x70, reg);
    return in8(r, 0x71);
}

static void set(uint8_t reg, uint8_t v)
{
    out8(r, 0x70, reg);
    out8(r, 0x71, v);
}

/* Hours, minutes, seconds as one number, as the registers hold them. */
static unsigned hms(void)
{
    return (unsigned)get(4) << 16 | (unsigned)get(2) << 8 | get(0);
}

static unsigned ymd(void)
{
    return (unsigned)get(0x32) << 24 | (unsigned)get(9) << 16 |
           (unsigned)get(8) << 8 | get(7);
}

START_TEST(starts_at_the_fixed_date)
{
    ck_assert_uint_eq(ymd(), 0x20250101);
    ck_assert_uint_eq(hms(), 0);
    ck_assert_uint_eq(get(6), 4);
    ck_assert_uint_eq(get(0x0a), 0x26);
    ck_assert_uint_eq(get(0x0b), 0x02);
    ck_assert_uint_eq(get(0x0d), 0x80);
    ck_assert_uint_eq(in8(r, 0x70), 0xff);
}
END_TEST

START_TEST(time_passes)
{
    testrig_advance(r, S - 1);
    ck_assert_uint_eq(hms(), 0);
    testrig_advance(r, 1);
    ck_assert_uint_eq(hms(), 1);
    testrig_advance(r, (86400 - 2) * S);
    ck_assert_uint_eq(hms(), 0x235959);
    testrig_advance(r, S);
    ck_assert_uint_eq(hms(), 0);
    ck_assert_uint_eq(ymd(), 0x20250102);
    ck_assert_uint_eq(get(6), 5);
}
END_TEST

START_TEST(update_in_progress)
{
    testrig_advance(r, S - 2228001);
    ck_assert_uint_eq(get(0x0a), 0x26);
    testrig_advance(r, 1);
    ck_assert_uint_eq(get(0x0a), 0xa6);
    testrig_advance(r, 2228000 - 1);
    ck_assert_uint_eq(get(0x0a), 0xa6);
    testrig_advance(r, 1);
    ck_assert_uint_eq(get(0x0a), 0x26);
    set(0x0b, 0x82); /* SET: no update, no UIP */
    testrig_advance(r, S - 1);
    ck_assert_uint_eq(get(0x0a), 0x26);
    set(0x0a, 0xff); /* UIP cannot be written */
    ck_assert_uint_eq(get(0x0a), 0x7f);
}
END_TEST

static const struct {
    uint8_t b; /* DM, 24/12 */
    uint8_t hour_0, hour_9, hour_12, hour_13, hour_23, year;
} formats[] = {
    {0x02, 0x00, 0x09, 0x12, 0x13, 0x23, 0x25},
    {0x00, 0x12, 0x09, 0x92, 0x81, 0x91, 0x25},
    {0x06, 0x00, 0x09, 0x0c, 0x0d, 0x17, 0x19},
    {0x04, 0x0c, 0x09, 0x8c, 0x81, 0x8b, 0x19},
};

START_TEST(formats_of_hours)
{
    set(0x0b, formats[_i].b);
    ck_assert_uint_eq(get(4), formats[_i].hour_0);
    testrig_advance(r, 9 * 3600 * S);
    ck_assert_uint_eq(get(4), formats[_i].hour_9);
    testrig_advance(r, 3 * 3600 * S);
    ck_assert_uint_eq(get(4), formats[_i].hour_12);
    testrig_advance(r, 3600 * S);
    ck_assert_uint_eq(get(4), formats[_i].hour_13);
    testrig_advance(r, 10 * 3600 * S);
    ck_assert_uint_eq(get(4), formats[_i].hour_23);
    ck_assert_uint_eq(get(9), formats[_i].year);
    /* And writing them back means the same. */
    set(0x0b, formats[_i].b | 0x80);
    set(4, formats[_i].hour_13);
    set(0x0b, 0x82);
    set(0x0b, formats[_i].b);
    set(0x0b, 0x02);
    ck_assert_uint_eq(get(4), 0x13);
}
END_TEST

START_TEST(setting_the_time)
{
    testrig_advance(r, S / 4);
    set(0x0b, 0x82);
    set(0x32, 0x19);
    set(9, 0x99);
    set(8, 0x12);
    set(7, 0x31);
    set(4, 0x23);
    set(2, 0x59);
    set(0, 0x59);
    testrig_advance(r, 5 * S);
    ck_assert_uint_eq(hms(), 0x235959); /* stands */
    set(0x0b, 0x02);
    testrig_advance(r, 3 * S / 4 - 1); /* the second goes on where it was */
    ck_assert_uint_eq(ymd(), 0x19991231);
    testrig_advance(r, 1);
    ck_assert_uint_eq(ymd(), 0x20000101);
    ck_assert_uint_eq(get(6), 7);
    set(2, 0x30); /* without SET: at once */
    ck_assert_uint_eq(hms(), 0x003000);
    testrig_advance(r, 60 * S);
    ck_assert_uint_eq(hms(), 0x003100);
}
END_TEST

START_TEST(values_out_of_range)
{
    unsigned i;

    for (i = 0; i < 10; i++)
        set((uint8_t)i, 0xff);
    set(0x32, 0xff);
    ck_assert_uint_eq(ymd(), 0x99991231);
    set(0x0b, 0x86);
    for (i = 0; i < 10; i++)
        set((uint8_t)i, 0xff);
    set(0x0b, 0x36);
    testrig_advance(r, 3 * S);
    ck_assert_uint_eq(get(8), 12);
}
END_TEST

START_TEST(divider_reset)
{
    testrig_advance(r, S / 3);
    set(0x0a, 0x66);
    testrig_advance(r, 10 * S);
    ck_assert_uint_eq(hms(), 0);
    set(0x0a, 0x26);
    testrig_advance(r, S / 2 - 1);
    ck_assert_uint_eq(hms(), 0);
    testrig_advance(r, 1);
    ck_assert_uint_eq(hms(), 1);
    testrig_advance(r, S);
    ck_assert_uint_eq(hms(), 2);
}
END_TEST

START_TEST(update_ended_interrupt)
{
    set(0x0b, 0x12);
    testrig_advance(r, S - 1);
    ck_assert(!r->line);
    testrig_advance(r, 1);
    ck_assert(r->line);
    testrig_advance(r, 5 * S);
    ck_assert_uint_eq(r->raised, 1); /* until C is read */
    ck_assert_uint_eq(get(0x0c) & ~0x40, 0x90);
    ck_assert(!r->line);
    ck_assert_uint_eq(get(0x0c), 0);
    testrig_advance(r, S);
    ck_assert_uint_eq(r->raised, 2);
    /* SET clears UIE. */
    set(0x0b, 0x92);
    ck_assert_uint_eq(get(0x0b), 0x82);
}
END_TEST

START_TEST(flags_come_without_interrupts_too)
{
    testrig_advance(r, S);
    ck_assert_uint_eq(r->raised, 0);
    ck_assert(clock_next_due(&r->m.clock) == CLOCK_NEVER);
    ck_assert_uint_eq(get(0x0c), 0x50); /* UF and PF */
    ck_assert_uint_eq(get(0x0c), 0);
    testrig_advance(r, S);
    set(0x0b, 0x12); /* enabling shows what is there */
    ck_assert(r->line);
    set(0x0b, 0x02);
    ck_assert(!r->line);
    set(0x0c, 0xff);
    set(0x0d, 0x00);
    ck_assert_uint_eq(get(0x0d), 0x80);
}
END_TEST

static const struct {
    uint8_t hour, minute, second;
    unsigned at; /* seconds after 00:00:00; 0: never */
} alarms[] = {
    {0x00, 0x00, 0x01, 1},     {0x06, 0x30, 0x15, 23415},
    {0xff, 0x05, 0x00, 300},   {0xff, 0xc0, 0x30, 30},
    {0xff, 0xff, 0xff, 1},     {0x23, 0x59, 0x59, 86399},
    {0x00, 0x00, 0x00, 86400}, {0x11, 0xff, 0xff, 39600},
    {0x00, 0x01, 0xff, 60},    {0x00, 0x60, 0x00, 0},
    {0x24, 0x00, 0x00, 0},     {0x00, 0x00, 0x1a, 0},
};

START_TEST(alarm)
{
    set(5, alarms[_i].hour);
    set(3, alarms[_i].minute);
    set(1, alarms[_i].second);
    set(0x0b, 0x22);
    if (alarms[_i].at == 0) {
        testrig_advance(r, 2 * 86400 * S);
        ck_assert(!r->line);
        return;
    }
    testrig_advance(r, alarms[_i].at * S - 1);
    ck_assert(!r->line);
    testrig_advance(r, 1);
    ck_assert(r->line);
    ck_assert_uint_eq(get(0x0c) & 0xa0, 0xa0);
}
END_TEST

START_TEST(alarm_seen_late_without_interrupt)
{
    set(5, 0x10);
    set(3, 0x00);
    set(1, 0x00);
    testrig_advance(r, 9 * 3600 * S);
    ck_assert_uint_eq(get(0x0c) & 0x20, 0);
    testrig_advance(r, 90 * 86400 * S);
    ck_assert_uint_eq(get(0x0c) & 0x20, 0x20);
}
END_TEST

static const unsigned rates[16] = {0,   256, 128, 8192, 4096, 2048, 1024, 512,
                                   256, 128, 64,  32,   16,   8,    4,    2};

START_TEST(periodic_interrupt)
{
    unsigned hz = rates[_i], i;

    set(0x0a, (uint8_t)(0x20 | _i));
    set(0x0b, 0x42);
    if (hz == 0) {
        testrig_advance(r, 10 * S);
        ck_assert(!r->line);
        return;
    }
    for (i = 1; i <= 1000; i++) {
        testrig_advance(r, tick_ns(i, hz) - 1 - r->ns);
        ck_assert(!r->line);
        testrig_advance(r, 1);
        ck_assert(r->line);
        ck_assert_uint_eq(get(0x0c) & 0xc0, 0xc0);
    }
}
END_TEST

START_TEST(memory)
{
    unsigned i, sum = 0;

    ck_assert_uint_eq(get(0x14), 0x02);
    ck_assert_uint_eq(get(0x15) | get(0x16) << 8, 640);
    ck_assert_uint_eq(get(0x17) | get(0x18) << 8, 63 * 1024);
    ck_assert_uint_eq(get(0x30) | get(0x31) << 8, 63 * 1024);
    ck_assert_uint_eq(get(0x34) | get(0x35) << 8, 48 * 16);
    ck_assert_uint_eq(get(0x5b) | get(0x5c) | get(0x5d), 0);
    for (i = 0x10; i <= 0x2d; i++)
        sum += get((uint8_t)i);
    ck_assert_uint_eq((unsigned)get(0x2e) << 8 | get(0x2f), sum);
    set(0x40, 0x5a);
    set(0xff, 0xa5); /* bit 7 of the index is the NMI mask */
    ck_assert_uint_eq(get(0x40), 0x5a);
    ck_assert_uint_eq(get(0x7f), 0xa5);
}
END_TEST

START_TEST(state_survives)
{
    struct testrig *to = testrig_new();
    struct rtc *copy;
    struct error err;

    ck_assert_ok(rtc_create(&to->m, testrig_line(to), &copy, &err), &err);
    set(4, 0x17);
    set(0x0b, 0x12);
    set(0x41, 0x99);
    testrig_advance(r, S / 2);
    testrig_copy_state(r, to);
    testrig_advance(to, S / 2 - 1);
    ck_assert(!to->line);
    testrig_advance(to, 1);
    ck_assert(to->line);
    testrig_free(r);
    r = to;
    ck_assert_uint_eq(hms(), 0x170001);
    ck_assert_uint_eq(get(0x41), 0x99);
}
END_TEST

START_TEST(any_writes_are_harmless)
{
    uint32_t x = 99;
    unsigned i;

    for (i = 0; i < 20000; i++) {
        x = x * 1664525 + 1013904223;
        out8(r, 0x70, (uint8_t)(x >> 8));
        if (x & 0x80)
            out8(r, 0x71, (uint8_t)(x >> 16));
        in8(r, 0x71);
        testrig_advance(r, x >> 8);
    }
}
END_TEST

Suite *test_rtc_suite(void)
{
    Suite *s = suite_create("rtc");
    TCase *tc = tcase_create("rtc");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, starts_at_the_fixed_date);
    tcase_add_test(tc, time_passes);
    tcase_add_test(tc, update_in_progress);
    tcase_add_loop_test(tc, formats_of_hours, 0, ARRAY_LEN(formats));
    tcase_add_test(tc, setting_the_time);
    tcase_add_test(tc, values_out_of_range);
    tcase_add_test(tc, divider_reset);
    tcase_add_test(tc, update_ended_interrupt);
    tcase_add_test(tc, flags_come_without_interrupts_too);
    tcase_add_loop_test(tc, alarm, 0, ARRAY_LEN(alarms));
    tcase_add_test(tc, alarm_seen_late_without_interrupt);
    tcase_add_loop_test(tc, periodic_interrupt, 0, ARRAY_LEN(rates));
    tcase_add_test(tc, memory);
    tcase_add_test(tc, state_survives);
    tcase_add_test(tc, any_writes_are_harmless);
    suite_add_tcase(s, tc);
    return s;
}
