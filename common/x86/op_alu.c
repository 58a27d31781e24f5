/* op_alu.c: ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, INC, DEC, NEG, NOT.
 * [SDM2] */
#include "common/x86/alu_asm.h"
#include "common/x86/operand.h"

/* ---- two operands, with a result ---- */
#define ALU_SIZE(op, bits)                                                     \
    X86_REG_HANDLER(                                                           \
        op##_E_G##bits##r,                                                     \
        X86_SET##bits(c, i->rm,                                                \
                      host_##op##bits(&c->arith, X86_GET##bits(c, i->rm),      \
                                      X86_GET##bits(c, i->reg))))              \
    X86_RMW_HANDLER(                                                           \
        op##_E_G##bits##m, bits,                                               \
        v = host_##op##bits(&c->arith, v, X86_GET##bits(c, i->reg)))           \
    X86_REG_HANDLER(                                                           \
        op##_G_E##bits##r,                                                     \
        X86_SET##bits(c, i->reg,                                               \
                      host_##op##bits(&c->arith, X86_GET##bits(c, i->reg),     \
                                      X86_GET##bits(c, i->rm))))               \
    X86_LOAD_HANDLER(                                                          \
        op##_G_E##bits##m, bits,                                               \
        X86_SET##bits(                                                         \
            c, i->reg,                                                         \
            host_##op##bits(&c->arith, X86_GET##bits(c, i->reg), v)))          \
    X86_REG_HANDLER(                                                           \
        op##_E_I##bits##r,                                                     \
        X86_SET##bits(c, i->rm,                                                \
                      host_##op##bits(&c->arith, X86_GET##bits(c, i->rm),      \
                                      X86_IMM##bits(i))))                      \
    X86_RMW_HANDLER(op##_E_I##bits##m, bits,                                   \
                    v = host_##op##bits(&c->arith, v, X86_IMM##bits(i)))

#define ALU(op)                                                                \
    ALU_SIZE(op, 8)                                                            \
    ALU_SIZE(op, 16)                                                           \
    ALU_SIZE(op, 32)                                                           \
    ALU_SIZE(op, 64)                                                           \
    X86_IMPL(op##_E_G)                                                         \
    X86_IMPL(op##_G_E)                                                         \
    X86_IMPL(op##_E_I)

ALU(add)
ALU(or)
ALU(adc)
ALU(sbb)
ALU(and)
ALU(sub)
ALU(xor)

/* ---- two operands, flags only ---- */
#define COMPARE_SIZE(op, bits)                                                 \
    X86_REG_HANDLER(op##_E_G##bits##r,                                         \
                    host_##op##bits(&c->arith, X86_GET##bits(c, i->rm),        \
                                    X86_GET##bits(c, i->reg)))                 \
    X86_LOAD_HANDLER(op##_E_G##bits##m, bits,                                  \
                     host_##op##bits(&c->arith, v, X86_GET##bits(c, i->reg)))  \
    X86_REG_HANDLER(                                                           \
        op##_E_I##bits##r,                                                     \
        host_##op##bits(&c->arith, X86_GET##bits(c, i->rm), X86_IMM##bits(i))) \
    X86_LOAD_HANDLER(op##_E_I##bits##m, bits,                                  \
                     host_##op##bits(&c->arith, v, X86_IMM##bits(i)))

#define CMP_G_E_SIZE(bits)                                                     \
    X86_REG_HANDLER(cmp_G_E##bits##r,                                          \
                    host_cmp##bits(&c->arith, X86_GET##bits(c, i->reg),        \
                                   X86_GET##bits(c, i->rm)))                   \
    X86_LOAD_HANDLER(cmp_G_E##bits##m, bits,                                   \
                     host_cmp##bits(&c->arith, X86_GET##bits(c, i->reg), v))

#define COMPARE(op)                                                            \
    COMPARE_SIZE(op, 8)                                                        \
    COMPARE_SIZE(op, 16)                                                       \
    COMPARE_SIZE(op, 32)                                                       \
    COMPARE_SIZE(op, 64)                                                       \
    X86_IMPL(op##_E_G)                                                         \
    X86_IMPL(op##_E_I)

COMPARE(cmp)
COMPARE(test)
CMP_G_E_SIZE(8)
CMP_G_E_SIZE(16)
CMP_G_E_SIZE(32)
CMP_G_E_SIZE(64)
X86_IMPL(cmp_G_E)

/* ---- one operand ---- */
#define UNARY_SIZE(op, bits)                                                   \
    X86_REG_HANDLER(                                                           \
        op##_E##bits##r,                                                       \
        X86_SET##bits(c, i->rm,                                                \
                      host_##op##bits(&c->arith, X86_GET##bits(c, i->rm))))    \
    X86_RMW_HANDLER(op##_E##bits##m, bits, v = host_##op##bits(&c->arith, v))

#define NOT_SIZE(bits)                                                         \
    X86_REG_HANDLER(                                                           \
        not_E##bits##r,                                                        \
        X86_SET##bits(c, i->rm, (uint##bits##_t) ~X86_GET##bits(c, i->rm)))    \
    X86_RMW_HANDLER(not_E##bits##m, bits, v = (uint##bits##_t) ~v)

#define UNARY(op)                                                              \
    UNARY_SIZE(op, 8)                                                          \
    UNARY_SIZE(op, 16)                                                         \
    UNARY_SIZE(op, 32)                                                         \
    UNARY_SIZE(op, 64)                                                         \
    X86_IMPL(op##_E)

UNARY(inc)
UNARY(dec)
UNARY(neg)
NOT_SIZE(8)
NOT_SIZE(16)
NOT_SIZE(32)
NOT_SIZE(64)
X86_IMPL(not_E)
