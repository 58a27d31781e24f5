/* fuzz_ia64_bski.c: random programs on Ski and on the model, all registers at
 * their ends compared: fuzz_ia64_bski BSKI [PROGRAMS [SEED]].
 *
 * A difference is followed to the instruction that makes it; that becomes a
 * nop, and the rest of the program is compared again. Differences that
 * skiknown.c explains are counted, others are shown. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "vti-ia64/cpu/tests/skiknown.h"

#define BATCH   250u
#define BUNDLES 90u
#define KNOWN   16u
#define SHOWN   20u

struct fuzz {
    struct skirun run;
    uint64_t programs, instructions, differ, bad, known[KNOWN];
};

/* Generates the program of the seed: even ones of integers. */
static void program(uint64_t seed, struct skiprog *p, struct skiprog_block *s)
{
    struct rng r = {seed};

    skiprog_generate(&r, seed % 2 ? SKIPROG_FP : SKIPROG_INT, BUNDLES, p);
    skiprog_state(&r, s);
}

static bool follow(struct fuzz *f, uint64_t seed)
{
    struct skiprog p;
    struct skiprog_block state;
    struct skidiff d;
    int found, why;

    program(seed, &p, &state);
    while ((found = skidiff_find(&f->run, &p, &state, &d)) == 1) {
        why = skiknown_find(&d);
        if (why >= 0) {
            f->known[why]++;
        } else if (f->bad++ < SHOWN) {
            fprintf(stderr, "seed %" PRIu64 "\n", seed);
            skidiff_print(&d);
        }
        skiprog_nop(&p, d.nr);
    }
    return found == 0;
}

static bool batch(struct fuzz *f, uint64_t seed, unsigned n)
{
    struct skirun_batch b;
    bool ok;

    skirun_batch_init(&b, n);
    for (unsigned k = 0; k < n; k++) {
        program(seed + k, &b.program[k], &b.state[k]);
        f->instructions += b.program[k].n * 3;
    }
    ok = skirun_both(&f->run, &b);
    for (unsigned k = 0; k < n && ok; k++) {
        if (skidiff_equal(&b.ours[k], &b.theirs[k]))
            continue;
        f->differ++;
        ok = follow(f, seed + k);
    }
    f->programs += n;
    skirun_batch_fini(&b);
    return ok;
}

static bool init(struct fuzz *f, const char *bski, char *dir)
{
    f->run.ski = realpath(bski, NULL);
    f->run.image = realpath(TEST_BUILD "/guests/ia64-programs", NULL);
    if (f->run.ski == NULL || f->run.image == NULL) {
        perror(f->run.ski == NULL ? bski : "the guest `programs`");
        return false;
    }
    return mkdtemp(dir) != NULL && chdir(dir) == 0;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
    char dir[] = "/tmp/fuzz_ia64_bski-XXXXXX";
    struct fuzz f = {0};
    bool ok;

    if (argc < 2) {
        fprintf(stderr, "usage: fuzz_ia64_bski BSKI [PROGRAMS [SEED]]\n");
        return 2;
    }
    ok = init(&f, argv[1], dir);
    while (ok && f.programs < count)
        ok = batch(&f, seed + f.programs,
                   count - f.programs < BATCH ? (unsigned)(count - f.programs)
                                              : BATCH);
    printf("%" PRIu64 " programs, %" PRIu64 " instructions: %" PRIu64
           " programs differ; %" PRIu64 " differences are not explained\n",
           f.programs, f.instructions, f.differ, f.bad);
    for (unsigned k = 0; k < skiknown_nr; k++)
        printf("%8" PRIu64 "  %s\n", f.known[k], skiknown[k].reason);
    return !ok || f.bad != 0;
}
