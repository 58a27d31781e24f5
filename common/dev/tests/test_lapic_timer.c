/* test_lapic_timer.c: the local APIC's timer. */
#include "common/dev/tests/lapicrig.h"
#include "common/tests/suite.h"

enum { ONE_SHOT = 0x31, PERIODIC = 0x20031, DEADLINE = 0x40031 };

static struct testrig *rig;
static struct lapic *l;

static void setup(void)
{
    rig = lapicrig_new();
    l = rig->m.lapic;
    lapicrig_enable(rig);
    lapicrig_wr(rig, DIVIDE, 0xb); /* by 1 */
    testrig_advance(rig, 12345);
}

static void teardown(void)
{
    testrig_free(rig);
}

/* Whether the timer interrupted since the last call. */
static bool fired(void)
{
    bool yes = lapic_irr(l, 0x31);

    if (yes) {
        ck_assert_uint_eq(lapic_ack(l), 0x31);
        lapicrig_wr(rig, EOI, 0);
    }
    return yes;
}

/* The interrupt comes after exactly ns. */
static void due_in(uint64_t ns)
{
    testrig_advance(rig, ns - 1);
    ck_assert(!fired());
    testrig_advance(rig, 1);
    ck_assert(fired());
}

static const struct {
    uint32_t config, divider;
} dividers[] = {
    {0x0, 2},  {0x1, 4},   {0x2, 8}, {0x3, 16}, {0x8, 32},
    {0x9, 64}, {0xa, 128}, {0xb, 1}, {0x4, 2},
};

START_TEST(divider)
{
    uint32_t d = dividers[_i].divider;

    lapicrig_wr(rig, DIVIDE, dividers[_i].config);
    lapicrig_wr(rig, TIMER, ONE_SHOT);
    lapicrig_wr(rig, INITIAL, 1000);
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 1000);
    testrig_advance(rig, 10 * d);
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 990);
    due_in(990 * d);
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 0);
}
END_TEST

START_TEST(one_shot_is_one)
{
    lapicrig_wr(rig, TIMER, ONE_SHOT);
    lapicrig_wr(rig, INITIAL, 50);
    due_in(50);
    testrig_advance(rig, 1000);
    ck_assert(!fired());
    ck_assert_uint_eq(lapicrig_rd(rig, INITIAL), 50);
    ck_assert_uint_eq(clock_next_due(&rig->m.clock), CLOCK_NEVER);
}
END_TEST

START_TEST(periodic_keeps_its_beat)
{
    lapicrig_wr(rig, TIMER, PERIODIC);
    lapicrig_wr(rig, INITIAL, 100);
    due_in(100);
    due_in(100);
    testrig_advance(rig, 30);
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 70);
    /* A long jump: one interrupt, and no drift after it. */
    rig->m.clock.skipped_ns += 1000000;
    clock_run_due(&rig->m.clock);
    ck_assert(fired());
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 70);
    due_in(70);
}
END_TEST

START_TEST(zero_stops)
{
    lapicrig_wr(rig, TIMER, PERIODIC);
    lapicrig_wr(rig, INITIAL, 100);
    lapicrig_wr(rig, INITIAL, 0);
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 0);
    testrig_advance(rig, 1000);
    ck_assert(!fired());
}
END_TEST

START_TEST(masked_counts_in_silence)
{
    lapicrig_wr(rig, TIMER, PERIODIC | 0x10000);
    lapicrig_wr(rig, INITIAL, 100);
    ck_assert_uint_eq(clock_next_due(&rig->m.clock), CLOCK_NEVER);
    testrig_advance(rig, 230);
    ck_assert(!fired());
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 70);
    lapicrig_wr(rig, TIMER, PERIODIC);
    due_in(70);
    due_in(100);
}
END_TEST

START_TEST(masked_one_shot_is_lost)
{
    lapicrig_wr(rig, TIMER, ONE_SHOT | 0x10000);
    lapicrig_wr(rig, INITIAL, 100);
    testrig_advance(rig, 100);
    lapicrig_wr(rig, TIMER, ONE_SHOT);
    testrig_advance(rig, 1000);
    ck_assert(!fired());
}
END_TEST

START_TEST(mode_and_divider_change_midway)
{
    lapicrig_wr(rig, TIMER, PERIODIC);
    lapicrig_wr(rig, INITIAL, 100);
    testrig_advance(rig, 140);
    ck_assert(fired());
    lapicrig_wr(rig, TIMER, ONE_SHOT);
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 60);
    lapicrig_wr(rig, DIVIDE, 0); /* by 2 */
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 60);
    due_in(120);
    testrig_advance(rig, 1000);
    ck_assert(!fired());
}
END_TEST

START_TEST(largest_count)
{
    lapicrig_wr(rig, DIVIDE, 0xa);
    lapicrig_wr(rig, TIMER, ONE_SHOT);
    lapicrig_wr(rig, INITIAL, 0xffffffff);
    due_in(0xffffffffull * 128);
}
END_TEST

START_TEST(deadline)
{
    uint64_t tsc = clock_tsc(&rig->m.clock);

    lapic_set_deadline(l, tsc + 100); /* not that mode */
    ck_assert_uint_eq(lapic_get_deadline(l), 0);
    lapicrig_wr(rig, TIMER, DEADLINE);
    lapicrig_wr(rig, INITIAL, 77); /* ignored */
    ck_assert_uint_eq(lapicrig_rd(rig, INITIAL), 0);
    lapic_set_deadline(l, tsc + 100);
    ck_assert_uint_eq(lapic_get_deadline(l), tsc + 100);
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 0);
    due_in(100);
    ck_assert_uint_eq(lapic_get_deadline(l), 0);
    lapic_set_deadline(l, 1); /* past: at the next boundary */
    ck_assert(!fired());
    testrig_advance(rig, 0);
    ck_assert(fired());
    lapic_set_deadline(l, tsc + 10000);
    lapic_set_deadline(l, 0);
    testrig_advance(rig, 20000);
    ck_assert(!fired());
    lapic_set_deadline(l, UINT64_MAX);
    testrig_advance(rig, 1);
    ck_assert(!fired());
}
END_TEST

START_TEST(deadline_in_guest_ticks)
{
    uint64_t tsc = clock_tsc(&rig->m.clock);

    lapicrig_wr(rig, TIMER, DEADLINE);
    lapic_set_tsc_offset(l, -tsc); /* the guest wrote 0 to its TSC */
    lapic_set_deadline(l, 500);
    due_in(500);
    lapic_set_deadline(l, 1000);
    lapic_set_tsc_offset(l, 300 - tsc); /* 300 ticks nearer */
    due_in(200);
}
END_TEST

START_TEST(deadline_ends_with_the_mode)
{
    lapicrig_wr(rig, TIMER, DEADLINE);
    lapic_set_deadline(l, clock_tsc(&rig->m.clock) + 100);
    lapicrig_wr(rig, TIMER, ONE_SHOT);
    ck_assert_uint_eq(lapic_get_deadline(l), 0);
    testrig_advance(rig, 1000);
    ck_assert(!fired());
    lapicrig_wr(rig, INITIAL, 100);
    lapicrig_wr(rig, TIMER, DEADLINE);
    testrig_advance(rig, 1000);
    ck_assert(!fired());
}
END_TEST

Suite *test_lapic_timer_suite(void)
{
    Suite *s = suite_create("lapic_timer");
    TCase *tc = tcase_create("timer");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, divider, 0, ARRAY_LEN(dividers));
    tcase_add_test(tc, one_shot_is_one);
    tcase_add_test(tc, periodic_keeps_its_beat);
    tcase_add_test(tc, zero_stops);
    tcase_add_test(tc, masked_counts_in_silence);
    tcase_add_test(tc, masked_one_shot_is_lost);
    tcase_add_test(tc, mode_and_divider_change_midway);
    tcase_add_test(tc, largest_count);
    tcase_add_test(tc, deadline);
    tcase_add_test(tc, deadline_in_guest_ticks);
    tcase_add_test(tc, deadline_ends_with_the_mode);
    suite_add_tcase(s, tc);
    return s;
}
