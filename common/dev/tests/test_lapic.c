/* test_lapic.c: registers, priorities, pins, IPIs and errors of the local
 * APIC. */
#include "common/base/rng.h"
#include "common/dev/i8259.h"
#include "common/dev/tests/testrig.h"
#include "common/tests/suite.h"

enum {
    ID = 0x20,
    VERSION = 0x30,
    TPR = 0x80,
    APR = 0x90,
    PPR = 0xa0,
    EOI = 0xb0,
    RRD = 0xc0,
    LDR = 0xd0,
    DFR = 0xe0,
    SVR = 0xf0,
    ISR = 0x100,
    TMR = 0x180,
    IRR = 0x200,
    ESR = 0x280,
    CMCI = 0x2f0,
    ICR = 0x300,
    ICR2 = 0x310,
    TIMER = 0x320,
    THERMAL = 0x330,
    PERF = 0x340,
    LINT0 = 0x350,
    LINT1 = 0x360,
    ERROR_LVT = 0x370,
    INITIAL = 0x380,
    CURRENT = 0x390,
    DIVIDE = 0x3e0,
};

static struct testrig *rig;
static struct lapic *l;

static void add_apic(unsigned i)
{
    struct error err;

    ck_assert_ok(lapic_create(&rig->m, i == 0 ? &rig->m.lapic : &l, &err),
                 &err);
    lapic_set_cpu(rig->m.apic[i], &rig->cpu[i]);
}

static void setup(void)
{
    rig = testrig_new();
    add_apic(0);
    l = rig->m.lapic;
}

static void teardown(void)
{
    testrig_free(rig);
}

static uint32_t rd(unsigned reg)
{
    return testrig_rd(rig, LAPIC_BASE + reg);
}

static void wr(unsigned reg, uint32_t value)
{
    testrig_wr(rig, LAPIC_BASE + reg, value);
}

static void enable(void)
{
    wr(SVR, 0x1ff);
}

/* Write a self IPI of this vector. */
static void self(uint8_t vector)
{
    wr(ICR, 0x40000u | 0x4000u | vector);
}

static uint32_t errors(void)
{
    wr(ESR, 0);
    return rd(ESR);
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

    ck_assert_uint_eq(rd(reg), registers[_i].reset);
    enable();
    wr(reg, 0xffffffff);
    ck_assert_uint_eq(rd(reg), registers[_i].ones);
    wr(reg, 0);
    ck_assert_uint_eq(rd(reg), registers[_i].zero);
    ck_assert_uint_eq(errors(), registers[_i].error);
    ck_assert_uint_eq(errors(), 0);
}
END_TEST

START_TEST(svr_bits)
{
    ck_assert_uint_eq(rd(SVR), 0xff);
    wr(SVR, 0xffffffff);
    ck_assert_uint_eq(rd(SVR), 0x3ff);
    wr(SVR, 0);
    ck_assert_uint_eq(rd(SVR), 0);
}
END_TEST

START_TEST(only_aligned_dword_writes)
{
    struct bus *b = &rig->m.bus;

    bus_write(b, BUS_MMIO, LAPIC_BASE + TPR, 1, 0x50);
    bus_write(b, BUS_MMIO, LAPIC_BASE + TPR, 8, 0x50);
    bus_write(b, BUS_MMIO, LAPIC_BASE + TPR + 4, 4, 0x50);
    ck_assert_uint_eq(rd(TPR), 0);
    ck_assert_uint_eq(bus_read(b, BUS_MMIO, LAPIC_BASE + VERSION, 1), 0x14);
    ck_assert_uint_eq(bus_read(b, BUS_MMIO, LAPIC_BASE + VERSION + 2, 2), 5);
    ck_assert_uint_eq(bus_read(b, BUS_MMIO, LAPIC_BASE + VERSION + 4, 4), 0);
}
END_TEST

/* ---- enabling ---- */

START_TEST(software_disable_masks)
{
    unsigned reg;

    enable();
    for (reg = TIMER; reg <= ERROR_LVT; reg += 0x10)
        wr(reg, 0x40);
    wr(SVR, 0xff);
    for (reg = TIMER; reg <= ERROR_LVT; reg += 0x10) {
        ck_assert_uint_eq(rd(reg), 0x10040);
        wr(reg, 0x41); /* the mask cannot be cleared now */
        ck_assert_uint_eq(rd(reg), 0x10041);
    }
    self(0x50);
    ck_assert(!lapic_irr(l, 0x50));
}
END_TEST

START_TEST(software_disable_holds_pending)
{
    enable();
    wr(TPR, 0xff);
    self(0x50);
    wr(SVR, 0xff);
    ck_assert(lapic_irr(l, 0x50));
    wr(TPR, 0);
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
    enable();
    wr(TPR, 0x20);
    self(0x50);
    ck_assert(rig->cpu[0].intr);
    ck_assert(lapic_set_base(l, 0xfee00100));
    ck_assert(!rig->cpu[0].intr);
    ck_assert_uint_eq(rd(VERSION), 0xffffffff);
    wr(TPR, 0x30);
    lapic_lint(l, 0, true);
    ck_assert(rig->cpu[0].intr);
    lapic_lint(l, 0, false);
    ck_assert(!rig->cpu[0].intr);
    lapic_lint(l, 1, true);
    lapic_lint(l, 1, true);
    ck_assert_uint_eq(rig->cpu[0].nmi, 1);
    lapic_lint(l, 1, false);
    ck_assert(lapic_set_base(l, 0xfee00900));
    ck_assert_uint_eq(rd(TPR), 0);
    ck_assert_uint_eq(rd(SVR), 0xff);
    ck_assert(!lapic_irr(l, 0x50));
}
END_TEST

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
    enable();
    if (priorities[_i].serving != 0) {
        self(priorities[_i].serving);
        ck_assert_uint_eq(lapic_ack(l), priorities[_i].serving);
    }
    wr(TPR, priorities[_i].tpr);
    ck_assert_uint_eq(rd(PPR), priorities[_i].ppr);
    self(priorities[_i].pending);
    ck_assert(rig->cpu[0].intr == priorities[_i].intr);
}
END_TEST

START_TEST(order_and_nesting)
{
    enable();
    self(0x31);
    self(0x52);
    self(0x40);
    ck_assert_uint_eq(lapic_ack(l), 0x52);
    ck_assert(!rig->cpu[0].intr);
    ck_assert_uint_eq(rd(ISR + 0x20), 1u << 0x12);
    self(0x61);
    ck_assert(rig->cpu[0].intr);
    ck_assert_uint_eq(lapic_ack(l), 0x61);
    wr(EOI, 0);
    ck_assert(!lapic_isr(l, 0x61) && lapic_isr(l, 0x52));
    ck_assert(!rig->cpu[0].intr);
    wr(EOI, 0);
    ck_assert(rig->cpu[0].intr);
    ck_assert_uint_eq(lapic_ack(l), 0x40);
    wr(EOI, 0);
    ck_assert_uint_eq(lapic_ack(l), 0x31);
    wr(EOI, 0);
    wr(EOI, 0); /* none in service */
    ck_assert(!rig->cpu[0].intr);
}
END_TEST

START_TEST(spurious_vector)
{
    wr(SVR, 0x1ef);
    self(0x31);
    ck_assert(rig->cpu[0].intr);
    wr(TPR, 0x30); /* between INTR and INTA */
    ck_assert_uint_eq(lapic_ack(l), 0xef);
    ck_assert(lapic_irr(l, 0x31));
    ck_assert(!lapic_isr(l, 0xef));
}
END_TEST

START_TEST(cr8_is_tpr)
{
    enable();
    wr(TPR, 0x5f);
    ck_assert_uint_eq(lapic_get_tpr(l), 5);
    lapic_set_tpr(l, 9);
    ck_assert_uint_eq(rd(TPR), 0x90);
    self(0x91);
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

    enable();
    ck_assert(!lapic_requested(l));
    ck_assert_mem_eq(at.requests, none, LAPIC_REQUESTS);
    *at.tpr = 0x90;
    ck_assert_uint_eq(rd(TPR), 0x90);
    self(0x91); /* not deliverable, but requested */
    ck_assert(lapic_requested(l));
    ck_assert_mem_ne(at.requests, none, LAPIC_REQUESTS);
}
END_TEST

/* ---- pins ---- */

START_TEST(lint_fixed_edge)
{
    enable();
    wr(LINT1, 0x8045); /* LINT1 is an edge, whatever the trigger bit says */
    lapic_lint(l, 1, true);
    lapic_lint(l, 1, true);
    ck_assert(lapic_irr(l, 0x45));
    ck_assert_uint_eq(rd(TMR + 0x20), 0);
    ck_assert_uint_eq(lapic_ack(l), 0x45);
    wr(EOI, 0);
    ck_assert(!lapic_irr(l, 0x45));
    lapic_lint(l, 1, false);
    lapic_lint(l, 1, true);
    ck_assert(lapic_irr(l, 0x45));
}
END_TEST

START_TEST(lint0_fixed_level)
{
    enable();
    lapic_lint(l, 0, true);
    wr(LINT0, 0x8045); /* the level is there already */
    ck_assert(lapic_irr(l, 0x45));
    ck_assert_uint_eq(rd(LINT0), 0xc045);
    ck_assert_uint_eq(rd(TMR + 0x20), 1u << 5);
    ck_assert_uint_eq(lapic_ack(l), 0x45);
    lapic_lint(l, 0, false);
    lapic_lint(l, 0, true);
    ck_assert(!lapic_irr(l, 0x45)); /* remote IRR holds it */
    wr(EOI, 0);
    ck_assert(lapic_irr(l, 0x45)); /* still asserted */
    ck_assert_uint_eq(lapic_ack(l), 0x45);
    lapic_lint(l, 0, false);
    wr(EOI, 0);
    ck_assert(!lapic_irr(l, 0x45));
    ck_assert_uint_eq(rd(LINT0), 0x8045);
}
END_TEST

START_TEST(lint_active_low)
{
    enable();
    lapic_lint(l, 1, true);
    wr(LINT1, 0x2400);
    lapic_lint(l, 1, false);
    ck_assert_uint_eq(rig->cpu[0].nmi, 1);
    lapic_lint(l, 1, true);
    ck_assert_uint_eq(rig->cpu[0].nmi, 1);
}
END_TEST

START_TEST(lint_nmi_init_masked)
{
    enable();
    lapic_lint(l, 1, true);
    lapic_lint(l, 1, false);
    ck_assert_uint_eq(rig->cpu[0].nmi, 0);
    wr(LINT1, 0x400);
    lapic_lint(l, 1, true);
    ck_assert_uint_eq(rig->cpu[0].nmi, 1);
    wr(LINT0, 0x200); /* SMI */
    lapic_lint(l, 0, true);
    lapic_lint(l, 0, false);
    wr(LINT0, 0x500);
    lapic_lint(l, 0, true);
    ck_assert_uint_eq(rig->cpu[0].init, 1);
    ck_assert_uint_eq(rd(LINT0), 0x10000); /* INIT brought reset state */
}
END_TEST

START_TEST(virtual_wire)
{
    lapic_virtual_wire(l);
    ck_assert_uint_eq(rd(SVR), 0x1ff);
    ck_assert_uint_eq(rd(LINT0), 0x700);
    ck_assert_uint_eq(rd(LINT1), 0x400);
    lapic_lint(l, 0, true);
    ck_assert(rig->cpu[0].intr);
    wr(TPR, 0xff); /* ExtINT has no priority */
    ck_assert(rig->cpu[0].intr);
    wr(LINT0, 0x10700);
    ck_assert(!rig->cpu[0].intr);
    wr(LINT0, 0x700);
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
        self(0x90); /* ExtINT goes first */
    ck_assert_uint_eq(lapic_ack(l), 0x74);
    ck_assert(rig->cpu[0].intr == (_i == 0));
    if (_i == 0)
        ck_assert_uint_eq(lapic_ack(l), 0x90);
}
END_TEST

/* ---- IPIs, with a second processor ---- */

static const struct {
    const char *what;
    uint32_t dest, low; /* ICR, sent by processor 0 */
    uint8_t got[2];     /* bit 0: vector 0x55, 1 NMI, 2 INIT, 3 SIPI */
} ipis[] = {
    {"physical 0", 0, 0x4055, {1, 0}},
    {"physical 1", 1, 0x4055, {0, 1}},
    {"physical 7", 7, 0x4055, {0, 0}},
    {"physical all", 0xff, 0x4055, {1, 1}},
    {"level assert bit clear", 1, 0x0055, {0, 1}},
    {"flat 1", 1, 0x4855, {1, 0}},
    {"flat 2", 2, 0x4855, {0, 1}},
    {"flat 3", 3, 0x4855, {1, 1}},
    {"flat 4", 4, 0x4855, {0, 0}},
    {"lowest of both", 3, 0x4955, {0, 1}}, /* processor 0 has TPR 0x10 */
    {"lowest of one", 1, 0x4955, {1, 0}},
    {"self", 7, 0x44055, {1, 0}},
    {"all", 7, 0x84055, {1, 1}},
    {"others", 7, 0xc4055, {0, 1}},
    {"NMI", 1, 0x4400, {0, 2}},
    {"NMI others", 0, 0xc4400, {0, 2}},
    {"NMI all: invalid", 0, 0x84400, {0, 0}},
    {"NMI self: invalid", 0, 0x44400, {0, 0}},
    {"INIT", 1, 0xc500, {0, 4}},
    {"INIT others", 1, 0xcc500, {0, 4}},
    {"INIT de-assert", 1, 0x8500, {0, 0}},
    {"SIPI", 1, 0x4655, {0, 8}},
    {"SIPI others", 0, 0xc4655, {0, 8}},
    {"SMI", 1, 0x4200, {0, 0}},
    {"reserved 3", 1, 0x4355, {0, 0}},
    {"reserved 7", 1, 0x4755, {0, 0}},
};

static unsigned got(unsigned i)
{
    const struct testrig_cpu *c = &rig->cpu[i];

    return (lapic_irr(rig->m.apic[i], 0x55) ? 1 : 0) | (c->nmi ? 2 : 0) |
           (c->init ? 4 : 0) | (c->sipi ? 8 : 0);
}

static void two_processors(void)
{
    add_apic(1);
    rig->m.lapic = rig->m.apic[1];
    enable();
    wr(LDR, 2u << 24);
    rig->m.lapic = rig->m.apic[0];
    enable();
    wr(LDR, 1u << 24);
    wr(TPR, 0x10);
}

START_TEST(ipi_destinations)
{
    two_processors();
    wr(ICR2, ipis[_i].dest << 24);
    wr(ICR, ipis[_i].low);
    ck_assert_uint_eq(rd(ICR), ipis[_i].low);
    ck_assert_msg(got(0) == ipis[_i].got[0] && got(1) == ipis[_i].got[1],
                  "%s: %x %x", ipis[_i].what, got(0), got(1));
    if (rig->cpu[1].sipi)
        ck_assert_uint_eq(rig->cpu[1].sipi_vector, 0x55);
    ck_assert_uint_eq(errors(), 0);
}
END_TEST

static const struct {
    uint8_t ldr, dest;
    bool hit;
} clusters[] = {
    {0x21, 0x21, true},  {0x21, 0x2f, true}, {0x21, 0x22, false},
    {0x21, 0x31, false}, {0x21, 0xff, true}, {0x00, 0x0f, false},
    {0x2f, 0x20, false}, {0x28, 0x28, true},
};

START_TEST(cluster_destinations)
{
    enable();
    wr(DFR, 0);
    wr(LDR, (uint32_t)clusters[_i].ldr << 24);
    wr(ICR2, (uint32_t)clusters[_i].dest << 24);
    wr(ICR, 0x4855);
    ck_assert(lapic_irr(l, 0x55) == clusters[_i].hit);
}
END_TEST

START_TEST(init_resets_all_but_the_id)
{
    enable();
    wr(ID, 5u << 24);
    wr(TPR, 0x40);
    wr(LDR, 1u << 24);
    self(0x30);
    wr(INITIAL, 100);
    wr(ICR2, 5u << 24);
    wr(ICR, 0x4500);
    ck_assert_uint_eq(rig->cpu[0].init, 1);
    ck_assert_uint_eq(rd(ID), 5u << 24);
    ck_assert_uint_eq(rd(TPR), 0);
    ck_assert_uint_eq(rd(LDR), 0);
    ck_assert_uint_eq(rd(SVR), 0xff);
    ck_assert_uint_eq(rd(INITIAL), 0);
    ck_assert_uint_eq(rd(IRR + 0x10), 0);
    ck_assert_uint_eq(lapic_get_base(l), 0xfee00900);
}
END_TEST

/* ---- errors ---- */

START_TEST(illegal_vectors)
{
    enable();
    self(0x0f);
    ck_assert_uint_eq(rd(ESR), 0); /* only after a write */
    ck_assert_uint_eq(errors(), 0x20);
    wr(ICR, 0x44000 | 0x10);
    ck_assert_uint_eq(errors(), 0);
    wr(LINT0, 0x000f);
    ck_assert_uint_eq(errors(), 0);
    lapic_lint(l, 0, true);
    ck_assert_uint_eq(errors(), 0x40);
    wr(LINT0, 0x800f); /* level-triggered: once a look at it, no loop */
    ck_assert_uint_eq(errors(), 0x40);
    ck_assert_uint_eq(rd(IRR), 1u << 16); /* the legal one */
}
END_TEST

START_TEST(error_interrupt)
{
    enable();
    wr(ERROR_LVT, 0xfe);
    self(1);
    ck_assert_uint_eq(lapic_ack(l), 0xfe);
    wr(EOI, 0);
    self(2); /* not rearmed yet */
    ck_assert(!rig->cpu[0].intr);
    wr(ESR, 0);
    self(3);
    ck_assert(rig->cpu[0].intr);
    wr(ESR, 0);
    wr(ERROR_LVT, 0x05); /* an illegal vector for errors */
    self(4);
    ck_assert_uint_eq(errors(), 0x60);
}
END_TEST

/* ---- the whole ---- */

START_TEST(snapshot_restores)
{
    struct testrig *first = rig;

    enable();
    wr(TPR, 0x20);
    wr(LINT0, 0x8045);
    lapic_lint(l, 0, true);
    wr(TIMER, 0x20031);
    wr(INITIAL, 1000);
    testrig_advance(rig, 300);
    setup();
    testrig_copy_state(first, rig);
    ck_assert(rig->cpu[0].intr);
    ck_assert_uint_eq(rd(LINT0), 0xc045);
    ck_assert_uint_eq(rd(CURRENT), 850);
    testrig_advance(rig, 1699);
    ck_assert(!lapic_irr(l, 0x31));
    testrig_advance(rig, 1);
    ck_assert(lapic_irr(l, 0x31));
    testrig_free(first);
}
END_TEST

/* Any register values in any order: no crash and no endless loop. */
START_TEST(hostile_guest)
{
    struct rng r = {(uint64_t)_i};
    unsigned i;

    two_processors();
    for (i = 0; i < 20000; i++) {
        uint64_t v = rng_next(&r);

        rig->m.lapic = rig->m.apic[v & 1];
        switch (v >> 1 & 7) {
        case 0:
            lapic_lint(rig->m.lapic, v >> 4 & 1, v >> 5 & 1);
            break;
        case 1:
            testrig_advance(rig, v >> 4 & 0x3f);
            break;
        case 2:
            rig->m.clock.skipped_ns += v >> 4 & 0xffffff;
            clock_run_due(&rig->m.clock);
            break;
        case 3:
            lapic_set_deadline(rig->m.lapic, v >> (v & 63));
            break;
        case 4:
            (void)rd((unsigned)(v >> 4 & 0xff0));
            break;
        default:
            wr((unsigned)(v >> 4 & 0x3f0), (uint32_t)(v >> 20));
            break;
        }
    }
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
    tcase_add_loop_test(tc, ipi_destinations, 0, ARRAY_LEN(ipis));
    tcase_add_loop_test(tc, cluster_destinations, 0, ARRAY_LEN(clusters));
    tcase_add_test(tc, init_resets_all_but_the_id);
    tcase_add_test(tc, illegal_vectors);
    tcase_add_test(tc, error_interrupt);
    tcase_add_test(tc, snapshot_restores);
    tcase_add_loop_test(tc, hostile_guest, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}
