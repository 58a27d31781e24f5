/* fuzz_jit.c: COUNT [SEED [MODE]]: random programs, jit against interp in lock
 * step, COUNT instructions a mode. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bt/engine.h"
#include "bt/translator/tests/locktest.h"
#include "common/x86/cpu.h"

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 2026;
    uint64_t different = 0;
    struct error err;

    for (unsigned mode = 0; mode < LOCK_MODES; mode++) {
        struct locktest t = {.ref = &interp_processor_ops,
                             .dut = &jit_processor_ops,
                             .max_reports = 2,
                             .report = stdout};

        if (argc > 3 && strcmp(argv[3], lock_mode_names[mode]) != 0)
            continue;
        if (locktest_run(&t, mode, seed, count, &err) != ST_OK) {
            fprintf(stderr, "fuzz_jit: %s\n", err.text);
            return 2;
        }
        printf("%-8s seed %" PRIu64 ": %" PRIu64 " programs, %" PRIu64
               " instructions, %" PRIu64 " different; ended early %" PRIu64
               "; units %" PRIu64 ", ways in %" PRIu64 ", call-outs %" PRIu64
               ", blocks of interp %" PRIu64 "\n",
               lock_mode_names[mode], seed, t.programs, t.insns, t.different,
               t.programs - t.ended[RUN_BUDGET], t.units, t.bursts, t.callouts,
               t.interp);
        fflush(stdout);
        different += t.different;
    }
    return different != 0;
}
