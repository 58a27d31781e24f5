/* cpu.c: a vcpu's life, and what is derived from its state. */
#include "vti-ia64/cpu/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/engine/engine.h"
#include "vti-ia64/cpu/code.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/run.h"
#include "vti-ia64/cpu/sapic.h"

void ia64_flush_fetch(struct ia64_cpu *c)
{
    for (unsigned k = 0; k < IA64_FETCH_CACHE; k++)
        c->fetch[k].va = 1ull << 11;
}

void ia64_flush(struct ia64_cpu *c)
{
    for (unsigned v = 0; v < IA64_VIEWS; v++)
        for (unsigned k = 0; k < IA64_DTLB_SIZE && (c->filled >> v & 1); k++)
            c->dtlbs[v][k].rtag = c->dtlbs[v][k].wtag = IA64_TAG_NONE;
    c->filled = 0;
    ia64_flush_fetch(c);
}

void ia64_update(struct ia64_cpu *c)
{
    uint64_t psr = c->s.psr;
    bool any = false;

    c->cpl = psr >> PSR_CPL_SHIFT & 3;
    c->rrb_fr = (uint8_t)cfm_rrb_fr(c->s.cfm);
    c->gr_limit = (uint8_t)(32 + cfm_sof(c->s.cfm));
    for (unsigned k = 0; k < DISPOSITION_MAX; k++)
        any = any || c->v.disp.at[k] != DISP_EXECUTE;
    c->virt = any || (psr & PSR_VM);
    if (psr & (PSR_BE | PSR_DB | PSR_DA | PSR_DD | PSR_ED))
        c->view = IA64_VIEW_NONE;
    else
        c->view = psr & PSR_DT ? c->cpl : IA64_VIEW_PHYSICAL;
    c->dtlb = c->dtlbs[c->view];
}

void ia64_set_psr(struct ia64_cpu *c, uint64_t psr)
{
    uint64_t changed = c->s.psr ^ psr;
    struct ia64_gr t;

    if (changed & PSR_BN) {
        for (unsigned k = 0; k < 16; k++) {
            t = c->s.gr[16 + k];
            c->s.gr[16 + k] = c->s.bank[k];
            c->s.bank[k] = t;
        }
    }
    c->s.psr = psr;
    ia64_update(c);
}

void ia64_reset(struct ia64_cpu *c)
{
    struct ia64_state *s = &c->s;

    memset(s, 0, sizeof(*s));
    c->filled = mask_low(IA64_VIEWS);
    s->pr = 1;
    s->cfm = IA64_STACKED;
    s->fr[1] = (struct ia64_fr){1ull << 63, 0xffff};
    s->fpsr = 0x0009804c0270033f; /* what Linux/ia64 starts with */
    s->pta = 0x3c;
    s->itv = s->pmv = s->cmcv = s->lrr[0] = s->lrr[1] = 1ull << 16;
    ia64_flush(c);
    ia64_update(c);
}

/* ---- what the machine asks of the processor ---- */
static void cpu_intr(void *opaque, bool level)
{
    (void)opaque;
    (void)level; /* the board's interrupt controllers are x86's */
}

static void cpu_nmi(void *opaque)
{
    ia64_sapic_pend(opaque, 2);
}

static void cpu_none(void *opaque)
{
    (void)opaque;
}

static void cpu_sipi(void *opaque, uint8_t vector)
{
    (void)opaque;
    (void)vector;
}

static void cpu_attention(void *opaque)
{
    struct ia64_cpu *c = opaque;

    c->machine_attention = true;
    ia64_attention(c);
}

static const struct machine_cpu_ops cpu_ops = {
    .intr = cpu_intr,
    .nmi = cpu_nmi,
    .init = cpu_none,
    .sipi = cpu_sipi,
    .attention = cpu_attention,
};

static uint64_t cpu_icount(void *opaque)
{
    return ia64_icount(opaque);
}

static void code_written(void *opaque, uint64_t pa, uint32_t len)
{
    ia64_code_write(opaque, pa, len);
}

/* ---- processor_ops ---- */
static enum status probe(struct error *err)
{
    (void)err;
    return ST_OK;
}

static void destroy(struct vcpu *v)
{
    struct ia64_cpu *c;

    if (v == NULL)
        return;
    c = ia64_cpu(v);
    if (v->m != NULL && machine_unplug(v->m, c)) {
        ia64_code_drop(c);
        clock_disarm(&v->m->clock, &c->itm_timer);
    }
    ledger_fini(&v->ledger);
    free(c);
}

static enum status create(struct machine *m, const struct engine_ops *engine,
                          const struct processor_config *config,
                          struct vcpu **out, struct error *err)
{
    struct ia64_cpu *c = calloc(1, sizeof(*c));
    enum status st;

    if (c == NULL)
        return err_set(err, ST_NOMEM, "vcpu");
    st = ledger_init(&c->v.ledger, err);
    if (st != ST_OK) {
        free(c);
        return st;
    }
    c->v.m = m;
    c->v.engine = engine;
    c->v.processor = &ia64_model_processor_ops;
    c->v.regs = &ia64_regset;
    c->v.state = &c->s;
    c->v.disp = *engine->dispositions;
    c->config = *config;
    c->itc_hz = 2000000;
    c->mmu =
        (struct ia64_mmu){.s = &c->s, .mem = &m->mem, .va_msb = IA64_VA_MSB};
    machine_plug(m, &(struct machine_plug){.cpu = c,
                                           .ops = &cpu_ops,
                                           .icount = cpu_icount,
                                           .code_written = code_written});
    ia64_sapic_init(c);
    ia64_reset(c);
    *out = &c->v;
    return ST_OK;
}

static void kick(struct vcpu *v)
{
    v->kicked = 1;
    ia64_cpu(v)->attention = 1;
    ia64_cpu(v)->fast_limit = 0;
}

static void drop(struct vcpu *v)
{
    ia64_code_drop(ia64_cpu(v));
    ia64_flush(ia64_cpu(v));
}

static void one_bit_nat(struct ia64_gr *g, unsigned n)
{
    while (n-- > 0)
        g[n].nat &= 1;
}

/* A state from outside, a snapshot perhaps, becomes one that a processor can be
 * in. */
static void settle(struct ia64_cpu *c)
{
    struct ia64_state *s = &c->s;

    s->gr[0] = (struct ia64_gr){0, 0};
    s->fr[0] = (struct ia64_fr){0, 0};
    s->fr[1] = (struct ia64_fr){1ull << 63, 0xffff};
    s->pr |= 1;
    s->psr &= PSR_DEFINED & ~PSR_IS;
    if ((s->psr & PSR_RI) == PSR_RI)
        s->psr &= ~PSR_RI;
    s->ip &= ~15ull;
    for (unsigned k = 0; k < ARRAY_LEN(s->fr); k++)
        s->fr[k].se &= 0x3ffff;
    one_bit_nat(s->gr, ARRAY_LEN(s->gr));
    one_bit_nat(s->bank, ARRAY_LEN(s->bank));
    one_bit_nat(s->stacked, ARRAY_LEN(s->stacked));
    ia64_rse_settle(c);
}

static void state_changed(struct vcpu *v)
{
    struct ia64_cpu *c = ia64_cpu(v);

    c->running = false;
    c->stalled = 0;
    settle(c);
    ia64_sapic_rearm(c);
    ia64_update(c);
    drop(v);
    c->attention = 1;
}

const struct processor_ops ia64_model_processor_ops = {
    .name = "model",
    .isa = "ia64",
    .text = "IA-64 processor model with VT-i (predecoded interpreter)",
    .exact_budget = true,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .run = ia64_run,
    .kick = kick,
    .state_changed = state_changed,
    .drop = drop,
};
