/* op_shift.c: ROL, ROR, RCL, RCR, SHL, SHR, SAR, SHLD, SHRD. [SDM2]
 * The host's instruction gets the guest's flags and count, and so decides what
 * a count of 0, a count above the size, and undefined flags are. A memory
 * operand is written (and must be writable) whatever the count. */
#include "common/x86/alu_asm.h"
#include "common/x86/operand.h"

#define COUNT_I  ((uint8_t)i->imm)
#define COUNT_CL ((uint8_t)c->s.r[R_CX])

#define SHIFT_COUNT(op, count, bits)                                           \
    X86_REG_HANDLER(                                                           \
        op##_E_##count##bits##r,                                               \
        X86_SET##bits(c, i->rm,                                                \
                      host_##op##bits(&c->arith, X86_GET##bits(c, i->rm),      \
                                      COUNT_##count)))                         \
    X86_RMW_HANDLER(op##_E_##count##bits##m, bits,                             \
                    v = host_##op##bits(&c->arith, v, COUNT_##count))

#define SHIFT_SIZE(op, bits)                                                   \
    SHIFT_COUNT(op, I, bits)                                                   \
    SHIFT_COUNT(op, CL, bits)

#define SHIFT(op)                                                              \
    SHIFT_SIZE(op, 8)                                                          \
    SHIFT_SIZE(op, 16)                                                         \
    SHIFT_SIZE(op, 32)                                                         \
    SHIFT_SIZE(op, 64)                                                         \
    X86_IMPL(op##_E_I)                                                         \
    X86_IMPL(op##_E_CL)

SHIFT(rol)
SHIFT(ror)
SHIFT(rcl)
SHIFT(rcr)
SHIFT(shl)
SHIFT(shr)
SHIFT(sar)

/* ---- double shifts ---- */
#define DOUBLE_COUNT(op, count, bits)                                          \
    X86_REG_HANDLER(                                                           \
        op##_E_G_##count##bits##r,                                             \
        X86_SET##bits(c, i->rm,                                                \
                      host_##op##bits(&c->arith, X86_GET##bits(c, i->rm),      \
                                      X86_GET##bits(c, i->reg),                \
                                      COUNT_##count)))                         \
    X86_RMW_HANDLER(op##_E_G_##count##bits##m, bits,                           \
                    v = host_##op##bits(&c->arith, v,                          \
                                        X86_GET##bits(c, i->reg),              \
                                        COUNT_##count))

#define DOUBLE_SIZE(op, bits)                                                  \
    DOUBLE_COUNT(op, I, bits)                                                  \
    DOUBLE_COUNT(op, CL, bits)

#define DOUBLE_SHIFT(op)                                                       \
    DOUBLE_SIZE(op, 16)                                                        \
    DOUBLE_SIZE(op, 32)                                                        \
    DOUBLE_SIZE(op, 64)                                                        \
    X86_IMPL_WIDE(op##_E_G_I)                                                  \
    X86_IMPL_WIDE(op##_E_G_CL)

DOUBLE_SHIFT(shld)
DOUBLE_SHIFT(shrd)
