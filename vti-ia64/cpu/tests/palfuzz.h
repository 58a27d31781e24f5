/* palfuzz.h: PAL's procedures for virtual processors and its services, called
 * in any order with any arguments, and random code with PSR.vm between the
 * calls. */
#ifndef VTI_IA64_CPU_TESTS_PALFUZZ_H
#define VTI_IA64_CPU_TESTS_PALFUZZ_H

#include <stdint.h>

struct palfuzz_result {
    uint64_t calls, accepted; /* all of them; those that PAL did */
    uint64_t insns;           /* retired with PSR.vm 1 */
    const char *broken;       /* the rule that was broken, or NULL */
};

/* One case: `calls` calls on a new machine, drawn from `seed`. Adds to *out. */
void palfuzz_run(uint64_t seed, unsigned calls, struct palfuzz_result *out);

#endif
