/* op_bit.c: BT, BTS, BTR, BTC, BSF, BSR, POPCNT. [SDM2] */
#include "common/x86/bit_asm.h"
#include "common/x86/operand.h"

/* ---- bit tests: `put` stores a result, BT has none ---- */
#define PUT_REG(bits, n, v)  X86_SET##bits(c, n, v)
#define PUT_NONE(bits, n, v) ((void)(v))

#define BIT_REG(op, put, bits)                                                 \
    X86_REG_HANDLER(op##_E_G##bits##r,                                         \
                    put(bits, i->rm,                                           \
                        host_##op##bits(&c->arith, X86_GET##bits(c, i->rm),    \
                                        X86_GET##bits(c, i->reg))))            \
    X86_REG_HANDLER(op##_E_I##bits##r,                                         \
                    put(bits, i->rm,                                           \
                        host_##op##bits(&c->arith, X86_GET##bits(c, i->rm),    \
                                        X86_IMM##bits(i))))

/* With a register as bit number, the operand is a string of bits that extends
 * 2^(bits-1) bits to both sides of its address. */
#define BIT_STRING_OFF(bits)                                                   \
    ((x86_ea(c, i) +                                                           \
      (uint64_t)((int64_t)(int##bits##_t)X86_GET##bits(c, i->reg) >>           \
                 BIT_SHIFT_##bits) *                                           \
          ((bits) / 8)) &                                                      \
     x86_amask(i))
#define BIT_SHIFT_16 4
#define BIT_SHIFT_32 5
#define BIT_SHIFT_64 6

#define BIT_READ(bits)                                                         \
    static void bt_E_G##bits##m(struct x86_cpu *c, const struct x86_insn *i)   \
    {                                                                          \
        uint64_t off = BIT_STRING_OFF(bits);                                   \
                                                                               \
        host_bt##bits(&c->arith, x86_ld##bits(c, xi_seg(i), off),              \
                      X86_GET##bits(c, i->reg));                               \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    X86_LOAD_HANDLER(bt_E_I##bits##m, bits,                                    \
                     host_bt##bits(&c->arith, v, X86_IMM##bits(i)))

#define BIT_CHANGE(op, bits)                                                   \
    static X86_COLD void op##_string##bits(struct x86_cpu *c,                  \
                                           const struct x86_insn *i)           \
    {                                                                          \
        struct x86_rmw w;                                                      \
        uint##bits##_t v;                                                      \
                                                                               \
        x86_mem_rmw_slow(c, xi_seg(i), BIT_STRING_OFF(bits), &v, sizeof(v),    \
                         &w);                                                  \
        v = host_##op##bits(&c->arith, v, X86_GET##bits(c, i->reg));           \
        x86_mem_rmw_end_slow(c, &w, &v);                                       \
    }                                                                          \
    static X86_COLD void op##_E_G##bits##m_slow(struct x86_cpu *c,             \
                                                const struct x86_insn *i)      \
    {                                                                          \
        op##_string##bits(c, i);                                               \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void op##_E_G##bits##m(struct x86_cpu *c, const struct x86_insn *i) \
    {                                                                          \
        void *p =                                                              \
            x86_tlb_write_ptr(c, xi_seg(i), BIT_STRING_OFF(bits), (bits) / 8); \
        uint##bits##_t v;                                                      \
                                                                               \
        if (unlikely(p == NULL)) {                                             \
            op##_E_G##bits##m_slow(c, i);                                      \
            return;                                                            \
        }                                                                      \
        memcpy(&v, p, sizeof(v));                                              \
        v = host_##op##bits(&c->arith, v, X86_GET##bits(c, i->reg));           \
        memcpy(p, &v, sizeof(v));                                              \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    X86_RMW_HANDLER(op##_E_I##bits##m, bits,                                   \
                    v = host_##op##bits(&c->arith, v, X86_IMM##bits(i)))

#define BIT_IMPL(op)                                                           \
    const struct x86_impl x86_op_##op##_E_G = {                                \
        X86_R_WIDE(op##_E_G),                                                  \
        .m = {NULL, op##_E_G16m, op##_E_G32m, op##_E_G64m}};                   \
    X86_IMPL_WIDE(op##_E_I)

#define BIT_OP(op)                                                             \
    BIT_REG(op, PUT_REG, 16)                                                   \
    BIT_REG(op, PUT_REG, 32)                                                   \
    BIT_REG(op, PUT_REG, 64)                                                   \
    BIT_CHANGE(op, 16)                                                         \
    BIT_CHANGE(op, 32)                                                         \
    BIT_CHANGE(op, 64)                                                         \
    BIT_IMPL(op)

BIT_REG(bt, PUT_NONE, 16)
BIT_REG(bt, PUT_NONE, 32)
BIT_REG(bt, PUT_NONE, 64)
BIT_READ(16)
BIT_READ(32)
BIT_READ(64)
BIT_IMPL(bt)
BIT_OP(bts)
BIT_OP(btr)
BIT_OP(btc)

/* ---- scans: the host sees the whole destination and may leave it ---- */
#define SCAN_16(c, n, v) x86_set16((c), (n), (uint16_t)(v))
#define SCAN_32(c, n, v) ((c)->s.r[n] = (v))
#define SCAN_64(c, n, v) ((c)->s.r[n] = (v))

#define SCAN_SIZE(op, bits)                                                    \
    X86_REG_HANDLER(op##_G_E##bits##r,                                         \
                    SCAN_##bits(c, i->reg,                                     \
                                host_##op##bits(&c->arith, c->s.r[i->reg],     \
                                                X86_GET##bits(c, i->rm))))     \
    X86_LOAD_HANDLER(                                                          \
        op##_G_E##bits##m, bits,                                               \
        SCAN_##bits(c, i->reg, host_##op##bits(&c->arith, c->s.r[i->reg], v)))
#define SCAN(op)                                                               \
    SCAN_SIZE(op, 16)                                                          \
    SCAN_SIZE(op, 32)                                                          \
    SCAN_SIZE(op, 64)                                                          \
    X86_IMPL_WIDE(op##_G_E)

SCAN(bsf)
SCAN(bsr)

/* ---- POPCNT: defined in full, and the host need not have it ---- */
static ALWAYS_INLINE unsigned popcnt(struct x86_cpu *c, uint64_t v)
{
    c->arith = arith_from_rflags(v == 0 ? FL_ZF : 0);
    return (unsigned)__builtin_popcountll(v);
}

#define POPCNT_SIZE(bits)                                                      \
    X86_REG_HANDLER(                                                           \
        popcnt_G_E##bits##r,                                                   \
        X86_SET##bits(c, i->reg, popcnt(c, X86_GET##bits(c, i->rm))))          \
    X86_LOAD_HANDLER(popcnt_G_E##bits##m, bits,                                \
                     X86_SET##bits(c, i->reg, popcnt(c, v)))

POPCNT_SIZE(16)
POPCNT_SIZE(32)
POPCNT_SIZE(64)
X86_IMPL_WIDE(popcnt_G_E)
