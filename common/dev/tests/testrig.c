/* testrig.c: a machine without a board, for tests of single devices. */
#include "common/dev/tests/testrig.h"

#include <check.h>
#include <stdlib.h>

static void cpu_intr(void *opaque, bool level)
{
    ((struct testrig_cpu *)opaque)->intr = level;
}

static void cpu_nmi(void *opaque)
{
    ((struct testrig_cpu *)opaque)->nmi++;
}

static void cpu_init(void *opaque)
{
    ((struct testrig_cpu *)opaque)->init++;
}

static void cpu_sipi(void *opaque, uint8_t vector)
{
    struct testrig_cpu *cpu = opaque;

    cpu->sipi++;
    cpu->sipi_vector = vector;
}

static void cpu_attention(void *opaque)
{
    ((struct testrig_cpu *)opaque)->attention++;
}

static const struct machine_cpu_ops cpu_ops = {
    .intr = cpu_intr,
    .nmi = cpu_nmi,
    .init = cpu_init,
    .sipi = cpu_sipi,
    .attention = cpu_attention,
};

static uint64_t icount(void *opaque)
{
    return ((struct testrig *)opaque)->ns;
}

struct testrig *testrig_new(void)
{
    struct testrig *r = calloc(1, sizeof(*r));

    ck_assert_ptr_nonnull(r);
    gmem_init(&r->m.mem);
    bus_init(&r->m.bus);
    clock_init(&r->m.clock, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
    r->m.clock.icount = icount;
    r->m.clock.icount_opaque = r;
    r->m.cpu = &cpu_ops;
    r->m.cpu_opaque = &r->cpu[0];
    return r;
}

void testrig_free(struct testrig *r)
{
    unsigned i;

    for (i = 0; i < r->m.nr_devices; i++)
        r->m.device[i].ops->fini(r->m.device[i].dev);
    gmem_fini(&r->m.mem);
    free(r);
}

void testrig_advance(struct testrig *r, uint64_t ns)
{
    uint64_t end = r->ns + ns;
    uint64_t wait;

    while ((wait = clock_insns_until(
                &r->m.clock, clock_next_due(&r->m.clock))) <= end - r->ns) {
        r->ns += wait;
        clock_run_due(&r->m.clock);
    }
    r->ns = end;
}

static void line_set(void *opaque, unsigned n, bool level)
{
    struct testrig *r = opaque;

    (void)n;
    if (level && !r->line)
        r->raised++;
    r->line = level;
}

struct irq_line testrig_line(struct testrig *r)
{
    return (struct irq_line){.set = line_set, .opaque = r};
}

uint32_t testrig_rd(struct testrig *r, uint64_t pa)
{
    return (uint32_t)bus_read(&r->m.bus, BUS_MMIO, pa, 4);
}

void testrig_wr(struct testrig *r, uint64_t pa, uint32_t value)
{
    bus_write(&r->m.bus, BUS_MMIO, pa, 4, value);
}

void testrig_copy_state(struct testrig *from, struct testrig *to)
{
    struct snap out, in;
    unsigned i;

    ck_assert_uint_eq(from->m.nr_devices, to->m.nr_devices);
    snap_init_save(&out, &from->m.clock);
    for (i = 0; i < from->m.nr_devices; i++)
        from->m.device[i].ops->snapshot(from->m.device[i].dev, &out);
    ck_assert_int_eq(out.status, ST_OK);
    snap_init_load(&in, &to->m.clock, out.buf, out.len);
    for (i = 0; i < to->m.nr_devices; i++)
        to->m.device[i].ops->snapshot(to->m.device[i].dev, &in);
    ck_assert_msg(in.status == ST_OK, "%s", in.err.text);
    ck_assert_uint_eq(in.pos, out.len);
    to->ns = from->ns;
    snap_fini(&out);
    snap_fini(&in);
}
