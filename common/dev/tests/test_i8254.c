/* test_i8254.c: the interval timer: modes, counts, latches, gate, interrupt. */
#include "common/dev/i8254.h"

#include "common/dev/i8254_counter.h"
#include "common/dev/tests/ports.h"
#include "common/tests/suite.h"

static struct testrig *r;
static struct i8254 *pit;

static void setup(void)
{
    struct error err;

    r = testrig_new();
    ck_assert_ok(i8254_create(&r->m, testrig_line(r), &pit, &err), &err);
}

static void teardown(void)
{
    testrig_free(r);
}

/* Go to the first ns of tick n since power-on. */
static void to_tick(uint64_t n)
{
    testrig_advance(r, tick_ns(n, I8254_HZ) - r->ns);
}

/* ---- one counter: output and count by tick ------------------------------- */

static const struct wave {
    uint8_t mode;
    uint16_t count;
    const char *out;    /* from the tick of the write on; loaded one later */
    uint16_t counts[8]; /* from the load on */
} waves[] = {
    {0, 3, "0000111111111111", {3, 2, 1, 0, 0xffff, 0xfffe}},
    {0, 1, "0011111111111111", {1, 0, 0xffff, 0xfffe, 0xfffd, 0xfffc}},
    {2, 3, "1110110110110110", {3, 2, 1, 3, 2, 1}},
    {2, 2, "1101010101010101", {2, 1, 2, 1, 2, 1}},
    {2, 1, "1111111111111111", {1, 1, 1, 1, 1, 1}},
    {6, 3, "1110110110110110", {3, 2, 1, 3, 2, 1}},
    {3, 4, "1110011001100110", {4, 2, 4, 2, 4, 2}},
    {3, 5, "1111001110011100", {4, 2, 0, 4, 2, 4}},
    {7, 4, "1110011001100110", {4, 2, 4, 2, 4, 2}},
    {3, 1, "1111111111111111", {0, 0, 0, 0, 0, 0}},
    {4, 3, "1111011111111111", {3, 2, 1, 0, 0xffff, 0xfffe}},
    /* Without a trigger. */
    {1, 3, "1111111111111111", {0, 0, 0, 0, 0, 0}},
    {5, 3, "1111111111111111", {0, 0, 0, 0, 0, 0}},
};

static void program(struct i8254_counter *c, unsigned mode, uint16_t n,
                    int64_t now)
{
    i8254_counter_control(c, (uint8_t)(0x30 | mode << 1), now);
    i8254_counter_write(c, (uint8_t)n, now);
    i8254_counter_write(c, (uint8_t)(n >> 8), now);
}

static unsigned count(struct i8254_counter *c, int64_t now)
{
    unsigned low = i8254_counter_read(c, now);

    return low | (unsigned)i8254_counter_read(c, now) << 8;
}

START_TEST(modes)
{
    const struct wave *w = &waves[_i];
    struct i8254_counter c;
    int64_t t, next;

    i8254_counter_reset(&c, true);
    program(&c, w->mode, w->count, 100);
    for (t = 0; w->out[t] != '\0'; t++) {
        ck_assert_msg(i8254_counter_out(&c, 100 + t) == (w->out[t] == '1'),
                      "mode %u count %u tick %d", w->mode, w->count, (int)t);
        if (t >= 1 && t <= 6)
            ck_assert_uint_eq(count(&c, 100 + t), w->counts[t - 1]);
    }
    /* From each tick, the next change is announced no later than it comes. */
    i8254_counter_reset(&c, true);
    program(&c, w->mode, w->count, 100);
    for (t = 1; w->out[t + 1] != '\0'; t++) {
        next = i8254_counter_next(&c, 100 + t);
        ck_assert_int_gt(next, 100 + t);
        if (w->out[t] != w->out[t + 1])
            ck_assert_int_eq(next, 100 + t + 1);
    }
}
END_TEST

START_TEST(triggered_modes)
{
    bool strobe = _i != 0; /* mode 5, else mode 1 */
    struct i8254_counter c;
    int64_t t;

    i8254_counter_reset(&c, false);
    program(&c, strobe ? 5 : 1, 3, 0);
    ck_assert(i8254_counter_out(&c, 10));
    ck_assert_int_eq(i8254_counter_next(&c, 10), I8254_NEVER);
    i8254_counter_gate(&c, true, 10);
    for (t = 11; t < 14; t++)
        ck_assert_int_eq(i8254_counter_out(&c, t), strobe);
    ck_assert_int_eq(i8254_counter_out(&c, 14), !strobe);
    ck_assert(i8254_counter_out(&c, 15));
    /* A new count waits for the next trigger; the gate's fall does nothing. */
    i8254_counter_gate(&c, false, 20);
    i8254_counter_gate(&c, true, 20);
    program(&c, strobe ? 5 : 1, 2, 30);
    i8254_counter_gate(&c, false, 30);
    ck_assert_int_eq(i8254_counter_next(&c, 30), I8254_NEVER);
    i8254_counter_gate(&c, true, 40);
    ck_assert_uint_eq(count(&c, 41), 2);
    i8254_counter_write(&c, 9, 41);
    i8254_counter_write(&c, 0, 41);
    ck_assert_uint_eq(count(&c, 42), 1);
    /* Retriggered before the end: starts again, with the new count. */
    i8254_counter_gate(&c, false, 42);
    i8254_counter_gate(&c, true, 42);
    ck_assert_uint_eq(count(&c, 43), 9);
    ck_assert_int_eq(i8254_counter_out(&c, 43), strobe);
    ck_assert_int_eq(i8254_counter_out(&c, 52), !strobe);
}
END_TEST

START_TEST(gate_holds_the_count)
{
    struct i8254_counter c;

    i8254_counter_reset(&c, true);
    program(&c, 0, 100, 0);
    ck_assert_uint_eq(count(&c, 11), 90);
    i8254_counter_gate(&c, false, 11);
    ck_assert_uint_eq(count(&c, 1000), 90);
    ck_assert_int_eq(i8254_counter_next(&c, 1000), I8254_NEVER);
    i8254_counter_gate(&c, true, 1000);
    ck_assert_uint_eq(count(&c, 1010), 80);
    ck_assert(!i8254_counter_out(&c, 1089));
    ck_assert(i8254_counter_out(&c, 1090));
}
END_TEST

START_TEST(gate_restarts_periodic_modes)
{
    unsigned mode = 2 + (unsigned)_i;
    struct i8254_counter c;

    i8254_counter_reset(&c, true);
    program(&c, mode, 10, 0);
    ck_assert(!i8254_counter_out(&c, 10));
    i8254_counter_gate(&c, false, 10);
    ck_assert(i8254_counter_out(&c, 10)); /* at once */
    ck_assert(i8254_counter_out(&c, 500));
    i8254_counter_gate(&c, true, 500);
    ck_assert_uint_eq(count(&c, 501), 10);
    ck_assert_int_eq(i8254_counter_next(&c, 501), mode == 2 ? 510 : 506);
    /* Programmed while the gate is low: waits. */
    i8254_counter_gate(&c, false, 600);
    program(&c, mode, 20, 600);
    ck_assert_int_eq(i8254_counter_next(&c, 700), I8254_NEVER);
    ck_assert(i8254_counter_out(&c, 700));
    i8254_counter_gate(&c, true, 700);
    ck_assert_uint_eq(count(&c, 701), 20);
}
END_TEST

START_TEST(new_count_in_mode_2_ends_the_period_first)
{
    struct i8254_counter c;

    i8254_counter_reset(&c, true);
    program(&c, 2, 10, 0); /* loads at 1, 11, 21... */
    i8254_counter_write(&c, 4, 13);
    i8254_counter_write(&c, 0, 13);
    ck_assert_uint_eq(count(&c, 14), 7);
    ck_assert(i8254_counter_out(&c, 19));
    ck_assert(!i8254_counter_out(&c, 20));
    ck_assert_uint_eq(count(&c, 21), 4);
    ck_assert(!i8254_counter_out(&c, 24));
    ck_assert_uint_eq(count(&c, 25), 4);
}
END_TEST

START_TEST(new_count_in_mode_3_ends_the_half_first)
{
    bool low = _i != 0; /* written in the low half */
    struct i8254_counter c;
    int64_t t, from = low ? 17 : 12;
    /* Loads at 1; 1-5 high, 6-10 low, 11-15 high, 16-20 low. */
    const char *out = low ? "00001100110" : "11110011001";

    i8254_counter_reset(&c, true);
    program(&c, 3, 10, 0);
    i8254_counter_write(&c, 4, from);
    i8254_counter_write(&c, 0, from);
    for (t = 0; out[t] != '\0'; t++)
        ck_assert_msg(i8254_counter_out(&c, from + t) == (out[t] == '1'),
                      "tick %d", (int)t);
}
END_TEST

START_TEST(bcd)
{
    struct i8254_counter c;

    i8254_counter_reset(&c, true);
    i8254_counter_control(&c, 0x31, 0); /* mode 0, BCD */
    i8254_counter_write(&c, 0x00, 0);
    i8254_counter_write(&c, 0x10, 0);
    ck_assert_uint_eq(count(&c, 1), 0x1000);
    ck_assert_uint_eq(count(&c, 2), 0x0999);
    ck_assert_uint_eq(count(&c, 1002), 0x9999);
    ck_assert(i8254_counter_out(&c, 1001));
    i8254_counter_control(&c, 0x35, 2000); /* mode 2; 0 is 10000 */
    i8254_counter_write(&c, 0, 2000);
    i8254_counter_write(&c, 0, 2000);
    ck_assert_uint_eq(count(&c, 2001), 0x0000);
    ck_assert_uint_eq(count(&c, 2002), 0x9999);
    ck_assert_uint_eq(count(&c, 12001), 0x0000);
    /* Digits above 9 must do no harm. */
    i8254_counter_write(&c, 0xff, 13000);
    i8254_counter_write(&c, 0xff, 13000);
    count(&c, 13001);
    i8254_counter_next(&c, 40000);
    count(&c, 50000);
}
END_TEST

START_TEST(zero_is_65536)
{
    struct i8254_counter c;

    i8254_counter_reset(&c, true);
    program(&c, 2, 0, 0);
    ck_assert_uint_eq(count(&c, 1), 0);
    ck_assert_uint_eq(count(&c, 2), 0xffff);
    ck_assert_int_eq(i8254_counter_next(&c, 2), 65536);
}
END_TEST

START_TEST(byte_order_of_reads_and_writes)
{
    struct i8254_counter c;

    i8254_counter_reset(&c, true);
    i8254_counter_control(&c, 0x10, 0); /* low byte only */
    i8254_counter_write(&c, 0x34, 0);
    ck_assert_uint_eq(i8254_counter_read(&c, 1), 0x34);
    ck_assert_uint_eq(i8254_counter_read(&c, 2), 0x33);
    i8254_counter_control(&c, 0x20, 10); /* high byte only */
    i8254_counter_write(&c, 0x12, 10);
    ck_assert_uint_eq(i8254_counter_read(&c, 11), 0x12);
    ck_assert_uint_eq(i8254_counter_read(&c, 12), 0x11);
    i8254_counter_control(&c, 0x30, 20);
    ck_assert(!i8254_counter_out(&c, 30));
    i8254_counter_write(&c, 0x02, 20);
    ck_assert_int_eq(i8254_counter_next(&c, 30), I8254_NEVER);
    i8254_counter_write(&c, 0x00, 30);
    ck_assert(i8254_counter_out(&c, 33));
    /* Mode 0: the first byte of a new count stops it, output low. */
    i8254_counter_write(&c, 0x02, 40);
    ck_assert(!i8254_counter_out(&c, 40));
    ck_assert(!i8254_counter_out(&c, 90));
}
END_TEST

START_TEST(latches)
{
    struct i8254_counter c;

    i8254_counter_reset(&c, true);
    program(&c, 2, 0x1234, 0);
    i8254_counter_control(&c, 0x00, 5);
    i8254_counter_control(&c, 0x00, 6); /* ignored: still 1230 */
    ck_assert_uint_eq(count(&c, 100), 0x1230);
    ck_assert_uint_eq(count(&c, 5), 0x1230);
    /* Read-back: status first, then the count. */
    i8254_counter_latch(&c, true, true, 0x1001);
    ck_assert_uint_eq(i8254_counter_read(&c, 9000), 0x80 | 0x30 | 2 << 1);
    ck_assert_uint_eq(count(&c, 9000), 0x0234);
    /* NULL COUNT until a new count is loaded. */
    i8254_counter_write(&c, 9, 9000);
    i8254_counter_write(&c, 0, 9000);
    i8254_counter_latch(&c, false, true, 9000);
    ck_assert_uint_eq(i8254_counter_read(&c, 9000), 0xc0 | 0x30 | 2 << 1);
    i8254_counter_latch(&c, false, true, 9000 + 0x1234);
    ck_assert_uint_eq(i8254_counter_read(&c, 20000) & 0x40, 0);
    i8254_counter_control(&c, 0x51, 20000); /* counter's own bits: mode 0 */
    i8254_counter_latch(&c, false, true, 20000);
    ck_assert_uint_eq(i8254_counter_read(&c, 20000), 0x40 | 0x11);
}
END_TEST

/* ---- the device ---------------------------------------------------------- */

START_TEST(counter_0_interrupts_at_its_rate)
{
    unsigned i;

    out8(r, 0x43, 0x34); /* mode 2, Linux's HZ=250 */
    out8(r, 0x40, 4773 & 255);
    out8(r, 0x40, 4773 >> 8);
    ck_assert(r->line);
    ck_assert_uint_eq(r->raised, 1); /* the control word raised it */
    for (i = 1; i <= 20; i++) {
        to_tick(4773 * i);
        ck_assert(!r->line); /* low for one tick, from tick 4773 on */
        testrig_advance(r, tick_ns(4773 * i + 1, I8254_HZ) - r->ns - 1);
        ck_assert(!r->line);
        testrig_advance(r, 1);
        ck_assert(r->line);
        ck_assert_uint_eq(r->raised, 1 + i);
    }
}
END_TEST

START_TEST(one_shot_interrupts_once)
{
    out8(r, 0x43, 0x30);
    out8(r, 0x40, 100);
    ck_assert(!r->line);
    out8(r, 0x40, 0);
    to_tick(100);
    ck_assert(!r->line);
    to_tick(101);
    ck_assert(r->line);
    testrig_advance(r, CLOCK_NS_PER_S);
    ck_assert_uint_eq(r->raised, 1);
    ck_assert(clock_next_due(&r->m.clock) == CLOCK_NEVER);
}
END_TEST

START_TEST(late_callbacks_lose_no_edge)
{
    out8(r, 0x43, 0x34);
    out8(r, 0x40, 100);
    out8(r, 0x40, 0);
    r->raised = 0;
    /* One boundary after both changes of a period. */
    r->ns += tick_ns(150, I8254_HZ);
    clock_run_due(&r->m.clock);
    ck_assert_uint_eq(r->raised, 1);
    /* And after many periods: bounded work, right state, goes on. */
    r->ns += 60 * CLOCK_NS_PER_S;
    clock_run_due(&r->m.clock);
    ck_assert_uint_le(r->raised, 6);
    r->raised = 0;
    testrig_advance(r, tick_ns(1000, I8254_HZ));
    ck_assert_uint_ge(r->raised, 9);
    ck_assert_uint_le(r->raised, 11);
}
END_TEST

START_TEST(calibration_by_counter_2)
{
    /* As Linux calibrates the TSC: mode 0, 50 ms, polls bit 5 of port 61h. */
    unsigned latch = I8254_HZ / 20;

    out8(r, 0x61, (uint8_t)((in8(r, 0x61) & ~0x02) | 0x01));
    out8(r, 0x43, 0xb0);
    out8(r, 0x42, (uint8_t)latch);
    out8(r, 0x42, (uint8_t)(latch >> 8));
    ck_assert_uint_eq(in8(r, 0x61) & 0x23, 0x01);
    to_tick(latch);
    ck_assert_uint_eq(in8(r, 0x61) & 0x20, 0);
    to_tick(latch + 1);
    ck_assert_uint_eq(in8(r, 0x61) & 0x20, 0x20);
    ck_assert(!r->line);
}
END_TEST

START_TEST(port_61)
{
    out8(r, 0x61, 0xff);
    ck_assert_uint_eq(in8(r, 0x61) & 0xcf, 0x0f);
    ck_assert_uint_eq(in8(r, 0x61) & 0x10, 0);
    testrig_advance(r, 15085);
    ck_assert_uint_eq(in8(r, 0x61) & 0x10, 0x10);
    testrig_advance(r, 15085);
    ck_assert_uint_eq(in8(r, 0x61) & 0x10, 0);
    out8(r, 0x61, 0x00);
    ck_assert_uint_eq(in8(r, 0x61) & 0xcf, 0);
}
END_TEST

START_TEST(read_back_command)
{
    out8(r, 0x43, 0x34);
    out8(r, 0x40, 0x10);
    out8(r, 0x40, 0x00);
    out8(r, 0x43, 0x76);
    out8(r, 0x41, 0x20);
    out8(r, 0x41, 0x00);
    to_tick(3);
    out8(r, 0x43, 0xc7); /* counts and status of 0 and 1; bit 0 is none */
    to_tick(8);
    ck_assert_uint_eq(in8(r, 0x40), 0xb4);
    ck_assert_uint_eq(in8(r, 0x40), 0x0e);
    ck_assert_uint_eq(in8(r, 0x40), 0x00);
    ck_assert_uint_eq(in8(r, 0x41), 0xb6);
    ck_assert_uint_eq(in8(r, 0x41), 0x1c);
    ck_assert_uint_eq(in8(r, 0x41), 0x00);
    ck_assert_uint_eq(in8(r, 0x43), 0xff);
}
END_TEST

START_TEST(power_on_is_quiet)
{
    testrig_advance(r, CLOCK_NS_PER_S);
    ck_assert_uint_eq(r->raised, 0);
    ck_assert(clock_next_due(&r->m.clock) == CLOCK_NEVER);
}
END_TEST

START_TEST(state_survives)
{
    struct testrig *to = testrig_new();
    struct i8254 *copy;
    struct error err;

    ck_assert_ok(i8254_create(&to->m, testrig_line(to), &copy, &err), &err);
    out8(r, 0x43, 0x34);
    out8(r, 0x40, 200);
    out8(r, 0x40, 0);
    to_tick(50);
    out8(r, 0x40, 100); /* waits for the period's end; low byte only so far */
    testrig_copy_state(r, to);
    out8(to, 0x40, 0);
    testrig_advance(to, tick_ns(202, I8254_HZ) - to->ns);
    out8(to, 0x43, 0x00);
    ck_assert_uint_eq(in8(to, 0x40), 99);
    to->raised = 0;
    testrig_advance(to, tick_ns(302, I8254_HZ) - to->ns);
    ck_assert_uint_eq(to->raised, 1);
    testrig_free(to);
}
END_TEST

START_TEST(any_writes_are_harmless)
{
    struct testrig *q = r;
    uint32_t x = 12345;
    unsigned i;

    for (i = 0; i < 20000; i++) {
        x = x * 1664525 + 1013904223;
        out8(q, (uint16_t)(0x40 + (x >> 8 & 3)), (uint8_t)(x >> 16));
        in8(q, (uint16_t)(0x40 + (x >> 10 & 3)));
        out8(q, 0x61, (uint8_t)(x >> 24));
        testrig_advance(q, x >> 18);
    }
}
END_TEST

Suite *test_i8254_suite(void)
{
    Suite *s = suite_create("i8254");
    TCase *tc = tcase_create("i8254");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, modes, 0, ARRAY_LEN(waves));
    tcase_add_loop_test(tc, triggered_modes, 0, 2);
    tcase_add_test(tc, gate_holds_the_count);
    tcase_add_loop_test(tc, gate_restarts_periodic_modes, 0, 2);
    tcase_add_test(tc, new_count_in_mode_2_ends_the_period_first);
    tcase_add_loop_test(tc, new_count_in_mode_3_ends_the_half_first, 0, 2);
    tcase_add_test(tc, bcd);
    tcase_add_test(tc, zero_is_65536);
    tcase_add_test(tc, byte_order_of_reads_and_writes);
    tcase_add_test(tc, latches);
    tcase_add_test(tc, counter_0_interrupts_at_its_rate);
    tcase_add_test(tc, one_shot_interrupts_once);
    tcase_add_test(tc, late_callbacks_lose_no_edge);
    tcase_add_test(tc, calibration_by_counter_2);
    tcase_add_test(tc, port_61);
    tcase_add_test(tc, read_back_command);
    tcase_add_test(tc, power_on_is_quiet);
    tcase_add_test(tc, state_survives);
    tcase_add_test(tc, any_writes_are_harmless);
    suite_add_tcase(s, tc);
    return s;
}
