/* test_lapic_pin.c: priorities of the local APIC, and its pins. */
#include "common/dev/i8259.h"
#include "common/dev/tests/lapicrig.h"
#include "common/tests/suite.h"

static struct testrig *rig;
static struct lapic *l;

static void setup(void)
{
    rig = lapicrig_new();
    l = rig->m.lapic;
}

static void teardown(void)
{
    testrig_free(rig);
}

/* ---- priorities ---- */

static const struct {
    uint8_t tpr, serving, pending;
    uint8_t ppr;
    bool intr;
} priorities[] = {
    {0x00, 0, 0x10, 0x00, true},     {0x10, 0, 0x1f, 0x10, false},
    {0x1f, 0, 0x20, 0x1f, true},     {0x00, 0x31, 0x3f, 0x30, false},
    {0x00, 0x31, 0x40, 0x30, true},  {0x35, 0x31, 0x40, 0x35, true},
    {0x2f, 0x31, 0x3f, 0x30, false}, {0x40, 0x31, 0x4f, 0x40, false},
    {0xff, 0, 0xff, 0xff, false},    {0xe0, 0, 0xf0, 0xe0, true},
};

START_TEST(processor_priority)
{
    lapicrig_enable(rig);
    if (priorities[_i].serving != 0) {
        lapicrig_self(rig, priorities[_i].serving);
        ck_assert_uint_eq(lapic_ack(l), priorities[_i].serving);
    }
    lapicrig_wr(rig, TPR, priorities[_i].tpr);
    ck_assert_uint_eq(lapicrig_rd(rig, PPR), priorities[_i].ppr);
    lapicrig_self(rig, priorities[_i].pending);
    ck_assert(rig->cpu[0].intr == priorities[_i].intr);
}
END_TEST

START_TEST(order_and_nesting)
{
    lapicrig_enable(rig);
    lapicrig_self(rig, 0x31);
    lapicrig_self(rig, 0x52);
    lapicrig_self(rig, 0x40);
    ck_assert_uint_eq(lapic_ack(l), 0x52);
    ck_assert(!rig->cpu[0].intr);
    ck_assert_uint_eq(lapicrig_rd(rig, ISR + 0x20), 1u << 0x12);
    lapicrig_self(rig, 0x61);
    ck_assert(rig->cpu[0].intr);
    ck_assert_uint_eq(lapic_ack(l), 0x61);
    lapicrig_wr(rig, EOI, 0);
    ck_assert(!lapic_isr(l, 0x61) && lapic_isr(l, 0x52));
    ck_assert(!rig->cpu[0].intr);
    lapicrig_wr(rig, EOI, 0);
    ck_assert(rig->cpu[0].intr);
    ck_assert_uint_eq(lapic_ack(l), 0x40);
    lapicrig_wr(rig, EOI, 0);
    ck_assert_uint_eq(lapic_ack(l), 0x31);
    lapicrig_wr(rig, EOI, 0);
    lapicrig_wr(rig, EOI, 0); /* none in service */
    ck_assert(!rig->cpu[0].intr);
}
END_TEST

START_TEST(spurious_vector)
{
    lapicrig_wr(rig, SVR, 0x1ef);
    lapicrig_self(rig, 0x31);
    ck_assert(rig->cpu[0].intr);
    lapicrig_wr(rig, TPR, 0x30); /* between INTR and INTA */
    ck_assert_uint_eq(lapic_ack(l), 0xef);
    ck_assert(lapic_irr(l, 0x31));
    ck_assert(!lapic_isr(l, 0xef));
}
END_TEST

START_TEST(cr8_is_tpr)
{
    lapicrig_enable(rig);
    lapicrig_wr(rig, TPR, 0x5f);
    ck_assert_uint_eq(lapic_get_tpr(l), 5);
    lapic_set_tpr(l, 9);
    ck_assert_uint_eq(lapicrig_rd(rig, TPR), 0x90);
    lapicrig_self(rig, 0x91);
    ck_assert(!rig->cpu[0].intr);
    lapic_set_tpr(l, 8);
    ck_assert(rig->cpu[0].intr);
    lapic_set_tpr(l, 0xff);
    ck_assert_uint_eq(lapic_get_tpr(l), 15);
}
END_TEST

START_TEST(cr8_in_place)
{
    struct lapic_tpr at = lapic_tpr_place(l);
    const uint8_t none[LAPIC_REQUESTS] = {0};

    lapicrig_enable(rig);
    ck_assert(!lapic_requested(l));
    ck_assert_mem_eq(at.requests, none, LAPIC_REQUESTS);
    *at.tpr = 0x90;
    ck_assert_uint_eq(lapicrig_rd(rig, TPR), 0x90);
    lapicrig_self(rig, 0x91); /* not deliverable, but requested */
    ck_assert(lapic_requested(l));
    ck_assert_mem_ne(at.requests, none, LAPIC_REQUESTS);
}
END_TEST

/* ---- pins ---- */

START_TEST(lint_fixed_edge)
{
    lapicrig_enable(rig);
    lapicrig_wr(rig, LINT1,
                0x8045); /* LINT1 is an edge, whatever the trigger bit says */
    lapic_lint(l, 1, true);
    lapic_lint(l, 1, true);
    ck_assert(lapic_irr(l, 0x45));
    ck_assert_uint_eq(lapicrig_rd(rig, TMR + 0x20), 0);
    ck_assert_uint_eq(lapic_ack(l), 0x45);
    lapicrig_wr(rig, EOI, 0);
    ck_assert(!lapic_irr(l, 0x45));
    lapic_lint(l, 1, false);
    lapic_lint(l, 1, true);
    ck_assert(lapic_irr(l, 0x45));
}
END_TEST

START_TEST(lint0_fixed_level)
{
    lapicrig_enable(rig);
    lapic_lint(l, 0, true);
    lapicrig_wr(rig, LINT0, 0x8045); /* the level is there already */
    ck_assert(lapic_irr(l, 0x45));
    ck_assert_uint_eq(lapicrig_rd(rig, LINT0), 0xc045);
    ck_assert_uint_eq(lapicrig_rd(rig, TMR + 0x20), 1u << 5);
    ck_assert_uint_eq(lapic_ack(l), 0x45);
    lapic_lint(l, 0, false);
    lapic_lint(l, 0, true);
    ck_assert(!lapic_irr(l, 0x45)); /* remote IRR holds it */
    lapicrig_wr(rig, EOI, 0);
    ck_assert(lapic_irr(l, 0x45)); /* still asserted */
    ck_assert_uint_eq(lapic_ack(l), 0x45);
    lapic_lint(l, 0, false);
    lapicrig_wr(rig, EOI, 0);
    ck_assert(!lapic_irr(l, 0x45));
    ck_assert_uint_eq(lapicrig_rd(rig, LINT0), 0x8045);
}
END_TEST

START_TEST(lint_active_low)
{
    lapicrig_enable(rig);
    lapic_lint(l, 1, true);
    lapicrig_wr(rig, LINT1, 0x2400);
    lapic_lint(l, 1, false);
    ck_assert_uint_eq(rig->cpu[0].nmi, 1);
    lapic_lint(l, 1, true);
    ck_assert_uint_eq(rig->cpu[0].nmi, 1);
}
END_TEST

START_TEST(lint_nmi_init_masked)
{
    lapicrig_enable(rig);
    lapic_lint(l, 1, true);
    lapic_lint(l, 1, false);
    ck_assert_uint_eq(rig->cpu[0].nmi, 0);
    lapicrig_wr(rig, LINT1, 0x400);
    lapic_lint(l, 1, true);
    ck_assert_uint_eq(rig->cpu[0].nmi, 1);
    lapicrig_wr(rig, LINT0, 0x200); /* SMI */
    lapic_lint(l, 0, true);
    lapic_lint(l, 0, false);
    lapicrig_wr(rig, LINT0, 0x500);
    lapic_lint(l, 0, true);
    ck_assert_uint_eq(rig->cpu[0].init, 1);
    ck_assert_uint_eq(lapicrig_rd(rig, LINT0),
                      0x10000); /* INIT brought reset state */
}
END_TEST

START_TEST(virtual_wire)
{
    lapic_virtual_wire(l);
    ck_assert_uint_eq(lapicrig_rd(rig, SVR), 0x1ff);
    ck_assert_uint_eq(lapicrig_rd(rig, LINT0), 0x700);
    ck_assert_uint_eq(lapicrig_rd(rig, LINT1), 0x400);
    lapic_lint(l, 0, true);
    ck_assert(rig->cpu[0].intr);
    lapicrig_wr(rig, TPR, 0xff); /* ExtINT has no priority */
    ck_assert(rig->cpu[0].intr);
    lapicrig_wr(rig, LINT0, 0x10700);
    ck_assert(!rig->cpu[0].intr);
    lapicrig_wr(rig, LINT0, 0x700);
    ck_assert(rig->cpu[0].intr);
    lapic_lint(l, 0, false);
    ck_assert(!rig->cpu[0].intr);
}
END_TEST

static void intr_to_lint0(void *opaque, unsigned n, bool level)
{
    (void)n;
    lapic_lint(((struct testrig *)opaque)->m.lapic, 0, level);
}

static void out(uint64_t port, uint8_t v)
{
    bus_write(&rig->m.bus, BUS_PORT, port, 1, v);
}

/* With the 8259 behind LINT0: through ExtINT, through a disabled APIC. */
START_TEST(extint_takes_the_8259s_vector)
{
    struct irq_line line = {.set = intr_to_lint0, .opaque = rig};
    struct error err;

    ck_assert_ok(i8259_create(&rig->m, line, &rig->m.pic, &err), &err);
    out(0x20, 0x11);
    out(0x21, 0x70);
    out(0x21, 0x04);
    out(0x21, 0x03); /* automatic EOI */
    out(0x21, 0x00);
    if (_i == 0)
        lapic_virtual_wire(l);
    else
        ck_assert(lapic_set_base(l, 0xfee00100));
    i8259_set_input(rig->m.pic, 4, true);
    ck_assert(rig->cpu[0].intr);
    if (_i == 0)
        lapicrig_self(rig, 0x90); /* ExtINT goes first */
    ck_assert_uint_eq(lapic_ack(l), 0x74);
    ck_assert(rig->cpu[0].intr == (_i == 0));
    if (_i == 0)
        ck_assert_uint_eq(lapic_ack(l), 0x90);
}
END_TEST

Suite *test_lapic_pin_suite(void)
{
    Suite *s = suite_create("lapic_pin");
    TCase *tc = tcase_create("lapic");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, processor_priority, 0, ARRAY_LEN(priorities));
    tcase_add_test(tc, order_and_nesting);
    tcase_add_test(tc, spurious_vector);
    tcase_add_test(tc, cr8_is_tpr);
    tcase_add_test(tc, cr8_in_place);
    tcase_add_test(tc, lint_fixed_edge);
    tcase_add_test(tc, lint0_fixed_level);
    tcase_add_test(tc, lint_active_low);
    tcase_add_test(tc, lint_nmi_init_masked);
    tcase_add_test(tc, virtual_wire);
    tcase_add_loop_test(tc, extint_takes_the_8259s_vector, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
