/* test_rep.c: no interrupt comes inside a repeated instruction, also where the
 * VMM emulates it and is stopped before its end. */
#include "common/base/cc.h"
#include "common/dev/lapic.h"
#include "common/tests/processor.h"
#include "common/tests/suite.h"
#include "common/x86/state.h"
#include "hvm/engine.h"

#define IDT     0x1000u
#define GDT     0x2000u
#define STACK   0x4000u
#define SEEN    0x5000u /* ECX when the interrupt came */
#define CODE    0x8000u
#define HANDLER 0x9000u
#define VECTOR  0x40u
#define PORT    0x99u

/* More than one run of iterations, so that a kick is seen in between. */
#define COUNT 0x18000u

static struct guest {
    struct machine *m;
    struct vcpu *v;
    unsigned outs;
} g;

/* The first byte raises an interrupt, and somebody wants the run loop. */
static void on_out(void *dev, uint64_t offset, unsigned size, uint64_t value)
{
    (void)dev;
    (void)offset;
    (void)size;
    (void)value;
    if (g.outs++ != 0)
        return;
    bus_write(&g.m->bus, BUS_MMIO, 0xfee000f0, 4, 0x1ff);
    bus_write(&g.m->bus, BUS_MMIO, 0xfee00300, 4, 0x44000 | VECTOR);
    g.v->processor->kick(g.v);
}

static const struct bus_ops ops = {.write = on_out};

static void put(uint64_t pa, uint64_t v, unsigned n)
{
    gmem_write(&g.m->mem, pa, &v, n);
}

/* 32-bit protected mode without paging. */
static void set_state(void)
{
    const uint32_t attr =
        SA_P | SA_S | SA_G | SA_DB | SA_WRITABLE | SA_ACCESSED;
    struct x86_state *s = g.v->state;

    for (unsigned k = 0; k < SEG_COUNT; k++)
        s->seg[k] =
            (struct x86_seg){.sel = 0x10, .limit = 0xffffffff, .attr = attr};
    s->seg[SEG_CS].sel = 8;
    s->seg[SEG_CS].attr |= SA_CODE;
    s->gdtr = (struct x86_dtable){GDT, 23};
    s->idtr = (struct x86_dtable){IDT, (VECTOR + 1) * 8 - 1};
    s->cr0 = CR0_PE | CR0_ET;
    s->r[R_SP] = STACK;
    s->r[R_IP] = CODE;
    s->r[R_CX] = COUNT;
    s->r[R_DX] = PORT;
    s->rflags = FL_ONE | FL_IF;
    g.v->processor->state_changed(g.v);
}

static void init(const struct engine_ops *engine,
                 const struct engine_options *options)
{
    const struct machine_config config = {
        .ram_bytes = 1u << 20, .clock = CLOCK_VIRTUAL, .ips = CLOCK_NS_PER_S};
    const struct processor_config pc = {.trace_from = UINT64_MAX};
    struct error err;

    memset(&g, 0, sizeof(g));
    ck_assert_ok(machine_create(&config, &g.m, &err), &err);
    ck_assert_ok(bus_add(&g.m->bus, BUS_PORT, PORT, 1, &ops, NULL, "out", &err),
                 &err);
    ck_assert_ok(test_vcpu_create(g.m, engine, &pc, &g.v, &err), &err);
    g.v->options = options;
    if (engine->attach != NULL)
        ck_assert_ok(engine->attach(g.v, &err), &err);
    put(GDT + 8, 0x00cf9b000000ffff, 8);
    put(GDT + 16, 0x00cf93000000ffff, 8);
    put(IDT + 8 * VECTOR, HANDLER | 8u << 16 | 0x8e00ull << 32, 8);
    put(CODE, 0xf4906ef3, 4);                       /* rep outsb; nop; hlt */
    put(HANDLER, 0x0d89 | (uint64_t)SEEN << 16, 6); /* mov %ecx, SEEN */
    put(HANDLER + 6, 0xf4, 1);                      /* hlt */
    put(SEEN, 0xffffffff, 4);
    set_state();
}

static void fini(void)
{
    if (g.v->engine->detach != NULL)
        g.v->engine->detach(g.v);
    g.v->processor->destroy(g.v);
    machine_destroy(g.m);
}

static const struct {
    const struct engine_ops *engine;
    struct engine_options o;
} kinds[] = {
    {&native_engine_ops, {.paging = NULL}},
    {&hvm_engine_ops, {.paging = "ept"}},
    {&hvm_engine_ops, {.paging = "shadow"}},
    {&hvm_engine_ops, {.controls = "prescott-2005"}},
};

START_TEST(interrupt_waits_for_the_end)
{
    uint32_t seen;
    unsigned kicks = 0;
    enum run_end end;
    struct error err;

    init(kinds[_i].engine, &kinds[_i].o);
    do {
        ck_assert_ok(engine_run(g.v, 100, NULL, NULL, &end, &err), &err);
        kicks += end == RUN_KICKED;
    } while (end == RUN_KICKED);
    ck_assert_int_eq(end, RUN_DEADLOCK);
    ck_assert_uint_eq(kicks, 1);
    ck_assert_uint_eq(g.outs, COUNT);
    gmem_read(&g.m->mem, SEEN, &seen, sizeof(seen));
    ck_assert_uint_eq(seen, 0);
    fini();
}
END_TEST

Suite *test_rep_suite(void)
{
    Suite *s = suite_create("rep");
    TCase *tc = tcase_create("interrupts");

    tcase_add_loop_test(tc, interrupt_waits_for_the_end, 0, ARRAY_LEN(kinds));
    suite_add_tcase(s, tc);
    return s;
}
