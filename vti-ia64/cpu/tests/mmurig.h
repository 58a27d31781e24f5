/* mmurig.h: a translation unit and memory, without a processor. */
#ifndef VTI_IA64_CPU_TESTS_MMURIG_H
#define VTI_IA64_CPU_TESTS_MMURIG_H

#include "vti-ia64/cpu/tlb.h"

#define MMURIG_RAM (1u << 20)

struct mmurig {
    struct gmem mem;
    struct ia64_state s; /* PSR: ic, dt, it, rt */
    struct ia64_mmu m;
    struct ia64_xlat x; /* of the last success */
    struct ia64_fault f;
};

void mmurig_init(struct mmurig *r);
void mmurig_fini(struct mmurig *r);

/* A page of all rights, present, accessed, dirty, write-back. */
#define MMURIG_PTE (0x61ull | 3 << 9 | 3 << 7)

/* Translate at level pl: the vector of the fault, or -1 and r->x. */
int mmurig_access(struct mmurig *r, uint64_t va, unsigned access, unsigned pl);

#endif
