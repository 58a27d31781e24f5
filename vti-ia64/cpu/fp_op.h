/* fp_op.h: what handlers of floating-point instructions share. */
#ifndef VTI_IA64_CPU_FP_OP_H
#define VTI_IA64_CPU_FP_OP_H

#include "vti-ia64/cpu/fp.h"
#include "vti-ia64/cpu/op.h"

/* Raise the Floating-point fault if the flags have one that is not masked: `hi`
 * are those of the high half of a pair, or of what is no pair. */
void ia64_fp_faults(struct ia64_cpu *c, const struct ia64_insn *i, unsigned hi,
                    unsigned lo, unsigned masked);
/* Accumulate flags in the instruction's status field. */
void ia64_fp_flags(struct ia64_cpu *c, const struct ia64_insn *i,
                   unsigned flags);
/* Do that, then go on with the next slot, or deliver the trap. The last thing a
 * handler does. Those of a pair's low half are FP_LOW_HALF bits up. */
#define FP_LOW_HALF 8
void ia64_fp_next(struct ia64_cpu *c, const struct ia64_insn *i,
                  unsigned flags);

/* A handler whose work, which returns its flags, is a function of its own. */
#define IA64_FP_OP(name, work)                                                 \
    IA64_OP(name)                                                              \
    {                                                                          \
        ia64_fp_next(c, i, work(c, i));                                        \
    }

#endif
