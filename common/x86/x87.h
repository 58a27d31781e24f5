/* x87.h: what the x87 files share. [SDM1 "Programming with the x87 FPU"]. */
#ifndef COMMON_X86_X87_H
#define COMMON_X86_X87_H

#include "common/x86/block.h"
#include "common/x86/op.h"

#define FSW_ES  0x0080u /* an unmasked exception is pending */
#define FSW_B   0x8000u /* follows ES */
#define FSW_TOP 0x3800u

/* FLDENV (1*8+4), FNSTENV (1*8+6), FRSTOR (5*8+4), FNSAVE (5*8+6): `form` is
 * escape * 8 + reg. Takes the operand of *i; availability is checked. */
void x87_env(struct x86_cpu *c, const struct x86_insn *i, unsigned form);

/* Change TOP. The physical registers stay: what ST(i) names moves. */
void x87_set_top(struct x86_xsave *xs, unsigned top);

#endif
