/* lapicrig.c: a testrig with local APICs. */
#include "common/dev/tests/lapicrig.h"

#include "common/tests/suite.h"

struct testrig *lapicrig_new(void)
{
    struct testrig *r = testrig_new();

    r->m.lapic = lapicrig_add(r, 0);
    return r;
}

struct lapic *lapicrig_add(struct testrig *r, unsigned i)
{
    struct lapic *l;
    struct error err;

    ck_assert_ok(lapic_create(&r->m, &l, &err), &err);
    lapic_set_cpu(l, &r->cpu[i]);
    return l;
}

uint32_t lapicrig_rd(struct testrig *r, unsigned reg)
{
    return testrig_rd(r, LAPIC_BASE + reg);
}

void lapicrig_wr(struct testrig *r, unsigned reg, uint32_t value)
{
    testrig_wr(r, LAPIC_BASE + reg, value);
}

void lapicrig_enable(struct testrig *r)
{
    lapicrig_wr(r, SVR, 0x1ff);
}

void lapicrig_self(struct testrig *r, uint8_t vector)
{
    lapicrig_wr(r, ICR, 0x40000u | 0x4000u | vector);
}

uint32_t lapicrig_errors(struct testrig *r)
{
    lapicrig_wr(r, ESR, 0);
    return lapicrig_rd(r, ESR);
}
