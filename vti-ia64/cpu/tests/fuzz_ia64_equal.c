/* fuzz_ia64_equal.c: random programs under `native` and `hvm`, with each
 * setting of the accelerations: fuzz_ia64_equal [PROGRAMS [SEED]]. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "vti-ia64/cpu/tests/equal.h"

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1, bad = 0;

    for (uint64_t k = 0; k < count; k++) {
        if (equal_run(seed + k, equal_controls(k), 1000, 1))
            continue;
        fprintf(stderr, "seed %" PRIu64 ", --controls %s\n", seed + k,
                equal_controls(k));
        bad++;
    }
    printf("%" PRIu64 " programs, %" PRIu64 " differ\n", count, bad);
    return bad != 0;
}
