/* host.h: what this host offers. */
#ifndef EXPERIMENTS_CLI_HOST_H
#define EXPERIMENTS_CLI_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* /dev/kvm. `back_end` is the module behind it, as far as /sys tells: only
 * kvm_intel and kvm_amd on bare hardware are hardware assist; below a
 * hypervisor they are nested, and kvm_pvm uses no hardware assist at all. */
struct host_kvm {
    bool usable;          /* a virtual machine can be created */
    char why_not[200];    /* and the way out, if there is one */
    const char *back_end; /* "kvm_intel", "kvm_amd", "kvm_pvm", "unknown" */
    bool hardware;        /* hardware assist, on bare hardware */
};

void host_kvm_probe(struct host_kvm *k);

struct host_info {
    char cpu[128];
    char kernel[160];
    unsigned cpus;
    bool virtual_machine; /* CPUID says that a hypervisor is below us */
    uint64_t memory_bytes, available_bytes;
};

void host_info(struct host_info *h);

#endif
