/* cpu.c: life of an x86 vcpu: creation, reset, how it sits in the board. */
#include "common/x86/cpu.h"

#include <stdlib.h>

#include "common/base/hugepage.h"
#include "common/engine/engine.h"
#include "common/mmu/mmu.h"
#include "common/x86/block.h"
#include "common/x86/cpuid.h"
#include "common/x86/flags.h"
#include "common/x86/interp.h"
#include "common/x86/msr.h"
#include "common/x86/tlb.h"

/* [SDM3 "Processor State After Reset"] */
void x86_reset(struct x86_cpu *c)
{
    struct x86_state *s = &c->s;

    memset(s, 0, sizeof(*s));
    s->xs.fcw = 0x40;
    s->xs.mxcsr = 0x1f80;
    s->xs.mxcsr_mask = 0xffff;
    s->xs.xstate_bv = 3;
    x86_msr_reset(c);
    x86_init_signal(c);
}

void x86_init_signal(struct x86_cpu *c)
{
    struct x86_state *s = &c->s;
    uint32_t id[4];

    memset(s->r, 0, sizeof(s->r));
    x86_cpuid(c, 1, 0, id);
    s->r[R_DX] = id[0];
    s->r[R_IP] = 0xfff0;
    s->rflags = FL_ONE;
    c->arith = arith_from_rflags(0);
    for (unsigned k = 0; k < SEG_COUNT; k++)
        s->seg[k] = (struct x86_seg){
            .limit = 0xffff, .attr = SA_P | SA_S | SA_WRITABLE | SA_ACCESSED};
    s->seg[SEG_CS] = (struct x86_seg){.sel = 0xf000,
                                      .base = 0xffff0000,
                                      .limit = 0xffff,
                                      .attr = SA_P | SA_S | SA_CODE |
                                              SA_WRITABLE | SA_ACCESSED};
    s->ldtr = (struct x86_seg){.limit = 0xffff, .attr = SA_P | SYS_LDT};
    s->tr = (struct x86_seg){.limit = 0xffff, .attr = SA_P | SYS_TSS32_BUSY};
    s->gdtr = s->idtr = (struct x86_dtable){.limit = 0xffff};
    s->cr0 = (s->cr0 & (CR0_CD | CR0_NW)) | CR0_ET;
    if (s->cr0 == CR0_ET)
        s->cr0 |= CR0_CD | CR0_NW;
    s->cr2 = s->cr3 = s->cr4 = 0;
    memset(s->dr, 0, sizeof(s->dr));
    s->dr[6] = 0xffff0ff0;
    s->dr[7] = 0x400;
    s->efer = 0;
    s->activity = X86_ACTIVE;
    s->shadow = 0;
    s->nmi_blocked = s->nmi_pending = 0;
    s->db_pending = 0;
    x86_update_mode(c);
    x86_tlb_flush(c, true);
}

/* ---- what the board asks (machine_cpu_ops) ---- */
static void cpu_intr(void *opaque, bool level)
{
    struct x86_cpu *c = opaque;

    c->s.intr_line = level;
    if (level)
        x86_attention(c);
}

static void cpu_nmi(void *opaque)
{
    struct x86_cpu *c = opaque;

    c->s.nmi_pending = 1;
    x86_attention(c);
}

static void cpu_init(void *opaque)
{
    struct x86_cpu *c = opaque;

    c->s.init_pending = 1;
    x86_attention(c);
}

static void cpu_sipi(void *opaque, uint8_t vector)
{
    struct x86_cpu *c = opaque;

    c->s.sipi_pending = 0x100u | vector;
    x86_attention(c);
}

static void cpu_attention(void *opaque)
{
    struct x86_cpu *c = opaque;

    c->machine_attention = true;
    x86_attention(c);
}

static const struct machine_cpu_ops cpu_ops = {
    .intr = cpu_intr,
    .nmi = cpu_nmi,
    .init = cpu_init,
    .sipi = cpu_sipi,
    .attention = cpu_attention,
};

static uint64_t cpu_icount(void *opaque)
{
    return x86_icount(opaque);
}

static void code_written(void *opaque, uint64_t pa, uint32_t len)
{
    x86_code_write(opaque, pa, len);
}

/* ---- processor_ops but run() ---- */
enum status x86_cpu_create_extra(struct machine *m,
                                 const struct engine_ops *engine,
                                 const struct processor_ops *processor,
                                 const struct processor_config *config,
                                 size_t extra, struct vcpu **out,
                                 struct error *err)
{
    struct x86_cpu *c =
        hugepage_alloc(align_up(sizeof(struct x86_cpu), 64) + extra);
    enum status st;

    if (c == NULL)
        return err_set(err, ST_NOMEM, "vcpu");
    c->interp = hugepage_alloc(sizeof(*c->interp));
    st = c->interp == NULL ? err_set(err, ST_NOMEM, "vcpu")
                           : x86_block_cache_init(&c->interp->blocks, err);
    if (st == ST_OK)
        st = ledger_init(&c->v.ledger, err);
    if (st != ST_OK) {
        x86_cpu_destroy(&c->v);
        return st;
    }
    c->v.m = m;
    c->v.engine = engine;
    c->v.processor = processor;
    c->v.regs = &x86_regset;
    c->v.state = &c->s;
    c->v.disp = *engine->dispositions;
    c->config = *config;
    c->model = config->cpu != NULL ? config->cpu : cpuid_model_default();
    c->pa_mask = mask_low(cpuid_model_pa_bits(c->model));
    c->mmu = &native_mmu_ops;
    c->insn = c->insn0 = c->interp->part;
    c->tlb = c->tlbs[X86_VIEWS];
    machine_plug(m, &(struct machine_plug){.cpu = c,
                                           .ops = &cpu_ops,
                                           .icount = cpu_icount,
                                           .code_written = code_written});
    x86_tlb_init(c);
    x86_reset(c);
    *out = &c->v;
    return ST_OK;
}

enum status x86_cpu_create(struct machine *m, const struct engine_ops *engine,
                           const struct processor_ops *processor,
                           const struct processor_config *config,
                           struct vcpu **out, struct error *err)
{
    return x86_cpu_create_extra(m, engine, processor, config, 0, out, err);
}

void x86_cpu_destroy(struct vcpu *v)
{
    struct x86_cpu *c;

    if (v == NULL)
        return;
    c = x86_cpu(v);
    if (v->m != NULL && machine_unplug(v->m, c))
        x86_block_drop(c);
    if (c->interp != NULL)
        x86_block_cache_fini(&c->interp->blocks);
    free(c->interp);
    ledger_fini(&v->ledger);
    free(c);
}

void x86_cpu_drop(struct vcpu *v)
{
    x86_tlb_init(x86_cpu(v));
    x86_block_drop(x86_cpu(v));
}

void x86_cpu_state_changed(struct vcpu *v)
{
    struct x86_cpu *c = x86_cpu(v);

    c->block_icount = v->icount;
    c->insn = c->insn0 = c->interp->part;
    c->interp->stalled = 0;
    c->arith = arith_from_rflags(c->s.rflags);
    c->s.rflags &= ~(uint64_t)FL_ARITH;
    x86_update_mode(c);
    c->s.rflags |= arith_to_rflags(c->arith);
    x86_cpu_drop(v);
    x86_attention(c);
}

void x86_cpu_kick(struct vcpu *v)
{
    v->kicked = 1;
    x86_cpu(v)->attention = 1;
    if (v->helper != NULL)
        x86_cpu_kick(v->helper);
}
