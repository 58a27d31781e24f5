/* rig.c: a vcpu that runs small programs, with a log of every event that is
 * delivered and a device to play tricks with. */
#include "common/x86/tests/rig.h"

#include "common/dev/apic_bus.h"
#include "common/tests/suite.h"
#include "common/x86/decode.h"
#include "common/x86/flags.h"
#include "common/x86/walk.h"

#define LAPIC_EOI 0xb0u
#define LAPIC_SVR 0xf0u

static bool wide(const struct rig *r)
{
    return r->mode == RIG_LONG || r->mode == RIG_LONG3;
}

static bool has_error(const struct rig *r, unsigned vector)
{
    return r->mode != RIG_REAL &&
           (vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) ||
            vector == VEC_AC);
}

/* ---- the log: each handler begins with OUT to the port of its number ---- */
static uint64_t frame(const struct rig *r, unsigned n)
{
    struct x86_cpu *c = r->c;
    unsigned size = r->mode == RIG_REAL ? 2 : wide(r) ? 8 : 4;
    uint64_t v = 0;

    gmem_read(&c->v.m->mem, c->s.seg[SEG_SS].base + c->s.r[R_SP] + n * size, &v,
              size);
    return v;
}

static bool is_fault(unsigned vector)
{
    return vector < 32 && vector != VEC_DB && vector != VEC_NMI &&
           vector != VEC_BP && vector != VEC_OF && vector != VEC_DF;
}

static void set_frame(struct rig *r, unsigned n, uint64_t v)
{
    unsigned size = r->mode == RIG_REAL ? 2 : wide(r) ? 8 : 4;

    gmem_write(&r->b.m.mem,
               r->c->s.seg[SEG_SS].base + r->c->s.r[R_SP] + n * size, &v, size);
}

static void change_frame(struct rig *r, const struct rig_event *e, unsigned at)
{
    if (r->skip != 0 && is_fault(e->vector))
        set_frame(r, at, e->ip + r->skip);
    if (e->vector == VEC_DB)
        set_frame(r, at + 2, e->flags | r->db_flags);
}

static void log_write(void *opaque, uint64_t vector, unsigned size,
                      uint64_t value)
{
    struct rig *r = opaque;
    unsigned at = has_error(r, (unsigned)vector) ? 1 : 0;
    struct rig_event e = {.vector = (uint8_t)vector,
                          .icount = x86_icount(r->c),
                          .ip = frame(r, at),
                          .cs = (uint16_t)frame(r, at + 1),
                          .flags = frame(r, at + 2),
                          .error = at != 0 ? (uint32_t)frame(r, 0) : 0,
                          .cr2 = r->c->s.cr2,
                          .dr6 = r->c->s.dr[6],
                          .cx = r->c->s.r[R_CX]};

    (void)size;
    (void)value;
    if (lapic_isr(r->b.m.lapic, (uint8_t)vector))
        bus_write(&r->b.m.bus, BUS_MMIO, LAPIC_BASE + LAPIC_EOI, 4, 0);
    if (r->hook != NULL)
        r->hook(r, &e);
    change_frame(r, &e, at);
    if (r->nr < RIG_LOG)
        r->log[r->nr] = e;
    r->nr++;
}

static uint64_t log_read(void *opaque, uint64_t port, unsigned size)
{
    (void)opaque;
    (void)port;
    (void)size;
    return 0x5a;
}

static const struct bus_ops log_ops = {.read = log_read, .write = log_write};

/* ---- the device ---- */
static void raise_vector(struct rig *r, uint8_t vector)
{
    apic_bus_send(&r->b.m,
                  &(struct apic_msg){.mode = APIC_FIXED, .vector = vector},
                  NULL);
}

static void timer_fired(void *opaque)
{
    struct rig *r = opaque;

    raise_vector(r, r->timer_vector);
}

static void dev_write(void *opaque, uint64_t reg, unsigned size, uint64_t value)
{
    struct rig *r = opaque;

    (void)size;
    r->touched++;
    switch (reg) {
    case RIG_RAISE:
        raise_vector(r, (uint8_t)value);
        break;
    case RIG_NMI:
        r->b.m.cpu->nmi(r->b.m.cpu_opaque);
        break;
    case RIG_DMA:
        gmem_write(&r->b.m.mem, r->dma_pa, r->dma_bytes, r->dma_len);
        break;
    case RIG_STOP:
        machine_stop(&r->b.m, MACHINE_GUEST_EXIT, (uint32_t)value);
        break;
    case RIG_TIMER:
        clock_arm(&r->b.m.clock, &r->timer, clock_now(&r->b.m.clock) + value);
        break;
    }
}

static uint64_t dev_read(void *opaque, uint64_t reg, unsigned size)
{
    struct rig *r = opaque;

    (void)size;
    r->touched++;
    return reg < 4096 ? reg : 0;
}

static const struct bus_ops dev_ops = {.read = dev_read, .write = dev_write};

static void mmio_write(void *opaque, uint64_t off, unsigned size,
                       uint64_t value)
{
    dev_write(opaque, off / 16, size, value);
}

static const struct bus_ops mmio_ops = {.read = dev_read, .write = mmio_write};

/* ---- handlers ---- */
static void put_stub(struct rig *r, unsigned vector)
{
    uint8_t code[16] = {0xe6, (uint8_t)vector};
    unsigned n = 2;

    if (has_error(r, vector)) { /* add $size, %rsp */
        if (wide(r))
            code[n++] = 0x48;
        code[n++] = 0x83;
        code[n++] = 0xc4;
        code[n++] = wide(r) ? 8 : 4;
    }
    if (wide(r))
        code[n++] = 0x48;
    code[n++] = 0xcf;
    rig_put(r, RIG_STUBS + 16 * vector, code, sizeof(code));
}

static void put_handlers(struct rig *r)
{
    for (unsigned v = 0; v < 256; v++) {
        put_stub(r, v);
        if (r->mode == RIG_REAL)
            tables_poke(&r->b, 4 * v, (RIG_STUBS >> 4) << 16 | 16 * v, 4);
        else
            tables_idt(&r->b, v,
                       tables_gate(wide(r) ? T_CODE64 : T_CODE0,
                                   RIG_STUBS + 16 * v,
                                   T_P | SYS_INT32 | T_DPL(3), 0));
    }
}

static void enter_mode(struct rig *r)
{
    switch (r->mode) {
    case RIG_REAL:
        bare_real(&r->b);
        x86_load_seg_real(r->c, SEG_CS, RIG_CODE >> 4);
        r->c->s.idtr = (struct x86_dtable){0, 0x3ff};
        r->c->s.r[R_SP] = 0x9000;
        r->c->s.r[R_IP] = 0;
        x86_update_mode(r->c);
        return;
    case RIG_PROT:
    case RIG_PROT3:
        tables_protected(&r->b, r->mode == RIG_PROT3 ? 3 : 0);
        break;
    case RIG_LONG:
    case RIG_LONG3:
        tables_long64(&r->b, r->mode == RIG_LONG3 ? 3 : 0);
        break;
    }
    r->c->s.r[R_IP] = RIG_CODE;
}

void rig_init(struct rig *r, enum rig_mode mode)
{
    struct machine *m = &r->b.m;
    struct error err;

    memset(r, 0, sizeof(*r));
    bare_init(&r->b, "triptych");
    r->c = r->b.c;
    r->mode = mode;
    ck_assert_ok(lapic_create(m, &m->lapic, &err), &err);
    bus_write(&m->bus, BUS_MMIO, LAPIC_BASE + LAPIC_SVR, 4, 0x1ff);
    ck_assert_ok(bus_add(&m->bus, BUS_PORT, 0, 256, &log_ops, r, "log", &err),
                 &err);
    ck_assert_ok(
        bus_add(&m->bus, BUS_PORT, RIG_PORT, 16, &dev_ops, r, "rig", &err),
        &err);
    ck_assert_ok(
        bus_add(&m->bus, BUS_MMIO, RIG_MMIO, 8192, &mmio_ops, r, "rig", &err),
        &err);
    clock_timer_init(&r->timer, timer_fired, r);
    r->timer_vector = 0x60;
    enter_mode(r);
    put_handlers(r);
    r->c->s.rflags = FL_ONE;
    interp_processor_ops.state_changed(&r->c->v);
}

void rig_fini(struct rig *r)
{
    struct machine *m = &r->b.m;

    interp_processor_ops.destroy(&r->c->v);
    for (unsigned k = 0; k < m->nr_devices; k++)
        m->device[k].ops->fini(m->device[k].dev);
    gmem_fini(&m->mem);
}

void rig_put(struct rig *r, uint64_t pa, const void *bytes, size_t n)
{
    ck_assert(gmem_write(&r->b.m.mem, pa, bytes, n));
}

/* ---- running ---- */
enum exit_kind rig_run(struct rig *r, uint64_t budget)
{
    struct vcpu_exit exit;
    struct error err;

    ck_assert_ok(interp_processor_ops.run(&r->c->v, budget, &exit, &err), &err);
    return exit.kind;
}

enum exit_kind rig_finish(struct rig *r, uint64_t most)
{
    uint64_t end = r->c->v.icount + most;
    enum exit_kind kind = EXIT_BUDGET;

    while (r->c->v.icount < end &&
           (kind == EXIT_BUDGET || kind == EXIT_ATTENTION))
        kind = rig_run(r, end - r->c->v.icount);
    return kind;
}

enum run_end rig_engine(struct rig *r, uint64_t max_insns)
{
    enum run_end end;
    struct error err;

    ck_assert_ok(engine_run(&r->c->v, max_insns, NULL, NULL, &end, &err), &err);
    return end;
}

static void check_same_log(const struct rig *a, const struct rig *b,
                           const char *what, uint64_t n)
{
    ck_assert_msg(a->nr == b->nr, "%s %llu: %u events, not %u", what,
                  (unsigned long long)n, a->nr, b->nr);
    for (unsigned k = 0; k < a->nr && k < RIG_LOG; k++) {
        const struct rig_event *x = &a->log[k], *y = &b->log[k];

        ck_assert_msg(
            x->vector == y->vector && x->icount == y->icount &&
                x->ip == y->ip && x->flags == y->flags && x->cs == y->cs &&
                x->error == y->error && x->cr2 == y->cr2 && x->dr6 == y->dr6 &&
                x->cx == y->cx,
            "%s %llu: event %u: %u at %llx, not %u at %llx", what,
            (unsigned long long)n, k, x->vector, (unsigned long long)x->ip,
            y->vector, (unsigned long long)y->ip);
    }
}

void rig_check_same(const struct rig *a, const struct rig *b, bool with_ram,
                    const char *what, uint64_t n)
{
    const struct gmem *ga = &a->b.m.mem, *gb = &b->b.m.mem;
    unsigned k = regset_diff(&x86_regset, &a->c->s, &b->c->s, 0);
    char va[40], vb[40];

    if (k != x86_regset.nr)
        ck_abort_msg("%s %llu: %s is %s, not %s", what, (unsigned long long)n,
                     x86_regset.reg[k].name,
                     regset_text(&x86_regset.reg[k], &a->c->s, va, sizeof(va)),
                     regset_text(&x86_regset.reg[k], &b->c->s, vb, sizeof(vb)));
    ck_assert_msg(a->c->v.icount == b->c->v.icount, "%s %llu: count %llu, %llu",
                  what, (unsigned long long)n,
                  (unsigned long long)a->c->v.icount,
                  (unsigned long long)b->c->v.icount);
    check_same_log(a, b, what, n);
    for (unsigned p = 0; with_ram && p < ga->nr_regions; p++)
        ck_assert_msg(memcmp(ga->region[p].host, gb->region[p].host,
                             ga->region[p].size) == 0,
                      "%s %llu: memory differs", what, (unsigned long long)n);
}

/* ---- paging ---- */
void rig_map(struct rig *r, uint32_t lin, uint32_t pa, uint32_t bits)
{
    tables_poke(&r->b, RIG_PT + 4 * (lin >> 12 & 0x3ff), pa | bits, 4);
}

uint32_t rig_pte(struct rig *r, uint32_t lin)
{
    return (uint32_t)tables_peek(&r->b, RIG_PT + 4 * (lin >> 12 & 0x3ff), 4);
}

void rig_paging(struct rig *r)
{
    tables_poke(&r->b, RIG_PD, RIG_PT | 7, 4);
    /* the device: a 4-MByte page, supervisor's */
    tables_poke(&r->b, RIG_PD + 4 * (RIG_MMIO >> 22),
                (RIG_MMIO & 0xffc00000) | X86_PTE_PS | 3, 4);
    for (uint32_t lin = 0; lin < 1 << 20; lin += PAGE_SIZE)
        rig_map(r, lin, lin, 7);
    r->c->s.cr3 = RIG_PD;
    r->c->s.cr4 |= CR4_PSE;
    r->c->s.cr0 |= CR0_PG;
    interp_processor_ops.state_changed(&r->c->v);
}

unsigned rig_insn_offset(const struct rig *r, const uint8_t *code, unsigned n)
{
    struct x86_insn i;
    unsigned at = 0;

    while (n-- > 0) {
        ck_assert_int_ne(x86_decode(code + at, 15, 2, r->c->model, &i),
                         X86_DEC_SHORT);
        at += i.len;
    }
    return at;
}
