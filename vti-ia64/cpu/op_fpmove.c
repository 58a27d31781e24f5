/* op_fpmove.c: floating-point loads and stores, transfers, merges and logic. */
#include "vti-ia64/cpu/alat.h"
#include "vti-ia64/cpu/fp_op.h"
#include "vti-ia64/cpu/mem.h"

/* Formats of memory: 0 e (10 bytes), 1 8 (integer), 2 s, 3 d. */
static const uint8_t sizes[4] = {10, 8, 4, 8};

static struct ia64_fr from_memory(unsigned format, struct ia64_data v)
{
    switch (format) {
    case 0:
        return fp_from_extended(v.lo, (uint16_t)v.hi);
    case 1:
        return (struct ia64_fr){v.lo, FP_INT};
    case 2:
        return fp_from_single((uint32_t)v.lo);
    default:
        return fp_from_double(v.lo);
    }
}

static void check_update(struct ia64_cpu *c, const struct ia64_insn *i)
{
    if (i->update != 0 && i->r3 >= c->gr_limit)
        ia64_illegal(c, i);
}

static void update(struct ia64_cpu *c, const struct ia64_insn *i)
{
    if (i->update == 1) {
        struct ia64_gr by = *GR2;

        GR3->v += by.v;
        GR3->nat |= by.nat;
    } else if (i->update == 2) {
        GR3->v += i->imm;
    }
}

enum { PLAIN, SPEC, ADV, SPEC_ADV, C_CLR = 8, C_NC = 9 };

/* The access of a load of any type: false: NaTVal is the result. *keep: the
 * check found its entry, so nothing is loaded. */
static bool load(struct ia64_cpu *c, const struct ia64_insn *i, unsigned type,
                 unsigned size, uint64_t reg, struct ia64_data *v, bool *keep)
{
    uint64_t pa = ~0ull;
    bool ok;

    *keep = false;
    c->insn = i;
    if (type == SPEC || type == SPEC_ADV) {
        ok = !GR3->nat && ia64_read_spec(c, i, GR3->v, size, v, &pa);
        if (type == SPEC_ADV)
            ia64_alat_insert(c, reg, ok ? pa : ~0ull, size);
        return ok;
    }
    if (GR3->nat)
        ia64_nat_fault(c, i, ISR_R);
    if ((type == C_CLR || type == C_NC) && ia64_alat_lookup(c, reg)) {
        if (type == C_CLR)
            ia64_alat_remove(c, reg);
        *keep = true;
        return true;
    }
    *v = ia64_read_slow(c, i, GR3->v, size, IA64_READ);
    if (type == ADV || type == C_NC) {
        pa = ia64_data_pa(c, GR3->v);
        ia64_alat_insert(c, reg, pa, size);
        if (type == ADV && pa == ~0ull)
            *v = (struct ia64_data){0, 0};
    }
    return true;
}

static NOINLINE void load_one(struct ia64_cpu *c, const struct ia64_insn *i)
{
    unsigned format = i->x & 3, type = i->x >> 2;
    struct ia64_data v = {0, 0};
    bool keep, ok;

    check_update(c, i);
    ia64_fp_check(c, i, i->r1, 0, 0, 0);
    ok = load(c, i, type, sizes[format], ia64_alat_fr(c, i->r1), &v, &keep);
    if (!keep)
        *FR1 = ok ? from_memory(format, v) : fp_natval();
    ia64_fp_wrote(c, i->r1);
    update(c, i);
}

IA64_OP(ldf)
{
    load_one(c, i);
    IA64_NEXT(c, i);
}

/* The targets of a pair are an odd and an even register, after rotation. [ISDM3
 * "ldfp"] */
static void check_pair(struct ia64_cpu *c, const struct ia64_insn *i)
{
    if (((FR1 - c->s.fr) & 1) == ((FR2 - c->s.fr) & 1))
        ia64_illegal(c, i);
}

/* Pairs: two of format 1..3 in one access; f1 and f2. */
static NOINLINE void load_pair(struct ia64_cpu *c, const struct ia64_insn *i)
{
    unsigned format = i->x & 3, type = i->x >> 2, size = 2u * sizes[format];
    struct ia64_data v = {0, 0}, lo, hi;
    bool keep, ok;

    check_pair(c, i);
    check_update(c, i);
    ia64_fp_check(c, i, i->r1, i->r2, 0, 0);
    ok = load(c, i, type, size, ia64_alat_fr(c, i->r1), &v, &keep);
    if (size == 8) {
        lo = (struct ia64_data){v.lo & 0xffffffff, 0};
        hi = (struct ia64_data){v.lo >> 32, 0};
    } else {
        lo = (struct ia64_data){v.lo, 0};
        hi = (struct ia64_data){v.hi, 0};
    }
    if (c->s.psr & PSR_BE) { /* the first in memory is f1's, in any order */
        struct ia64_data t = lo;

        lo = hi;
        hi = t;
    }
    if (!keep) {
        *FR1 = ok ? from_memory(format, lo) : fp_natval();
        *FR2 = ok ? from_memory(format, hi) : fp_natval();
    }
    ia64_fp_wrote(c, i->r1);
    ia64_fp_wrote(c, i->r2);
    update(c, i);
}

IA64_OP(ldfp)
{
    load_pair(c, i);
    IA64_NEXT(c, i);
}

/* Spilled registers: 16 bytes, the significand first; all 82 bits. */
IA64_OP(ldf_fill)
{
    struct ia64_data v;
    uint64_t sign_exp;

    check_update(c, i);
    ia64_fp_check(c, i, i->r1, 0, 0, 0);
    if (GR3->nat)
        ia64_nat_fault(c, i, ISR_R);
    v = ia64_read_slow(c, i, GR3->v, 16, IA64_READ);
    sign_exp = v.hi & (FP_SIGN | FP_EXP);
    *FR1 = (struct ia64_fr){v.lo, sign_exp};
    ia64_fp_wrote(c, i->r1);
    update(c, i);
    IA64_NEXT(c, i);
}

/* x: format, or 4: spill. */
IA64_OP(stf)
{
    struct ia64_fr f = *FR2;
    struct ia64_data v = {f.sig, 0};
    unsigned size = i->x == 4 ? 16 : sizes[i->x];

    check_update(c, i);
    ia64_fp_check(c, i, i->r2, 0, 0, 0);
    if (GR3->nat || (i->x != 4 && fp_is_natval(f)))
        ia64_nat_fault(c, i, ISR_W);
    if (i->x == 0)
        v.hi = fp_to_extended(f);
    else if (i->x == 2)
        v.lo = fp_to_single(f);
    else if (i->x == 3)
        v.lo = fp_to_double(f);
    else if (i->x == 4)
        v.hi = f.se;
    ia64_write_slow(c, i, GR3->v, size, IA64_WRITE, v);
    update(c, i);
    IA64_NEXT(c, i);
}

/* ---- transfers ---- */
#define SETF(name, value)                                                      \
    IA64_OP(setf_##name)                                                       \
    {                                                                          \
        uint64_t g = GR2->v;                                                   \
                                                                               \
        ia64_fp_check(c, i, i->r1, 0, 0, 0);                                   \
        *FR1 = GR2->nat ? fp_natval() : (value);                               \
        ia64_fp_wrote(c, i->r1);                                               \
        IA64_NEXT(c, i);                                                       \
    }
SETF(sig, ((struct ia64_fr){g, FP_INT}))
SETF(exp, ((struct ia64_fr){FP_MSB, g &(FP_SIGN | FP_EXP)}))
SETF(s, fp_from_single((uint32_t)g))
SETF(d, fp_from_double(g))

#define GETF(name, value)                                                      \
    IA64_OP(getf_##name)                                                       \
    {                                                                          \
        struct ia64_fr f = *FR2;                                               \
                                                                               \
        IA64_TARGET(c, i);                                                     \
        ia64_fp_check(c, i, i->r2, 0, 0, 0);                                   \
        GR1->v = (value);                                                      \
        GR1->nat = fp_is_natval(f);                                            \
        IA64_NEXT(c, i);                                                       \
    }
GETF(sig, f.sig)
GETF(exp, f.se)
GETF(s, fp_to_single(f))
GETF(d, fp_to_double(f))

/* ---- merges and logic: f1 from f2 and f3 ---- */
#define MERGE(name, expr)                                                      \
    IA64_OP(name)                                                              \
    {                                                                          \
        struct ia64_fr a = *FR2, b = *FR3;                                     \
                                                                               \
        ia64_fp_check(c, i, i->r1, i->r2, i->r3, 0);                           \
        *FR1 = fp_is_natval(a) || fp_is_natval(b) ? fp_natval() : (expr);      \
        ia64_fp_wrote(c, i->r1);                                               \
        IA64_NEXT(c, i);                                                       \
    }

static struct ia64_fr pair(uint64_t hi, uint64_t lo)
{
    return (struct ia64_fr){hi << 32 | (lo & 0xffffffff), FP_INT};
}

MERGE(fmerge_s, ((struct ia64_fr){b.sig, (a.se & FP_SIGN) | (b.se & FP_EXP)}))
MERGE(fmerge_ns, ((struct ia64_fr){b.sig, (~a.se & FP_SIGN) | (b.se & FP_EXP)}))
MERGE(fmerge_se, ((struct ia64_fr){b.sig, a.se}))
MERGE(fpack, pair(fp_to_single(a), fp_to_single(b)))

static struct ia64_fr mix(unsigned x, uint64_t a, uint64_t b)
{
    switch (x) {
    case 0: /* lr */
        return pair(a >> 32, b);
    case 1: /* r */
        return pair(a, b);
    case 2: /* l */
        return pair(a >> 32, b >> 32);
    case 3: /* fsxt.r: the sign of a's low word, twice */
        return pair(a & 0x80000000 ? ~0ull : 0, b);
    default:
        return pair(a >> 63 ? ~0ull : 0, b >> 32);
    }
}

MERGE(fmix, mix(i->x, a.sig, b.sig))

/* fswap: f3's right half becomes the left one; .nl, .nr: with the sign of the
 * left or right single of the result flipped. */
static struct ia64_fr swap(unsigned x, uint64_t a, uint64_t b)
{
    uint64_t hi = b & 0xffffffff, lo = a >> 32;

    if (x == 1)
        hi ^= 0x80000000;
    else if (x == 2)
        lo ^= 0x80000000;
    return pair(hi, lo);
}

MERGE(fswap, swap(i->x, a.sig, b.sig))

static struct ia64_fr logic(unsigned x, uint64_t a, uint64_t b)
{
    uint64_t v = x == 0 ? a & b : x == 1 ? a & ~b : x == 2 ? a | b : a ^ b;

    return (struct ia64_fr){v, FP_INT};
}

MERGE(flogic, logic(i->x, a.sig, b.sig))

/* x: 0 s, 1 ns, 2 se, on both singles. */
static struct ia64_fr merge_pair(unsigned x, uint64_t a, uint64_t b)
{
    uint64_t mask = x == 2 ? 0xff800000ff800000ull : 0x8000000080000000ull;

    return (struct ia64_fr){((x == 1 ? ~a : a) & mask) | (b & ~mask), FP_INT};
}

MERGE(fpmerge, merge_pair(i->x, a.sig, b.sig))
