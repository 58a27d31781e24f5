/* randguest.c: random programs for a whole machine. */
#include "common/tests/randguest.h"

#include <stdio.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/dev/lapic.h"
#include "common/engine/engine.h"
#include "common/engine/snapshot.h"
#include "common/tests/processor.h"
#include "common/tests/suite.h"
#include "common/x86/cpu.h"

/* Slots of 32 bytes, each with an instruction or a few; a fault goes on with
 * the next slot. */
#define RAM_BYTES (1u << 20)
#define GDT       0x1000u
#define IDT       0x2000u
#define PD        0x3000u
#define PT        0x4000u
#define STUBS     0x5000u /* 64 bytes a vector */
#define STACK     0x9000u
#define CODE      0x10000u
#define SLOTS     256u
#define SLOT      32u
#define DATA      0x40000u
#define WINDOW    0x60000u /* pages that the program maps */
/* Where it can write to PT, far from all else, by another table at 0. Tables
 * are read-only, lest it change what is in use. */
#define ALIAS 0x7ff000u

struct text {
    uint8_t b[64];
    unsigned n;
    struct rng *rng;
};

static unsigned chance(struct text *t, unsigned n)
{
    return (unsigned)rng_below(t->rng, n);
}

static void emit(struct text *t, unsigned n, uint64_t v)
{
    memcpy(t->b + t->n, &v, n);
    t->n += n;
}

/* Any register but ESP */
static unsigned reg(struct text *t)
{
    static const uint8_t of[] = {0, 1, 2, 3, 5, 6, 7};

    return of[chance(t, sizeof(of))];
}

static uint32_t data(struct text *t)
{
    return DATA + chance(t, 0x8000);
}

/* ---- what a slot may hold ---- */
static void alu(struct text *t)
{
    for (unsigned k = 0; k < 4; k++) {
        emit(t, 1, chance(t, 8) << 3 | 1); /* op %reg, %reg */
        emit(t, 1, 0xc0 | reg(t) << 3 | reg(t));
        emit(t, 1, 0x40 | chance(t, 2) << 3 | reg(t)); /* inc, dec */
    }
    emit(t, 2, 0x9c | 0x9d << 8); /* pushf, popf */
}

static void memory(struct text *t)
{
    static const uint8_t op[] = {0x88, 0x89, 0x8a, 0x8b,
                                 0x01, 0x29, 0x31, 0x87};

    for (unsigned k = 0; k < 3; k++) {
        emit(t, 1, op[chance(t, sizeof(op))]);
        emit(t, 1, reg(t) << 3 | 5);
        emit(t, 4, chance(t, 4) != 0 ? data(t) : WINDOW + chance(t, 0x8000));
    }
}

static void shift_and_mul(struct text *t)
{
    emit(t, 1, 0xc1);
    emit(t, 1, 0xc0 | chance(t, 8) << 3 | reg(t));
    emit(t, 1, chance(t, 256));
    emit(t, 2, 0xf7 | (0xe0 | reg(t)) << 8); /* mul */
    emit(t, 2, 0xaf0f);
    emit(t, 1, 0xc0 | reg(t) << 3 | reg(t));
    emit(t, 2, 0xf7 | (0xf0 | reg(t)) << 8); /* div: often #DE */
}

static void strings(struct text *t)
{
    static const uint8_t op[] = {0xa4, 0xa5, 0xa6, 0xaa, 0xab, 0xac, 0xae};

    emit(t, 1, 0xb9);
    emit(t, 4, chance(t, 200));
    emit(t, 1, 0xbf);
    emit(t, 4, data(t));
    emit(t, 1, 0xbe);
    emit(t, 4, data(t));
    emit(t, 1, 0xfc | (chance(t, 8) == 0)); /* cld, std */
    emit(t, 2, 0xf3 | op[chance(t, sizeof(op))] << 8);
}

static void jump(struct text *t)
{
    uint32_t to = chance(t, SLOTS) * SLOT;

    emit(t, 1, 0x70 | chance(t, 16)); /* jcc over the next */
    emit(t, 1, 5);
    emit(t, 1, 0xe9);
    emit(t, 4, to); /* relative: fixed up by put_slot() */
}

static void stack(struct text *t)
{
    emit(t, 1, 0x50 | reg(t));
    emit(t, 1, 0x50 | reg(t));
    emit(t, 1, 0x58 | reg(t));
    emit(t, 1, 0x58 | reg(t));
    emit(t, 5, 0xe8); /* call the next byte, drop the address */
    emit(t, 1, 0x58 | reg(t));
}

static void system_call(struct text *t)
{
    emit(t, 2, 0xcd | (0x80 + chance(t, 4)) << 8);
    emit(t, 1, 0xcc);
    emit(t, 2, 0x0b0f);
}

static void flags(struct text *t)
{
    emit(t, 1, 0xfb); /* sti */
    emit(t, 1, 0x90);
    emit(t, 1, chance(t, 6) == 0 ? 0xf4 : 0x90); /* hlt */
    if (chance(t, 2) == 0)
        emit(t, 1, 0xfa);
}

static void time_and_place(struct text *t)
{
    emit(t, 2, 0x310f);   /* rdtsc */
    emit(t, 2, 0xa20f);   /* cpuid */
    emit(t, 3, 0xd8200f); /* mov %cr3, %eax */
    emit(t, 3, 0xd8220f); /* and back */
}

static void floating(struct text *t)
{
    emit(t, 2, 0xebd9); /* fldpi */
    emit(t, 2, 0xc0d8 | chance(t, 8) << 11);
    emit(t, 2, 0xdd | 0x1d << 8); /* fstp */
    emit(t, 4, data(t));
    emit(t, 4, 0xc0fe0f66 | (uint64_t)chance(t, 8) << 27); /* paddd */
    emit(t, 3, 0x6e0f66);
    emit(t, 1, 0xc0 | chance(t, 8) << 3 | reg(t));
}

static void devices(struct text *t)
{
    static const uint8_t in[] = {0x40, 0x42, 0x61, 0x20, 0x21, 0x64, 0x71};

    emit(t, 2, 0xe4 | in[chance(t, sizeof(in))] << 8);
    emit(t, 2, 0x0c | 0x20 << 8); /* or $0x20, %al */
    emit(t, 1, 0xba);
    emit(t, 4, chance(t, 4) != 0 ? 0xe9 : 0x3f8);
    emit(t, 1, 0xee);
    emit(t, 2, 0x70e6 | 0); /* out %al, $0x70 */
    emit(t, 2, 0x71e4);
}

/* The timer's next interrupt, sooner or later */
static void timer(struct text *t)
{
    emit(t, 2, 0xb0 | chance(t, 256) << 8);
    emit(t, 2, 0x40e6);
    emit(t, 2, 0xb0 | 0x01 << 8);
    emit(t, 2, 0x40e6);
}

/* Another page at an address of the window, as the manual wants it done. */
static void remap(struct text *t)
{
    unsigned page = chance(t, 8);

    emit(t, 2, 0x05c7);
    emit(t, 4, ALIAS + 4 * ((WINDOW >> 12) + page));
    emit(t, 4,
         (0x70000 + chance(t, 8) * 0x1000) | chance(t, 8) << 5 |
             (chance(t, 6) ? 3 : 0));
    emit(t, 3, 0x3d010f);
    emit(t, 4, WINDOW + page * 0x1000 + chance(t, 0x1000));
}

/* Any bytes into any code of the upper half; the lower half alone maps pages,
 * which half of a sequence must not do. */
static void modify(struct text *t)
{
    emit(t, 2, 0x05c7);
    emit(t, 4, CODE + SLOTS / 2 * SLOT + chance(t, SLOTS / 2 * SLOT - 4));
    emit(t, 4, rng_next(t->rng) & 0xffffffff);
}

static void (*const kinds[])(struct text *) = {
    alu,         memory, shift_and_mul, strings,        jump,     stack,
    system_call, flags,  alu,           time_and_place, floating, devices,
    timer,       modify, memory,        jump,           modify,   remap,
};
#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- the machine ---- */
static void put(struct randguest *g, uint32_t at, const void *p, unsigned n)
{
    ck_assert(gmem_write(&g->m->mem, at, p, n));
}

static void put32(struct randguest *g, uint32_t at, uint32_t v)
{
    put(g, at, &v, 4);
}

static void put_slot(struct randguest *g, unsigned k, struct text *t)
{
    uint32_t to;

    if (t->n >= 7 && t->b[1] == 5 && t->b[2] == 0xe9) {
        memcpy(&to, t->b + 3, 4);
        to -= k * SLOT + 7;
        memcpy(t->b + 3, &to, 4);
    }
    ck_assert_uint_le(t->n, SLOT);
    memset(t->b + t->n, 0x90, SLOT - t->n);
    put(g, CODE + k * SLOT, t->b, SLOT);
}

static bool has_error(unsigned v)
{
    return v == 8 || (v >= 10 && v <= 14) || v == 17;
}

/* Faults go to the next slot, or to the first from anywhere else; interrupts
 * count and go back. The stack starts anew for both. */
static void put_stub(struct randguest *g, unsigned v)
{
    static const uint8_t fault[] = {
        0x58,                         /* pop %eax */
        0x83, 0xe0, 0xe0,             /* and $-32, %eax */
        0x83, 0xc0, 0x20,             /* add $32, %eax */
        0x25, 0xff, 0x1f, 0x00, 0x00, /* and $0x1fff, %eax */
        0x0d, 0x00, 0x00, 0x01, 0x00, /* or $0x10000, %eax */
        0xbc, 0x00, 0x90, 0x00, 0x00, /* mov $STACK, %esp */
        0x68, 0x02, 0x02, 0x00, 0x00, /* push $0x202 */
        0x6a, 0x08, 0x50, 0xcf,       /* push $8, %eax; iret */
    };
    static const uint8_t irq[] = {
        0x50, 0xff, 0x05, 0x00, 0xf0, 0x03, 0x00, /* push, incl 0x3f000 */
        0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf,       /* EOI; pop; iret */
    };
    uint32_t at = STUBS + 64 * v;

    put32(g, IDT + 8 * v, 0x80000 | (at & 0xffff));
    put32(g, IDT + 8 * v + 4, (at & 0xffff0000) | 0x8e00);
    if (has_error(v)) {
        put(g, at, "\x58", 1);
        at++;
    }
    if (v < 32)
        put(g, at, fault, sizeof(fault));
    else
        put(g, at, irq, sizeof(irq));
}

static void put_tables(struct randguest *g)
{
    static const uint64_t gdt[] = {0, 0x00cf9b000000ffff, 0x00cf93000000ffff};

    put(g, GDT, gdt, sizeof(gdt));
    put32(g, PD, PT | 3);
    for (uint32_t n = 0; n < 256; n++)
        put32(g, PT + 4 * n, n << 12 | (n < (STACK - 1) >> 12 ? 1 : 3));
    put32(g, PD + 4, 3);
    put32(g, 4 * (ALIAS >> 12 & 0x3ff), PT | 3);
    for (unsigned v = 0; v < 0x84; v++)
        put_stub(g, v);
}

/* The 8259 gives vectors from 32 on, the 8254 rate interrupts. */
static void set_devices(struct randguest *g)
{
    static const uint16_t out[][2] = {
        {0x20, 0x11}, {0x21, 0x20}, {0x21, 4},    {0x21, 1},    {0xa0, 0x11},
        {0xa1, 0x28}, {0xa1, 2},    {0xa1, 1},    {0x21, 0xfa}, {0xa1, 0xff},
        {0x43, 0x34}, {0x40, 0x00}, {0x40, 0x01},
    };

    for (unsigned k = 0; k < sizeof(out) / sizeof(out[0]); k++)
        bus_write(&g->m->bus, BUS_PORT, out[k][0], 1, out[k][1]);
    lapic_virtual_wire(g->m->lapic);
}

static void set_state(struct randguest *g)
{
    struct x86_state *s = g->v->state;
    const uint32_t attr =
        SA_P | SA_S | SA_G | SA_DB | SA_WRITABLE | SA_ACCESSED;

    for (unsigned k = 0; k < SEG_COUNT; k++)
        s->seg[k] =
            (struct x86_seg){.sel = 0x10, .limit = 0xffffffff, .attr = attr};
    s->seg[SEG_CS].sel = 8;
    s->seg[SEG_CS].attr |= SA_CODE;
    s->gdtr = (struct x86_dtable){GDT, 23};
    s->idtr = (struct x86_dtable){IDT, 0x84 * 8 - 1};
    s->cr3 = PD;
    s->cr0 = CR0_PE | CR0_PG | CR0_WP | CR0_ET;
    s->cr4 = CR4_OSFXSR;
    s->r[R_SP] = STACK;
    s->r[R_IP] = CODE;
    s->rflags = FL_ONE | FL_IF;
    g->v->processor->state_changed(g->v);
}

static void console(void *opaque, const uint8_t *buf, size_t len)
{
    struct randguest *g = opaque;

    for (size_t k = 0; k < len; k++) {
        if (g->out_len == sizeof(g->out))
            g->out_len = 0;
        g->out[g->out_len++] = (char)buf[k];
    }
}

static void make(struct randguest *g)
{
    const struct machine_config config = {.ram_bytes = RAM_BYTES,
                                          .clock = CLOCK_VIRTUAL,
                                          .ips = CLOCK_NS_PER_S,
                                          .console = console,
                                          .console_opaque = g};
    const struct processor_config pc = {.trace_from = UINT64_MAX};
    struct error err;

    ck_assert_ok(machine_create(&config, &g->m, &err), &err);
    ck_assert_ok(test_vcpu_create(g->m, g->engine, &pc, &g->v, &err), &err);
    g->v->options = g->options;
    if (g->engine->attach != NULL)
        ck_assert_ok(g->engine->attach(g->v, &err), &err);
}

void randguest_init(struct randguest *g, uint64_t seed)
{
    randguest_init_under(g, seed, &native_engine_ops, NULL);
}

void randguest_init_under(struct randguest *g, uint64_t seed,
                          const struct engine_ops *engine,
                          const struct engine_options *options)
{
    struct rng rng = {.state = seed};

    memset(g, 0, sizeof(*g));
    g->engine = engine;
    g->options = options;
    make(g);
    put_tables(g);
    for (unsigned k = 0; k < SLOTS; k++) {
        struct text t = {.rng = &rng};

        kinds[rng_below(&rng, k < SLOTS / 2 ? NR_KINDS : NR_KINDS - 1)](&t);
        put_slot(g, k, &t);
    }
    /* The last one goes to the first. */
    put(g, CODE + SLOTS * SLOT, "\x0f\x0b", 2);
    set_devices(g);
    set_state(g);
}

void randguest_fini(struct randguest *g)
{
    if (g->engine->detach != NULL)
        g->engine->detach(g->v);
    g->v->processor->destroy(g->v);
    machine_destroy(g->m);
}

void randguest_renew(struct randguest *g)
{
    randguest_fini(g);
    make(g);
}

void randguest_run(struct randguest *g, uint64_t until)
{
    enum run_end end;
    struct error err;

    if (g->ended)
        return;
    ck_assert_ok(engine_run(g->v, until, NULL, NULL, &end, &err), &err);
    g->ended = end != RUN_BUDGET;
}

static uint64_t whole_hash(struct randguest *g)
{
    struct snap s;
    uint64_t h;

    snap_init_hash(&s, &g->m->clock);
    snapshot_walk(g->v, &s);
    h = snap_hash(&s);
    snap_fini(&s);
    return h;
}

/* Address of the first byte of RAM that differs. */
static uint64_t differs_at(struct randguest *a, struct randguest *b)
{
    uint8_t x = 0, y = 0;
    uint64_t at = 0;

    for (; at < RAM_BYTES && x == y; at++) {
        gmem_read(&a->m->mem, at, &x, 1);
        gmem_read(&b->m->mem, at, &y, 1);
    }
    return at - 1;
}

void randguest_check_same(struct randguest *a, struct randguest *b,
                          uint64_t seed)
{
    unsigned k = regset_diff(a->v->regs, a->v->state, b->v->state, 0);

    ck_assert_msg(a->v->icount == b->v->icount, "seed %llu: count %llu, %llu",
                  (unsigned long long)seed, (unsigned long long)a->v->icount,
                  (unsigned long long)b->v->icount);
    ck_assert_msg(k == a->v->regs->nr, "seed %llu: %s differs",
                  (unsigned long long)seed, a->v->regs->reg[k].name);
    ck_assert_msg(snapshot_hash(a->v) == snapshot_hash(b->v),
                  "seed %llu: devices differ", (unsigned long long)seed);
    ck_assert_msg(
        whole_hash(a) == whole_hash(b), "seed %llu: memory differs at 0x%llx",
        (unsigned long long)seed, (unsigned long long)differs_at(a, b));
    ck_assert_msg(a->out_len == b->out_len &&
                      memcmp(a->out, b->out, a->out_len) == 0,
                  "seed %llu: console differs", (unsigned long long)seed);
}
