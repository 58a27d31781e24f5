/* fuzz_jit.c: COUNT [SEED [MODE|all [CACHE [native|bt]]]]: random programs, jit
 * against interp in lock step, COUNT instructions a mode; a code cache of CACHE
 * bytes for all of them (0: as drawn); jit under the engine bt. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bt/engine.h"
#include "bt/translator/tests/locktest.h"
#include "common/x86/cpu.h"

static void print(const struct locktest *t, const char *mode, uint64_t seed)
{
    printf("%-8s seed %" PRIu64 ": %" PRIu64 " programs, %" PRIu64
           " instructions, %" PRIu64 " different; ended early %" PRIu64
           "; units %" PRIu64 ", dead %" PRIu64 ", flushes %" PRIu64
           ", ways in %" PRIu64 ", call-outs %" PRIu64
           ", blocks of interp %" PRIu64 "\n",
           mode, seed, t->programs, t->insns, t->different,
           t->programs - t->ended[RUN_BUDGET], t->units, t->dead, t->flushes,
           t->bursts, t->callouts, t->interp);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 2026;
    const char *only = argc > 3 && strcmp(argv[3], "all") != 0 ? argv[3] : NULL;
    size_t cache = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
    bool vmm = argc > 5 && strcmp(argv[5], "bt") == 0;
    unsigned modes = 0;
    uint64_t different = 0;
    struct error err;

    for (unsigned mode = 0; mode < LOCK_MODES; mode++) {
        struct locktest t = {.ref = &interp_processor_ops,
                             .dut = &jit_processor_ops,
                             .cache = cache,
                             .vmm = vmm,
                             .max_reports = 2,
                             .report = stdout};

        if (only != NULL && strcmp(only, lock_mode_names[mode]) != 0)
            continue;
        modes++;
        if (locktest_run(&t, mode, seed, count, &err) != ST_OK) {
            fprintf(stderr, "fuzz_jit: %s\n", err.text);
            return 2;
        }
        print(&t, lock_mode_names[mode], seed);
        different += t.different;
    }
    if (modes == 0)
        fprintf(stderr, "fuzz_jit: there is no mode %s\n", only);
    return different != 0 || modes == 0;
}
