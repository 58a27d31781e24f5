/* test_acpi_pm.c: PM1 registers, PM timer and power-off. */
#include "common/base/rng.h"
#include "common/dev/acpi_pm.h"
#include "common/dev/tests/testrig.h"
#include "common/tests/suite.h"

enum { STATUS = 0x600, ENABLE = 0x602, CONTROL = 0x604, TIMER = 0x608 };
enum { TMR = 0x001, PWRBTN = 0x100 };

/* The first ns at which the timer's top bit is set, then clear again. */
#define TOGGLE_1 599932015941ull
#define TOGGLE_2 1199864031882ull

static struct testrig *rig;
static struct acpi_pm *pm;

static uint32_t in(unsigned port, unsigned size)
{
    return (uint32_t)bus_read(&rig->m.bus, BUS_PORT, port, size);
}

static void out(unsigned port, unsigned size, uint32_t v)
{
    bus_write(&rig->m.bus, BUS_PORT, port, size, v);
}

static void setup(void)
{
    struct error err;

    rig = testrig_new();
    ck_assert_ok(acpi_pm_create(&rig->m, testrig_line(rig), &rig->m.pm, &err),
                 &err);
    pm = rig->m.pm;
}

static void teardown(void)
{
    testrig_free(rig);
}

static const struct {
    uint16_t port;
    uint8_t size;
    uint32_t reset, ones;
} registers[] = {
    {STATUS, 2, 0, 0},       {ENABLE, 2, 0, 0x121},
    {CONTROL, 2, 1, 0x1c03}, {STATUS, 4, 0, 0x1210000},
    {ENABLE, 1, 0, 0x21},    {ENABLE + 1, 1, 0, 0x01},
    {CONTROL, 1, 1, 0x03},   {CONTROL + 1, 1, 0, 0x1c},
    {CONTROL, 4, 1, 0x1c03}, {CONTROL + 2, 2, 0, 0},
};

START_TEST(register_rules)
{
    unsigned port = registers[_i].port;
    unsigned size = registers[_i].size;

    ck_assert_uint_eq(in(port, size), registers[_i].reset);
    out(port, size, 0xffffffff);
    ck_assert_uint_eq(in(port, size), registers[_i].ones);
    ck_assert_int_eq(rig->m.end, MACHINE_RUNNING); /* sleep type 7 */
}
END_TEST

static const struct {
    uint64_t ns;
    uint32_t ticks;
} times[] = {
    {0, 0},
    {279, 0},
    {280, 1},
    {1000000000, 3579545},
    {TOGGLE_1 - 1, 0x7fffffff},
    {TOGGLE_1, 0x80000000},
    {TOGGLE_2, 0},
};

START_TEST(timer_counts)
{
    testrig_advance(rig, times[_i].ns);
    ck_assert_uint_eq(in(TIMER, 4), times[_i].ticks);
    out(TIMER, 4, 0);
    ck_assert_uint_eq(in(TIMER, 4), times[_i].ticks);
    ck_assert_uint_eq(in(TIMER + 2, 2), times[_i].ticks >> 16);
}
END_TEST

START_TEST(timer_status_is_sticky)
{
    testrig_advance(rig, TOGGLE_1 - 1);
    ck_assert_uint_eq(in(STATUS, 2), 0);
    testrig_advance(rig, 1);
    ck_assert_uint_eq(in(STATUS, 2), TMR);
    ck_assert_uint_eq(clock_next_due(&rig->m.clock), CLOCK_NEVER);
    out(STATUS, 2, PWRBTN);
    ck_assert_uint_eq(in(STATUS, 2), TMR);
    out(STATUS, 2, TMR);
    ck_assert_uint_eq(in(STATUS, 2), 0);
    testrig_advance(rig, TOGGLE_2 - TOGGLE_1);
    ck_assert_uint_eq(in(STATUS, 2), TMR);
    ck_assert(!rig->line);
}
END_TEST

START_TEST(timer_interrupts)
{
    out(ENABLE, 2, TMR);
    testrig_advance(rig, TOGGLE_1 - 1);
    ck_assert(!rig->line);
    testrig_advance(rig, 1);
    ck_assert(rig->line);
    out(STATUS, 2, TMR);
    ck_assert(!rig->line);
    testrig_advance(rig, TOGGLE_2 - TOGGLE_1);
    ck_assert(rig->line);
    out(ENABLE, 2, 0);
    ck_assert(!rig->line);
    out(ENABLE, 1, TMR);
    ck_assert(rig->line);
}
END_TEST

START_TEST(power_button)
{
    acpi_pm_power_button(pm);
    ck_assert_uint_eq(in(STATUS, 2), PWRBTN);
    ck_assert(!rig->line);
    out(ENABLE + 1, 1, 1);
    ck_assert(rig->line);
    out(STATUS + 1, 1, 1);
    ck_assert(!rig->line);
    ck_assert_uint_eq(in(STATUS, 2), 0);
}
END_TEST

static const struct {
    uint8_t port_offset, size;
    uint32_t value;
    bool off;
} sleeps[] = {
    {0, 2, 0x3401, true},  {0, 2, 0x1401, false}, {0, 2, 0x2001, false},
    {0, 2, 0x3001, false}, {1, 1, 0x34, true},    {0, 4, 0x3400, true},
};

START_TEST(sleep_type_5_powers_off)
{
    out(CONTROL + sleeps[_i].port_offset, sleeps[_i].size, sleeps[_i].value);
    ck_assert_int_eq(rig->m.end,
                     sleeps[_i].off ? MACHINE_POWEROFF : MACHINE_RUNNING);
    ck_assert_uint_eq(in(CONTROL, 2) & 0x2000, 0); /* write only */
}
END_TEST

START_TEST(snapshot_restores)
{
    struct testrig *first = rig;

    testrig_advance(rig, TOGGLE_1);
    out(STATUS, 2, TMR);
    out(ENABLE, 2, TMR);
    acpi_pm_power_button(pm);
    setup();
    testrig_copy_state(first, rig);
    ck_assert_uint_eq(in(STATUS, 4), (uint32_t)TMR << 16 | PWRBTN);
    testrig_advance(rig, TOGGLE_2 - TOGGLE_1);
    ck_assert(rig->line);
    testrig_free(first);
}
END_TEST

START_TEST(hostile_guest)
{
    struct rng r = {(uint64_t)_i};
    unsigned i;

    for (i = 0; i < 20000; i++) {
        uint64_t v = rng_next(&r);
        unsigned size = 1u << (v & 1) << (v >> 1 & 1);
        unsigned port = 0x600 + (v >> 8 & 15) % (13 - size);

        out(port, size, (uint32_t)(v >> 16));
        in(port, size);
        rig->m.clock.skipped_ns += v >> 30;
        clock_run_due(&rig->m.clock);
        if (rig->m.clock.skipped_ns > UINT64_MAX / 2)
            rig->m.clock.skipped_ns = 0;
    }
}
END_TEST

Suite *test_acpi_pm_suite(void)
{
    Suite *s = suite_create("acpi_pm");
    TCase *tc = tcase_create("acpi_pm");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, register_rules, 0, ARRAY_LEN(registers));
    tcase_add_loop_test(tc, timer_counts, 0, ARRAY_LEN(times));
    tcase_add_test(tc, timer_status_is_sticky);
    tcase_add_test(tc, timer_interrupts);
    tcase_add_test(tc, power_button);
    tcase_add_loop_test(tc, sleep_type_5_powers_off, 0, ARRAY_LEN(sleeps));
    tcase_add_test(tc, snapshot_restores);
    tcase_add_loop_test(tc, hostile_guest, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
