/* fuzz_ia64_pal.c: hostile use of PAL's virtualization support: fuzz_ia64_pal
 * [COUNT [SEED]]: so many calls. For sanitizer builds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "vti-ia64/cpu/tests/palfuzz.h"

#define CALLS 400u /* on one machine */

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 2026;
    struct palfuzz_result r = {0};

    for (; r.calls < count && r.broken == NULL; seed++)
        palfuzz_run(seed, CALLS, &r);
    printf("%" PRIu64 " calls, %" PRIu64 " done, %" PRIu64
           " instructions with PSR.vm, last seed %" PRIu64 "\n",
           r.calls, r.accepted, r.insns, seed - 1);
    if (r.broken != NULL)
        printf("broken: %s\n", r.broken);
    return r.broken != NULL;
}
