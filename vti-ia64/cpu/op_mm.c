/* op_mm.c: parallel arithmetic on bytes, halves and words of registers.
 * x is described in encodings.def: log2 of the element's size and a variant. */
#include "vti-ia64/cpu/op.h"

static int64_t get_s(uint64_t v, unsigned k, unsigned bits)
{
    return sext(v >> (k * bits), bits);
}

static uint64_t get_u(uint64_t v, unsigned k, unsigned bits)
{
    return v >> (k * bits) & mask_low(bits);
}

static uint64_t put(int64_t v, unsigned k, unsigned bits)
{
    return ((uint64_t)v & mask_low(bits)) << (k * bits);
}

/* Write r1 and go on; `nat` of both sources. */
static ALWAYS_INLINE void result(struct ia64_cpu *c, const struct ia64_insn *i,
                                 uint64_t v)
{
    uint64_t nat = GR2->nat | GR3->nat;

    IA64_TARGET(c, i);
    GR1->v = v;
    GR1->nat = nat;
}

static int64_t clamp(int64_t v, int64_t lo, int64_t hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

/* Saturation: 1 sss, 2 uuu, 3 uus (result and first source unsigned). */
static uint64_t sum(uint64_t a, uint64_t b, unsigned x, int sign)
{
    unsigned bits = 8u << (x & 3), how = x >> 2;
    uint64_t v = 0;

    for (unsigned k = 0; k < 64 / bits; k++) {
        int64_t ea = how >= 2 ? (int64_t)get_u(a, k, bits) : get_s(a, k, bits);
        int64_t eb = how == 2 ? (int64_t)get_u(b, k, bits) : get_s(b, k, bits);
        int64_t r = ea + sign * eb;

        if (how == 1)
            r = clamp(r, -(1ll << (bits - 1)), (1ll << (bits - 1)) - 1);
        else if (how >= 2)
            r = clamp(r, 0, (1ll << bits) - 1);
        v |= put(r, k, bits);
    }
    return v;
}

IA64_OP(padd)
{
    result(c, i, sum(GR2->v, GR3->v, i->x, 1));
    IA64_NEXT(c, i);
}

IA64_OP(psub)
{
    result(c, i, sum(GR2->v, GR3->v, i->x, -1));
    IA64_NEXT(c, i);
}

/* Average: with .raz a half rounds up; else the low bit of the sum stays. */
IA64_OP(pavg)
{
    unsigned bits = 8u << (i->x & 3);
    uint64_t v = 0, s;

    for (unsigned k = 0; k < 64 / bits; k++) {
        s = get_u(GR2->v, k, bits) + get_u(GR3->v, k, bits);
        s = i->x & 4 ? (s + 1) >> 1 : s >> 1 | (s & 1);
        v |= put((int64_t)s, k, bits);
    }
    result(c, i, v);
    IA64_NEXT(c, i);
}

IA64_OP(pavgsub)
{
    unsigned bits = 8u << (i->x & 3);
    uint64_t v = 0;

    for (unsigned k = 0; k < 64 / bits; k++) {
        int64_t d =
            (int64_t)get_u(GR2->v, k, bits) - (int64_t)get_u(GR3->v, k, bits);

        v |= put(d >> 1 | (d & 1), k, bits);
    }
    result(c, i, v);
    IA64_NEXT(c, i);
}

static uint64_t compare(uint64_t a, uint64_t b, unsigned bits, bool gt)
{
    uint64_t v = 0;

    for (unsigned k = 0; k < 64 / bits; k++) {
        int64_t ea = get_s(a, k, bits), eb = get_s(b, k, bits);

        if (gt ? ea > eb : ea == eb)
            v |= put(-1, k, bits);
    }
    return v;
}

IA64_OP(pcmp_eq)
{
    result(c, i, compare(GR2->v, GR3->v, 8u << i->x, false));
    IA64_NEXT(c, i);
}

IA64_OP(pcmp_gt)
{
    result(c, i, compare(GR2->v, GR3->v, 8u << i->x, true));
    IA64_NEXT(c, i);
}

/* Shift and add with signed saturation; of a shift left the bits that leave
 * saturate too. */
static uint64_t shift_add(uint64_t a, uint64_t b, int left, unsigned count)
{
    uint64_t v = 0;

    for (unsigned k = 0; k < 4; k++) {
        int64_t s = get_s(a, k, 16);

        if (left)
            s = clamp((int64_t)((uint64_t)s << count), -32768, 32767);
        else
            s >>= count;
        v |= put(clamp(s + get_s(b, k, 16), -32768, 32767), k, 16);
    }
    return v;
}

IA64_OP(pshladd2)
{
    result(c, i, shift_add(GR2->v, GR3->v, 1, (unsigned)i->imm));
    IA64_NEXT(c, i);
}

IA64_OP(pshradd2)
{
    result(c, i, shift_add(GR2->v, GR3->v, 0, (unsigned)i->imm));
    IA64_NEXT(c, i);
}

IA64_OP(pmpyshr2)
{
    uint64_t v = 0;

    for (unsigned k = 0; k < 4; k++) {
        int64_t p = i->x
                        ? (int64_t)(get_u(GR2->v, k, 16) * get_u(GR3->v, k, 16))
                        : get_s(GR2->v, k, 16) * get_s(GR3->v, k, 16);

        v |= put(p >> i->imm, k, 16);
    }
    result(c, i, v);
    IA64_NEXT(c, i);
}

/* pmpy2.r: halves 0 and 2; .l: 1 and 3. */
IA64_OP(pmpy2)
{
    uint64_t v = 0;

    for (unsigned k = 0; k < 2; k++)
        v |= put(get_s(GR2->v, 2 * k + i->x, 16) *
                     get_s(GR3->v, 2 * k + i->x, 16),
                 k, 32);
    result(c, i, v);
    IA64_NEXT(c, i);
}

/* Even (.r) or odd (.l) elements: r2's go to the odd places, r3's to even ones.
 */
IA64_OP(mix)
{
    unsigned bits = 8u << (i->x & 3), odd = i->x >> 2;
    uint64_t v = 0;

    for (unsigned k = 0; k < 64 / bits; k += 2) {
        v |= put((int64_t)get_u(GR3->v, k + odd, bits), k, bits);
        v |= put((int64_t)get_u(GR2->v, k + odd, bits), k + 1, bits);
    }
    result(c, i, v);
    IA64_NEXT(c, i);
}

/* x: 0 pack2.uss, 1 pack2.sss, 2 pack4.sss: r2 gives the low half. */
IA64_OP(pack)
{
    unsigned to = i->x == 2 ? 16 : 8, n = 32 / to;
    int64_t lo = i->x == 0 ? 0 : -(1ll << (to - 1));
    int64_t hi = i->x == 0 ? 255 : (1ll << (to - 1)) - 1;
    uint64_t v = 0;

    for (unsigned k = 0; k < n; k++) {
        v |= put(clamp(get_s(GR2->v, k, 2 * to), lo, hi), k, to);
        v |= put(clamp(get_s(GR3->v, k, 2 * to), lo, hi), k + n, to);
    }
    result(c, i, v);
    IA64_NEXT(c, i);
}

/* Interleave the high (.h) or low (.l) halves; r3's elements are the even ones.
 */
IA64_OP(unpack)
{
    unsigned bits = 8u << (i->x & 3), n = 32 / bits;
    unsigned from = i->x & 4 ? 0 : n;
    uint64_t v = 0;

    for (unsigned k = 0; k < n; k++) {
        v |= put((int64_t)get_u(GR3->v, from + k, bits), 2 * k, bits);
        v |= put((int64_t)get_u(GR2->v, from + k, bits), 2 * k + 1, bits);
    }
    result(c, i, v);
    IA64_NEXT(c, i);
}

/* x: bit 0 max, bit 1 signed halves instead of unsigned bytes. */
IA64_OP(pminmax)
{
    unsigned bits = i->x & 2 ? 16 : 8;
    uint64_t v = 0;

    for (unsigned k = 0; k < 64 / bits; k++) {
        int64_t a =
            i->x & 2 ? get_s(GR2->v, k, bits) : (int64_t)get_u(GR2->v, k, bits);
        int64_t b =
            i->x & 2 ? get_s(GR3->v, k, bits) : (int64_t)get_u(GR3->v, k, bits);

        v |= put((i->x & 1) != 0 ? (a > b ? a : b) : (a < b ? a : b), k, bits);
    }
    result(c, i, v);
    IA64_NEXT(c, i);
}

IA64_OP(psad1)
{
    uint64_t v = 0;

    for (unsigned k = 0; k < 8; k++) {
        uint64_t a = get_u(GR2->v, k, 8), b = get_u(GR3->v, k, 8);

        v += a > b ? a - b : b - a;
    }
    result(c, i, v);
    IA64_NEXT(c, i);
}

/* mux1: source byte of each result byte, by type. */
static uint64_t permute1(uint64_t v, unsigned type)
{
    static const uint8_t source[5][8] = {
        {0, 0, 0, 0, 0, 0, 0, 0}, /* @brcst */
        {0, 4, 2, 6, 1, 5, 3, 7}, /* @mix */
        {0, 4, 1, 5, 2, 6, 3, 7}, /* @shuf */
        {0, 2, 4, 6, 1, 3, 5, 7}, /* @alt */
        {7, 6, 5, 4, 3, 2, 1, 0}, /* @rev */
    };
    const uint8_t *s = source[type == 0 ? 0 : type - 7];
    uint64_t r = 0;

    for (unsigned k = 0; k < 8; k++)
        r |= put((int64_t)get_u(v, s[k], 8), k, 8);
    return r;
}

/* Of operations with one register source, r2. */
static ALWAYS_INLINE void result2(struct ia64_cpu *c, const struct ia64_insn *i,
                                  uint64_t v)
{
    uint64_t nat = GR2->nat;

    IA64_TARGET(c, i);
    GR1->v = v;
    GR1->nat = nat;
}

IA64_OP(mux1)
{
    result2(c, i, permute1(GR2->v, i->x));
    IA64_NEXT(c, i);
}

IA64_OP(mux2)
{
    uint64_t v = 0;

    for (unsigned k = 0; k < 4; k++)
        v |= put((int64_t)get_u(GR2->v, i->imm >> (2 * k) & 3, 16), k, 16);
    result2(c, i, v);
    IA64_NEXT(c, i);
}

/* ---- element shifts. x: log2 of bytes, +4 unsigned ---- */
static uint64_t shift_right(uint64_t v, uint64_t count, unsigned x)
{
    unsigned bits = 8u << (x & 3);
    uint64_t r = 0;

    for (unsigned k = 0; k < 64 / bits; k++) {
        if (x & 4)
            r |= put(count > 63 ? 0 : (int64_t)(get_u(v, k, bits) >> count), k,
                     bits);
        else
            r |= put(get_s(v, k, bits) >> (count > 63 ? 63 : count), k, bits);
    }
    return r;
}

static uint64_t shift_left(uint64_t v, uint64_t count, unsigned x)
{
    unsigned bits = 8u << (x & 3);
    uint64_t r = 0;

    for (unsigned k = 0; k < 64 / bits && count < bits; k++)
        r |= put((int64_t)(get_u(v, k, bits) << count), k, bits);
    return r;
}

IA64_OP(pshr)
{
    result(c, i, shift_right(GR3->v, GR2->v, i->x));
    IA64_NEXT(c, i);
}

IA64_OP(pshri)
{
    uint64_t v = shift_right(GR3->v, i->imm, i->x), nat = GR3->nat;

    IA64_TARGET(c, i);
    GR1->v = v;
    GR1->nat = nat;
    IA64_NEXT(c, i);
}

IA64_OP(pshl)
{
    result(c, i, shift_left(GR2->v, GR3->v, i->x));
    IA64_NEXT(c, i);
}

IA64_OP(pshli)
{
    result2(c, i, shift_left(GR2->v, i->imm, i->x));
    IA64_NEXT(c, i);
}

/* Index of the first zero element from the left or right, else their number.
 * x: log2 of bytes, +4 from the left. */
IA64_OP(czx)
{
    unsigned bits = 8u << (i->x & 3), n = 64 / bits, k;
    uint64_t nat = GR3->nat;

    for (k = 0; k < n; k++)
        if (get_u(GR3->v, i->x & 4 ? n - 1 - k : k, bits) == 0)
            break;
    IA64_TARGET(c, i);
    GR1->v = k;
    GR1->nat = nat;
    IA64_NEXT(c, i);
}
