/* msr.h: model-specific registers [SDM4]. Which exist and how stands in
 * msrs.def. */
#ifndef COMMON_X86_MSR_H
#define COMMON_X86_MSR_H

#include "common/x86/cpu.h"

/* IA32_MISC_ENABLE */
#define MISC_FAST_STRING BITQ(0)
#define MISC_NO_BTS      BITQ(11)
#define MISC_NO_PEBS     BITQ(12)
#define MISC_LIMIT_CPUID BITQ(22)

/* RDMSR and WRMSR without the privilege rule: for the instructions and for
 * whoever loads MSRs from a list. False: #GP(0), nothing changed. */
bool x86_msr_read(struct x86_cpu *c, uint32_t index, uint64_t *value);
bool x86_msr_write(struct x86_cpu *c, uint32_t index, uint64_t value);

/* What RDTSC gives. */
static inline uint64_t x86_tsc(const struct x86_cpu *c)
{
    return clock_tsc(&c->v.m->clock) + c->s.tsc_offset + c->x.tsc_offset;
}

/* Name of an MSR as in msrs.def, or NULL. */
const char *x86_msr_name(uint32_t index);

/* MSRs at power-on and RESET (not INIT) whose value is not 0. */
void x86_msr_reset(struct x86_cpu *c);

#endif
