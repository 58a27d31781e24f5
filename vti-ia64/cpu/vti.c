/* vti.c: virtualized instructions: which fault, which VT-i does itself. */
#include "vti-ia64/cpu/vti.h"

#include "vti-ia64/cpu/check.h"
#include "vti-ia64/cpu/code.h"
#include "vti-ia64/cpu/encoding.h"
#include "vti-ia64/cpu/op.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/sensitive.h"

/* ---- the table ---- */
struct row {
    uint8_t cause, vac, vdc;
};

static const struct row rows[IA64_SENS_COUNT] = {
#define VTI(cause, op, vac, vdc) [IA64_SENS_##op] = {cause, vac, vdc},
#include "vti-ia64/cpu/vti.def"
#undef VTI
};

unsigned ia64_vti_cause(unsigned op)
{
    return op < IA64_SENS_COUNT ? rows[op].cause : 0;
}

unsigned ia64_vti_op(unsigned cause)
{
    unsigned op = 0;

    while (op < IA64_SENS_COUNT && (cause == 0 || rows[op].cause != cause))
        op++;
    return op;
}

/* ---- which controls an instruction falls under, by its operands ---- */
static bool is_cr_move(unsigned op)
{
    return op == IA64_SENS_MOV_TO_CR || op == IA64_SENS_MOV_FROM_CR;
}

static bool is_mask(unsigned op)
{
    return op == IA64_SENS_SSM || op == IA64_SENS_RSM;
}

static unsigned vdc_of(const struct ia64_insn *i, unsigned op)
{
    if (is_cr_move(op))
        return i->r3 == 1                   ? IA64_VDC_D_ITM
               : i->r3 >= 65 && i->r3 <= 71 ? IA64_VDC_D_EXTINT
                                            : 0;
    if (is_mask(op))
        return i->imm == PSR_I ? IA64_VDC_D_PSR_I : 0;
    return rows[op].vdc;
}

/* Interruption registers are accelerated where they exist: vpsr.ic is 0. */
static unsigned vac_of(const struct ia64_insn *i, unsigned op,
                       const struct ia64_vpd *vpd)
{
    if (is_cr_move(op) && i->r3 == 66)
        return IA64_VAC_A_INT;
    if (is_cr_move(op))
        return i->r3 >= 16 && i->r3 <= 25 && !(vpd->vpsr & PSR_IC)
                   ? rows[op].vac & ~(unsigned)IA64_VAC_A_INT
                   : 0;
    if (is_mask(op))
        return i->imm == PSR_I ? IA64_VAC_A_INT : 0;
    return rows[op].vac;
}

/* ---- accelerated ---- */
static void swap_bank(struct ia64_cpu *c, uint64_t *out, uint64_t *out_nat,
                      const uint64_t *in, uint64_t in_nat)
{
    *out_nat = 0;
    for (unsigned k = 0; k < 16; k++) {
        struct ia64_gr *g = &c->s.gr[16 + k];

        out[k] = g->v;
        *out_nat |= g->nat << k;
        *g = (struct ia64_gr){in[k], in_nat >> k & 1};
    }
}

static void bank_switch(struct ia64_cpu *c, struct ia64_vpd *vpd, bool to_1)
{
    if (((vpd->vpsr & PSR_BN) != 0) == to_1)
        return;
    if (to_1)
        swap_bank(c, vpd->vbgr, &vpd->vbnat, vpd->vgr, vpd->vnat);
    else
        swap_bank(c, vpd->vgr, &vpd->vnat, vpd->vbgr, vpd->vbnat);
    vpd->vpsr ^= PSR_BN;
}

static void set_gr1(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t v)
{
    *GR1 = (struct ia64_gr){v, 0};
}

static void accelerate(struct ia64_cpu *c, const struct ia64_insn *i,
                       unsigned op, struct ia64_vpd *vpd)
{
    uint64_t cfm;

    switch (op) {
    case IA64_SENS_MOV_FROM_PSR:
        set_gr1(c, i,
                ((vpd->vpsr & IA64_VTI_PSR) | (c->s.psr & ~IA64_VTI_PSR)) &
                    PSR_READABLE);
        break;
    case IA64_SENS_MOV_FROM_CPUID:
        set_gr1(c, i, vpd->vcpuid[GR3->v & 0xff]);
        break;
    case IA64_SENS_MOV_FROM_CR:
        set_gr1(c, i, vpd->vcr[i->r3]);
        break;
    case IA64_SENS_MOV_TO_CR:
        vpd->vcr[i->r3] = ia64_cr_kept(i->r3, GR2->v);
        break;
    case IA64_SENS_SSM:
        vpd->vpsr |= PSR_I;
        break;
    case IA64_SENS_RSM:
        vpd->vpsr &= ~PSR_I;
        break;
    case IA64_SENS_COVER:
        cfm = ia64_rse_cover(c);
        if (!(vpd->vpsr & PSR_IC))
            vpd->vcr[23] = cfm | IFS_V;
        break;
    default:
        bank_switch(c, vpd, op == IA64_SENS_BSW_1);
        break;
    }
}

/* What must be looked at after the instruction is the VMM's. */
#define SPECIAL (PSR_ONCE | PSR_SS | PSR_TB | PSR_DB)

void ia64_vti_check(struct ia64_cpu *c, const struct ia64_insn *i, unsigned op)
{
    const struct ia64_vti *t = &c->vti;

    if (t->now != NULL) {
        if (t->vdc & vdc_of(i, op))
            return;
        if ((t->vac & vac_of(i, op, t->now->vpd)) && !(c->s.psr & SPECIAL)) {
            ia64_count(c, LEDGER_VTI, rows[op].cause, 0);
            accelerate(c, i, op, t->now->vpd);
            ia64_end(c, i);
            longjmp(c->leave, IA64_LEAVE_DONE);
        }
    }
    ia64_vti_fault(c, i, op);
}

/* ---- faults ---- */
static uint64_t slot_of(const struct ia64_cpu *c, const struct ia64_insn *i)
{
    uint64_t nr = (uint64_t)(i - c->page->insn);

    return c->page->host != NULL
               ? ia64_bundle_get(c->page->host + nr / 3 * 16).slot[nr % 3]
               : 0;
}

void ia64_vti_fault(struct ia64_cpu *c, const struct ia64_insn *i, unsigned op)
{
    c->vti.cause = rows[op].cause;
    c->vti.opcode = slot_of(c, i);
    ia64_raise(c, i, &(struct ia64_fault){.vector = IA64_VEC_VIRTUALIZATION});
}

bool ia64_vti_vmsw(const struct ia64_cpu *c)
{
    return c->vti.now != NULL && !(c->vti.vdc & IA64_VDC_D_VMSW);
}

void ia64_vti_hand_over(struct ia64_cpu *c)
{
    const struct ia64_vti *t = &c->vti;

    if (t->now == NULL)
        return;
    if (t->config & IA64_ENV_CAUSE)
        c->s.gr[24] = (struct ia64_gr){t->cause, 0};
    c->s.gr[25] = (struct ia64_gr){t->opcode, 0};
    if (t->now->handler != 0)
        c->s.ip = t->now->handler;
}

bool ia64_vti_interrupt(const struct ia64_cpu *c)
{
    const struct ia64_vti *t = &c->vti;
    const struct ia64_vpd *vpd;
    uint64_t tpr, threshold;

    if (t->now == NULL || !(c->s.psr & PSR_VM) || !(t->vac & IA64_VAC_A_INT))
        return false;
    vpd = t->now->vpd;
    tpr = vpd->vcr[66];
    threshold =
        (vpd->vpsr & PSR_I ? 0 : 32) | (tpr >> 16 & 1) << 4 | (tpr >> 4 & 15);
    return t->vhpi > threshold;
}
