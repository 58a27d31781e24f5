/* fuzz_vmx.c: COUNT SEED: random VMCS contents, controls and guest code in VMX
 * operation. Meant for the sanitizer build; the short run is test_fuzz.c. */
#include <stdio.h>
#include <stdlib.h>

#include "hvm/cpu/tests/vmxfuzz.h"

int main(int argc, char **argv)
{
    unsigned long long count = argc > 1 ? strtoull(argv[1], NULL, 0) : 100000;
    struct rng r = {argc > 2 ? strtoull(argv[2], NULL, 0) : 2026};
    unsigned long long seed = r.state;
    struct vmxfuzz f = {0};

    while (f.rounds < count && f.wrong == NULL)
        vmxfuzz_round(&r, &f);
    for (unsigned k = 0; k < EXIT_REASON_LIMIT; k++)
        if (f.by_reason[k] != 0 && vmx_exit_info(k) != NULL)
            printf("%-20s %llu\n", vmx_exit_info(k)->name, f.by_reason[k]);
    printf("%llu guests: %llu VM entries, %llu failed, %llu refused, %llu "
           "exits, %llu aborts; seed %llu\n",
           f.rounds, f.entries, f.failed, f.refused, f.exits, f.aborts, seed);
    if (f.wrong != NULL)
        fprintf(stderr, "guest %llu: %s\n", f.rounds, f.wrong);
    return f.wrong != NULL;
}
