/* fuzz_loader.c: loads randomly changed guest images until told to stop.
 *
 * usage: fuzz_loader [SECONDS [SEED [FIRST-CASE [CASES]]]]
 * Defaults: 10 seconds, seed 1, from case 0, no limit of cases; SECONDS 0 has
 * no limit either. Prints cases and seed; status 1 if a rule was broken. For
 * the sanitizers: make MODE=asan programs && build/asan/fuzz_loader 300. After
 * a crash, narrow it down by FIRST-CASE and CASES. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/load/tests/loadfuzz.h"

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 10;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    uint64_t first = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
    uint64_t cases = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
    struct loadfuzz_result r;

    printf("fuzz_loader: seed %" PRIu64 ", from case %" PRIu64 "\n", seed,
           first);
    fflush(stdout);
    loadfuzz_run(seed, first, cases, seconds, &r);
    printf("fuzz_loader: seed %" PRIu64 ", %" PRIu64 " cases, %" PRIu64
           " loaded\n",
           seed, r.cases, r.loaded);
    if (r.broken[0] == '\0')
        return 0;
    printf("fuzz_loader: case %" PRIu64 " breaks: %s\n", r.failed_case,
           r.broken);
    return 1;
}
