/* op_fp.c: floating-point arithmetic, comparison and conversion. x: precision
 * completer or variant, as encodings.def says. */
#include "vti-ia64/cpu/fp_op.h"

#include "common/base/bits.h"

/* [ISDM2 "Floating-point Fault vector"]: ISR.code: V 0, D 1, Z 2, SWA 3; of
 * pairs these are the high half's, the low half's are 4 bits up. */
static uint64_t fault_code(unsigned flags, unsigned masked)
{
    return (flags & 7 & ~masked) | (flags & FPF_SWA ? 8 : 0);
}

/* O 0, U 1, I 2, FPA 3, if one of them traps. O and U tell of traps that are
 * enabled only (others would ask for software assistance), I also of how exact
 * the result of those is. [ISDM1 "Floating-point Exception Trap"], [ISDM2
 * "Floating-point System Software"] */
static uint64_t trap_code(unsigned flags, unsigned masked)
{
    unsigned t = flags & (FPF_O | FPF_U | FPF_I) & ~masked;

    if (t & (FPF_O | FPF_U))
        t |= flags & FPF_I;
    if (t == 0)
        return 0;
    return t >> 3 | (flags & FPF_FPA ? 8 : 0);
}

void ia64_fp_faults(struct ia64_cpu *c, const struct ia64_insn *i, unsigned hi,
                    unsigned lo, unsigned masked)
{
    uint64_t code = fault_code(hi, masked) | fault_code(lo, masked) << 4;

    if (code != 0)
        ia64_raise(
            c, i,
            &(struct ia64_fault){.vector = IA64_VEC_FP_FAULT, .isr = code});
}

void ia64_fp_flags(struct ia64_cpu *c, const struct ia64_insn *i,
                   unsigned flags)
{
    c->s.fpsr |= (uint64_t)(flags & 63) << (6 + 13 * i->sf + 7);
}

static NOINLINE void trap(struct ia64_cpu *c, const struct ia64_insn *i,
                          uint64_t code)
{
    ia64_end(c, i);
    ia64_deliver(c, &(struct ia64_fault){
                        .vector = IA64_VEC_FP_TRAP,
                        .isr = 1 | code | (uint64_t)i->slot << ISR_EI_SHIFT,
                        .sets = IA64_TRAP});
    c->attention = 1;
}

/* The result is written: go on, or trap. ISR.code: bit 0 tells that it is a
 * trap of floating point, 14:11 which, 10:7 which of the low half. */
void ia64_fp_next(struct ia64_cpu *c, const struct ia64_insn *i, unsigned flags)
{
    unsigned masked = fp_masked(c->s.fpsr, i->sf);
    unsigned lo = flags >> FP_LOW_HALF, hi = flags & mask_low(FP_LOW_HALF);
    uint64_t code = trap_code(hi, masked) << 11 | trap_code(lo, masked) << 7;

    ia64_fp_flags(c, i, hi | lo);
    if (likely(code == 0))
        IA64_NEXT(c, i);
    trap(c, i, code);
}

/* ---- multiply and add: f1 = f3 * f4 + f2 ---- */
static NOINLINE unsigned multiply_add(struct ia64_cpu *c,
                                      const struct ia64_insn *i,
                                      bool neg_product, bool neg_c)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, i->x);
    const struct ia64_fr *a = FR3, *b = FR4;
    struct ia64_fr r, d = *FR2;
    unsigned flags;

    ia64_fp_check(c, i, i->r1, i->r2, i->r3, i->r4);
    /* f2 being f0 means the product alone: its zero keeps its sign. */
    if (i->r2 == 0)
        d.se =
            ((a->se ^ b->se) & FP_SIGN) ^ (neg_product != neg_c ? FP_SIGN : 0);
    flags = fp_fma(a, b, &d, neg_product, neg_c, &env, &r);
    ia64_fp_faults(c, i, flags, 0, env.masked);
    *FR1 = r;
    ia64_fp_wrote(c, i->r1);
    return flags;
}

IA64_OP(fma)
{
    ia64_fp_next(c, i, multiply_add(c, i, false, false));
}

IA64_OP(fms)
{
    ia64_fp_next(c, i, multiply_add(c, i, false, true));
}

IA64_OP(fnma)
{
    ia64_fp_next(c, i, multiply_add(c, i, true, false));
}

/* ---- integer multiply and add, on significands ---- */
static bool any_natval(struct ia64_cpu *c, const struct ia64_insn *i)
{
    return fp_is_natval(*FR2) || fp_is_natval(*FR3) || fp_is_natval(*FR4);
}

static struct ia64_fr integer(uint64_t v)
{
    return (struct ia64_fr){v, FP_INT};
}

#define XMA(name, expr)                                                        \
    IA64_OP(name)                                                              \
    {                                                                          \
        uint64_t a = FR3->sig, b = FR4->sig, d = FR2->sig;                     \
                                                                               \
        ia64_fp_check(c, i, i->r1, i->r2, i->r3, i->r4);                       \
        *FR1 = any_natval(c, i) ? fp_natval() : integer(expr);                 \
        ia64_fp_wrote(c, i->r1);                                               \
        IA64_NEXT(c, i);                                                       \
    }
XMA(xma_l, a *b + d)
XMA(xma_hu, (uint64_t)(((unsigned __int128)a * b + d) >> 64))
XMA(xma_h, (uint64_t)((unsigned __int128)((__int128)(int64_t)a *(int64_t)b +
                                          (__int128)(unsigned __int128)d) >>
                      64))

/* f1 = (f3 & f2) | (f4 & ~f2) */
IA64_OP(fselect)
{
    uint64_t m = FR2->sig, v = (FR3->sig & m) | (FR4->sig & ~m);

    ia64_fp_check(c, i, i->r1, i->r2, i->r3, i->r4);
    *FR1 = any_natval(c, i) ? fp_natval() : integer(v);
    ia64_fp_wrote(c, i->r1);
    IA64_NEXT(c, i);
}

/* ---- comparisons: two predicates; x: relation, +8 unc ---- */
static NOINLINE void compare(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 0);
    unsigned flags;
    bool yes = false;

    ia64_fp_check(c, i, i->r2, i->r3, 0, 0);
    if (fp_is_natval(*FR2) || fp_is_natval(*FR3)) {
        ia64_set_pr(c, i->r1, false);
        ia64_set_pr(c, i->r4, false);
        return;
    }
    flags = fp_compare(*FR2, *FR3, i->x & 3, &yes);
    ia64_fp_faults(c, i, flags, 0, env.masked);
    ia64_fp_flags(c, i, flags);
    ia64_set_pr(c, i->r1, yes);
    ia64_set_pr(c, i->r4, !yes);
}

IA64_OP(fcmp)
{
    if (!ia64_qp(c, i)) {
        if (i->x & 8) {
            ia64_set_pr(c, i->r1, false);
            ia64_set_pr(c, i->r4, false);
        }
        IA64_NEXT(c, i);
    }
    compare(c, i);
    IA64_NEXT(c, i);
}

/* Immediate: bits 8:0 as fp_class() counts, stored with bits 1:0 (sign) first.
 */
IA64_OP(fclass)
{
    unsigned want = (unsigned)i->imm, have, kinds;
    bool yes;

    if (!ia64_qp(c, i)) {
        if (i->x & 8) {
            ia64_set_pr(c, i->r1, false);
            ia64_set_pr(c, i->r4, false);
        }
        IA64_NEXT(c, i);
    }
    ia64_fp_check(c, i, i->r2, 0, 0, 0);
    have = fp_class(*FR2);
    kinds = have & want & 0x1fc;
    /* NaNs and NaTVal have no sign here. */
    yes = kinds != 0 && ((kinds & 0x1c0) != 0 || (have & want & 3) != 0);
    if ((have & 256) && !(want & 256)) { /* NaTVal not asked for: both false */
        ia64_set_pr(c, i->r1, false);
        ia64_set_pr(c, i->r4, false);
        IA64_NEXT(c, i);
    }
    ia64_set_pr(c, i->r1, yes);
    ia64_set_pr(c, i->r4, !yes);
    IA64_NEXT(c, i);
}

/* ---- approximations: f1, p2 (r4) = f2, f3 ---- */
static NOINLINE void recip(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 0);
    struct ia64_fr r = fp_natval();
    unsigned flags = 0;
    bool p = false;

    ia64_fp_check(c, i, i->r1, i->r2, i->r3, 0);
    if (!fp_is_natval(*FR2) && !fp_is_natval(*FR3))
        flags = fp_recip(*FR2, *FR3, &r, &p);
    ia64_fp_faults(c, i, flags, 0, env.masked);
    ia64_fp_flags(c, i, flags);
    *FR1 = r;
    ia64_set_pr(c, i->r4, p);
    ia64_fp_wrote(c, i->r1);
}

IA64_OP(frcpa)
{
    if (ia64_qp(c, i))
        recip(c, i);
    else
        ia64_set_pr(c, i->r4, false);
    IA64_NEXT(c, i);
}

static NOINLINE void rsqrt(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 0);
    struct ia64_fr r = fp_natval();
    unsigned flags = 0;
    bool p = false;

    ia64_fp_check(c, i, i->r1, i->r3, 0, 0);
    if (!fp_is_natval(*FR3))
        flags = fp_rsqrt(*FR3, &r, &p);
    ia64_fp_faults(c, i, flags, 0, env.masked);
    ia64_fp_flags(c, i, flags);
    *FR1 = r;
    ia64_set_pr(c, i->r4, p);
    ia64_fp_wrote(c, i->r1);
}

IA64_OP(frsqrta)
{
    if (ia64_qp(c, i))
        rsqrt(c, i);
    else
        ia64_set_pr(c, i->r4, false);
    IA64_NEXT(c, i);
}

static NOINLINE void minmax(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 0);
    struct ia64_fr r = fp_natval();
    unsigned flags = 0;

    ia64_fp_check(c, i, i->r1, i->r2, i->r3, 0);
    if (!fp_is_natval(*FR2) && !fp_is_natval(*FR3))
        flags = fp_minmax(*FR2, *FR3, i->x, &r);
    ia64_fp_faults(c, i, flags, 0, env.masked);
    ia64_fp_flags(c, i, flags);
    *FR1 = r;
    ia64_fp_wrote(c, i->r1);
}

IA64_OP(fminmax)
{
    minmax(c, i);
    IA64_NEXT(c, i);
}

/* ---- conversions ---- */
static NOINLINE unsigned to_int(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 0);
    unsigned flags = 0;
    uint64_t v = 0;
    bool nat = fp_is_natval(*FR2);

    ia64_fp_check(c, i, i->r1, i->r2, 0, 0);
    if (!nat)
        flags = fp_to_int(*FR2, i->x & 1, i->x & 2, 64, &env, &v);
    ia64_fp_faults(c, i, flags, 0, env.masked);
    *FR1 = nat ? fp_natval() : integer(v);
    ia64_fp_wrote(c, i->r1);
    return flags;
}
IA64_FP_OP(fcvt_fx, to_int)

IA64_OP(fcvt_xf)
{
    ia64_fp_check(c, i, i->r1, i->r2, 0, 0);
    *FR1 = fp_is_natval(*FR2) ? fp_natval() : fp_from_int((int64_t)FR2->sig);
    ia64_fp_wrote(c, i->r1);
    IA64_NEXT(c, i);
}

/* ---- status fields ---- */
static uint64_t *fpsr(struct ia64_cpu *c)
{
    return &c->s.fpsr;
}

/* Controls of sf become (sf0's and amask) or omask. */
IA64_OP(fsetc)
{
    unsigned at = 6 + 13 * i->sf;
    uint64_t v = ((*fpsr(c) >> 6 & 0x7f) & i->imm) | i->imm2;

    if ((v >> 2 & 3) == 1 || (i->sf == 0 && (v & 0x40)))
        ia64_general(c, i, IA64_GE_RESERVED);
    *fpsr(c) = (*fpsr(c) & ~(0x7full << at)) | v << at;
    IA64_NEXT(c, i);
}

IA64_OP(fclrf)
{
    *fpsr(c) &= ~(0x3full << (6 + 13 * i->sf + 7));
    IA64_NEXT(c, i);
}

/* Branches if sf has a flag that sf0 lacks or whose trap is enabled. */
IA64_OP(fchkf)
{
    uint64_t flags = *fpsr(c) >> (6 + 13 * i->sf + 7) & 63;
    uint64_t main = *fpsr(c) >> 13 & 63, enabled = ~*fpsr(c) & 63;

    if ((flags & ~main) != 0 || (flags & enabled) != 0)
        ia64_jump(c, i, ia64_insn_ip(c, i) + i->imm);
    else
        IA64_NEXT(c, i);
}
