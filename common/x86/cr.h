/* cr.h: write rules of control registers and EFER, as used by MOV to CR, LMSW,
 * WRMSR, task switches and whoever loads processor state.
 *
 * Each register has a check, which says whether the value is accepted in the
 * current state (false: #GP(0), nothing changed), and an apply, which commits a
 * value that was accepted, with all consequences: EFER.LMA, PDPTE registers,
 * TLB flushes, derived state. x86_set_* is both. [SDM2 "MOV--Move to/from
 * Control Registers"], [SDM3 "Control Registers", "Initializing IA-32e Mode",
 * "Operations that Invalidate TLBs and Paging-Structure Caches"] */
#ifndef COMMON_X86_CR_H
#define COMMON_X86_CR_H

#include "common/x86/cpu.h"

bool x86_cr0_check(struct x86_cpu *c, uint64_t v);
bool x86_cr3_check(struct x86_cpu *c, uint64_t v);
bool x86_cr4_check(struct x86_cpu *c, uint64_t v);
bool x86_efer_check(const struct x86_cpu *c, uint64_t v);

void x86_cr0_apply(struct x86_cpu *c, uint64_t v);
void x86_cr3_apply(struct x86_cpu *c, uint64_t v);
void x86_cr4_apply(struct x86_cpu *c, uint64_t v);
void x86_efer_apply(struct x86_cpu *c, uint64_t v);

bool x86_set_cr0(struct x86_cpu *c, uint64_t v) MUST_CHECK;
bool x86_set_cr3(struct x86_cpu *c, uint64_t v) MUST_CHECK;
bool x86_set_cr4(struct x86_cpu *c, uint64_t v) MUST_CHECK;
bool x86_set_efer(struct x86_cpu *c, uint64_t v) MUST_CHECK;

/* CR8, 0..15: the task priority of the local APIC. */
uint64_t x86_get_cr8(const struct x86_cpu *c);
bool x86_set_cr8(struct x86_cpu *c, uint64_t v) MUST_CHECK;

/* Bits of CR4 and EFER that the model has. */
uint64_t x86_cr4_bits(const struct x86_cpu *c);
uint64_t x86_efer_bits(const struct x86_cpu *c);

/* Read the PDPTEs of PAE paging that `cr3` points to. False if a present one
 * has a reserved bit set (#GP(0)). */
bool x86_pdptes_read(struct x86_cpu *c, uint64_t cr3, uint64_t out[4]);

#endif
