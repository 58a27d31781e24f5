/* op_sys.c: system instructions: control registers, PSR, banks, rfi, break.
 * Checks come in the order of [ISDM3]: illegal operation, privilege, NaT,
 * reserved fields, and last the Virtualization fault. */
#include "vti-ia64/cpu/mem.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/cpu/sensitive.h"

/* ---- control registers ---- */
uint64_t *ia64_cr(struct ia64_state *s, unsigned nr)
{
    switch (nr) {
#define CRFIELD(nr, field)                                                     \
    case nr:                                                                   \
        return &s->field;
#include "vti-ia64/cpu/crfields.def"
#undef CRFIELD
    default:
        return NULL;
    }
}

/* Those of interruptions are there only while PSR.ic is 0. */
static void check_cr(struct ia64_cpu *c, const struct ia64_insn *i, bool write)
{
    unsigned nr = i->r3;
    bool known = ia64_cr(&c->s, nr) != NULL || nr == 65 || nr == 67;

    if (!known || (ia64_cr_of_interruption(nr) && ia64_ic(c)))
        ia64_illegal(c, i);
    if (write && (nr == 65 || (nr >= 68 && nr <= 71)))
        ia64_illegal(c, i);
}

IA64_OP(mov_from_cr)
{
    unsigned nr = i->r3;

    check_cr(c, i, false);
    IA64_TARGET(c, i);
    ia64_privileged(c, i, IA64_SENS_MOV_FROM_CR);
    if (nr == 65)
        GR1->v = ia64_sapic_ivr(&c->s);
    else
        GR1->v = nr == 67 ? 0 : *ia64_cr(&c->s, nr);
    GR1->nat = 0;
    if (nr == 65) {
        ia64_end(c, i);
        c->attention = 1;
        return;
    }
    IA64_NEXT(c, i);
}

static void write_cr(struct ia64_cpu *c, unsigned nr, uint64_t v)
{
    if (nr == 67) {
        ia64_sapic_eoi(&c->s);
        return;
    }
    *ia64_cr(&c->s, nr) = ia64_cr_kept(nr, v);
    if (nr == 1 || nr == 72)
        ia64_sapic_rearm(c);
}

IA64_OP(mov_to_cr)
{
    unsigned nr = i->r3;

    check_cr(c, i, true);
    c->insn = i;
    ia64_privileged(c, i, IA64_SENS_MOV_TO_CR);
    write_cr(c, nr, GR2->v);
    ia64_end(c, i); /* an interrupt may be unmasked */
    c->attention = 1;
}

/* ---- PSR ---- */
IA64_OP(mov_from_psr)
{
    IA64_TARGET(c, i);
    ia64_privileged(c, i, IA64_SENS_MOV_FROM_PSR);
    GR1->v = c->s.psr & PSR_READABLE;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

static void set_psr(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t psr)
{
    ia64_end(c, i);
    ia64_set_psr(c, (psr & ~PSR_RI) | (c->s.psr & PSR_RI));
    c->attention = 1;
}

IA64_OP(mov_to_psr)
{
    ia64_privileged(c, i, IA64_SENS_MOV_TO_PSR);
    set_psr(c, i, (c->s.psr & ~0xffffffffull) | (GR2->v & PSR_L));
}

IA64_OP(ssm)
{
    ia64_privileged(c, i, IA64_SENS_SSM);
    set_psr(c, i, c->s.psr | i->imm);
}

IA64_OP(rsm)
{
    ia64_privileged(c, i, IA64_SENS_RSM);
    set_psr(c, i, c->s.psr & ~i->imm);
}

IA64_OP(srlz_i)
{
    ia64_end(c, i);
}

/* ---- control ---- */
IA64_OP(bsw)
{
    ia64_privileged(c, i, i->x ? IA64_SENS_BSW_1 : IA64_SENS_BSW_0);
    set_psr(c, i, i->x ? c->s.psr | PSR_BN : c->s.psr & ~PSR_BN);
}

IA64_OP(rfi)
{
    struct ia64_state *s = &c->s;
    uint64_t psr = s->ipsr & PSR_DEFINED;

    ia64_privileged(c, i, IA64_SENS_RFI);
    if (psr & PSR_IS) /* there is no IA-32 code */
        ia64_general(c, i, IA64_GE_DISABLED_ISA);
    ia64_end(c, i);
    s->iipa_now = ia64_insn_ip(c, i);
    ia64_return(c, psr, (int64_t)s->dirty < 0);
    c->attention = 1;
}

/* [ISDM3 "epc — Enter Privileged Code"]: the page's promotion level. */
IA64_OP(epc)
{
    struct ia64_xlat x;
    struct ia64_fault f;
    uint64_t cpl = c->cpl;

    if (c->s.pfs >> 62 < c->cpl)
        ia64_illegal(c, i);
    ia64_sensitive(c, i, IA64_SENS_EPC);
    if (!(c->s.psr & PSR_IT)) {
        cpl = 0;
    } else if (ia64_translate(c, ia64_insn_ip(c, i), IA64_EXEC, c->cpl, true,
                              &x, &f) &&
               pte_ar(x.pte) == 7 && x.pte != 0 && pte_pl(x.pte) < cpl) {
        cpl = pte_pl(x.pte);
    }
    set_psr(c, i, (c->s.psr & ~PSR_CPL) | cpl << PSR_CPL_SHIFT);
}

/* The page that a gate is: execute and promote. */
static bool on_gate(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct ia64_xlat x;
    struct ia64_fault f;

    return (c->s.psr & PSR_IT) &&
           ia64_translate(c, ia64_insn_ip(c, i), IA64_EXEC, c->cpl, true, &x,
                          &f) &&
           pte_ar(x.pte) == 7;
}

/* [ISDM3 "vmsw"]: from a gate page, where the VMM has not disabled it. */
IA64_OP(vmsw)
{
    if (i->qp != 0)
        ia64_illegal(c, i);
    ia64_check_cpl0(c, i);
    ia64_count(c, LEDGER_SENSITIVE, IA64_SENS_VMSW, 0);
    if (!ia64_vti_vmsw(c) || !on_gate(c, i))
        ia64_vti_fault(c, i, IA64_SENS_VMSW);
    set_psr(c, i, i->x ? c->s.psr | PSR_VM : c->s.psr & ~PSR_VM);
}

/* ---- break ---- */
IA64_OP(break)
{
    uint64_t imm = i->imm;

    c->insn = i;
    if (c->break_fn != NULL && c->v.disp.at[IA64_SENS_BREAK] == DISP_EXECUTE &&
        c->break_fn(c->break_opaque, c, imm)) {
        ia64_count(c, LEDGER_SENSITIVE, IA64_SENS_BREAK, imm);
        ia64_end(c, i);
        c->attention = 1;
        return;
    }
    ia64_raise(c, i,
               &(struct ia64_fault){.vector = IA64_VEC_BREAK,
                                    .iim = imm,
                                    .sets = IA64_SETS_IIM});
}
