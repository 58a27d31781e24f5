/* mmu.h: memory virtualization as a policy of one vcpu: how a linear address
 * becomes a guest-physical one and which translations may be kept. */
#ifndef COMMON_MMU_MMU_H
#define COMMON_MMU_MMU_H

#include <stdbool.h>
#include <stdint.h>

struct x86_cpu;

/* Result of a translation. `pa` is the guest-physical address of the byte. The
 * permissions say which later accesses to the same 4 KiB page may go without
 * another walk (a page whose D bit is clear is not writable here). */
struct x86_xlat {
    uint64_t pa;
    bool user;    /* user-mode accesses allowed */
    bool write_s; /* supervisor writes allowed, D is set */
    bool write_u; /* user writes allowed, D is set */
    bool exec;
    bool global;
    uint8_t page_shift; /* 12, 21, 22 or 30: INVLPG anywhere in a larger page
                         * removes this translation too */
};

struct mmu_ops {
    const char *name; /* "native" */

    /* Translate `lin` for `access` (X86_WRITE, X86_EXEC, X86_ACC_USER of
     * mem.h), setting A and D as the processor does. Raises #PF itself (does
     * not return). Called with paging on or off. */
    void (*translate)(struct x86_cpu *c, uint64_t lin, unsigned access,
                      struct x86_xlat *out);

    /* As translate, but no A/D updates, no faults: false if not mapped. For
     * debuggers and traces. */
    bool (*peek)(struct x86_cpu *c, uint64_t lin, uint64_t *pa);

    /* The PDPTE of PAE paging at this guest-physical address, for loads of the
     * PDPTE registers. NULL: it is read from the machine's memory. */
    uint64_t (*pdpte)(struct x86_cpu *c, uint64_t pa);
};

/* The processor's own paging: every table walk is the guest's. */
extern const struct mmu_ops native_mmu_ops;

#endif
