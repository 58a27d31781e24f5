/* test_i8259.c: every command of the interrupt controllers. */
#include "common/dev/i8259.h"

#include "common/dev/tests/ports.h"
#include "common/tests/suite.h"

static struct testrig *r;
static struct i8259 *pic;

/* As Linux does: vectors 0x20 and 0x28, nothing masked. */
static void init(uint8_t icw4)
{
    out8(r, 0x20, 0x11);
    out8(r, 0x21, 0x20);
    out8(r, 0x21, 0x04);
    out8(r, 0x21, icw4);
    out8(r, 0xa0, 0x11);
    out8(r, 0xa1, 0x2b); /* low bits are no part of the vector */
    out8(r, 0xa1, 0x02);
    out8(r, 0xa1, 0x01);
}

static void setup(void)
{
    struct error err;

    r = testrig_new();
    ck_assert_ok(i8259_create(&r->m, testrig_line(r), &pic, &err), &err);
    init(0x01);
}

static void teardown(void)
{
    testrig_free(r);
}

static void pulse(unsigned n)
{
    i8259_set_input(pic, n, true);
    i8259_set_input(pic, n, false);
}

static uint8_t irr(uint16_t port)
{
    out8(r, port, 0x0a);
    return in8(r, port);
}

static uint8_t isr(uint16_t port)
{
    out8(r, port, 0x0b);
    return in8(r, port);
}

START_TEST(power_on_is_masked)
{
    struct i8259 *other;
    struct error err;
    struct testrig *q = testrig_new();

    ck_assert_ok(i8259_create(&q->m, testrig_line(q), &other, &err), &err);
    ck_assert_uint_eq(in8(q, 0x21), 0xff);
    ck_assert_uint_eq(in8(q, 0xa1), 0xff);
    i8259_set_input(other, 0, true);
    ck_assert(!q->line);
    testrig_free(q);
}
END_TEST

START_TEST(each_input_gives_its_vector)
{
    unsigned n = (unsigned)_i;

    if (n == 2)
        return; /* the cascade */
    ck_assert_uint_eq(in8(r, 0x21), 0);
    i8259_set_input(pic, n, true);
    ck_assert(r->line);
    ck_assert_uint_eq(irr(n < 8 ? 0x20 : 0xa0), 1u << (n & 7));
    ck_assert_uint_eq(i8259_ack(pic), 0x20 + n);
    ck_assert(!r->line);
    ck_assert_uint_eq(isr(n < 8 ? 0x20 : 0xa0), 1u << (n & 7));
    ck_assert_uint_eq(isr(0x20), n < 8 ? 1u << n : 4);
    i8259_set_input(pic, n, true); /* no new edge */
    out8(r, 0xa0, 0x20);
    out8(r, 0x20, 0x20);
    ck_assert(!r->line);
    ck_assert_uint_eq(isr(0x20) | isr(0xa0), 0);
    pulse(n);
    i8259_set_input(pic, n, true);
    ck_assert(r->line);
}
END_TEST

START_TEST(input_2_and_out_of_range_are_ignored)
{
    i8259_set_input(pic, 2, true);
    i8259_set_input(pic, 16, true);
    i8259_set_input(pic, 4000000000u, true);
    ck_assert(!r->line);
}
END_TEST

START_TEST(an_edge_stays_latched)
{
    pulse(4);
    ck_assert(r->line);
    ck_assert_uint_eq(i8259_ack(pic), 0x24);
}
END_TEST

START_TEST(masked_requests_wait)
{
    out8(r, 0x21, 0x10);
    ck_assert_uint_eq(in8(r, 0x21), 0x10);
    pulse(4);
    ck_assert(!r->line);
    ck_assert_uint_eq(irr(0x20), 0x10);
    out8(r, 0x21, 0x00);
    ck_assert(r->line);
}
END_TEST

START_TEST(fully_nested_priorities)
{
    pulse(5);
    ck_assert_uint_eq(i8259_ack(pic), 0x25);
    pulse(6);
    ck_assert(!r->line); /* lower than what is in service */
    pulse(1);
    ck_assert(r->line);
    ck_assert_uint_eq(i8259_ack(pic), 0x21);
    out8(r, 0x20, 0x20); /* ends 1 */
    ck_assert(!r->line);
    out8(r, 0x20, 0x65); /* specific EOI: ends 5 */
    ck_assert(r->line);
    ck_assert_uint_eq(i8259_ack(pic), 0x26);
}
END_TEST

START_TEST(spurious)
{
    ck_assert_uint_eq(i8259_ack(pic), 0x27);
    ck_assert_uint_eq(isr(0x20), 0);
    /* A level on the slave goes away before INTA: IRQ 15, and the master has
     * its cascade in service. */
    out8(r, 0x4d1, 0x04);
    i8259_set_input(pic, 10, true);
    i8259_set_input(pic, 10, false);
    ck_assert(r->line);
    ck_assert_uint_eq(i8259_ack(pic), 0x2f);
    ck_assert_uint_eq(isr(0x20), 4);
    ck_assert_uint_eq(isr(0xa0), 0);
}
END_TEST

START_TEST(level_inputs_repeat)
{
    out8(r, 0x4d0, 0xff);
    out8(r, 0x4d1, 0xff);
    ck_assert_uint_eq(in8(r, 0x4d0), 0xf8); /* 0-2 are edges */
    ck_assert_uint_eq(in8(r, 0x4d1), 0xde); /* so are 8 and 13 */
    i8259_set_input(pic, 9, true);
    ck_assert_uint_eq(i8259_ack(pic), 0x29);
    out8(r, 0xa0, 0x20);
    out8(r, 0x20, 0x20);
    ck_assert(r->line);
    i8259_set_input(pic, 9, false);
    ck_assert_uint_eq(irr(0xa0), 0);
    i8259_ack(pic);
    out8(r, 0x20, 0x20);
    ck_assert(!r->line);
    /* Turned into an edge input while high: that is none. */
    i8259_set_input(pic, 5, true);
    out8(r, 0x4d0, 0x00);
    ck_assert(!r->line);
}
END_TEST

START_TEST(slave_nests_only_in_special_fully_nested_mode)
{
    bool special = _i != 0;

    init(special ? 0x11 : 0x01);
    pulse(12);
    ck_assert_uint_eq(i8259_ack(pic), 0x2c);
    pulse(9); /* higher, same slave */
    ck_assert_int_eq(r->line, special);
    pulse(1); /* higher than the cascade */
    ck_assert(r->line);
    ck_assert_uint_eq(i8259_ack(pic), 0x21);
}
END_TEST

START_TEST(two_of_the_slave_come_one_after_the_other)
{
    pulse(12);
    pulse(9);
    ck_assert_uint_eq(i8259_ack(pic), 0x29);
    out8(r, 0xa0, 0x20);
    out8(r, 0x20, 0x20);
    ck_assert(r->line);
    ck_assert_uint_eq(i8259_ack(pic), 0x2c);
}
END_TEST

START_TEST(special_mask_mode)
{
    pulse(3);
    ck_assert_uint_eq(i8259_ack(pic), 0x23);
    pulse(6);
    ck_assert(!r->line);
    out8(r, 0x21, 0x08);
    ck_assert(!r->line);
    out8(r, 0x20, 0x68); /* on: masked 3 no longer blocks 6 */
    ck_assert(r->line);
    ck_assert_uint_eq(i8259_ack(pic), 0x26);
    ck_assert_uint_eq(isr(0x20), 0x48);
    out8(r, 0x20, 0x20); /* leaves out the masked one */
    ck_assert_uint_eq(isr(0x20), 0x08);
    out8(r, 0x20, 0x48); /* off */
    out8(r, 0x20, 0x20);
    ck_assert_uint_eq(isr(0x20), 0x00);
}
END_TEST

START_TEST(poll_mode)
{
    out8(r, 0x20, 0x0c);
    ck_assert_uint_eq(in8(r, 0x20), 0);
    pulse(5);
    out8(r, 0x20, 0x0c);
    ck_assert_uint_eq(in8(r, 0x21), 0x85);
    ck_assert_uint_eq(isr(0x20), 0x20);
    ck_assert(!r->line);
    out8(r, 0x20, 0x20);
    pulse(11);
    ck_assert(r->line);
    out8(r, 0xa0, 0x0c);
    ck_assert_uint_eq(in8(r, 0xa0), 0x83);
    ck_assert(!r->line);
    ck_assert_uint_eq(isr(0xa0), 0x08);
}
END_TEST

START_TEST(rotation)
{
    pulse(4);
    pulse(6);
    ck_assert_uint_eq(i8259_ack(pic), 0x24);
    out8(r, 0x20, 0xa0); /* rotate on EOI: 4 is lowest, 5 highest */
    pulse(3);
    ck_assert_uint_eq(i8259_ack(pic), 0x26);
    out8(r, 0x20, 0xe6); /* rotate on specific EOI: 6 lowest */
    pulse(7);
    ck_assert_uint_eq(i8259_ack(pic), 0x27);
    out8(r, 0x20, 0x20);
    out8(r, 0x20, 0xc2); /* set priority: 2 lowest, 3 highest */
    pulse(0);
    ck_assert_uint_eq(i8259_ack(pic), 0x23);
    out8(r, 0x20, 0x20);
    ck_assert_uint_eq(i8259_ack(pic), 0x20);
}
END_TEST

START_TEST(automatic_eoi)
{
    init(0x03);
    pulse(4);
    ck_assert_uint_eq(i8259_ack(pic), 0x24);
    ck_assert_uint_eq(isr(0x20), 0);
    pulse(4);
    pulse(5);
    out8(r, 0x20, 0x80); /* rotate in AEOI mode: on */
    ck_assert_uint_eq(i8259_ack(pic), 0x24);
    pulse(4);
    ck_assert_uint_eq(i8259_ack(pic), 0x25);
    ck_assert_uint_eq(i8259_ack(pic), 0x24);
    out8(r, 0x20, 0x00); /* off */
    pulse(3);
    pulse(4);
    pulse(5);
    ck_assert_uint_eq(i8259_ack(pic), 0x25);
    ck_assert_uint_eq(i8259_ack(pic), 0x23);
    ck_assert_uint_eq(i8259_ack(pic), 0x24);
}
END_TEST

START_TEST(icw1_starts_afresh)
{
    out8(r, 0x21, 0xf0);
    pulse(3);
    i8259_ack(pic);
    pulse(1);
    out8(r, 0x20, 0xc5);
    out8(r, 0x20, 0x0b);
    out8(r, 0x20, 0x13);                /* single, ICW4 follows, no ICW3 */
    ck_assert_uint_eq(in8(r, 0x20), 0); /* shows IRR again, and it is empty */
    ck_assert(!r->line);
    out8(r, 0x21, 0x40);
    out8(r, 0x21, 0x01);
    ck_assert_uint_eq(in8(r, 0x21), 0);
    out8(r, 0x21, 0x55); /* the mask, not an ICW */
    ck_assert_uint_eq(in8(r, 0x21), 0x55);
    out8(r, 0x21, 0x00);
    pulse(7);
    pulse(0);
    ck_assert_uint_eq(i8259_ack(pic), 0x40); /* priorities are reset */
    pulse(9);
    out8(r, 0x20, 0x20);
    ck_assert_uint_eq(i8259_ack(pic), 0x47); /* single: the slave is off */
}
END_TEST

START_TEST(no_icw4)
{
    init(0x03);
    out8(r, 0x20, 0x10);
    out8(r, 0x21, 0x20);
    out8(r, 0x21, 0x04);
    out8(r, 0x21, 0x80); /* no ICW4: the mask */
    ck_assert_uint_eq(in8(r, 0x21), 0x80);
    pulse(1);
    i8259_ack(pic);
    ck_assert_uint_eq(isr(0x20), 0x02); /* and AEOI is off */
}
END_TEST

START_TEST(wide_accesses_are_bytes)
{
    bus_write(&r->m.bus, BUS_PORT, 0x20, 2, 0xaa0b);
    ck_assert_uint_eq(in8(r, 0x21), 0xaa);
    ck_assert_uint_eq(bus_read(&r->m.bus, BUS_PORT, 0x20, 2), 0xaa00);
}
END_TEST

START_TEST(state_survives)
{
    struct testrig *to = testrig_new();
    struct i8259 *copy;
    struct error err;

    ck_assert_ok(i8259_create(&to->m, testrig_line(to), &copy, &err), &err);
    pulse(4);
    i8259_ack(pic);
    pulse(9);
    pulse(3);
    out8(r, 0x4d1, 0x02);
    testrig_copy_state(r, to);
    ck_assert_uint_eq(in8(to, 0x4d1), 0x02);
    ck_assert_uint_eq(i8259_ack(copy), 0x2f); /* 9 is a level now, and low */
    ck_assert_uint_eq(i8259_ack(copy), 0x27);
    out8(to, 0x20, 0x20);
    ck_assert_uint_eq(i8259_ack(copy), 0x23);
    testrig_free(to);
}
END_TEST

Suite *test_i8259_suite(void)
{
    Suite *s = suite_create("i8259");
    TCase *tc = tcase_create("i8259");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, power_on_is_masked);
    tcase_add_loop_test(tc, each_input_gives_its_vector, 0, 16);
    tcase_add_test(tc, input_2_and_out_of_range_are_ignored);
    tcase_add_test(tc, an_edge_stays_latched);
    tcase_add_test(tc, masked_requests_wait);
    tcase_add_test(tc, fully_nested_priorities);
    tcase_add_test(tc, spurious);
    tcase_add_test(tc, level_inputs_repeat);
    tcase_add_loop_test(tc, slave_nests_only_in_special_fully_nested_mode, 0,
                        2);
    tcase_add_test(tc, two_of_the_slave_come_one_after_the_other);
    tcase_add_test(tc, special_mask_mode);
    tcase_add_test(tc, poll_mode);
    tcase_add_test(tc, rotation);
    tcase_add_test(tc, automatic_eoi);
    tcase_add_test(tc, icw1_starts_afresh);
    tcase_add_test(tc, no_icw4);
    tcase_add_test(tc, wide_accesses_are_bytes);
    tcase_add_test(tc, state_survives);
    suite_add_tcase(s, tc);
    return s;
}
