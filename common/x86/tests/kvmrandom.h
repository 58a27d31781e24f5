/* kvmrandom.h: random descriptor tables, random gates and a random system
 * instruction: cases for kvmdiff. */
#ifndef COMMON_X86_TESTS_KVMRANDOM_H
#define COMMON_X86_TESTS_KVMRANDOM_H

#include <stdbool.h>

#include "common/base/rng.h"
#include "common/x86/tests/kvmguest.h"

struct kvmrandom {
    struct rng rng;
    unsigned modes; /* a bit for each kvmguest_mode that may come */
    bool pvm;       /* leave out what PVM does not do at all */
};

/* Fill *g with the next case; its name (the instruction) is static text. */
const char *kvmrandom_case(struct kvmrandom *r, struct kvmguest *g);

#endif
