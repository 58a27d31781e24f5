/* kvm_regs.h: registers in the structures of /dev/kvm, for what runs guests on
 * the host's processor: an engine, and the oracle of our tests. */
#ifndef COMMON_X86_KVM_REGS_H
#define COMMON_X86_KVM_REGS_H

#include <linux/kvm.h>

#include "common/x86/state.h"

/* The state as KVM has it. *k holds what KVM has now; what is no part of the
 * state stays (APIC base, CR8), and no interrupt waits. */
void kvm_regs_put(const struct x86_state *s, struct kvm_regs *r,
                  struct kvm_sregs *k);
void kvm_regs_put_fpu(const struct x86_xsave *x, struct kvm_fpu *k);

/* The state from KVM's. */
void kvm_regs_get(struct x86_state *s, const struct kvm_regs *r,
                  const struct kvm_sregs *k);

#endif
