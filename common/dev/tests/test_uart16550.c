/* test_uart16550.c: the serial port: every register and interrupt rule. */
#include "common/dev/uart16550.h"

#include <string.h>

#include "common/dev/tests/ports.h"
#include "common/tests/suite.h"

#define CHAR_NS 86805u /* ten bits at 115200 baud, rounded down */

enum { DATA = 0x3f8, IER, IIR, LCR, MCR, LSR, MSR, SCR };

static struct testrig *r;
static struct uart16550 *u;
static char output[64];
static size_t nr_output;

static void console(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    ck_assert_uint_lt(nr_output + len, sizeof(output));
    memcpy(output + nr_output, buf, len);
    nr_output += len;
}

static void setup(void)
{
    struct error err;

    r = testrig_new();
    r->m.config.console = console;
    ck_assert_ok(uart16550_create(&r->m, DATA, testrig_line(r), &u, &err),
                 &err);
    r->raised = 0;
}

static void teardown(void)
{
    testrig_free(r);
}

static void type(const char *text)
{
    ck_assert_uint_eq(uart16550_input(u, (const uint8_t *)text, strlen(text)),
                      strlen(text));
}

/* Let n characters arrive: the terminal may send (RTS), OUT2 opens the pin. */
static void arrive(const char *text)
{
    out8(r, MCR, 0x0b);
    type(text);
    testrig_advance(r, strlen(text) * (CHAR_NS + 1));
}

START_TEST(power_on)
{
    ck_assert_uint_eq(in8(r, IER), 0);
    ck_assert_uint_eq(in8(r, IIR), 0x01);
    ck_assert_uint_eq(in8(r, LCR), 0x03);
    ck_assert_uint_eq(in8(r, MCR), 0);
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    ck_assert_uint_eq(in8(r, MSR), 0xb0);
    out8(r, LCR, 0x83);
    ck_assert_uint_eq(in8(r, DATA), 1);
    ck_assert_uint_eq(in8(r, IER), 0);
}
END_TEST

START_TEST(register_bits)
{
    static const struct {
        uint16_t port;
        uint8_t mask; /* bits that keep what is written */
    } regs[] = {{IER, 0x0f}, {LCR, 0x7f}, {MCR, 0x1f}, {SCR, 0xff}};
    unsigned i;

    for (i = 0; i < ARRAY_LEN(regs); i++) {
        out8(r, regs[i].port, 0x7f);
        ck_assert_uint_eq(in8(r, regs[i].port), 0x7f & regs[i].mask);
        out8(r, regs[i].port, 0x00);
        ck_assert_uint_eq(in8(r, regs[i].port), 0);
    }
    out8(r, LSR, 0x00);
    out8(r, MSR, 0x00);
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    ck_assert_uint_eq(in8(r, MSR) & 0xf0, 0xb0);
}
END_TEST

START_TEST(divisor_latch)
{
    out8(r, LCR, 0x83);
    out8(r, DATA, 0x34);
    out8(r, IER, 0x12);
    ck_assert_uint_eq(in8(r, DATA), 0x34);
    ck_assert_uint_eq(in8(r, IER), 0x12);
    out8(r, LCR, 0x03);
    ck_assert_uint_eq(in8(r, IER), 0);
    ck_assert_uint_eq(nr_output, 0);
}
END_TEST

START_TEST(sending)
{
    out8(r, DATA, 'o');
    out8(r, DATA, 'k');
    ck_assert_uint_eq(in8(r, LSR), 0x60); /* at once */
    ck_assert_str_eq(output, "ok");
    out8(r, LCR, 0x02); /* seven bits */
    out8(r, DATA, 0x80 | '!');
    ck_assert_str_eq(output, "ok!");
    out8(r, LCR, 0x43); /* a break is no character */
    out8(r, DATA, 'x');
    ck_assert_str_eq(output, "ok!");
}
END_TEST

START_TEST(transmitter_interrupt)
{
    out8(r, MCR, 0x08);
    out8(r, IER, 0x02); /* enabling it asks at once */
    ck_assert(r->line);
    ck_assert_uint_eq(in8(r, IIR), 0x02); /* reading IIR answers it */
    ck_assert(!r->line);
    ck_assert_uint_eq(in8(r, IIR), 0x01);
    out8(r, DATA, 'a');
    ck_assert(r->line);
    ck_assert_uint_eq(r->raised, 2);
    out8(r, DATA, 'b'); /* falls and rises */
    ck_assert_uint_eq(r->raised, 3);
    out8(r, IER, 0x02); /* it was enabled: nothing new */
    ck_assert_uint_eq(r->raised, 3);
    out8(r, IER, 0x00);
    ck_assert(!r->line);
    ck_assert_uint_eq(in8(r, IIR), 0x01);
    out8(r, IER, 0x02);
    ck_assert(r->line);
}
END_TEST

START_TEST(out2_gates_the_pin)
{
    out8(r, IER, 0x02);
    ck_assert(!r->line);
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    out8(r, MCR, 0x08);
    ck_assert(r->line);
    out8(r, MCR, 0x18); /* loopback takes it away */
    ck_assert(!r->line);
}
END_TEST

START_TEST(input_at_line_rate)
{
    out8(r, MCR, 0x02);
    type("ab");
    testrig_advance(r, CHAR_NS - 1);
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    testrig_advance(r, 1);
    ck_assert_uint_eq(in8(r, LSR), 0x61);
    testrig_advance(r, 10 * CHAR_NS); /* no FIFO: b waits for a to go */
    ck_assert_uint_eq(in8(r, DATA), 'a');
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    testrig_advance(r, CHAR_NS);
    ck_assert_uint_eq(in8(r, DATA), 'b');
    ck_assert_uint_eq(in8(r, DATA), 'b'); /* nothing there: the last again */
}
END_TEST

static const struct {
    uint8_t lcr;
    uint16_t divisor;
    uint64_t ns;
} rates[] = {
    {0x03, 12, 1041666},       /* 9600 8N1 */
    {0x00, 1, 7 * 8680 + 3},   /* 5N1 */
    {0x1f, 1, 12 * 8680 + 6},  /* 8E2 */
    {0x0a, 2, 10 * 17361 + 1}, /* 57600 7O1 */
};

START_TEST(character_times)
{
    out8(r, LCR, 0x80);
    out8(r, DATA, (uint8_t)rates[_i].divisor);
    out8(r, IER, 0);
    out8(r, LCR, rates[_i].lcr);
    out8(r, MCR, 0x02);
    type("\xff");
    ck_assert(clock_next_due(&r->m.clock) == rates[_i].ns);
    testrig_advance(r, rates[_i].ns);
    ck_assert_uint_eq(in8(r, DATA), 0xff >> (3 - (rates[_i].lcr & 3)));
}
END_TEST

START_TEST(no_input_without_rts_or_clock)
{
    type("x");
    testrig_advance(r, CLOCK_NS_PER_S);
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    out8(r, LCR, 0x80);
    out8(r, DATA, 0);
    out8(r, LCR, 0x03);
    out8(r, MCR, 0x02);
    testrig_advance(r, CLOCK_NS_PER_S);
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    out8(r, LCR, 0x80);
    out8(r, DATA, 1);
    out8(r, LCR, 0x03);
    testrig_advance(r, CHAR_NS);
    ck_assert_uint_eq(in8(r, DATA), 'x');
}
END_TEST

START_TEST(receiver_interrupt_without_fifo)
{
    out8(r, IER, 0x01);
    arrive("a");
    ck_assert(r->line);
    ck_assert_uint_eq(in8(r, IIR), 0x04);
    ck_assert(r->line);
    in8(r, DATA);
    ck_assert(!r->line);
    ck_assert_uint_eq(in8(r, IIR), 0x01);
}
END_TEST

static const struct {
    uint8_t fcr;
    unsigned trigger;
} triggers[] = {{0x01, 1}, {0x41, 4}, {0x81, 8}, {0xc1, 14}};

START_TEST(fifo_trigger_levels)
{
    static const char text[] = "0123456789abcdefgh";
    unsigned n = triggers[_i].trigger, i;

    out8(r, IIR, triggers[_i].fcr);
    out8(r, IER, 0x01);
    out8(r, MCR, 0x0b);
    type(text);
    for (i = 1; i < n; i++) {
        testrig_advance(r, CHAR_NS);
        ck_assert(!r->line);
        ck_assert_uint_eq(in8(r, IIR), 0xc1);
    }
    testrig_advance(r, CHAR_NS);
    ck_assert(r->line);
    ck_assert_uint_eq(in8(r, IIR), 0xc4);
    testrig_advance(r, 30 * CHAR_NS); /* 16 fit, two wait outside */
    for (i = 0; i < 16 - n + 1; i++) {
        ck_assert(r->line);
        ck_assert_uint_eq(in8(r, DATA), (uint8_t)text[i]);
    }
    ck_assert(!r->line);
    for (; i < 16; i++)
        ck_assert_uint_eq(in8(r, DATA), (uint8_t)text[i]);
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    testrig_advance(r, 2 * CHAR_NS);
    ck_assert_uint_eq(in8(r, DATA), 'g');
    ck_assert_uint_eq(in8(r, DATA), 'h');
}
END_TEST

START_TEST(fifo_timeout)
{
    out8(r, IIR, 0x81);
    out8(r, IER, 0x01);
    out8(r, MCR, 0x0b);
    type("ab");
    testrig_advance(r, 2 * CHAR_NS);
    testrig_advance(r, 4 * CHAR_NS - 1);
    ck_assert(!r->line);
    testrig_advance(r, 1);
    ck_assert(r->line);
    ck_assert_uint_eq(in8(r, IIR), 0xcc);
    ck_assert_uint_eq(in8(r, DATA), 'a'); /* answers it, and it starts again */
    ck_assert(!r->line);
    testrig_advance(r, 4 * CHAR_NS);
    ck_assert_uint_eq(in8(r, IIR), 0xcc);
    in8(r, DATA);
    testrig_advance(r, 100 * CHAR_NS);
    ck_assert(!r->line);
    ck_assert(clock_next_due(&r->m.clock) == CLOCK_NEVER);
}
END_TEST

START_TEST(clearing_the_fifo)
{
    out8(r, IIR, 0x01);
    arrive("abc");
    ck_assert_uint_eq(in8(r, LSR), 0x61);
    out8(r, IIR, 0x05); /* the transmitter's: not ours */
    ck_assert_uint_eq(in8(r, LSR), 0x61);
    out8(r, IIR, 0x03);
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    ck_assert_uint_eq(in8(r, IIR), 0xc1);
    arrive("abc");
    out8(r, IIR, 0x00); /* switching the FIFOs off clears them */
    ck_assert_uint_eq(in8(r, LSR), 0x60);
    ck_assert_uint_eq(in8(r, IIR), 0x01);
    out8(r, IIR, 0xc2); /* without bit 0 the others do nothing */
    ck_assert_uint_eq(in8(r, IIR), 0x01);
}
END_TEST

START_TEST(interrupt_priorities)
{
    static const uint8_t ids[] = {0xc6, 0xc4, 0xc2, 0xc0, 0xc1};

    out8(r, IER, 0x0f);
    out8(r, IIR, 0x01);
    out8(r, MCR, 0x10); /* loopback: modem inputs fall, deltas */
    out8(r, LCR, 0x43); /* a break: an error and a character */
    ck_assert_uint_eq(in8(r, IIR), ids[0]);
    ck_assert_uint_eq(in8(r, LSR), 0xf1);
    ck_assert_uint_eq(in8(r, LSR), 0x61); /* errors are shown once */
    ck_assert_uint_eq(in8(r, IIR), ids[1]);
    ck_assert_uint_eq(in8(r, DATA), 0);
    ck_assert_uint_eq(in8(r, IIR), ids[2]);
    ck_assert_uint_eq(in8(r, IIR), ids[3]);
    ck_assert_uint_eq(in8(r, MSR), 0x0b);
    ck_assert_uint_eq(in8(r, IIR), ids[4]);
}
END_TEST

static const struct {
    uint8_t mcr, msr;
} loops[] = {
    {0x10, 0x00}, {0x11, 0x20}, {0x12, 0x10},
    {0x14, 0x40}, {0x18, 0x80}, {0x1f, 0xf0},
};

START_TEST(loopback_modem)
{
    out8(r, MCR, loops[_i].mcr);
    ck_assert_uint_eq(in8(r, MSR) & 0xf0, loops[_i].msr);
    ck_assert_uint_eq(in8(r, MSR), loops[_i].msr);
    /* TERI is for the ring indicator's fall only. */
    out8(r, MCR, 0x10);
    ck_assert_uint_eq(in8(r, MSR) & 0x04, loops[_i].msr & 0x40 ? 4 : 0);
    out8(r, MCR, 0x14);
    ck_assert_uint_eq(in8(r, MSR) & 0x04, 0);
}
END_TEST

START_TEST(loopback_data)
{
    unsigned i;

    out8(r, MCR, 0x10);
    out8(r, DATA, 'a');
    ck_assert_uint_eq(nr_output, 0);
    ck_assert_uint_eq(in8(r, LSR), 0x61);
    out8(r, DATA, 'b'); /* overrun: the new one wins */
    ck_assert_uint_eq(in8(r, LSR), 0x63);
    ck_assert_uint_eq(in8(r, LSR), 0x61);
    ck_assert_uint_eq(in8(r, DATA), 'b');
    out8(r, IIR, 0x01);
    for (i = 0; i < 18; i++)
        out8(r, DATA, (uint8_t)i);
    ck_assert_uint_eq(in8(r, LSR), 0x63); /* in the FIFO: the old ones stay */
    for (i = 0; i < 16; i++)
        ck_assert_uint_eq(in8(r, DATA), i);
    ck_assert_uint_eq(in8(r, LSR), 0x60);
}
END_TEST

START_TEST(enables_are_independent)
{
    /* With every source active, each enable alone shows its own. */
    static const uint8_t ids[4] = {0xc4, 0xc2, 0xc6, 0xc0};
    unsigned i;

    out8(r, IIR, 0x01);
    out8(r, MCR, 0x10);
    out8(r, LCR, 0x43);
    out8(r, DATA, 'x');
    for (i = 0; i < 4; i++) {
        out8(r, IER, (uint8_t)(1u << i));
        ck_assert_uint_eq(in8(r, IIR), ids[i]);
    }
    out8(r, IER, 0);
    ck_assert_uint_eq(in8(r, IIR), 0xc1);
}
END_TEST

START_TEST(errors_travel_with_their_character)
{
    out8(r, IIR, 0x01);
    out8(r, MCR, 0x10);
    out8(r, DATA, 'a');
    out8(r, LCR, 0x43);
    ck_assert_uint_eq(in8(r, LSR), 0xe1); /* somewhere in the FIFO */
    ck_assert_uint_eq(in8(r, DATA), 'a');
    ck_assert_uint_eq(in8(r, LSR), 0xf1);
    ck_assert_uint_eq(in8(r, LSR), 0x61);
}
END_TEST

START_TEST(input_queue_is_bounded)
{
    static uint8_t big[UART16550_INPUT_BYTES + 10];

    ck_assert_uint_eq(uart16550_input(u, big, sizeof(big)),
                      UART16550_INPUT_BYTES);
    ck_assert_uint_eq(uart16550_input(u, big, 1), 0);
    out8(r, MCR, 0x02);
    testrig_advance(r, CHAR_NS);
    ck_assert_uint_eq(uart16550_input(u, big, 5), 1);
}
END_TEST

START_TEST(state_survives)
{
    struct testrig *to = testrig_new();
    struct uart16550 *copy;
    struct error err;

    ck_assert_ok(uart16550_create(&to->m, DATA, testrig_line(to), &copy, &err),
                 &err);
    out8(r, IIR, 0x01);
    out8(r, SCR, 0x77);
    arrive("ab");
    type("cde");
    testrig_copy_state(r, to);
    testrig_advance(to, 3 * CHAR_NS);
    ck_assert_uint_eq(in8(to, SCR), 0x77);
    ck_assert_uint_eq(in8(to, IIR), 0xc1);
    out8(to, IER, 0x01);
    ck_assert_uint_eq(in8(to, DATA), 'a');
    ck_assert_uint_eq(in8(to, DATA), 'b');
    ck_assert_uint_eq(in8(to, DATA), 'c');
    ck_assert_uint_eq(in8(to, DATA), 'd');
    ck_assert_uint_eq(in8(to, DATA), 'e');
    testrig_free(to);
}
END_TEST

Suite *test_uart16550_suite(void)
{
    Suite *s = suite_create("uart16550");
    TCase *tc = tcase_create("uart16550");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, power_on);
    tcase_add_test(tc, register_bits);
    tcase_add_test(tc, divisor_latch);
    tcase_add_test(tc, sending);
    tcase_add_test(tc, transmitter_interrupt);
    tcase_add_test(tc, out2_gates_the_pin);
    tcase_add_test(tc, input_at_line_rate);
    tcase_add_loop_test(tc, character_times, 0, ARRAY_LEN(rates));
    tcase_add_test(tc, no_input_without_rts_or_clock);
    tcase_add_test(tc, receiver_interrupt_without_fifo);
    tcase_add_loop_test(tc, fifo_trigger_levels, 0, ARRAY_LEN(triggers));
    tcase_add_test(tc, fifo_timeout);
    tcase_add_test(tc, clearing_the_fifo);
    tcase_add_test(tc, interrupt_priorities);
    tcase_add_loop_test(tc, loopback_modem, 0, ARRAY_LEN(loops));
    tcase_add_test(tc, loopback_data);
    tcase_add_test(tc, enables_are_independent);
    tcase_add_test(tc, errors_travel_with_their_character);
    tcase_add_test(tc, input_queue_is_bounded);
    tcase_add_test(tc, state_survives);
    suite_add_tcase(s, tc);
    return s;
}
