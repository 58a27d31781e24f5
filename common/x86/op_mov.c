/* op_mov.c: MOV between general registers, memory and immediates; MOVZX, MOVSX,
 * MOVSXD, LEA, XLAT, MOVNTI, BSWAP, CBW and CWD at all sizes. [SDM2] */
#include "common/x86/bit_asm.h"
#include "common/x86/operand.h"

/* ---- MOV ---- */
#define MOV_SIZE(bits)                                                         \
    X86_REG_HANDLER(mov_E_G##bits##r,                                          \
                    X86_SET##bits(c, i->rm, X86_GET##bits(c, i->reg)))         \
    X86_STORE_HANDLER(mov_E_G##bits##m, bits, X86_GET##bits(c, i->reg))        \
    X86_REG_HANDLER(mov_G_E##bits##r,                                          \
                    X86_SET##bits(c, i->reg, X86_GET##bits(c, i->rm)))         \
    X86_LOAD_HANDLER(mov_G_E##bits##m, bits, X86_SET##bits(c, i->reg, v))      \
    X86_REG_HANDLER(mov_E_I##bits##r,                                          \
                    X86_SET##bits(c, i->rm, X86_IMM##bits(i)))                 \
    X86_STORE_HANDLER(mov_E_I##bits##m, bits, X86_IMM##bits(i))

MOV_SIZE(8)
MOV_SIZE(16)
MOV_SIZE(32)
MOV_SIZE(64)
X86_IMPL(mov_E_G)
X86_IMPL(mov_G_E)
X86_IMPL(mov_E_I)

X86_REG_HANDLER(mov_E_I64_r, c->s.r[i->rm] = i->imm64)
const struct x86_impl x86_op_mov_E_I64 = {.r = {[3] = mov_E_I64_r}};

/* The accumulator is number 0 in reg, as a byte offset too. */
const struct x86_impl x86_op_mov_A_O = {X86_M(mov_G_E)};
const struct x86_impl x86_op_mov_O_A = {X86_M(mov_E_G)};

X86_STORE_HANDLER(movnti_M_G32m, 32, X86_GET32(c, i->reg))
X86_STORE_HANDLER(movnti_M_G64m, 64, X86_GET64(c, i->reg))
const struct x86_impl x86_op_movnti_M_G = {
    .m = {NULL, NULL, movnti_M_G32m, movnti_M_G64m},
    .m64 = {NULL, NULL, movnti_M_G32m64, movnti_M_G64m64},
};

/* ---- with extension: to `bits` from `from` ---- */
#define EXTEND(name, bits, from, type)                                         \
    X86_REG_HANDLER(                                                           \
        name##bits##r,                                                         \
        X86_SET##bits(c, i->reg,                                               \
                      (uint##bits##_t)(type)X86_GET##from(c, i->rm)))          \
    X86_LOAD_HANDLER(name##bits##m, from,                                      \
                     X86_SET##bits(c, i->reg, (uint##bits##_t)(type)v))

#define EXTEND_SIZES(name, from, type)                                         \
    EXTEND(name, 16, from, type)                                               \
    EXTEND(name, 32, from, type)                                               \
    EXTEND(name, 64, from, type)                                               \
    X86_IMPL_WIDE(name)

EXTEND_SIZES(movzx_G_Eb, 8, uint8_t)
EXTEND_SIZES(movzx_G_Ew, 16, uint16_t)
EXTEND_SIZES(movsx_G_Eb, 8, int8_t)
EXTEND_SIZES(movsx_G_Ew, 16, int16_t)

/* Without REX.W it extends nothing; with 66 it moves 16 bits. */
EXTEND(movsxd_G_Ed, 16, 16, uint16_t)
EXTEND(movsxd_G_Ed, 32, 32, uint32_t)
EXTEND(movsxd_G_Ed, 64, 32, int32_t)
X86_IMPL_WIDE(movsxd_G_Ed)

/* ---- LEA ---- */
X86_REG_HANDLER(lea16, x86_set16(c, i->reg, (uint16_t)x86_ea(c, i)))
X86_REG_HANDLER(lea32, x86_set32(c, i->reg, (uint32_t)x86_ea(c, i)))
X86_REG_HANDLER(lea64, c->s.r[i->reg] = x86_ea(c, i))
X86_REG_HANDLER(lea32w, x86_set32(c, i->reg, (uint32_t)x86_operand_off(c, i)))
X86_REG_HANDLER(lea64w, c->s.r[i->reg] = x86_operand_off(c, i))
const struct x86_impl x86_op_lea_G_M = {
    .m = {NULL, lea16, lea32, lea64},
    .m64 = {NULL, lea16, lea32w, lea64w},
};

/* ---- XLAT: rBX + AL, wrapped to the address size ---- */
static void xlat(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t off = (c->s.r[R_BX] + *x86_r8(c, R_AX)) & x86_amask(i);

    *x86_r8(c, R_AX) = x86_ld8(c, xi_seg(i), off);
    X86_NEXT(c, i);
}
const struct x86_impl x86_op_xlat = X86_IMPL_ANY(xlat, NULL);

/* ---- BSWAP, CBW, CWD ---- */
X86_REG_HANDLER(bswap16, x86_set16(c, i->rm, host_bswap16(x86_get16(c, i->rm))))
X86_REG_HANDLER(bswap32,
                x86_set32(c, i->rm, __builtin_bswap32(x86_get32(c, i->rm))))
X86_REG_HANDLER(bswap64, c->s.r[i->rm] = __builtin_bswap64(c->s.r[i->rm]))
const struct x86_impl x86_op_bswap_E = {.r = {NULL, bswap16, bswap32, bswap64}};

X86_REG_HANDLER(cbw, x86_set16(c, R_AX, (uint16_t)(int8_t)c->s.r[R_AX]))
X86_REG_HANDLER(cwde, x86_set32(c, R_AX, (uint32_t)(int16_t)c->s.r[R_AX]))
X86_REG_HANDLER(cdqe, c->s.r[R_AX] = (uint64_t)(int32_t)c->s.r[R_AX])
const struct x86_impl x86_op_cbw = {.r = {NULL, cbw, cwde, cdqe}};

X86_REG_HANDLER(cwd,
                x86_set16(c, R_DX, (uint16_t)((int16_t)c->s.r[R_AX] >> 15)))
X86_REG_HANDLER(cdq,
                x86_set32(c, R_DX, (uint32_t)((int32_t)c->s.r[R_AX] >> 31)))
X86_REG_HANDLER(cqo, c->s.r[R_DX] = (uint64_t)((int64_t)c->s.r[R_AX] >> 63))
const struct x86_impl x86_op_cwd = {.r = {NULL, cwd, cdq, cqo}};
