/* op_atomic.c: XCHG, XADD, CMPXCHG, CMPXCHG8B, CMPXCHG16B. [SDM2]
 *
 * One vcpu runs at a time and devices act between instructions, so that with
 * or without LOCK these are atomic. */
#include "common/x86/bit_asm.h"
#include "common/x86/cpuid.h"
#include "common/x86/operand.h"

/* ---- XCHG ---- */
#define XCHG_SIZE(bits)                                                        \
    static void xchg_E_G##bits##r(struct x86_cpu *c, const struct x86_insn *i) \
    {                                                                          \
        uint##bits##_t v = X86_GET##bits(c, i->rm);                            \
                                                                               \
        X86_SET##bits(c, i->rm, X86_GET##bits(c, i->reg));                     \
        X86_SET##bits(c, i->reg, v);                                           \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static ALWAYS_INLINE uint##bits##_t xchg_reg##bits(                        \
        struct x86_cpu *c, const struct x86_insn *i, uint##bits##_t v)         \
    {                                                                          \
        uint##bits##_t old = X86_GET##bits(c, i->reg);                         \
                                                                               \
        X86_SET##bits(c, i->reg, v);                                           \
        return old;                                                            \
    }                                                                          \
    X86_RMW_HANDLER(xchg_E_G##bits##m, bits, v = xchg_reg##bits(c, i, v))

XCHG_SIZE(8)
XCHG_SIZE(16)
XCHG_SIZE(32)
XCHG_SIZE(64)
X86_IMPL(xchg_E_G)

/* ---- XADD: the register gets the old value first, then the destination the
 * sum, which wins where both are one ---- */
#define XADD_SIZE(bits)                                                        \
    static ALWAYS_INLINE uint##bits##_t xadd_reg##bits(                        \
        struct x86_cpu *c, const struct x86_insn *i, uint##bits##_t v)         \
    {                                                                          \
        uint##bits##_t sum =                                                   \
            host_add##bits(&c->arith, v, X86_GET##bits(c, i->reg));            \
                                                                               \
        X86_SET##bits(c, i->reg, v);                                           \
        return sum;                                                            \
    }                                                                          \
    static void xadd_E_G##bits##r(struct x86_cpu *c, const struct x86_insn *i) \
    {                                                                          \
        uint##bits##_t sum = xadd_reg##bits(c, i, X86_GET##bits(c, i->rm));    \
                                                                               \
        X86_SET##bits(c, i->rm, sum);                                          \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    X86_RMW_HANDLER(xadd_E_G##bits##m, bits, v = xadd_reg##bits(c, i, v))

XADD_SIZE(8)
XADD_SIZE(16)
XADD_SIZE(32)
XADD_SIZE(64)
X86_IMPL(xadd_E_G)

/* ---- CMPXCHG: memory is written, and must be writable, in any case. What
 * happens to upper halves of 32-bit registers is the host's. Where the
 * destination is the accumulator itself, they are equal, and it wins. ---- */
#define ACC8(c, v)     (*x86_r8((c), R_AX) = (uint8_t)(v))
#define ACC16(c, v)    x86_set16((c), R_AX, (uint16_t)(v))
#define ACC32(c, v)    ((c)->s.r[R_AX] = (v))
#define ACC64(c, v)    ((c)->s.r[R_AX] = (v))
#define DST8(c, n, v)  X86_SET8(c, n, (uint8_t)(v))
#define DST16(c, n, v) x86_set16((c), (n), (uint16_t)(v))
#define DST32(c, n, v) ((c)->s.r[n] = (v))
#define DST64(c, n, v) ((c)->s.r[n] = (v))
#define FULL8(c, n)    X86_GET8(c, n)
#define FULL16(c, n)   ((c)->s.r[n])
#define FULL32(c, n)   ((c)->s.r[n])
#define FULL64(c, n)   ((c)->s.r[n])

#define CMPXCHG_SIZE(bits)                                                     \
    static ALWAYS_INLINE uint64_t cmpxchg_value##bits(                         \
        struct x86_cpu *c, const struct x86_insn *i, uint64_t dst)             \
    {                                                                          \
        uint64_t acc = host_cmpxchg##bits(&c->arith, c->s.r[R_AX], &dst,       \
                                          X86_GET##bits(c, i->reg));           \
                                                                               \
        ACC##bits(c, acc);                                                     \
        return dst;                                                            \
    }                                                                          \
    static void cmpxchg_E_G##bits##r(struct x86_cpu *c,                        \
                                     const struct x86_insn *i)                 \
    {                                                                          \
        uint64_t dst = cmpxchg_value##bits(c, i, FULL##bits(c, i->rm));        \
                                                                               \
        DST##bits(c, i->rm, dst);                                              \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    X86_RMW_HANDLER(cmpxchg_E_G##bits##m, bits,                                \
                    v = (uint##bits##_t)cmpxchg_value##bits(c, i, v))

CMPXCHG_SIZE(8)
CMPXCHG_SIZE(16)
CMPXCHG_SIZE(32)
CMPXCHG_SIZE(64)
X86_IMPL(cmpxchg_E_G)

/* ---- CMPXCHG8B, CMPXCHG16B: of the flags only ZF changes ---- */
static void set_zf(struct x86_cpu *c, bool equal)
{
    c->arith = (uint16_t)((c->arith & ~AR_ZF) | (equal ? AR_ZF : 0u));
}

static ALWAYS_INLINE uint64_t cmpxchg8b_value(struct x86_cpu *c, uint64_t v)
{
    uint64_t old = (uint64_t)x86_get32(c, R_DX) << 32 | x86_get32(c, R_AX);
    bool equal = v == old;

    set_zf(c, equal);
    if (equal)
        return (uint64_t)x86_get32(c, R_CX) << 32 | x86_get32(c, R_BX);
    x86_set32(c, R_AX, (uint32_t)v);
    x86_set32(c, R_DX, (uint32_t)(v >> 32));
    return v;
}

X86_RMW_HANDLER(cmpxchg8b32m, 64, v = cmpxchg8b_value(c, v))

/* Two halves are one access: aligned, it lies in one page. */
static void cmpxchg16b(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t off = x86_ea(c, i), v[2];
    unsigned seg = xi_seg(i);
    struct x86_rmw w;

    if (!cpuid_model_has(c->model, X86_FEATURE_CX16))
        x86_ud(c);
    if (((c->sc[seg].base + off) & 15) != 0)
        x86_gp0(c);
    x86_mem_rmw_slow(c, seg, off, v, sizeof(v), &w);
    set_zf(c, v[0] == c->s.r[R_AX] && v[1] == c->s.r[R_DX]);
    if (c->arith & AR_ZF) {
        v[0] = c->s.r[R_BX];
        v[1] = c->s.r[R_CX];
    } else {
        c->s.r[R_AX] = v[0];
        c->s.r[R_DX] = v[1];
    }
    x86_mem_rmw_end_slow(c, &w, v);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_cmpxchg8b = {
    .m = {NULL, NULL, cmpxchg8b32m, cmpxchg16b},
    .m64 = {NULL, NULL, cmpxchg8b32m64, NULL},
};
