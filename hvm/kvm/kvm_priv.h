/* kvm_priv.h: a vcpu of KVM. */
#ifndef HVM_KVM_KVM_PRIV_H
#define HVM_KVM_KVM_PRIV_H

#include <linux/kvm.h>
#include <time.h>

#include "common/x86/cpu.h"
#include "hvm/kvm/kvm.h"

struct kvm_cpu {
    int kvm, vm, vcpu;
    struct kvm_run *run;
    size_t run_bytes;
    timer_t timer;
    bool timed, halted;
    uint64_t kicks;       /* signals that ended a KVM_RUN */
    struct x86_state was; /* what KVM has of the state */
};

/* Right after the x86_cpu of a vcpu that create() made. */
struct kvm_cpu *kvm_cpu(struct vcpu *v);

/* ---- kvm_state.c ---- */

/* The vcpu's registers to KVM and back. ST_HOST. */
enum status kvm_state_put(struct kvm_cpu *k, const struct x86_state *s,
                          struct error *err) MUST_CHECK;
enum status kvm_state_get(struct kvm_cpu *k, struct x86_state *s,
                          struct error *err) MUST_CHECK;

/* ---- kvm_run.c ---- */
enum status kvm_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                    struct error *err);
void kvm_kick(struct vcpu *v);
/* SIGUSR2 ends a KVM_RUN of this thread. */
enum status kvm_signals(struct kvm_cpu *k, struct error *err) MUST_CHECK;

#endif
