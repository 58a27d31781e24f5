/* randguest.h: random programs for a whole machine: 32-bit code that computes,
 * faults, changes itself, talks to devices and is interrupted. */
#ifndef COMMON_TESTS_RANDGUEST_H
#define COMMON_TESTS_RANDGUEST_H

#include "common/engine/engine.h"

/* A machine with 1 MiB, a vcpu (processor.h), and a program that `seed` names,
 * about to start. Console output is appended to `out`. */
struct randguest {
    struct machine *m;
    struct vcpu *v;
    char out[4096]; /* what came last, if it was more */
    unsigned out_len;
    const struct engine_ops *engine;
    const struct engine_options *options;
    bool ended; /* by anything but the count; it is not run any more then */
};

void randguest_init(struct randguest *g, uint64_t seed);

/* The same under another engine than native; both are borrowed. */
void randguest_init_under(struct randguest *g, uint64_t seed,
                          const struct engine_ops *engine,
                          const struct engine_options *options);
void randguest_fini(struct randguest *g);

/* Destroy the machine, not what was written, and make a new, empty one. */
void randguest_renew(struct randguest *g);

/* Run until the count of retired instructions is `until`, or it ends. */
void randguest_run(struct randguest *g, uint64_t until);

/* Fails the test unless both are in the same state. */
void randguest_check_same(struct randguest *a, struct randguest *b,
                          uint64_t seed);

#endif
