/* vmxfuzz.h: VMX operation under random VMCS contents, controls and guests. */
#ifndef HVM_CPU_TESTS_VMXFUZZ_H
#define HVM_CPU_TESTS_VMXFUZZ_H

#include "common/base/rng.h"
#include "hvm/cpu/tests/vmguest.h"

struct vmxfuzz {
    unsigned long long rounds, entries, failed, refused, exits, aborts;
    unsigned long long by_reason[EXIT_REASON_LIMIT];
    const char *wrong; /* what did not hold, or NULL */
};

/* One guest on a random preset: a VMCS that could be entered with random fields
 * on top, random code, random interrupts; some exits and entries. Checks that
 * the cached entry checks answer as all of them made again. */
void vmxfuzz_round(struct rng *r, struct vmxfuzz *f);

#endif
