/* test_ioapic.c: redirection entries of the I/O APIC, with a local APIC. */
#include "common/base/rng.h"
#include "common/dev/tests/testrig.h"
#include "common/tests/suite.h"

static struct testrig *rig;
static struct lapic *l;
static struct ioapic *io;

static uint32_t rd(unsigned reg)
{
    testrig_wr(rig, IOAPIC_BASE, reg);
    return testrig_rd(rig, IOAPIC_BASE + 0x10);
}

static void wr(unsigned reg, uint32_t value)
{
    testrig_wr(rig, IOAPIC_BASE, reg);
    testrig_wr(rig, IOAPIC_BASE + 0x10, value);
}

static void setup(void)
{
    struct error err;

    rig = testrig_new();
    ck_assert_ok(lapic_create(&rig->m, &rig->m.lapic, &err), &err);
    ck_assert_ok(ioapic_create(&rig->m, &rig->m.ioapic, &err), &err);
    l = rig->m.lapic;
    io = rig->m.ioapic;
    testrig_wr(rig, LAPIC_BASE + 0xf0, 0x1ff);
}

static void teardown(void)
{
    testrig_free(rig);
}

static void lapic_done(void)
{
    testrig_wr(rig, LAPIC_BASE + 0xb0, 0);
}

/* Entry of a pin: low half, to processor 0. */
static unsigned low(unsigned pin)
{
    return 0x10 + 2 * pin;
}

static const struct {
    uint8_t reg;
    uint32_t reset, ones, zero;
} registers[] = {
    {0x00, 0, 0x0f000000, 0}, {0x01, 0x00170020, 0x00170020, 0x00170020},
    {0x02, 0, 0, 0},          {0x03, 0, 0, 0},
    {0x0f, 0, 0, 0},          {0x10, 0x10000, 0x1afff, 0},
    {0x11, 0, 0xff000000, 0}, {0x3e, 0x10000, 0x1afff, 0},
    {0x3f, 0, 0xff000000, 0}, {0x40, 0, 0, 0},
    {0xff, 0, 0, 0},
};

START_TEST(register_rules)
{
    ck_assert_uint_eq(rd(registers[_i].reg), registers[_i].reset);
    wr(registers[_i].reg, 0xffffffff);
    ck_assert_uint_eq(rd(registers[_i].reg), registers[_i].ones);
    wr(registers[_i].reg, 0);
    ck_assert_uint_eq(rd(registers[_i].reg), registers[_i].zero);
}
END_TEST

START_TEST(all_pins_start_masked)
{
    unsigned pin;

    for (pin = 0; pin < IOAPIC_PINS; pin++) {
        ck_assert_uint_eq(rd(low(pin)), 0x10000);
        ck_assert_uint_eq(rd(low(pin) + 1), 0);
    }
    ioapic_set_id(io, 3);
    ck_assert_uint_eq(rd(0), 3u << 24);
    ck_assert_uint_eq(rd(2), 3u << 24);
}
END_TEST

START_TEST(edge)
{
    wr(low(5), 0x35);
    ioapic_set_pin(io, 5, true);
    ioapic_set_pin(io, 5, true);
    ck_assert_uint_eq(lapic_ack(l), 0x35);
    lapic_done();
    ck_assert(!lapic_irr(l, 0x35));
    ioapic_set_pin(io, 5, false);
    ck_assert(!lapic_irr(l, 0x35));
    ioapic_set_pin(io, 5, true);
    ck_assert(lapic_irr(l, 0x35));
    ck_assert_uint_eq(rd(low(5)), 0x35);
}
END_TEST

START_TEST(masked_edge_is_lost)
{
    wr(low(5), 0x10035);
    ioapic_set_pin(io, 5, true);
    wr(low(5), 0x35);
    ck_assert(!lapic_irr(l, 0x35));
}
END_TEST

START_TEST(active_low_edge)
{
    ioapic_set_pin(io, 5, true);
    wr(low(5), 0x2035);
    ck_assert(!lapic_irr(l, 0x35));
    ioapic_set_pin(io, 5, false);
    ck_assert(lapic_irr(l, 0x35));
}
END_TEST

START_TEST(level)
{
    wr(low(9), 0x18039);
    ioapic_set_pin(io, 9, true);
    ck_assert(!lapic_irr(l, 0x39));
    wr(low(9), 0x8039); /* a level waits for the mask */
    ck_assert_uint_eq(rd(low(9)), 0xc039);
    ck_assert_uint_eq(lapic_ack(l), 0x39);
    ioapic_set_pin(io, 9, false);
    ioapic_set_pin(io, 9, true);
    ck_assert(!lapic_irr(l, 0x39));
    lapic_done(); /* the EOI reaches the entry; the pin is still up */
    ck_assert(lapic_irr(l, 0x39));
    ck_assert_uint_eq(rd(low(9)), 0xc039);
    ck_assert_uint_eq(lapic_ack(l), 0x39);
    ioapic_set_pin(io, 9, false);
    lapic_done();
    ck_assert(!lapic_irr(l, 0x39));
    ck_assert_uint_eq(rd(low(9)), 0x8039);
}
END_TEST

START_TEST(active_low_level)
{
    ioapic_set_pin(io, 9, true);
    wr(low(9), 0xa039);
    ck_assert(!lapic_irr(l, 0x39));
    ioapic_set_pin(io, 9, false);
    ck_assert(lapic_irr(l, 0x39));
}
END_TEST

START_TEST(shared_vector)
{
    wr(low(9), 0x8039);
    wr(low(10), 0x8039);
    ioapic_set_pin(io, 9, true);
    ioapic_set_pin(io, 10, true);
    ck_assert_uint_eq(lapic_ack(l), 0x39);
    ioapic_set_pin(io, 9, false);
    lapic_done();
    ck_assert_uint_eq(rd(low(9)), 0x8039);
    ck_assert_uint_eq(rd(low(10)), 0xc039);
    ck_assert(lapic_irr(l, 0x39));
}
END_TEST

START_TEST(remote_irr_cleared_as_edge)
{
    wr(low(9), 0x8039);
    ioapic_set_pin(io, 9, true);
    ck_assert_uint_eq(rd(low(9)), 0xc039);
    wr(low(9), 0x10039);
    ck_assert_uint_eq(rd(low(9)), 0x10039);
    wr(low(9), 0x18039);
    ck_assert_uint_eq(rd(low(9)), 0x18039);
}
END_TEST

START_TEST(eoi_register)
{
    wr(low(9), 0x8039);
    ioapic_set_pin(io, 9, true);
    ioapic_set_pin(io, 9, false);
    ck_assert_uint_eq(rd(low(9)), 0xc039);
    testrig_wr(rig, IOAPIC_BASE + 0x40, 0x38);
    ck_assert_uint_eq(rd(low(9)), 0xc039);
    testrig_wr(rig, IOAPIC_BASE + 0x40, 0x39);
    ck_assert_uint_eq(rd(low(9)), 0x8039);
}
END_TEST

START_TEST(waits_for_an_enabled_apic)
{
    testrig_wr(rig, LAPIC_BASE + 0xf0, 0xff);
    wr(low(9), 0x8039);
    ioapic_set_pin(io, 9, true);
    ck_assert_uint_eq(rd(low(9)), 0x8039);
    testrig_wr(rig, LAPIC_BASE + 0xf0, 0x1ff);
    ck_assert(lapic_irr(l, 0x39));
    ck_assert_uint_eq(rd(low(9)), 0xc039);
}
END_TEST

static const struct {
    const char *what;
    uint32_t low, high; /* of the entry; LDR is 0x01, flat; ID is 0 */
    unsigned fixed, nmi, init, intr;
} modes[] = {
    {"fixed", 0x0041, 0x00000000, 1, 0, 0, 1},
    {"fixed elsewhere", 0x0041, 0x01000000, 0, 0, 0, 0},
    {"logical", 0x0841, 0x01000000, 1, 0, 0, 1},
    {"logical elsewhere", 0x0841, 0x02000000, 0, 0, 0, 0},
    {"lowest", 0x0941, 0x01000000, 1, 0, 0, 1},
    {"all", 0x0041, 0xff000000, 1, 0, 0, 1},
    {"SMI", 0x0241, 0, 0, 0, 0, 0},
    {"reserved", 0x0341, 0, 0, 0, 0, 0},
    {"NMI", 0x0441, 0, 0, 1, 0, 0},
    {"NMI as a level", 0x8441, 0, 0, 1, 0, 0},
    {"INIT", 0x0541, 0, 0, 0, 1, 0},
    {"SIPI", 0x0641, 0, 0, 0, 0, 0},
    {"ExtINT", 0x0741, 0, 0, 0, 0, 1},
    {"illegal vector", 0x000f, 0, 0, 0, 0, 0},
};

START_TEST(delivery_modes)
{
    testrig_wr(rig, LAPIC_BASE + 0xd0, 1u << 24);
    wr(low(7) + 1, modes[_i].high);
    wr(low(7), modes[_i].low);
    ioapic_set_pin(io, 7, true);
    ck_assert_uint_eq(lapic_irr(l, 0x41), modes[_i].fixed);
    ck_assert_uint_eq(rig->cpu[0].nmi, modes[_i].nmi);
    ck_assert_uint_eq(rig->cpu[0].init, modes[_i].init);
    ck_assert_uint_eq(rig->cpu[0].intr, modes[_i].intr);
    ck_assert_uint_eq(rd(low(7)) & 0x4000, 0);
}
END_TEST

START_TEST(snapshot_restores)
{
    struct testrig *first = rig;

    wr(low(9), 0x8039);
    wr(low(9) + 1, 0);
    ioapic_set_pin(io, 9, true);
    setup();
    testrig_copy_state(first, rig);
    ck_assert_uint_eq(rd(low(9)), 0xc039);
    ck_assert_uint_eq(lapic_ack(l), 0x39);
    lapic_done();
    ck_assert(lapic_irr(l, 0x39)); /* the pin's level came along */
    testrig_free(first);
}
END_TEST

START_TEST(hostile_guest)
{
    struct rng r = {(uint64_t)_i};
    unsigned i;

    for (i = 0; i < 20000; i++) {
        uint64_t v = rng_next(&r);

        switch (v & 3) {
        case 0:
            wr((unsigned)(v >> 8 & 0xff), (uint32_t)(v >> 16));
            break;
        case 1:
            ioapic_set_pin(io, (unsigned)(v >> 8 & 31), v >> 2 & 1);
            break;
        case 2:
            bus_write(&rig->m.bus, BUS_MMIO, IOAPIC_BASE + (v >> 8 & 0xfff),
                      1u << (v >> 4 & 3), v >> 20);
            bus_read(&rig->m.bus, BUS_MMIO, IOAPIC_BASE + (v >> 8 & 0xfff),
                     1u << (v >> 4 & 3));
            break;
        case 3:
            testrig_wr(rig, LAPIC_BASE + 0xf0, 0x1ff);
            lapic_done();
            break;
        }
    }
}
END_TEST

Suite *test_ioapic_suite(void)
{
    Suite *s = suite_create("ioapic");
    TCase *tc = tcase_create("ioapic");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, register_rules, 0, ARRAY_LEN(registers));
    tcase_add_test(tc, all_pins_start_masked);
    tcase_add_test(tc, edge);
    tcase_add_test(tc, masked_edge_is_lost);
    tcase_add_test(tc, active_low_edge);
    tcase_add_test(tc, level);
    tcase_add_test(tc, active_low_level);
    tcase_add_test(tc, shared_vector);
    tcase_add_test(tc, remote_irr_cleared_as_edge);
    tcase_add_test(tc, eoi_register);
    tcase_add_test(tc, waits_for_an_enabled_apic);
    tcase_add_loop_test(tc, delivery_modes, 0, ARRAY_LEN(modes));
    tcase_add_test(tc, snapshot_restores);
    tcase_add_loop_test(tc, hostile_guest, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}
