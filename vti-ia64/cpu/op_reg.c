/* op_reg.c: moves between general and branch, predicate and application
 * registers. */
#include "vti-ia64/cpu/op.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/cpu/sensitive.h"

IA64_OP(mov_to_br)
{
    if (GR2->nat)
        ia64_nat_fault(c, i, 0);
    c->s.br[i->r1] = GR2->v;
    IA64_NEXT(c, i);
}

IA64_OP(mov_from_br)
{
    IA64_TARGET(c, i);
    GR1->v = c->s.br[i->r2];
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

IA64_OP(mov_from_ip)
{
    IA64_TARGET(c, i);
    GR1->v = ia64_insn_ip(c, i);
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

/* ---- predicates as a register: as if CFM.rrb.pr were 0 ---- */
IA64_OP(mov_from_pr)
{
    unsigned by = 48 - cfm_rrb_pr(c->s.cfm);
    uint64_t p = c->s.pr >> 16;

    IA64_TARGET(c, i);
    p = (p >> by % 48 | p << (48 - by % 48)) & mask_low(48);
    GR1->v = (c->s.pr & 0xffff) | p << 16;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

static void set_pr(struct ia64_cpu *c, uint64_t v, uint64_t mask)
{
    unsigned by = cfm_rrb_pr(c->s.cfm), back = (48 - by) % 48;
    uint64_t p = c->s.pr >> 16, pr;

    p = (p >> back | p << (48 - back)) & mask_low(48);
    pr = (c->s.pr & 0xffff) | p << 16;
    pr = (pr & ~mask) | (v & mask);
    p = pr >> 16;
    p = (p >> by | p << (48 - by)) & mask_low(48);
    c->s.pr = (pr & 0xffff) | p << 16 | 1;
}

IA64_OP(mov_to_pr)
{
    if (GR2->nat)
        ia64_nat_fault(c, i, 0);
    set_pr(c, GR2->v, i->imm);
    IA64_NEXT(c, i);
}

IA64_OP(mov_to_pr_rot)
{
    set_pr(c, i->imm, ~0xffffull);
    IA64_NEXT(c, i);
}

/* ---- application registers. x: 0 on the M unit, 1 on the I unit ---- */
static bool reserved(unsigned nr)
{
    return (nr >= 8 && nr <= 15) || nr == 20 || nr == 22 || nr == 23 ||
           nr == 31 || (nr >= 33 && nr <= 35) || (nr >= 37 && nr <= 39) ||
           (nr >= 41 && nr <= 43) || (nr >= 46 && nr <= 47) ||
           (nr >= 67 && nr <= 111);
}

static bool ignored(unsigned nr)
{
    return (nr >= 48 && nr <= 63) || nr >= 112;
}

/* The field of a simple register, or NULL. */
static uint64_t *simple(struct ia64_state *s, unsigned nr)
{
    switch (nr) {
    case 21:
        return &s->fcr;
    case 24:
        return &s->eflag;
    case 25:
        return &s->csd;
    case 26:
        return &s->ssd;
    case 27:
        return &s->cflg;
    case 28:
        return &s->fsr;
    case 29:
        return &s->fir;
    case 30:
        return &s->fdr;
    case 32:
        return &s->ccv;
    case 36:
        return &s->unat;
    case 64:
        return &s->pfs;
    case 65:
        return &s->lc;
    default:
        return NULL;
    }
}

static void check_unit(struct ia64_cpu *c, const struct ia64_insn *i,
                       unsigned nr)
{
    bool i_unit = nr >= 64 && nr <= 111, m_unit = nr < 48;

    if ((i->x == 1 && m_unit) || (i->x == 0 && i_unit) || reserved(nr))
        ia64_illegal(c, i);
}

/* PSR.si keeps the time from the unprivileged; a virtual machine's reads are
 * seen only then (without the interval timer offset). */
static void check_itc(struct ia64_cpu *c, const struct ia64_insn *i)
{
    if (!(c->s.psr & PSR_SI))
        return;
    if (c->cpl != 0)
        ia64_general(c, i, IA64_GE_PRIV_REG);
    ia64_sensitive(c, i, IA64_SENS_MOV_FROM_AR);
}

IA64_OP(mov_from_ar)
{
    unsigned nr = i->r3;
    struct ia64_state *s = &c->s;
    uint64_t v = 0;

    check_unit(c, i, nr);
    IA64_TARGET(c, i);
    c->insn = i;
    /* Pointers and collections of a stack that moves are not for the lazy. */
    if ((nr == 18 || nr == 19) && (s->rsc & 3) != 0)
        ia64_illegal(c, i);
    if (nr == 44 || nr == 45)
        check_itc(c, i);
    if (nr == 16)
        ia64_silent(c, IA64_SENS_MOV_FROM_RSC);
    if (nr == 64)
        ia64_silent(c, IA64_SENS_MOV_FROM_PFS);
    if (nr < 8)
        v = s->kr[nr];
    else if (nr == 16)
        v = s->rsc;
    else if (nr == 17)
        v = s->bsp;
    else if (nr == 18)
        v = s->bspstore;
    else if (nr == 19)
        v = s->rnat;
    else if (nr == 40)
        v = s->fpsr;
    else if (nr == 44 || nr == 45)
        v = ia64_itc(c);
    else if (nr == 66)
        v = s->ec;
    else if (simple(s, nr) != NULL)
        v = *simple(s, nr);
    GR1->v = v;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

/* [ISDM1 "RSC", "FPSR"]: fields that must be 0 or have values not used. */
static bool reserved_rsc(uint64_t v)
{
    return (v & ~0x3fff001full) != 0;
}

static bool reserved_fpsr(uint64_t v)
{
    if (v >> 58 != 0)
        return true;
    for (unsigned sf = 0; sf < 4; sf++)
        if ((v >> (6 + 13 * sf + 2) & 3) == 1) /* precision control */
            return true;
    return (v >> 6 & 0x40) != 0; /* sf0.td */
}

/* `op`: by which instruction, where it is sensitive. */
static void write_ar(struct ia64_cpu *c, const struct ia64_insn *i, unsigned nr,
                     uint64_t v, unsigned op)
{
    struct ia64_state *s = &c->s;

    if (nr == 17 || nr == 45) /* BSP, RUC: read-only */
        ia64_illegal(c, i);
    if ((nr == 18 || nr == 19) && (s->rsc & 3) != 0)
        ia64_illegal(c, i);
    if ((nr == 16 && reserved_rsc(v)) || (nr == 40 && reserved_fpsr(v)) ||
        (nr == 64 && (v & ~0xc3f0003fffffffffull) != 0))
        ia64_general(c, i, IA64_GE_RESERVED);
    if ((nr < 8 || nr == 44) && c->cpl != 0)
        ia64_general(c, i, IA64_GE_PRIV_REG);
    if (nr == 44)
        ia64_sensitive(c, i, op);
    if (nr == 16)
        ia64_silent(c, IA64_SENS_MOV_TO_RSC);
    if (nr < 8)
        s->kr[nr] = v;
    else if (nr == 16)
        s->rsc =
            (v >> 2 & 3) < c->cpl ? (v & ~12ull) | (uint64_t)c->cpl << 2 : v;
    else if (nr == 18)
        ia64_rse_set_bspstore(c, v);
    else if (nr == 19)
        s->rnat = v & mask_low(63);
    else if (nr == 40)
        s->fpsr = v;
    else if (nr == 44)
        ia64_set_itc(c, v);
    else if (nr == 64)
        s->pfs = v;
    else if (nr == 66)
        s->ec = v & 63;
    else if (simple(s, nr) != NULL)
        *simple(s, nr) = v;
}

IA64_OP(mov_to_ar)
{
    unsigned nr = i->r3;

    check_unit(c, i, nr);
    if (GR2->nat)
        ia64_nat_fault(c, i, 0);
    c->insn = i;
    if (!ignored(nr))
        write_ar(c, i, nr, GR2->v, IA64_SENS_MOV_TO_AR);
    IA64_NEXT(c, i);
}

IA64_OP(mov_to_ar_imm)
{
    unsigned nr = i->r3;

    check_unit(c, i, nr);
    c->insn = i;
    if (!ignored(nr))
        write_ar(c, i, nr, i->imm, IA64_SENS_MOV_TO_AR_IMM);
    IA64_NEXT(c, i);
}

/* ---- the user mask ---- */
IA64_OP(mov_from_psrum)
{
    IA64_TARGET(c, i);
    GR1->v = c->s.psr & PSR_UM;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

/* Secure performance monitors keep PSR.up from the unprivileged. */
static void set_um(struct ia64_cpu *c, uint64_t v)
{
    uint64_t mask = PSR_UM;

    ia64_silent(c, IA64_SENS_USER_MASK);
    if ((c->s.psr & PSR_SP) && c->cpl != 0)
        mask &= ~PSR_UP;
    c->s.psr = (c->s.psr & ~mask) | (v & mask);
    ia64_update(c);
}

IA64_OP(mov_to_psrum)
{
    if (GR2->nat)
        ia64_nat_fault(c, i, 0);
    if (GR2->v & ~PSR_UM & 0xff)
        ia64_general(c, i, IA64_GE_RESERVED);
    set_um(c, GR2->v);
    IA64_NEXT(c, i);
}

IA64_OP(sum)
{
    if (i->imm & ~PSR_UM)
        ia64_general(c, i, IA64_GE_RESERVED);
    set_um(c, c->s.psr | i->imm);
    IA64_NEXT(c, i);
}

IA64_OP(rum)
{
    if (i->imm & ~PSR_UM)
        ia64_general(c, i, IA64_GE_RESERVED);
    set_um(c, c->s.psr & ~i->imm);
    IA64_NEXT(c, i);
}
