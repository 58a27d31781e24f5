/* fuzz_kvm.c: fuzz_kvm [COUNT [SEED [REPORTS]]]: random privileged code on
 * interp and on /dev/kvm. Prints counts, the seed and what differed; exit
 * status 1 if anything did, 77 if this host is no oracle. */
#include <stdlib.h>

#include "common/x86/tests/kvmdiff.h"
#include "common/x86/tests/kvmrandom.h"

#define MAX_NAMES 64

/* Results by kind of instruction. */
struct tally {
    const char *name;
    uint64_t count[KVMDIFF_RESULTS];
};

static void add(struct tally *t, const char *name, enum kvmdiff_result r)
{
    unsigned k = 0;

    while (k < MAX_NAMES - 1 && t[k].name != NULL && t[k].name != name)
        k++;
    t[k].name = name;
    t[k].count[r]++;
}

static void print(const struct tally *t)
{
    printf("%8s %8s %8s %8s %8s\n", "same", "differ", "known", "gave up",
           "no end");
    for (unsigned k = 0; k < MAX_NAMES && t[k].name != NULL; k++) {
        for (unsigned n = 0; n < KVMDIFF_RESULTS; n++)
            printf("%8llu ", (unsigned long long)t[k].count[n]);
        printf("%s\n", t[k].name);
    }
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 100000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    unsigned reports = argc > 3 ? (unsigned)atoi(argv[3]) : 20;
    struct kvmrandom r = {.rng = {.state = seed}};
    static struct tally tally[MAX_NAMES];
    struct kvmdiff *d;
    static struct kvmguest g;
    char text[256];
    bool bad;

    if (!kvmdiff_create(&d, stdout, reports, text, sizeof(text))) {
        printf("skipped: %s\n", text);
        return 77;
    }
    r.modes = kvmdiff_modes(d);
    r.pvm = kvmdiff_pvm(d);
    for (uint64_t k = 0; k < count; k++) {
        const char *name = kvmrandom_case(&r, &g);

        add(tally, name, kvmdiff_run(d, &g, name));
    }
    print(tally);
    kvmdiff_summary(d, text, sizeof(text));
    printf("%llu cases, seed %llu: %s\n", (unsigned long long)count,
           (unsigned long long)seed, text);
    bad = kvmdiff_counts(d)[KVMDIFF_DIFFERENT] != 0;
    kvmdiff_destroy(d);
    return bad;
}
