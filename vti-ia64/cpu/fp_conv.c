/* fp_conv.c: integers, memory formats, classes and approximations. */
#include "common/base/bits.h"
#include "vti-ia64/cpu/fp_priv.h"

/* ---- integers ---- */
static uint64_t integer_indefinite(unsigned bits)
{
    return bits == 64 ? FP_MSB : 0x80000000ull;
}

unsigned fp_to_int(struct ia64_fr a, bool is_unsigned, bool truncate,
                   unsigned bits, const struct fp_env *env, uint64_t *v)
{
    struct fp_num n = fp_unpack(a);
    unsigned rc = truncate ? 3 : env->rc, flags = 0, by;
    uint64_t whole, rest;
    bool half, below, up, bad;

    *v = integer_indefinite(bits);
    if (n.kind == FP_ZERO) {
        *v = 0;
        return n.unnormal ? FPF_D : 0;
    }
    if (n.kind != FP_NUMBER || n.exp > 63)
        return FPF_V;
    if (n.unnormal)
        flags |= FPF_D;
    by = n.exp < -1 ? 65 : (unsigned)(63 - n.exp);
    whole = by >= 64 ? 0 : n.sig >> by;
    rest = by == 0 ? 0 : by >= 65 ? 1 : n.sig << (64 - by);
    half = by < 65 && rest >> 63;
    below = by >= 65 || rest << 1 != 0;
    up = rc == 0   ? half && (below || (whole & 1))
         : rc == 3 ? false
                   : (rc == 1) == n.sign && (half || below);
    if (up && whole == UINT64_MAX)
        return FPF_V;
    whole += up;
    if (is_unsigned)
        bad = (n.sign && whole != 0) || (bits == 32 && whole >> 32 != 0);
    else
        bad = whole > (1ull << (bits - 1)) - (n.sign ? 0 : 1);
    if (bad)
        return FPF_V;
    *v = (n.sign ? 0 - whole : whole) & mask_low(bits);
    return flags | (half || below ? FPF_I | (up ? FPF_FPA : 0) : 0);
}

struct ia64_fr fp_from_int(int64_t v)
{
    uint64_t m = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    unsigned by;

    if (m == 0)
        return (struct ia64_fr){0, 0};
    by = (unsigned)__builtin_clzll(m);
    return fp_special(v < 0, FP_INT - by, m << by);
}

/* ---- approximations: 8 bits and a bit, as the manual's tables have them: the
 * reciprocal of the middle of each interval, rounded to 11 bits ---- */
static uint64_t recip_entry(uint64_t index)
{
    uint64_t d = 513 + 2 * index;

    return (2 * 1048576 + d) / (2 * d);
}

static uint64_t rsqrt_entry(uint64_t index)
{
    uint64_t x = (257 + 2 * (index & 127)) * (index >> 7 ? 1 : 2);
    uint64_t lo = 1024, hi = 2047;

    /* Largest r with (r - 1/2)^2 * x / 256 <= 2048^2. */
    while (lo < hi) {
        uint64_t r = (lo + hi + 1) / 2;

        if ((2 * r - 1) * (2 * r - 1) * x <= 4ull * 2048 * 2048 * 256)
            lo = r;
        else
            hi = r - 1;
    }
    return lo;
}

static bool quiet_nan(struct ia64_fr a, const struct fp_num *n, unsigned *flags,
                      struct ia64_fr *r)
{
    if (n->kind != FP_QNAN && n->kind != FP_SNAN)
        return false;
    if (n->kind == FP_SNAN)
        *flags |= FPF_V;
    *r = a;
    r->sig |= FP_QUIET;
    return true;
}

static unsigned invalid(struct ia64_fr *r)
{
    *r = fp_special(true, FP_EXP, FP_MSB | FP_QUIET);
    return FPF_V;
}

/* Beyond these exponents software has to scale. [ISDM1 "Definition of SWA
 * Faults"] */
static bool out_of_range(const struct fp_num *n, const struct fp_num *d)
{
    int quotient = n->exp - d->exp;

    return d->exp <= -65535 || d->exp >= 65533 || quotient <= -65533 ||
           quotient >= 65535 || n->exp <= -65535 + 64;
}

unsigned fp_recip(struct ia64_fr num, struct ia64_fr den, struct ia64_fr *r,
                  bool *p)
{
    struct fp_num n = fp_unpack(num), d = fp_unpack(den);
    bool sign = n.sign != d.sign;
    unsigned flags = 0;

    *p = false;
    if (n.kind == FP_UNSUPPORTED || d.kind == FP_UNSUPPORTED)
        return invalid(r);
    if (d.kind == FP_SNAN)
        flags |= FPF_V;
    if (quiet_nan(num, &n, &flags, r) || quiet_nan(den, &d, &flags, r))
        return flags;
    if ((n.kind == FP_INF && d.kind == FP_INF) ||
        (n.kind == FP_ZERO && d.kind == FP_ZERO))
        return invalid(r);
    if (n.kind != FP_INF && d.kind == FP_ZERO) {
        *r = fp_special(sign, FP_EXP, FP_MSB);
        return FPF_Z;
    }
    if (n.kind == FP_NUMBER && d.kind == FP_NUMBER && out_of_range(&n, &d))
        return FPF_SWA;
    if (n.unnormal || d.unnormal)
        flags |= FPF_D;
    if (n.kind == FP_INF) {
        *r = fp_special(sign, FP_EXP, FP_MSB);
    } else if (n.kind == FP_ZERO || d.kind == FP_INF) {
        *r = fp_special(sign, 0, 0);
    } else {
        *r = fp_special(d.sign, (uint64_t)(FP_BIAS - 1 - d.exp),
                        recip_entry(d.sig >> 55 & 0xff) << 53);
        *p = true;
    }
    return flags;
}

unsigned fp_rsqrt(struct ia64_fr a, struct ia64_fr *r, bool *p)
{
    struct fp_num n = fp_unpack(a);
    unsigned flags = 0;
    uint64_t index;

    *p = false;
    if (n.kind == FP_UNSUPPORTED)
        return invalid(r);
    if (quiet_nan(a, &n, &flags, r))
        return flags;
    if (n.kind == FP_ZERO) {
        *r = fp_special(n.sign, 0, 0);
        return n.unnormal ? FPF_D : 0;
    }
    if (n.sign)
        return invalid(r);
    if (n.kind == FP_INF) {
        *r = fp_special(false, FP_EXP, FP_MSB);
        return 0;
    }
    if (n.exp <= -65535 + 64)
        return FPF_SWA;
    index = (uint64_t)((n.exp + FP_BIAS) & 1) << 7 | (n.sig >> 56 & 0x7f);
    *r = fp_special(false, (uint64_t)(FP_BIAS - 1 - (n.exp >> 1)),
                    rsqrt_entry(index) << 53);
    *p = true;
    return n.unnormal ? FPF_D : 0;
}

/* ---- of pairs: the result is a single, so its range ends earlier. [ISDM3
 * "fprcpa", "fprsqrta"] ---- */
unsigned fp_recip_single(struct ia64_fr num, struct ia64_fr den,
                         struct ia64_fr *r, bool *p)
{
    struct fp_num n = fp_unpack(num), d = fp_unpack(den);
    unsigned flags;

    if (n.kind != FP_NUMBER || d.kind != FP_NUMBER)
        return fp_recip(num, den, r, p);
    flags = n.unnormal || d.unnormal ? FPF_D : 0;
    *p = false;
    if (d.unnormal) {
        *r = fp_special(d.sign, FP_EXP, FP_MSB);
    } else if (d.exp >= 125) {
        *r = fp_special(d.sign, 0, 0);
    } else {
        *r = fp_special(d.sign, (uint64_t)(FP_BIAS - 1 - d.exp),
                        recip_entry(d.sig >> 55 & 0xff) << 53);
        *p = n.exp - d.exp < 127 && n.exp - d.exp > -125 && n.exp > -103;
    }
    return flags;
}

unsigned fp_rsqrt_single(struct ia64_fr a, struct ia64_fr *r, bool *p)
{
    struct fp_num n = fp_unpack(a);
    unsigned flags = fp_rsqrt(a, r, p);

    if (n.kind == FP_INF && !n.sign)
        *r = fp_special(false, 0, 0);
    else if (n.kind == FP_ZERO)
        *r = fp_special(n.sign, FP_EXP, FP_MSB);
    *p = *p && n.exp > -103;
    return flags;
}

/* ---- classes: fclass's immediate: 0 pos, 1 neg, 2 zero, 3 unnormal, 4 normal,
 * 5 infinity, 6 SNaN, 7 QNaN, 8 NaTVal ---- */
unsigned fp_class(struct ia64_fr a)
{
    struct fp_num n = fp_unpack(a);
    unsigned sign = n.sign ? 2 : 1;

    switch (n.kind) {
    case FP_ZERO: /* a zero with an exponent is an unnormalized number */
        return sign | (n.unnormal ? 8 : 4);
    case FP_NUMBER:
        return sign | (n.unnormal ? 8 : 16);
    case FP_INF:
        return sign | 32;
    case FP_SNAN:
        return 64;
    case FP_QNAN:
        return 128;
    case FP_NATVAL:
        return 256;
    default:
        return 0;
    }
}

/* ---- memory formats [ISDM1 "Memory Access and Transfer"] ---- */
struct ia64_fr fp_from_single(uint32_t v)
{
    uint64_t e = v >> 23 & 0xff, m = (uint64_t)(v & 0x7fffff) << 40;
    bool sign = v >> 31;

    if (e == 0xff)
        return fp_special(sign, FP_EXP, FP_MSB | m);
    if (e != 0)
        return fp_special(sign, e - 127 + FP_BIAS, FP_MSB | m);
    return fp_special(sign, m == 0 ? 0 : 0xff81, m);
}

struct ia64_fr fp_from_double(uint64_t v)
{
    uint64_t e = v >> 52 & 0x7ff, m = (v & mask_low(52)) << 11;
    bool sign = v >> 63;

    if (e == 0x7ff)
        return fp_special(sign, FP_EXP, FP_MSB | m);
    if (e != 0)
        return fp_special(sign, e - 1023 + FP_BIAS, FP_MSB | m);
    return fp_special(sign, m == 0 ? 0 : 0xfc01, m);
}

struct ia64_fr fp_from_extended(uint64_t sig, uint16_t se)
{
    uint64_t e = se & 0x7fff;
    bool sign = se >> 15;

    if (e == 0x7fff)
        return fp_special(sign, FP_EXP, sig);
    return fp_special(sign, e == 0 ? 0 : e - 16383 + FP_BIAS, sig);
}

/* Stores take bits as they are: what does not fit the format is software's
 * concern. */
uint32_t fp_to_single(struct ia64_fr a)
{
    uint64_t e = a.se & FP_EXP;
    uint32_t se = (a.se & FP_SIGN ? 1u << 31 : 0);

    if (a.sig & FP_MSB)
        se |= (uint32_t)((e >> 16 & 1) << 7 | (e & 0x7f)) << 23;
    return se | (uint32_t)(a.sig >> 40 & 0x7fffff);
}

uint64_t fp_to_double(struct ia64_fr a)
{
    uint64_t e = a.se & FP_EXP, se = a.se & FP_SIGN ? FP_MSB : 0;

    if (a.sig & FP_MSB)
        se |= ((e >> 16 & 1) << 10 | (e & 0x3ff)) << 52;
    return se | (a.sig >> 11 & mask_low(52));
}

uint16_t fp_to_extended(struct ia64_fr a)
{
    uint64_t e = a.se & FP_EXP;

    return (uint16_t)((a.se & FP_SIGN ? 0x8000 : 0) | (e >> 16 & 1) << 14 |
                      (e & 0x3fff));
}
