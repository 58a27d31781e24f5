/* op_flag.c: CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC. [SDM2] */
#include "common/x86/operand.h"

/* AR_OF and what SAHF takes from AH */
#define AR_AH (AR_SF | AR_ZF | AR_AF | AR_PF | AR_CF)

X86_REG_HANDLER(clc, c->arith &= (uint16_t)~AR_CF)
X86_REG_HANDLER(stc, c->arith |= AR_CF)
X86_REG_HANDLER(cmc, c->arith ^= AR_CF)
X86_REG_HANDLER(cld, c->s.rflags &= ~(uint64_t)FL_DF)
X86_REG_HANDLER(std, c->s.rflags |= FL_DF)

/* AH is byte 1 of the registers, and the upper half of the flags' form. */
X86_REG_HANDLER(lahf,
                *x86_r8(c, 1) = (uint8_t)(arith_to_rflags(c->arith) | FL_ONE))
X86_REG_HANDLER(sahf, c->arith = (uint16_t)((c->arith & AR_OF) | 0x0200u |
                                            (*x86_r8(c, 1) << 8 & AR_AH)))

/* Undocumented: AL = 0 or 0xff by CF. */
X86_REG_HANDLER(salc, *x86_r8(c, 0) = (c->arith & AR_CF) ? 0xff : 0)

const struct x86_impl x86_op_clc = X86_IMPL_ANY(clc, NULL);
const struct x86_impl x86_op_stc = X86_IMPL_ANY(stc, NULL);
const struct x86_impl x86_op_cmc = X86_IMPL_ANY(cmc, NULL);
const struct x86_impl x86_op_cld = X86_IMPL_ANY(cld, NULL);
const struct x86_impl x86_op_std = X86_IMPL_ANY(std, NULL);
const struct x86_impl x86_op_lahf = X86_IMPL_ANY(lahf, NULL);
const struct x86_impl x86_op_sahf = X86_IMPL_ANY(sahf, NULL);
const struct x86_impl x86_op_salc = X86_IMPL_ANY(salc, NULL);
