/* op_nop.c: instructions that change nothing here: NOP, prefetches, fences,
 * CLFLUSH. [SDM2] Memory is strongly ordered and always coherent. */
#include "common/x86/operand.h"

/* With a memory operand too: hints do not access it. */
X86_REG_HANDLER(nop, (void)0)

/* A load of one byte as far as faults go. */
X86_REG_HANDLER(clflush, x86_mem_probe_read(c, xi_seg(i), x86_ea(c, i), 1))

const struct x86_impl x86_op_nop = X86_IMPL_ANY(nop, nop);
const struct x86_impl x86_op_lfence = X86_IMPL_ANY(nop, NULL);
const struct x86_impl x86_op_mfence = X86_IMPL_ANY(nop, NULL);
const struct x86_impl x86_op_sfence = X86_IMPL_ANY(nop, NULL);
const struct x86_impl x86_op_clflush = X86_IMPL_ANY(NULL, clflush);
