/* trace.h: calls the configured trace function before an instruction. */
#ifndef COMMON_X86_TRACE_H
#define COMMON_X86_TRACE_H

#include "common/x86/cpu.h"

/* Give config.trace the instruction at R_IP: its linear address and as many of
 * its bytes (at most 15) as can be read without side effects. */
void x86_trace_insn(struct x86_cpu *c);

#endif
