/* test_lapic.c: registers of the local APIC, enabling, snapshots. */
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

/* ---- registers: what is read after all ones and after zero ---- */

static const struct {
    uint16_t reg;
    uint32_t reset, ones, zero;
    uint32_t error; /* ESR after both writes and the reads */
} registers[] = {
    {ID, 0, 0xff000000, 0, 0},
    {VERSION, 0x00050014, 0x00050014, 0x00050014, 0},
    {TPR, 0, 0xff, 0, 0},
    {APR, 0, 0, 0, 0x80},
    {PPR, 0, 0, 0, 0},
    {EOI, 0, 0, 0, 0},
    {RRD, 0, 0, 0, 0x80},
    {LDR, 0, 0xff000000, 0, 0},
    {DFR, 0xffffffff, 0xffffffff, 0x0fffffff, 0},
    {ISR, 0, 0, 0, 0},
    {ISR + 0x70, 0, 0, 0, 0},
    {TMR, 0, 0, 0, 0},
    {IRR, 0, 0, 0, 0},
    {IRR + 0x70, 0, 0, 0, 0},
    {ESR, 0, 0, 0, 0},
    {ICR2, 0, 0xff000000, 0, 0},
    {TIMER, 0x10000, 0x700ff, 0, 0},
    {THERMAL, 0x10000, 0x107ff, 0, 0},
    {PERF, 0x10000, 0x107ff, 0, 0},
    {LINT0, 0x10000, 0x1a7ff, 0, 0},
    {LINT1, 0x10000, 0x1a7ff, 0, 0},
    {ERROR_LVT, 0x10000, 0x100ff, 0, 0},
    {CURRENT, 0, 0, 0, 0},
    {DIVIDE, 0, 0xb, 0, 0},
    {CMCI, 0, 0, 0, 0x80},
    {0x000, 0, 0, 0, 0x80},
    {0x010, 0, 0, 0, 0x80},
    {0x3f0, 0, 0, 0, 0x80},
    {0x400, 0, 0, 0, 0x80},
    {0xff0, 0, 0, 0, 0x80},
};

START_TEST(register_rules)
{
    unsigned reg = registers[_i].reg;

    ck_assert_uint_eq(lapicrig_rd(rig, reg), registers[_i].reset);
    lapicrig_enable(rig);
    lapicrig_wr(rig, reg, 0xffffffff);
    ck_assert_uint_eq(lapicrig_rd(rig, reg), registers[_i].ones);
    lapicrig_wr(rig, reg, 0);
    ck_assert_uint_eq(lapicrig_rd(rig, reg), registers[_i].zero);
    ck_assert_uint_eq(lapicrig_errors(rig), registers[_i].error);
    ck_assert_uint_eq(lapicrig_errors(rig), 0);
}
END_TEST

START_TEST(svr_bits)
{
    ck_assert_uint_eq(lapicrig_rd(rig, SVR), 0xff);
    lapicrig_wr(rig, SVR, 0xffffffff);
    ck_assert_uint_eq(lapicrig_rd(rig, SVR), 0x3ff);
    lapicrig_wr(rig, SVR, 0);
    ck_assert_uint_eq(lapicrig_rd(rig, SVR), 0);
}
END_TEST

START_TEST(only_aligned_dword_writes)
{
    struct bus *b = &rig->m.bus;

    bus_write(b, BUS_MMIO, LAPIC_BASE + TPR, 1, 0x50);
    bus_write(b, BUS_MMIO, LAPIC_BASE + TPR, 8, 0x50);
    bus_write(b, BUS_MMIO, LAPIC_BASE + TPR + 4, 4, 0x50);
    ck_assert_uint_eq(lapicrig_rd(rig, TPR), 0);
    ck_assert_uint_eq(bus_read(b, BUS_MMIO, LAPIC_BASE + VERSION, 1), 0x14);
    ck_assert_uint_eq(bus_read(b, BUS_MMIO, LAPIC_BASE + VERSION + 2, 2), 5);
    ck_assert_uint_eq(bus_read(b, BUS_MMIO, LAPIC_BASE + VERSION + 4, 4), 0);
}
END_TEST

/* ---- enabling ---- */

START_TEST(software_disable_masks)
{
    unsigned reg;

    lapicrig_enable(rig);
    for (reg = TIMER; reg <= ERROR_LVT; reg += 0x10)
        lapicrig_wr(rig, reg, 0x40);
    lapicrig_wr(rig, SVR, 0xff);
    for (reg = TIMER; reg <= ERROR_LVT; reg += 0x10) {
        ck_assert_uint_eq(lapicrig_rd(rig, reg), 0x10040);
        lapicrig_wr(rig, reg, 0x41); /* the mask cannot be cleared now */
        ck_assert_uint_eq(lapicrig_rd(rig, reg), 0x10041);
    }
    lapicrig_self(rig, 0x50);
    ck_assert(!lapic_irr(l, 0x50));
}
END_TEST

START_TEST(software_disable_holds_pending)
{
    lapicrig_enable(rig);
    lapicrig_wr(rig, TPR, 0xff);
    lapicrig_self(rig, 0x50);
    lapicrig_wr(rig, SVR, 0xff);
    ck_assert(lapic_irr(l, 0x50));
    lapicrig_wr(rig, TPR, 0);
    ck_assert(rig->cpu[0].intr);
    ck_assert_uint_eq(lapic_ack(l), 0x50);
}
END_TEST

static const struct {
    uint64_t v;
    bool ok;
} bases[] = {
    {0xfee00900, true},  {0xfee00800, true},   {0xfee00000, true},
    {0xfee00100, true},  {0xfee00d00, false},  {0xfee00c00, false},
    {0xfee00901, false}, {0xfee00a00, false},  {0xfed00900, false},
    {0x900, false},      {0x1fee00900, false}, {UINT64_MAX, false},
};

START_TEST(base_msr)
{
    ck_assert_uint_eq(lapic_get_base(l), 0xfee00900);
    ck_assert(lapic_set_base(l, bases[_i].v) == bases[_i].ok);
    ck_assert_uint_eq(lapic_get_base(l),
                      bases[_i].ok ? bases[_i].v : 0xfee00900);
}
END_TEST

START_TEST(global_disable)
{
    lapicrig_enable(rig);
    lapicrig_wr(rig, TPR, 0x20);
    lapicrig_self(rig, 0x50);
    ck_assert(rig->cpu[0].intr);
    ck_assert(lapic_set_base(l, 0xfee00100));
    ck_assert(!rig->cpu[0].intr);
    ck_assert_uint_eq(lapicrig_rd(rig, VERSION), 0xffffffff);
    lapicrig_wr(rig, TPR, 0x30);
    lapic_lint(l, 0, true);
    ck_assert(rig->cpu[0].intr);
    lapic_lint(l, 0, false);
    ck_assert(!rig->cpu[0].intr);
    lapic_lint(l, 1, true);
    lapic_lint(l, 1, true);
    ck_assert_uint_eq(rig->cpu[0].nmi, 1);
    lapic_lint(l, 1, false);
    ck_assert(lapic_set_base(l, 0xfee00900));
    ck_assert_uint_eq(lapicrig_rd(rig, TPR), 0);
    ck_assert_uint_eq(lapicrig_rd(rig, SVR), 0xff);
    ck_assert(!lapic_irr(l, 0x50));
}
END_TEST

/* ---- the whole ---- */

START_TEST(snapshot_restores)
{
    struct testrig *first = rig;

    lapicrig_enable(rig);
    lapicrig_wr(rig, TPR, 0x20);
    lapicrig_wr(rig, LINT0, 0x8045);
    lapic_lint(l, 0, true);
    lapicrig_wr(rig, TIMER, 0x20031);
    lapicrig_wr(rig, INITIAL, 1000);
    testrig_advance(rig, 300);
    setup();
    testrig_copy_state(first, rig);
    ck_assert(rig->cpu[0].intr);
    ck_assert_uint_eq(lapicrig_rd(rig, LINT0), 0xc045);
    ck_assert_uint_eq(lapicrig_rd(rig, CURRENT), 850);
    testrig_advance(rig, 1699);
    ck_assert(!lapic_irr(l, 0x31));
    testrig_advance(rig, 1);
    ck_assert(lapic_irr(l, 0x31));
    testrig_free(first);
}
END_TEST

Suite *test_lapic_suite(void)
{
    Suite *s = suite_create("lapic");
    TCase *tc = tcase_create("lapic");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, register_rules, 0, ARRAY_LEN(registers));
    tcase_add_test(tc, svr_bits);
    tcase_add_test(tc, only_aligned_dword_writes);
    tcase_add_test(tc, software_disable_masks);
    tcase_add_test(tc, software_disable_holds_pending);
    tcase_add_loop_test(tc, base_msr, 0, ARRAY_LEN(bases));
    tcase_add_test(tc, global_disable);
    tcase_add_test(tc, snapshot_restores);
    suite_add_tcase(s, tc);
    return s;
}
