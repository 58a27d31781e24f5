/* op_branch.c: branches, calls, loops. [ISDM3 "br — Branch"] */
#include "vti-ia64/cpu/op.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/sensitive.h"

static ALWAYS_INLINE uint64_t target(const struct ia64_cpu *c,
                                     const struct ia64_insn *i)
{
    return ia64_insn_ip(c, i) + i->imm;
}

IA64_OP(br_cond)
{
    if (ia64_qp(c, i))
        ia64_jump(c, i, target(c, i));
    else
        IA64_NEXT(c, i);
}

IA64_OP(brl_cond)
{
    ia64_jump(c, i, target(c, i));
}

IA64_OP(br_ind)
{
    ia64_jump(c, i, c->s.br[i->r2] & ~15ull);
}

/* IA-32 code: not modelled, as CPUID and PSR.di's being fixed would have it. */
IA64_OP(br_ia)
{
    if (i->qp != 0 || c->s.bspstore != c->s.bsp)
        ia64_illegal(c, i);
    ia64_general(c, i, IA64_GE_DISABLED_ISA);
}

/* ---- calls ---- */
static void call(struct ia64_cpu *c, unsigned b, uint64_t ret)
{
    struct ia64_state *s = &c->s;
    unsigned sof = cfm_sof(s->cfm), sol = cfm_sol(s->cfm);

    s->br[b] = ret;
    s->pfs = s->cfm | s->ec << 52 | (uint64_t)c->cpl << 62;
    if (unlikely(s->cfm >> 18 != 0))
        ia64_unrotate(c);
    ia64_rse_push(c, sol);
    s->cfm = sof - sol;
    c->gr_limit = (uint8_t)(32 + sof - sol);
    c->rrb_fr = 0;
}

IA64_OP(br_call)
{
    uint64_t ip = ia64_insn_ip(c, i);

    call(c, i->r1, ip + 16);
    ia64_jump(c, i, ip + i->imm);
}

IA64_OP(brl_call)
{
    uint64_t ip = ia64_insn_ip(c, i);

    call(c, i->r1, ip + 16);
    ia64_jump(c, i, ip + i->imm);
}

IA64_OP(br_call_ind)
{
    uint64_t to = c->s.br[i->r2] & ~15ull;

    call(c, i->r1, ia64_insn_ip(c, i) + 16);
    ia64_jump(c, i, to);
}

/* Returning to less privilege traps if PSR.lp. */
static void lower_privilege(struct ia64_cpu *c, const struct ia64_insn *i,
                            uint64_t to)
{
    uint64_t slot = i->slot;
    bool trap = (c->s.psr & PSR_LP) != 0;

    ia64_set_psr(c, (c->s.psr & ~PSR_CPL) | (c->s.pfs >> 62) << PSR_CPL_SHIFT);
    ia64_end(c, i);
    c->s.ip = to;
    c->s.psr &= ~PSR_RI;
    c->s.iipa_now = ia64_insn_ip(c, i);
    c->attention = 1;
    if (trap)
        ia64_deliver(c, &(struct ia64_fault){.vector = IA64_VEC_LOWER_PRIV,
                                             .isr = 2 | slot << ISR_EI_SHIFT,
                                             .sets = IA64_TRAP});
}

IA64_OP(br_ret)
{
    struct ia64_state *s = &c->s;
    uint64_t to = s->br[i->r2] & ~15ull, pfm = s->pfs & CFM_MASK;
    unsigned sof = cfm_sof(s->cfm), outs = cfm_sof(pfm) - cfm_sol(pfm);

    if (unlikely(cfm_sol(pfm) > cfm_sof(pfm) || cfm_sof(pfm) > IA64_STACKED))
        pfm = outs = 0;
    if (unlikely(s->cfm >> 18 != 0))
        ia64_unrotate(c);
    ia64_rse_pop(c, cfm_sol(pfm), outs < sof ? outs : sof, pfm);
    s->ec = s->pfs >> 52 & 0x3f;
    if (unlikely(s->cfm >> 18 != 0))
        ia64_rotate(c);
    c->gr_limit = (uint8_t)(32 + cfm_sof(s->cfm));
    c->rrb_fr = (uint8_t)cfm_rrb_fr(s->cfm);
    if (unlikely(c->cpl < s->pfs >> 62)) {
        lower_privilege(c, i, to);
        return;
    }
    if (unlikely(s->cfle)) {
        c->fast_limit = 0; /* the run loop loads the rest */
        c->icount0 += (uint64_t)(i + 1 - c->start);
        c->start = i + 1;
        ia64_go(c, to);
        return;
    }
    ia64_jump(c, i, to);
}

/* ---- loops ---- */
/* Branches of loops must be in slot 2; [ISDM3] calls others illegal. */
static ALWAYS_INLINE void check_slot(struct ia64_cpu *c,
                                     const struct ia64_insn *i)
{
    if (unlikely(i->slot != 2))
        ia64_illegal(c, i);
}

IA64_OP(br_cloop)
{
    check_slot(c, i);
    if (c->s.lc == 0)
        IA64_NEXT(c, i);
    c->s.lc--;
    ia64_jump(c, i, target(c, i));
}

/* All rotating registers move up by one. */
static void rotate_once(struct ia64_cpu *c, bool p63)
{
    struct ia64_state *s = &c->s;
    unsigned sor = cfm_sor(s->cfm), gr = cfm_rrb_gr(s->cfm);
    unsigned fr = cfm_rrb_fr(s->cfm), pr = cfm_rrb_pr(s->cfm);
    uint64_t rot = s->pr >> 16;

    if (sor != 0) {
        struct ia64_gr last = s->gr[31 + sor];

        for (unsigned k = sor - 1; k > 0; k--)
            s->gr[32 + k] = s->gr[31 + k];
        s->gr[32] = last;
        gr = gr == 0 ? sor - 1 : gr - 1;
    }
    rot = (rot & mask_low(47)) << 1 | (p63 ? 1 : 0);
    s->pr = (s->pr & 0xffff) | rot << 16;
    fr = fr == 0 ? 95 : fr - 1;
    pr = pr == 0 ? 47 : pr - 1;
    s->cfm = (s->cfm & mask_low(18)) | (uint64_t)gr << 18 | (uint64_t)fr << 25 |
             (uint64_t)pr << 32;
    c->rrb_fr = (uint8_t)fr;
}

/* PR[63] is written, then registers rotate, so that it becomes p16. */
static bool modulo(struct ia64_cpu *c, bool more, bool p63)
{
    struct ia64_state *s = &c->s;

    if (more) {
        rotate_once(c, p63);
        return true;
    }
    if (s->ec != 0) {
        s->ec--;
        rotate_once(c, false);
        return s->ec != 0;
    }
    ia64_set_pr(c, 63, false);
    return false;
}

/* x: whether the branch leaves (exit) or goes round (top). */
static bool counted(struct ia64_cpu *c)
{
    bool more = c->s.lc != 0;

    if (more)
        c->s.lc--;
    return modulo(c, more, true);
}

IA64_OP(br_ctop)
{
    check_slot(c, i);
    if (counted(c))
        ia64_jump(c, i, target(c, i));
    else
        IA64_NEXT(c, i);
}

IA64_OP(br_cexit)
{
    check_slot(c, i);
    if (!counted(c))
        ia64_jump(c, i, target(c, i));
    else
        IA64_NEXT(c, i);
}

IA64_OP(br_wtop)
{
    check_slot(c, i);
    if (modulo(c, ia64_qp(c, i), false))
        ia64_jump(c, i, target(c, i));
    else
        IA64_NEXT(c, i);
}

IA64_OP(br_wexit)
{
    check_slot(c, i);
    if (!modulo(c, ia64_qp(c, i), false))
        ia64_jump(c, i, target(c, i));
    else
        IA64_NEXT(c, i);
}

/* ---- the register stack ---- */
IA64_OP(alloc)
{
    struct ia64_state *s = &c->s;
    unsigned sof = i->imm & 0x7f, sol = i->imm >> 7 & 0x7f;
    uint64_t sor = i->imm >> 14 & 0xf, frame = i->imm & mask_low(18);

    if (sof > IA64_STACKED || sor * 8 > sof || sol > sof || i->r1 >= 32 + sof)
        ia64_illegal(c, i);
    if (sor * 8 != cfm_sor(s->cfm) && s->cfm >> 18 != 0)
        ia64_general(c, i, IA64_GE_RESERVED);
    c->insn = i;
    ia64_rse_grow(c, i, sof);
    s->cfm = (s->cfm & ~mask_low(18)) | frame;
    c->gr_limit = (uint8_t)(32 + sof);
    ia64_silent(c, IA64_SENS_ALLOC);
    GR1->v = s->pfs;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

IA64_OP(flushrs)
{
    c->insn = i;
    ia64_rse_flush(c, i);
    IA64_NEXT(c, i);
}

IA64_OP(loadrs)
{
    if ((c->s.rsc & 3) != 0 ||
        ((c->s.rsc >> 16 & 0x3fff) != 0 && cfm_sof(c->s.cfm) != 0))
        ia64_illegal(c, i);
    c->insn = i;
    ia64_rse_loadrs(c, i);
    IA64_NEXT(c, i);
}

IA64_OP(clrrrb)
{
    struct ia64_state *s = &c->s;
    uint64_t keep = i->x == 1 ? mask_low(32) : mask_low(18);

    if (s->cfm >> 18 != 0) {
        ia64_unrotate(c);
        s->cfm &= keep;
        ia64_rotate(c);
        c->rrb_fr = (uint8_t)cfm_rrb_fr(s->cfm);
    }
    IA64_NEXT(c, i);
}

IA64_OP(cover)
{
    uint64_t cfm;

    if (c->cpl == 0)
        ia64_sensitive(c, i, IA64_SENS_COVER);
    else
        ia64_silent(c, IA64_SENS_COVER);
    cfm = ia64_rse_cover(c);
    if (!(c->s.psr & PSR_IC))
        c->s.ifs = cfm | IFS_V;
    IA64_NEXT(c, i);
}
