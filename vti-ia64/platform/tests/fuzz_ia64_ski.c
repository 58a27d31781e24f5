/* fuzz_ia64_ski.c: hostile images and calls of Ski's platform until told to
 * stop.
 *
 * usage: fuzz_ia64_ski [SECONDS [SEED [FIRST-CASE [CASES]]]]
 * Defaults: 10 seconds, seed 1, from case 0, no limit of cases; SECONDS 0 has
 * no limit either. Prints cases and seed; status 1 if a rule was broken. For
 * the sanitizers: make MODE=asan. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "vti-ia64/platform/tests/skifuzz.h"

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 10;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    uint64_t first = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
    uint64_t cases = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
    struct skifuzz_result r;

    skifuzz_run(seed, first, cases, seconds, &r);
    printf("fuzz_ia64_ski: seed %" PRIu64 ", %" PRIu64 " cases, %" PRIu64
           " images loaded, %" PRIu64 " calls served\n",
           seed, r.cases, r.loaded, r.served);
    if (r.broken[0] == '\0')
        return 0;
    printf("fuzz_ia64_ski: case %" PRIu64 " breaks: %s\n", r.failed_case,
           r.broken);
    return 1;
}
