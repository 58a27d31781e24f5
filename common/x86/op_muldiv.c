/* op_muldiv.c: MUL, IMUL, DIV, IDIV. [SDM2] */
#include "common/x86/muldiv_asm.h"
#include "common/x86/operand.h"

/* ---- MUL, IMUL of the accumulator ---- */
#define MUL_SIZE(op, bits)                                                     \
    static ALWAYS_INLINE void op##_acc##bits(struct x86_cpu *c,                \
                                             uint##bits##_t v)                 \
    {                                                                          \
        uint##bits##_t hi,                                                     \
            lo = host_##op##bits(&c->arith, X86_GET##bits(c, R_AX), v, &hi);   \
                                                                               \
        X86_SET##bits(c, R_AX, lo);                                            \
        X86_SET##bits(c, R_DX, hi);                                            \
    }                                                                          \
    X86_REG_HANDLER(op##_E##bits##r,                                           \
                    op##_acc##bits(c, X86_GET##bits(c, i->rm)))                \
    X86_LOAD_HANDLER(op##_E##bits##m, bits, op##_acc##bits(c, v))

#define MUL(op)                                                                \
    X86_REG_HANDLER(op##_E8r,                                                  \
                    x86_set16(c, R_AX,                                         \
                              host_##op##8(&c->arith, X86_GET8(c, R_AX),       \
                                           X86_GET8(c, i->rm))))               \
    X86_LOAD_HANDLER(                                                          \
        op##_E8m, 8,                                                           \
        x86_set16(c, R_AX, host_##op##8(&c->arith, X86_GET8(c, R_AX), v)))     \
    MUL_SIZE(op, 16)                                                           \
    MUL_SIZE(op, 32)                                                           \
    MUL_SIZE(op, 64)                                                           \
    X86_IMPL(op##_E)

MUL(mul)
MUL(imul)

/* ---- IMUL with two and three operands ---- */
#define IMUL_SIZE(bits)                                                        \
    X86_REG_HANDLER(                                                           \
        imul_G_E##bits##r,                                                     \
        X86_SET##bits(c, i->reg,                                               \
                      host_imul2_##bits(&c->arith, X86_GET##bits(c, i->reg),   \
                                        X86_GET##bits(c, i->rm))))             \
    X86_LOAD_HANDLER(                                                          \
        imul_G_E##bits##m, bits,                                               \
        X86_SET##bits(                                                         \
            c, i->reg,                                                         \
            host_imul2_##bits(&c->arith, X86_GET##bits(c, i->reg), v)))        \
    X86_REG_HANDLER(                                                           \
        imul_G_E_I##bits##r,                                                   \
        X86_SET##bits(c, i->reg,                                               \
                      host_imul2_##bits(&c->arith, X86_GET##bits(c, i->rm),    \
                                        X86_IMM##bits(i))))                    \
    X86_LOAD_HANDLER(                                                          \
        imul_G_E_I##bits##m, bits,                                             \
        X86_SET##bits(c, i->reg,                                               \
                      host_imul2_##bits(&c->arith, v, X86_IMM##bits(i))))

IMUL_SIZE(16)
IMUL_SIZE(32)
IMUL_SIZE(64)
X86_IMPL_WIDE(imul_G_E)
X86_IMPL_WIDE(imul_G_E_I)

/* ---- DIV: does it fault? ---- */
static void NOINLINE NORETURN divide_error(struct x86_cpu *c)
{
    x86_raise(c, VEC_DE);
}

/* hi:lo / b has a quotient of the size of b exactly if hi < b. */
#define DIV_SIZE(bits)                                                         \
    static ALWAYS_INLINE void div_acc##bits(struct x86_cpu *c,                 \
                                            uint##bits##_t b)                  \
    {                                                                          \
        uint##bits##_t hi = X86_GET##bits(c, R_DX), q;                         \
                                                                               \
        if (unlikely(hi >= b))                                                 \
            divide_error(c);                                                   \
        q = host_div##bits(&c->arith, &hi, X86_GET##bits(c, R_AX), b);         \
        X86_SET##bits(c, R_AX, q);                                             \
        X86_SET##bits(c, R_DX, hi);                                            \
    }

static ALWAYS_INLINE void div_acc8(struct x86_cpu *c, uint8_t b)
{
    uint16_t a = x86_get16(c, R_AX);

    if (unlikely(a >> 8 >= b))
        divide_error(c);
    x86_set16(c, R_AX, host_div8(&c->arith, a, b));
}

DIV_SIZE(16)
DIV_SIZE(32)
DIV_SIZE(64)

/* ---- IDIV: does it fault? ---- */

/* Of a dividend of up to 64 bits: the quotient must fit into `bits`. */
static bool idiv_fits(int64_t a, int64_t b, unsigned bits)
{
    int64_t q;

    if (b == 0 || (a == INT64_MIN && b == -1))
        return false;
    q = a / b;
    return q == sext((uint64_t)q, bits);
}

/* Of 128 bits: by magnitudes, as DIV does it. */
static bool idiv64_fits(uint64_t hi, uint64_t lo, uint64_t b)
{
    bool neg = (int64_t)hi < 0, bneg = (int64_t)b < 0;
    uint16_t unused = 0;
    uint64_t q;

    if (neg) {
        hi = ~hi + (lo == 0);
        lo = 0 - lo;
    }
    if (bneg)
        b = 0 - b;
    if (hi >= b)
        return false;
    q = host_div64(&unused, &hi, lo, b);
    return q <= (uint64_t)INT64_MAX + (neg != bneg);
}

static ALWAYS_INLINE void idiv_acc8(struct x86_cpu *c, uint8_t b)
{
    uint16_t a = x86_get16(c, R_AX);

    if (unlikely(!idiv_fits((int16_t)a, (int8_t)b, 8)))
        divide_error(c);
    x86_set16(c, R_AX, host_idiv8(&c->arith, a, b));
}

static ALWAYS_INLINE bool idiv16_ok(uint16_t hi, uint16_t lo, uint16_t b)
{
    return idiv_fits((int32_t)((uint32_t)hi << 16 | lo), (int16_t)b, 16);
}

/* After CDQ and CQO, which is the rule, only two divisors are bad. */
static ALWAYS_INLINE bool idiv32_ok(uint32_t hi, uint32_t lo, uint32_t b)
{
    if (likely(hi == (uint32_t)((int32_t)lo >> 31)))
        return b != 0 && !(b == ~0u && lo == 1u << 31);
    return idiv_fits((int64_t)((uint64_t)hi << 32 | lo), (int32_t)b, 32);
}

static ALWAYS_INLINE bool idiv64_ok(uint64_t hi, uint64_t lo, uint64_t b)
{
    if (likely(hi == (uint64_t)((int64_t)lo >> 63)))
        return b != 0 && !(b == ~0ull && lo == 1ull << 63);
    return idiv64_fits(hi, lo, b);
}

#define IDIV_SIZE(bits)                                                        \
    static ALWAYS_INLINE void idiv_acc##bits(struct x86_cpu *c,                \
                                             uint##bits##_t b)                 \
    {                                                                          \
        uint##bits##_t hi = X86_GET##bits(c, R_DX);                            \
        uint##bits##_t q, lo = X86_GET##bits(c, R_AX);                         \
                                                                               \
        if (unlikely(!idiv##bits##_ok(hi, lo, b)))                             \
            divide_error(c);                                                   \
        q = host_idiv##bits(&c->arith, &hi, lo, b);                            \
        X86_SET##bits(c, R_AX, q);                                             \
        X86_SET##bits(c, R_DX, hi);                                            \
    }

IDIV_SIZE(16)
IDIV_SIZE(32)
IDIV_SIZE(64)

#define DIV_FORMS(op, bits)                                                    \
    X86_REG_HANDLER(op##_E##bits##r,                                           \
                    op##_acc##bits(c, X86_GET##bits(c, i->rm)))                \
    X86_LOAD_HANDLER(op##_E##bits##m, bits, op##_acc##bits(c, v))
#define DIV(op)                                                                \
    DIV_FORMS(op, 8)                                                           \
    DIV_FORMS(op, 16)                                                          \
    DIV_FORMS(op, 32)                                                          \
    DIV_FORMS(op, 64)                                                          \
    X86_IMPL(op##_E)

DIV(div)
DIV(idiv)
