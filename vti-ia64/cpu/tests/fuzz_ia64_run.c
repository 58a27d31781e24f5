/* fuzz_ia64_run.c: random code on the model: fuzz_ia64_run [COUNT [SEED]]: so
 * many instructions; each program runs twice, in other steps, to the same end.
 * For sanitizer builds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "vti-ia64/cpu/tests/randcode.h"
#include "vti-ia64/engine.h"

#define RAM   (256u << 10)
#define INSNS 20000u

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 2026, done, a, b;
    struct randcode k;

    for (done = 0; done < count; done += INSNS, seed++) {
        randcode_init(&k, seed, RAM);
        a = randcode_run(&k, INSNS, UINT64_MAX);
        randcode_fini(&k);
        randcode_init(&k, seed, RAM);
        b = randcode_run(&k, INSNS, 13);
        randcode_fini(&k);
        randcode_init_engine(&k, seed, RAM, &ia64_te_engine_ops, NULL);
        (void)randcode_run(&k, INSNS, 13);
        randcode_fini(&k);
        if (a == b)
            continue;
        fprintf(stderr, "seed %" PRIu64 ": the end depends on the steps\n",
                seed);
        return 1;
    }
    printf("%" PRIu64 " instructions, last seed %" PRIu64 "\n", done, seed - 1);
    return 0;
}
