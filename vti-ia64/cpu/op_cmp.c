/* op_cmp.c: comparisons and tests: two predicates from a condition.
 * [ISDM1 "Compare Instructions and Predication"] */
#include "vti-ia64/cpu/op.h"

static ALWAYS_INLINE void set_both(struct ia64_cpu *c,
                                   const struct ia64_insn *i, bool p1, bool p2)
{
    uint64_t pr = c->s.pr & ~(1ull << i->r1 | 1ull << i->r4);

    c->s.pr = pr | (uint64_t)p1 << i->r1 | (uint64_t)p2 << i->r4 | 1;
}

/* Plain: a NaT source makes both false. */
#define CMP(name, type, expr)                                                  \
    IA64_OP(cmp##name)                                                         \
    {                                                                          \
        type a = (type)GR2->v, b = (type)GR3->v;                               \
        uint64_t nat = GR2->nat | GR3->nat;                                    \
        bool r = (expr);                                                       \
                                                                               \
        set_both(c, i, r &&nat == 0, !r && nat == 0);                          \
        IA64_NEXT(c, i);                                                       \
    }
CMP(_lt, int64_t, a < b)
CMP(_ltu, uint64_t, a < b)
CMP(_eq, uint64_t, a == b)
CMP(4_lt, int32_t, a < b)
CMP(4_ltu, uint32_t, a < b)
CMP(4_eq, uint32_t, a == b)

#define CMPI(name, type, expr)                                                 \
    IA64_OP(cmp##name)                                                         \
    {                                                                          \
        type a = (type)i->imm, b = (type)GR3->v;                               \
        uint64_t nat = GR3->nat;                                               \
        bool r = (expr);                                                       \
                                                                               \
        set_both(c, i, r &&nat == 0, !r && nat == 0);                          \
        IA64_NEXT(c, i);                                                       \
    }
CMPI(i_lt, int64_t, a < b)
CMPI(i_ltu, uint64_t, a < b)
CMPI(i_eq, uint64_t, a == b)
CMPI(4i_lt, int32_t, a < b)
CMPI(4i_ltu, uint32_t, a < b)
CMPI(4i_eq, uint32_t, a == b)

/* ---- the rest: relation and type in x (encodings.def) ---- */
enum { EQ, NE, LT, LE, GT, GE, LTU };
enum { NONE, UNC, AND, OR, OR_ANDCM };

static bool relation(unsigned rel, uint64_t a, uint64_t b)
{
    switch (rel) {
    case EQ:
        return a == b;
    case NE:
        return a != b;
    case LT:
        return (int64_t)a < (int64_t)b;
    case LE:
        return (int64_t)a <= (int64_t)b;
    case GT:
        return (int64_t)a > (int64_t)b;
    case GE:
        return (int64_t)a >= (int64_t)b;
    default:
        return a < b;
    }
}

/* [ISDM3 "cmp — Compare"], by ctype. With a NaT source `and` clears both and
 * the or types change nothing. */
static void parallel(struct ia64_cpu *c, const struct ia64_insn *i,
                     unsigned type, bool r, bool nat)
{
    if (type == AND) {
        if (nat || !r) {
            ia64_set_pr(c, i->r1, false);
            ia64_set_pr(c, i->r4, false);
        }
    } else if (!nat && r) {
        ia64_set_pr(c, i->r1, true);
        ia64_set_pr(c, i->r4, type == OR);
    }
}

static void unconditional(struct ia64_cpu *c, const struct ia64_insn *i, bool r,
                          bool nat)
{
    bool on = ia64_qp(c, i);

    set_both(c, i, on && r && !nat, on && !r && !nat);
}

static inline uint64_t low4(unsigned rel, uint64_t v)
{
    return rel == LTU ? (uint32_t)v : (uint64_t)(int32_t)v;
}

/* Format A7 compares r0 with r3: decoding makes r2 that. */
#define PAIRED(name, a, b, nat)                                                \
    IA64_OP(name##_unc)                                                        \
    {                                                                          \
        unsigned rel = i->x / 8;                                               \
                                                                               \
        unconditional(c, i, relation(rel, a, b), nat);                         \
        IA64_NEXT(c, i);                                                       \
    }                                                                          \
    IA64_OP(name##_par)                                                        \
    {                                                                          \
        unsigned rel = i->x / 8;                                               \
                                                                               \
        parallel(c, i, i->x % 8, relation(rel, a, b), nat);                    \
        IA64_NEXT(c, i);                                                       \
    }
PAIRED(cmp, GR2->v, GR3->v, (GR2->nat | GR3->nat) != 0)
PAIRED(cmpi, i->imm, GR3->v, GR3->nat != 0)
PAIRED(cmp4, low4(rel, GR2->v), low4(rel, GR3->v), (GR2->nat | GR3->nat) != 0)
PAIRED(cmp4i, low4(rel, i->imm), low4(rel, GR3->v), GR3->nat != 0)

/* ---- tests of a bit, of NaT, of a feature ---- */
#define TEST(name, zero, is_nat)                                               \
    IA64_OP(name##_z)                                                          \
    {                                                                          \
        bool z = (zero), nat = (is_nat);                                       \
                                                                               \
        set_both(c, i, z && !nat, !z && !nat);                                 \
        IA64_NEXT(c, i);                                                       \
    }                                                                          \
    IA64_OP(name##_unc)                                                        \
    {                                                                          \
        unconditional(c, i, zero, is_nat);                                     \
        IA64_NEXT(c, i);                                                       \
    }                                                                          \
    IA64_OP(name##_par)                                                        \
    {                                                                          \
        parallel(c, i, i->x % 8, (zero) != (i->x / 8 != 0), is_nat);           \
        IA64_NEXT(c, i);                                                       \
    }
TEST(tbit, (GR3->v >> i->imm & 1) == 0, GR3->nat != 0)
TEST(tnat, GR3->nat == 0, false)
/* CPUID[4]: long branches and 16-byte atomics. */
TEST(tf, (5ull >> (i->imm & 63) & 1) == 0, false)
