/* op_cmov.c: CMOVcc and SETcc. [SDM2] */
#include "common/x86/cond.h"
#include "common/x86/operand.h"

/* The source is read, and a 32-bit destination written (its upper half
 * cleared), whatever the condition. */
#define CMOV_SIZE(cc, bits)                                                    \
    X86_REG_HANDLER(cmov##cc##_G_E##bits##r,                                   \
                    X86_SET##bits(c, i->reg,                                   \
                                  COND_##cc(c->arith)                          \
                                      ? X86_GET##bits(c, i->rm)                \
                                      : X86_GET##bits(c, i->reg)))             \
    X86_LOAD_HANDLER(                                                          \
        cmov##cc##_G_E##bits##m, bits,                                         \
        X86_SET##bits(c, i->reg,                                               \
                      COND_##cc(c->arith) ? v : X86_GET##bits(c, i->reg)))

#define CMOV(cc)                                                               \
    CMOV_SIZE(cc, 16)                                                          \
    CMOV_SIZE(cc, 32)                                                          \
    CMOV_SIZE(cc, 64)                                                          \
    X86_IMPL_WIDE(cmov##cc##_G_E)

COND_EACH(CMOV)

#define SET(cc)                                                                \
    X86_REG_HANDLER(set##cc##_E8r, X86_SET8(c, i->rm, COND_##cc(c->arith)))    \
    X86_STORE_HANDLER(set##cc##_E8m, 8, COND_##cc(c->arith))                   \
    const struct x86_impl x86_op_set##cc##_E = {                               \
        .r = {set##cc##_E8r}, .m = {set##cc##_E8m}, .m64 = {set##cc##_E8m64}};

COND_EACH(SET)
