/* vmmrig.c: a small machine under an engine. */
#include "hvm/vmm/tests/vmmrig.h"

#include "common/tests/processor.h"
#include "common/tests/suite.h"

#define IDT    0x1000u
#define GDT    0x2000u
#define TABLES 0x10000u

static void on_out(void *dev, uint64_t offset, unsigned size, uint64_t value)
{
    struct vmmrig *g = dev;

    (void)offset;
    (void)size;
    (void)value;
    if (g->outs++ != 0)
        return;
    bus_write(&g->m->bus, BUS_MMIO, 0xfee000f0, 4, 0x1ff);
    bus_write(&g->m->bus, BUS_MMIO, 0xfee00300, 4, 0x44000 | RIG_VECTOR);
    if (g->kick)
        g->v->processor->kick(g->v);
}

static const struct bus_ops ops = {.write = on_out};

static void put(struct vmmrig *g, uint64_t pa, uint64_t v)
{
    gmem_write(&g->m->mem, pa, &v, sizeof(v));
}

static void put_tables(struct vmmrig *g, bool wide)
{
    put(g, GDT + 8, wide ? 0x00af9b000000ffff : 0x00cf9b000000ffff);
    put(g, GDT + 16, 0x00cf93000000ffff);
    put(g, IDT + (wide ? 16 : 8) * RIG_VECTOR,
        RIG_HANDLER | 8u << 16 | 0x8e00ull << 32);
    put(g, TABLES, (TABLES + 0x1000) | 3);
    put(g, TABLES + 0x1000, (TABLES + 0x2000) | 3);
    put(g, TABLES + 0x2000, 0x83);
}

static void set_state(struct vmmrig *g, bool wide)
{
    const uint32_t attr = SA_P | SA_S | SA_G | SA_WRITABLE | SA_ACCESSED;
    struct x86_state *s = g->v->state;

    for (unsigned k = 0; k < SEG_COUNT; k++)
        s->seg[k] = (struct x86_seg){
            .sel = 0x10, .limit = 0xffffffff, .attr = attr | SA_DB};
    s->seg[SEG_CS].sel = 8;
    s->seg[SEG_CS].attr = attr | SA_CODE | (wide ? SA_L : SA_DB);
    s->gdtr = (struct x86_dtable){GDT, 23};
    s->idtr = (struct x86_dtable){IDT, 0x7ff};
    s->cr0 = CR0_PE | CR0_ET | (wide ? CR0_PG : 0);
    s->cr3 = TABLES;
    s->cr4 = wide ? CR4_PAE : 0;
    s->efer = wide ? EFER_LME | EFER_LMA : 0;
    s->r[R_SP] = RIG_STACK;
    s->r[R_IP] = RIG_CODE;
    s->rflags = FL_ONE | FL_IF;
    g->v->processor->state_changed(g->v);
}

void vmmrig_init(struct vmmrig *g, const struct engine_ops *engine,
                 const struct engine_options *options,
                 const struct vmmrig_code *code)
{
    const struct machine_config config = {
        .ram_bytes = 1u << 20, .clock = CLOCK_VIRTUAL, .ips = CLOCK_NS_PER_S};
    const struct processor_config pc = {.trace_from = UINT64_MAX};
    struct error err;

    memset(g, 0, sizeof(*g));
    ck_assert_ok(machine_create(&config, &g->m, &err), &err);
    ck_assert_ok(
        bus_add(&g->m->bus, BUS_PORT, RIG_PORT, 1, &ops, g, "out", &err), &err);
    ck_assert_ok(test_vcpu_create(g->m, engine, &pc, &g->v, &err), &err);
    g->v->options = options;
    if (engine->attach != NULL)
        ck_assert_ok(engine->attach(g->v, &err), &err);
    put_tables(g, code->wide);
    gmem_write(&g->m->mem, RIG_CODE, code->code, code->code_bytes);
    gmem_write(&g->m->mem, RIG_HANDLER, code->handler, code->handler_bytes);
    put(g, RIG_SEEN, ~0ull);
    set_state(g, code->wide);
}

void vmmrig_fini(struct vmmrig *g)
{
    if (g->v->engine->detach != NULL)
        g->v->engine->detach(g->v);
    g->v->processor->destroy(g->v);
    machine_destroy(g->m);
}

unsigned vmmrig_run(struct vmmrig *g, enum run_end *end)
{
    unsigned kicks = 0;
    struct error err;

    for (;; kicks++) {
        ck_assert_ok(engine_run(g->v, 1000, NULL, NULL, end, &err), &err);
        if (*end != RUN_KICKED)
            return kicks;
    }
}

uint32_t vmmrig_seen(struct vmmrig *g)
{
    uint32_t seen = 0;

    gmem_read(&g->m->mem, RIG_SEEN, &seen, sizeof(seen));
    return seen;
}
