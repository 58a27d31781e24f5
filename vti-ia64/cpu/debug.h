/* debug.h: breakpoint registers. [ISDM2 "Debugging"] */
#ifndef VTI_IA64_CPU_DEBUG_H
#define VTI_IA64_CPU_DEBUG_H

#include "vti-ia64/cpu/cpu.h"

/* Whether any of the registers is enabled for anything. */
bool ia64_debug_any(const uint64_t regs[IA64_BREAKPOINTS]);

/* Whether a breakpoint matches the bundle at ip, or a data access (IA64_READ,
 * IA64_WRITE) of `size` bytes, at the current privilege level. */
bool ia64_debug_fetch(const struct ia64_cpu *c, uint64_t ip);
bool ia64_debug_data(const struct ia64_cpu *c, uint64_t va, unsigned size,
                     unsigned access);

#endif
