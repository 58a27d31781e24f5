/* fault.h: interruptions, as they change a processor's state: the real one's,
 * or that of a VMM's virtual processor. */
#ifndef VTI_IA64_CPU_FAULT_H
#define VTI_IA64_CPU_FAULT_H

#include <stdbool.h>

#include "vti-ia64/cpu/state.h"

/* An interruption on its way. */
struct ia64_fault {
    enum ia64_vector vector;
    uint64_t isr; /* code and access bits; ei, ni, ir, ed are added */
    uint64_t ifa, itir, iim, iha;
    uint32_t sets; /* IA64_SETS_* */
};
#define IA64_SETS_IFA  1u
#define IA64_SETS_ITIR 2u
#define IA64_SETS_IIM  4u
#define IA64_SETS_IHA  8u
#define IA64_TRAP      16u /* after the instruction, which has completed */

/* Write what f collects into the registers of interruptions; ip becomes that of
 * the handler, cfle 0. Returns what PSR is to become; the banks are not
 * switched. */
uint64_t ia64_collect(struct ia64_state *s, const struct ia64_fault *f);

/* After one instruction at ip, begun with `psr`: what holds for one instruction
 * goes from s->psr. True: *f is the trap that follows. [ISDM2 "Single Step
 * Trap", "Taken Branch Trap"] */
bool ia64_stepped(struct ia64_state *s, uint64_t psr, uint64_t ip,
                  struct ia64_fault *f);

#endif
