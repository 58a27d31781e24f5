/* test_lapic_ipi.c: interrupts between local APICs, errors, hostile guests. */
#include "common/base/rng.h"
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
    l = lapicrig_add(rig, 1);
    rig->m.lapic = rig->m.apic[1];
    lapicrig_enable(rig);
    lapicrig_wr(rig, LDR, 2u << 24);
    rig->m.lapic = rig->m.apic[0];
    lapicrig_enable(rig);
    lapicrig_wr(rig, LDR, 1u << 24);
    lapicrig_wr(rig, TPR, 0x10);
}

START_TEST(ipi_destinations)
{
    two_processors();
    lapicrig_wr(rig, ICR2, ipis[_i].dest << 24);
    lapicrig_wr(rig, ICR, ipis[_i].low);
    ck_assert_uint_eq(lapicrig_rd(rig, ICR), ipis[_i].low);
    ck_assert_msg(got(0) == ipis[_i].got[0] && got(1) == ipis[_i].got[1],
                  "%s: %x %x", ipis[_i].what, got(0), got(1));
    if (rig->cpu[1].sipi)
        ck_assert_uint_eq(rig->cpu[1].sipi_vector, 0x55);
    ck_assert_uint_eq(lapicrig_errors(rig), 0);
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
    lapicrig_enable(rig);
    lapicrig_wr(rig, DFR, 0);
    lapicrig_wr(rig, LDR, (uint32_t)clusters[_i].ldr << 24);
    lapicrig_wr(rig, ICR2, (uint32_t)clusters[_i].dest << 24);
    lapicrig_wr(rig, ICR, 0x4855);
    ck_assert(lapic_irr(l, 0x55) == clusters[_i].hit);
}
END_TEST

START_TEST(init_resets_all_but_the_id)
{
    lapicrig_enable(rig);
    lapicrig_wr(rig, ID, 5u << 24);
    lapicrig_wr(rig, TPR, 0x40);
    lapicrig_wr(rig, LDR, 1u << 24);
    lapicrig_self(rig, 0x30);
    lapicrig_wr(rig, INITIAL, 100);
    lapicrig_wr(rig, ICR2, 5u << 24);
    lapicrig_wr(rig, ICR, 0x4500);
    ck_assert_uint_eq(rig->cpu[0].init, 1);
    ck_assert_uint_eq(lapicrig_rd(rig, ID), 5u << 24);
    ck_assert_uint_eq(lapicrig_rd(rig, TPR), 0);
    ck_assert_uint_eq(lapicrig_rd(rig, LDR), 0);
    ck_assert_uint_eq(lapicrig_rd(rig, SVR), 0xff);
    ck_assert_uint_eq(lapicrig_rd(rig, INITIAL), 0);
    ck_assert_uint_eq(lapicrig_rd(rig, IRR + 0x10), 0);
    ck_assert_uint_eq(lapic_get_base(l), 0xfee00900);
}
END_TEST

/* ---- errors ---- */

START_TEST(illegal_vectors)
{
    lapicrig_enable(rig);
    lapicrig_self(rig, 0x0f);
    ck_assert_uint_eq(lapicrig_rd(rig, ESR), 0); /* only after a write */
    ck_assert_uint_eq(lapicrig_errors(rig), 0x20);
    lapicrig_wr(rig, ICR, 0x44000 | 0x10);
    ck_assert_uint_eq(lapicrig_errors(rig), 0);
    lapicrig_wr(rig, LINT0, 0x000f);
    ck_assert_uint_eq(lapicrig_errors(rig), 0);
    lapic_lint(l, 0, true);
    ck_assert_uint_eq(lapicrig_errors(rig), 0x40);
    lapicrig_wr(rig, LINT0,
                0x800f); /* level-triggered: once a look at it, no loop */
    ck_assert_uint_eq(lapicrig_errors(rig), 0x40);
    ck_assert_uint_eq(lapicrig_rd(rig, IRR), 1u << 16); /* the legal one */
}
END_TEST

START_TEST(error_interrupt)
{
    lapicrig_enable(rig);
    lapicrig_wr(rig, ERROR_LVT, 0xfe);
    lapicrig_self(rig, 1);
    ck_assert_uint_eq(lapic_ack(l), 0xfe);
    lapicrig_wr(rig, EOI, 0);
    lapicrig_self(rig, 2); /* not rearmed yet */
    ck_assert(!rig->cpu[0].intr);
    lapicrig_wr(rig, ESR, 0);
    lapicrig_self(rig, 3);
    ck_assert(rig->cpu[0].intr);
    lapicrig_wr(rig, ESR, 0);
    lapicrig_wr(rig, ERROR_LVT, 0x05); /* an illegal vector for errors */
    lapicrig_self(rig, 4);
    ck_assert_uint_eq(lapicrig_errors(rig), 0x60);
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
            (void)lapicrig_rd(rig, (unsigned)(v >> 4 & 0xff0));
            break;
        default:
            lapicrig_wr(rig, (unsigned)(v >> 4 & 0x3f0), (uint32_t)(v >> 20));
            break;
        }
    }
}
END_TEST

Suite *test_lapic_ipi_suite(void)
{
    Suite *s = suite_create("lapic_ipi");
    TCase *tc = tcase_create("lapic");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, ipi_destinations, 0, ARRAY_LEN(ipis));
    tcase_add_loop_test(tc, cluster_destinations, 0, ARRAY_LEN(clusters));
    tcase_add_test(tc, init_resets_all_but_the_id);
    tcase_add_test(tc, illegal_vectors);
    tcase_add_test(tc, error_interrupt);
    tcase_add_loop_test(tc, hostile_guest, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}
