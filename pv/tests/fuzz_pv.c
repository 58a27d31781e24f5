/* fuzz_pv.c: makes random hypercalls (see pvfuzz.h).
 *
 * usage: fuzz_pv [COUNT [SEED]]
 * For the sanitizers: make MODE=asan fuzz-pv. Defaults: 20000, 2026. Prints
 * both at the end; a crash is a bug. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pv/tests/pvfuzz.h"

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 20000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 2026;

    pvfuzz_run(count, seed);
    printf("fuzz_pv: %" PRIu64 " hypercalls, seed %" PRIu64 "\n", count, seed);
    return 0;
}
