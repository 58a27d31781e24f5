/* op_fpsimd.c: floating point on pairs of singles in one significand. */
#include "vti-ia64/cpu/fp_op.h"

static struct ia64_fr half(struct ia64_fr f, unsigned k)
{
    return fp_from_single((uint32_t)(f.sig >> (32 * k)));
}

static void put_half(struct ia64_fr *r, unsigned k, uint64_t v)
{
    r->sig |= (v & 0xffffffff) << (32 * k);
}

/* A result as one of a pair. That of an overflow or underflow that traps has
 * the low bits of its exponent. */
static uint64_t to_half(struct ia64_fr f)
{
    uint64_t exp = (f.se & FP_EXP) - (FP_BIAS - 127);

    if ((f.se & FP_EXP) == FP_EXP || !(f.sig & FP_MSB) || exp - 1 < 254)
        return fp_to_single(f);
    return (f.se & FP_SIGN) << 14 | (exp & 0xff) << 23 |
           (f.sig >> 40 & 0x7fffff);
}

static bool any_natval(struct ia64_fr a, struct ia64_fr b, struct ia64_fr d)
{
    return fp_is_natval(a) || fp_is_natval(b) || fp_is_natval(d);
}

/* Write the pair; faults were looked at. Returns the flags of both halves. */
static ALWAYS_INLINE unsigned finish(struct ia64_cpu *c,
                                     const struct ia64_insn *i,
                                     struct ia64_fr r, const unsigned flags[2])
{
    *FR1 = r;
    ia64_fp_wrote(c, i->r1);
    return flags[1] | flags[0] << FP_LOW_HALF;
}

/* f1 in both halves is 1.0 for fpma only as an operand in memory format: f1's
 * significand is not a pair, so software uses fpma with pairs. x: 0 fpma, 1
 * fpms, 2 fpnma. f2 being f0 means the products alone. */
static NOINLINE unsigned multiply_add(struct ia64_cpu *c,
                                      const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 3);
    struct ia64_fr a = *FR3, b = *FR4, d = *FR2, t, r = {0, FP_INT};
    unsigned flags[2] = {0, 0};

    ia64_fp_check(c, i, i->r1, i->r2, i->r3, i->r4);
    if (any_natval(a, b, d)) {
        r = fp_natval();
    } else {
        for (unsigned k = 0; k < 2; k++) {
            struct ia64_fr x = half(a, k), y = half(b, k), z = half(d, k);

            if (i->r2 == 0)
                z = (struct ia64_fr){0, ((x.se ^ y.se) & FP_SIGN) ^
                                            (i->x != 0 ? FP_SIGN : 0)};
            flags[k] = fp_fma(&x, &y, &z, i->x == 2, i->x == 1, &env, &t);
            put_half(&r, k, to_half(t));
        }
        ia64_fp_faults(c, i, flags[1], flags[0], env.masked);
    }
    return finish(c, i, r, flags);
}
IA64_FP_OP(fpma, multiply_add)

static NOINLINE unsigned minmax(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 3);
    struct ia64_fr a = *FR2, b = *FR3, t, r = {0, FP_INT};
    unsigned flags[2] = {0, 0};

    ia64_fp_check(c, i, i->r1, i->r2, i->r3, 0);
    if (any_natval(a, b, a)) {
        r = fp_natval();
    } else {
        for (unsigned k = 0; k < 2; k++) {
            flags[k] = fp_minmax(half(a, k), half(b, k), i->x, &t);
            put_half(&r, k, fp_to_single(t));
        }
        ia64_fp_faults(c, i, flags[1], flags[0], env.masked);
    }
    return finish(c, i, r, flags);
}
IA64_FP_OP(fpminmax, minmax)

/* x: relation, +4 negated; all ones or zero in each half. */
static NOINLINE unsigned compare(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 3);
    struct ia64_fr a = *FR2, b = *FR3, r = {0, FP_INT};
    unsigned flags[2] = {0, 0};
    bool yes;

    ia64_fp_check(c, i, i->r1, i->r2, i->r3, 0);
    if (any_natval(a, b, a)) {
        r = fp_natval();
    } else {
        for (unsigned k = 0; k < 2; k++) {
            flags[k] = fp_compare(half(a, k), half(b, k), i->x & 3, &yes);
            put_half(&r, k, yes != (i->x >= 4) ? ~0ull : 0);
        }
        ia64_fp_faults(c, i, flags[1], flags[0], env.masked);
    }
    return finish(c, i, r, flags);
}
IA64_FP_OP(fpcmp, compare)

static NOINLINE unsigned to_int(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 3);
    struct ia64_fr a = *FR2, r = {0, FP_INT};
    unsigned flags[2] = {0, 0};
    uint64_t v;

    ia64_fp_check(c, i, i->r1, i->r2, 0, 0);
    if (fp_is_natval(a)) {
        r = fp_natval();
    } else {
        for (unsigned k = 0; k < 2; k++) {
            flags[k] = fp_to_int(half(a, k), i->x & 1, i->x & 2, 32, &env, &v);
            put_half(&r, k, v);
        }
        ia64_fp_faults(c, i, flags[1], flags[0], env.masked);
    }
    return finish(c, i, r, flags);
}
IA64_FP_OP(fpcvt_fx, to_int)

/* Approximations: the predicate is true if both halves want refinement. */
static NOINLINE unsigned recip(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 3);
    struct ia64_fr a = *FR2, b = *FR3, t, r = {0, FP_INT};
    unsigned flags[2] = {0, 0};
    bool all = true, p;

    ia64_fp_check(c, i, i->r1, i->r2, i->r3, 0);
    if (any_natval(a, b, a)) {
        r = fp_natval();
        all = false;
    } else {
        for (unsigned k = 0; k < 2; k++) {
            flags[k] = fp_recip_single(half(a, k), half(b, k), &t, &p);
            put_half(&r, k, fp_to_single(t));
            all = all && p;
        }
        ia64_fp_faults(c, i, flags[1], flags[0], env.masked);
    }
    ia64_set_pr(c, i->r4, all);
    return finish(c, i, r, flags);
}

IA64_OP(fprcpa)
{
    if (!ia64_qp(c, i)) {
        ia64_set_pr(c, i->r4, false);
        IA64_NEXT(c, i);
    }
    ia64_fp_next(c, i, recip(c, i));
}

static NOINLINE unsigned rsqrt(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct fp_env env = fp_env(c->s.fpsr, i->sf, 3);
    struct ia64_fr b = *FR3, t, r = {0, FP_INT};
    unsigned flags[2] = {0, 0};
    bool all = true, p;

    ia64_fp_check(c, i, i->r1, i->r3, 0, 0);
    if (fp_is_natval(b)) {
        r = fp_natval();
        all = false;
    } else {
        for (unsigned k = 0; k < 2; k++) {
            flags[k] = fp_rsqrt_single(half(b, k), &t, &p);
            put_half(&r, k, fp_to_single(t));
            all = all && p;
        }
        ia64_fp_faults(c, i, flags[1], flags[0], env.masked);
    }
    ia64_set_pr(c, i->r4, all);
    return finish(c, i, r, flags);
}

IA64_OP(fprsqrta)
{
    if (!ia64_qp(c, i)) {
        ia64_set_pr(c, i->r4, false);
        IA64_NEXT(c, i);
    }
    ia64_fp_next(c, i, rsqrt(c, i));
}
