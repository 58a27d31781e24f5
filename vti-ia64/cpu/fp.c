/* fp.c: arithmetic on 82-bit registers. */
#include "vti-ia64/cpu/fp.h"

#include "common/base/bits.h"
#include "common/base/cc.h"
#include "vti-ia64/cpu/fp_priv.h"

struct fp_env fp_env(uint64_t fpsr, unsigned sf, unsigned pc)
{
    enum { SINGLE, DOUBLE, EXTENDED, WIDEST };
    static const struct {
        int emin, emax;
        unsigned denorm;
    } ranges[] = {
        [SINGLE] = {-126, 127, 0xff81},
        [DOUBLE] = {-1022, 1023, 0xfc01},
        [EXTENDED] = {-16382, 16383, 0},
        [WIDEST] = {-65534, 65535, 1},
    };
    static const uint8_t dynamic[4] = {24, 24, 53, 64};
    static const uint8_t prec[4] = {0, 24, 53, 24};
    static const uint8_t range[4] = {EXTENDED, SINGLE, DOUBLE, SINGLE};
    uint64_t f = fpsr >> (6 + 13 * sf);
    bool wre = f >> 1 & 1;
    unsigned r = wre && pc != 3 ? WIDEST : range[pc];

    return (struct fp_env){
        .prec = pc == 0 ? dynamic[f >> 2 & 3] : prec[pc],
        .emin = ranges[r].emin,
        .emax = ranges[r].emax,
        .denorm = ranges[r].denorm,
        .rc = f >> 4 & 3,
        .ftz = f & 1,
        .masked = fp_masked(fpsr, sf),
    };
}

struct fp_num fp_unpack(struct ia64_fr a)
{
    struct fp_num n = {.sign = (a.se & FP_SIGN) != 0, .sig = a.sig};
    unsigned e = a.se & FP_EXP, shift;

    if (e == FP_EXP) {
        if (!(a.sig & FP_MSB))
            n.kind = FP_UNSUPPORTED;
        else if (a.sig == FP_MSB)
            n.kind = FP_INF;
        else
            n.kind = a.sig & FP_QUIET ? FP_QNAN : FP_SNAN;
        return n;
    }
    if (e == FP_NAT && a.sig == 0) {
        n.kind = FP_NATVAL;
        return n;
    }
    if (a.sig == 0) {
        n.kind = FP_ZERO;
        n.unnormal = e != 0; /* a pseudo-zero */
        return n;
    }
    n.kind = FP_NUMBER;
    n.unnormal = e == 0 || !(a.sig & FP_MSB);
    n.exp = (e == 0 ? 0xc001 : (int)e) - FP_BIAS;
    shift = (unsigned)__builtin_clzll(a.sig);
    n.sig <<= shift;
    n.exp -= (int)shift;
    return n;
}

static struct ia64_fr indefinite(void)
{
    return (struct ia64_fr){FP_MSB | FP_QUIET, FP_EXP | FP_SIGN};
}

struct ia64_fr fp_special(bool sign, uint64_t exp, uint64_t sig)
{
    return (struct ia64_fr){sig, exp | (sign ? FP_SIGN : 0)};
}

/* ---- rounding ---- */
static bool round_up(const struct fp_env *env, bool sign, bool odd, bool half,
                     bool below)
{
    switch (env->rc) {
    case 0:
        return half && (below || odd);
    case 1:
        return sign && (half || below);
    case 2:
        return !sign && (half || below);
    default:
        return false;
    }
}

/* Keep the top `prec` bits of hi:lo (its MSB is bit 63 of hi or below). Sets
 * *inexact, *up; returns the carry out of bit 63. */
static ALWAYS_INLINE bool round_bits(const struct fp_env *env, bool sign,
                                     uint64_t *hi, uint64_t lo, bool *inexact,
                                     bool *up)
{
    unsigned drop = 64 - env->prec;
    uint64_t unit = drop == 0 ? 1 : 1ull << drop, low = *hi & (unit - 1);
    bool half, below, carry;

    if (drop == 0) {
        half = lo >> 63;
        below = lo << 1 != 0;
    } else {
        half = low >> (drop - 1) & 1;
        below = (low & (unit / 2 - 1)) != 0 || lo != 0;
    }
    *inexact = half || below;
    *hi -= low;
    *up = round_up(env, sign, (*hi & unit) != 0, half, below);
    if (!*up)
        return false;
    carry = *hi > UINT64_MAX - unit;
    *hi += unit;
    return carry;
}

static unsigned overflow(const struct fp_env *env, bool sign, struct ia64_fr *r)
{
    bool inf =
        env->rc == 0 || (env->rc == 1 && sign) || (env->rc == 2 && !sign);
    uint64_t largest = ~0ull << (64 - env->prec);

    if (inf)
        *r = fp_special(sign, FP_EXP, FP_MSB);
    else
        *r = fp_special(sign, (uint64_t)(env->emax + FP_BIAS), largest);
    return FPF_O | FPF_I | (inf ? FPF_FPA : 0);
}

/* A result too small for the range, not yet rounded: shift it there. */
static unsigned denormalize(const struct fp_env *env, bool sign, int exp,
                            uint64_t hi, uint64_t lo, struct ia64_fr *r)
{
    unsigned by = (unsigned)(env->emin - exp), flags = 0;
    bool inexact, up;

    if (env->ftz) {
        *r = fp_special(sign, 0, 0);
        return FPF_U | FPF_I;
    }
    if (by >= 128) {
        lo = (hi | lo) != 0;
        hi = 0;
    } else if (by >= 64) {
        lo = hi >> (by - 64) | (by > 64 && (hi << (128 - by)) != 0 ? 1 : 0) |
             (lo != 0);
        hi = 0;
    } else if (by > 0) {
        lo = hi << (64 - by) | lo >> by | (lo << (64 - by) != 0);
        hi >>= by;
    }
    round_bits(env, sign, &hi, lo, &inexact, &up);
    if (inexact)
        flags = FPF_U | FPF_I | (up ? FPF_FPA : 0);
    if (hi == 0)
        *r = fp_special(sign, 0, 0);
    else if (hi & FP_MSB) /* rounded up to the smallest normal */
        *r = fp_special(sign, (uint64_t)(env->emin + FP_BIAS), hi);
    else
        *r = fp_special(sign, env->denorm, hi);
    return flags;
}

unsigned fp_round(const struct fp_env *env, bool sign, int exp, uint64_t hi,
                  uint64_t lo, struct ia64_fr *r)
{
    uint64_t rounded = hi;
    unsigned flags = 0;
    bool inexact, up;
    int e = exp;

    if (round_bits(env, sign, &rounded, lo, &inexact, &up)) {
        rounded = FP_MSB;
        e++;
    }
    if (inexact)
        flags = FPF_I | (up ? FPF_FPA : 0);
    if (e > env->emax) {
        if (env->masked & FPF_O)
            return overflow(env, sign, r);
        flags |= FPF_O; /* trap: the exponent wraps */
    } else if (e < env->emin) {
        if (env->masked & FPF_U)
            return denormalize(env, sign, exp, hi, lo, r);
        flags |= FPF_U;
    }
    *r = fp_special(sign, (uint64_t)(e + FP_BIAS) & FP_EXP, rounded);
    return flags;
}

/* ---- NaN operands ---- */

/* *r becomes the NaN that the operands give, in that order; false: none is. */
static bool nan_of(const struct ia64_fr *in, const struct fp_num *n,
                   unsigned nr, unsigned *flags, struct ia64_fr *r)
{
    bool found = false;

    for (unsigned k = 0; k < nr; k++) {
        if (n[k].kind == FP_NATVAL) {
            *r = fp_natval();
            return true;
        }
    }
    for (unsigned k = 0; k < nr; k++) {
        if (n[k].kind == FP_UNSUPPORTED) {
            *flags |= FPF_V;
            *r = indefinite();
            return true;
        }
    }
    for (unsigned k = 0; k < nr; k++) {
        if (n[k].kind == FP_SNAN)
            *flags |= FPF_V;
        if (!found && (n[k].kind == FP_SNAN || n[k].kind == FP_QNAN)) {
            *r = in[k];
            r->sig |= FP_QUIET;
            found = true;
        }
    }
    return found;
}

static unsigned denormals(const struct fp_num *n, unsigned nr)
{
    for (unsigned k = 0; k < nr; k++)
        if (n[k].unnormal && (n[k].kind == FP_NUMBER || n[k].kind == FP_ZERO))
            return FPF_D;
    return 0;
}

/* ---- multiply and add ---- */

/* A number of 192 bits, hi:mid:lo; the MSB at bit 62 of hi. */
struct wide {
    uint64_t hi, mid, lo;
};

static ALWAYS_INLINE struct wide shift_right(struct wide w, unsigned by)
{
    bool sticky = false;

    for (; by >= 64; by -= 64) {
        sticky |= w.lo != 0;
        w = (struct wide){0, w.hi, w.mid};
        if ((w.mid | w.lo) == 0)
            break;
    }
    if (by > 0 && by < 64) {
        sticky |= w.lo << (64 - by) != 0;
        w.lo = w.lo >> by | w.mid << (64 - by);
        w.mid = w.mid >> by | w.hi << (64 - by);
        w.hi >>= by;
    }
    w.lo |= sticky;
    return w;
}

static ALWAYS_INLINE struct wide add(struct wide a, struct wide b)
{
    unsigned __int128 s = (unsigned __int128)a.lo + b.lo;
    struct wide r = {.lo = (uint64_t)s};

    s = (s >> 64) + a.mid + b.mid;
    r.mid = (uint64_t)s;
    r.hi = (uint64_t)(s >> 64) + a.hi + b.hi;
    return r;
}

static ALWAYS_INLINE struct wide negate(struct wide a)
{
    return add((struct wide){~a.hi, ~a.mid, ~a.lo}, (struct wide){0, 0, 1});
}

static ALWAYS_INLINE bool less(struct wide a, struct wide b)
{
    return a.hi != b.hi     ? a.hi < b.hi
           : a.mid != b.mid ? a.mid < b.mid
                            : a.lo < b.lo;
}

/* Normalize to the MSB at bit 63 of hi, and round. */
static ALWAYS_INLINE unsigned finish(const struct fp_env *env, bool sign,
                                     int exp, struct wide w, struct ia64_fr *r)
{
    unsigned by;

    exp++; /* bit 63 of hi weighs 2^exp now */
    while (w.hi == 0) {
        w = (struct wide){w.mid, w.lo, 0};
        exp -= 64;
    }
    by = (unsigned)__builtin_clzll(w.hi);
    if (by > 0) {
        w.hi = w.hi << by | w.mid >> (64 - by);
        w.mid = w.mid << by | w.lo >> (64 - by);
        w.lo <<= by;
        exp -= (int)by;
    }
    return fp_round(env, sign, exp, w.hi, w.mid | (w.lo != 0), r);
}

/* x + y with exponents of their bit 62; neither is zero. */
static ALWAYS_INLINE unsigned sum(const struct fp_env *env, bool sx, int ex,
                                  struct wide x, bool sy, int ey, struct wide y,
                                  struct ia64_fr *r)
{
    bool sign = sx;

    if (ex < ey) {
        struct wide t = x;
        int e = ex;

        x = y;
        y = t;
        ex = ey;
        ey = e;
        sign = sx;
        sx = sy;
        sy = sign;
    }
    y = shift_right(y, ex - ey > 256 ? 256u : (unsigned)(ex - ey));
    if (sx == sy)
        return finish(env, sx, ex, add(x, y), r);
    sign = sx;
    if (less(x, y)) {
        struct wide t = x;

        x = y;
        y = t;
        sign = sy;
    }
    x = add(x, negate(y));
    if ((x.hi | x.mid | x.lo) == 0) {
        *r = fp_special(env->rc == 1, 0, 0);
        return 0;
    }
    return finish(env, sign, ex, x, r);
}

/* The product with its MSB at bit 62. */
static ALWAYS_INLINE struct wide product(uint64_t a, uint64_t b, int *exp)
{
    unsigned __int128 p = (unsigned __int128)a * b;

    if (p >> 127)
        (*exp)++;
    else
        p <<= 1;
    return (struct wide){(uint64_t)(p >> 65), (uint64_t)(p >> 1),
                         (uint64_t)p << 63};
}

/* One operand or more is infinite; or the product or the sum is zero. */
static unsigned fma_special(const struct fp_num n[3], bool sp, bool sc,
                            const struct fp_env *env, struct ia64_fr *r)
{
    const struct fp_num *b = &n[0], *c = &n[1], *a = &n[2];
    bool inf = a->kind == FP_INF || b->kind == FP_INF;
    bool zero = (a->kind == FP_ZERO && !a->unnormal) ||
                (b->kind == FP_ZERO && !b->unnormal);

    if ((inf && zero) || (inf && c->kind == FP_INF && sp != sc)) {
        *r = indefinite();
        return FPF_V;
    }
    if (inf || c->kind == FP_INF) {
        *r = fp_special(inf ? sp : sc, FP_EXP, FP_MSB);
        return denormals(n, 3);
    }
    if (c->kind == FP_ZERO) { /* and so is the product */
        *r = fp_special(sp == sc ? sp : env->rc == 1, 0, 0);
        return denormals(n, 3);
    }
    return denormals(n, 3) | fp_round(env, sc, c->exp, c->sig, 0, r);
}

static NOINLINE unsigned fma_any(struct ia64_fr a, struct ia64_fr b,
                                 struct ia64_fr c, bool neg_product, bool neg_c,
                                 const struct fp_env *env, struct ia64_fr *r)
{
    const struct ia64_fr in[3] = {b, c, a}; /* the order of NaNs */
    struct fp_num n[3] = {fp_unpack(b), fp_unpack(c), fp_unpack(a)};
    bool sp = (n[0].sign != n[2].sign) != neg_product, sc = n[1].sign != neg_c;
    unsigned flags = 0;
    struct wide p, w;
    int exp;

    if (nan_of(in, n, 3, &flags, r))
        return flags;
    if (n[0].kind != FP_NUMBER || n[2].kind != FP_NUMBER || n[1].kind == FP_INF)
        return fma_special(n, sp, sc, env, r);
    flags = denormals(n, 3);
    exp = n[0].exp + n[2].exp;
    p = product(n[0].sig, n[2].sig, &exp);
    if (n[1].kind == FP_ZERO)
        return flags | finish(env, sp, exp, p, r);
    w = (struct wide){n[1].sig >> 1, n[1].sig << 63, 0};
    return flags | sum(env, sp, exp, p, sc, n[1].exp, w, r);
}

static ALWAYS_INLINE bool is_normal(const struct ia64_fr *a)
{
    return (a->se & FP_EXP) - 1 < FP_EXP - 1 && (a->sig & FP_MSB);
}

/* What numbers mostly are is done here; all else by fma_any(). */
unsigned fp_fma(const struct ia64_fr *a, const struct ia64_fr *b,
                const struct ia64_fr *c, bool neg_product, bool neg_c,
                const struct fp_env *env, struct ia64_fr *r)
{
    bool alone = c->sig == 0 && (c->se & FP_EXP) == 0;
    bool sp = (((a->se ^ b->se) & FP_SIGN) != 0) != neg_product;
    bool sc = ((c->se & FP_SIGN) != 0) != neg_c;
    int exp = (int)(a->se & FP_EXP) + (int)(b->se & FP_EXP) - 2 * FP_BIAS;
    struct wide p, w = {c->sig >> 1, c->sig << 63, 0};

    if (unlikely(!is_normal(a) || !is_normal(b) || (!alone && !is_normal(c))))
        return fma_any(*a, *b, *c, neg_product, neg_c, env, r);
    p = product(a->sig, b->sig, &exp);
    if (alone)
        return finish(env, sp, exp, p, r);
    return sum(env, sp, exp, p, sc, (int)(c->se & FP_EXP) - FP_BIAS, w, r);
}

/* ---- comparison ---- */
static int magnitude(const struct fp_num *a, const struct fp_num *b)
{
    int ka = a->kind == FP_ZERO ? 0 : a->kind == FP_INF ? 2 : 1;
    int kb = b->kind == FP_ZERO ? 0 : b->kind == FP_INF ? 2 : 1;

    if (ka != kb || ka != 1)
        return ka - kb;
    if (a->exp != b->exp)
        return a->exp < b->exp ? -1 : 1;
    return a->sig < b->sig ? -1 : a->sig > b->sig;
}

static bool is_nan(const struct fp_num *n)
{
    return n->kind == FP_QNAN || n->kind == FP_SNAN ||
           n->kind == FP_UNSUPPORTED;
}

static int order(const struct fp_num *a, const struct fp_num *b)
{
    if (a->kind == FP_ZERO && b->kind == FP_ZERO)
        return 0;
    if (a->sign != b->sign)
        return a->sign ? -1 : 1;
    return a->sign ? -magnitude(a, b) : magnitude(a, b);
}

unsigned fp_compare(struct ia64_fr a, struct ia64_fr b, unsigned relation,
                    bool *yes)
{
    struct fp_num n[2] = {fp_unpack(a), fp_unpack(b)};
    bool nan = is_nan(&n[0]) || is_nan(&n[1]);
    bool bad = n[0].kind == FP_SNAN || n[1].kind == FP_SNAN ||
               n[0].kind == FP_UNSUPPORTED || n[1].kind == FP_UNSUPPORTED;
    int o;

    if (nan) {
        *yes = relation == 3;
        /* lt and le are signaling: a quiet NaN is invalid, too. */
        return bad || relation == 1 || relation == 2 ? FPF_V : 0;
    }
    o = order(&n[0], &n[1]);
    *yes = relation == 0   ? o == 0
           : relation == 1 ? o < 0
                           : relation == 2 && o <= 0;
    return denormals(n, 2);
}

unsigned fp_minmax(struct ia64_fr a, struct ia64_fr b, unsigned which,
                   struct ia64_fr *r)
{
    struct fp_num n[2] = {fp_unpack(a), fp_unpack(b)};
    int o;

    if (is_nan(&n[0]) || is_nan(&n[1])) {
        *r = b; /* the second operand, as it is */
        return FPF_V;
    }
    o = which >= 2 ? magnitude(&n[0], &n[1]) : order(&n[0], &n[1]);
    if (which & 1)
        *r = o > 0 ? a : b;
    else
        *r = o < 0 ? a : b;
    return denormals(n, 2);
}
