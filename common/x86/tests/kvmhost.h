/* kvmhost.h: /dev/kvm as an oracle: run privileged code from a given state and
 * memory until it halts, and see what it did.
 *
 * What is behind /dev/kvm differs: VT-x, AMD-V, or PVM, which runs only user
 * code on the processor and carries out the rest in KVM's instruction emulator.
 * The emulator gives up on some instructions: KVMHOST_UNABLE. */
#ifndef COMMON_X86_TESTS_KVMHOST_H
#define COMMON_X86_TESTS_KVMHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/x86/state.h"

struct x86_cpu;
struct kvmhost;

enum kvmhost_end {
    KVMHOST_HALTED,
    KVMHOST_SHUTDOWN, /* triple fault */
    KVMHOST_UNABLE,   /* KVM could not carry out an instruction */
    KVMHOST_TIMEOUT,  /* still running after KVMHOST_TIMEOUT_MS */
};

#define KVMHOST_TIMEOUT_MS 200

/* A VM with ram_bytes of RAM from 0 and one vcpu that shows the CPUID leaves of
 * `model`. False with the reason in why[size] where there is no KVM or it will
 * not do. Takes over SIGUSR1. */
bool kvmhost_create(struct kvmhost **out, uint32_t ram_bytes,
                    const struct x86_cpu *model, char *why, size_t size);
void kvmhost_destroy(struct kvmhost *h); /* NULL is a no-op */

uint8_t *kvmhost_ram(struct kvmhost *h);

/* Page tables in [from, from+bytes) were written by us and not by the guest:
 * KVM must forget what it knows of them. Slow (10 ms). */
void kvmhost_forget(struct kvmhost *h);

/* Run from *s, which becomes the state at the end. Of s->xs only the legacy
 * region counts; s->pdpte is read from memory, s->activity is not used.
 * Ports and memory without RAM read as all ones. False with the reason in
 * why[size] if KVM refuses the state. */
bool kvmhost_run(struct kvmhost *h, struct x86_state *s, enum kvmhost_end *end,
                 char *why, size_t size);

#endif
