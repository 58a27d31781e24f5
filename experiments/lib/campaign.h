/* campaign.h: runs of one guest under several engines: its samples. */
#ifndef EXPERIMENTS_LIB_CAMPAIGN_H
#define EXPERIMENTS_LIB_CAMPAIGN_H

#include "experiments/lib/sample.h"

#define CAMPAIGN_ENGINES 16

struct campaign {
    const char *guest;
    const struct engine_ops *engine[CAMPAIGN_ENGINES];
    const struct processor_ops *processor[CAMPAIGN_ENGINES];
    unsigned nr_engines;
    unsigned reps; /* that count, of each engine */
    bool warm_up;  /* one more of each, dropped */
    uint64_t seed; /* of the order and of the bootstrap */
    enum clock_mode clock;
    struct sample *sample; /* in the order they were made */
    unsigned nr;
};

void campaign_fini(struct campaign *c);

/* Index of an engine by name; c->nr_engines: it takes no part. */
unsigned campaign_engine(const struct campaign *c, const char *name);

/* `native`, if it takes part, becomes the first: ratios are to it. */
void campaign_native_first(struct campaign *c);

/* Move all samples of `from` behind those of `to`: engines that `to` lacks are
 * added, repetitions of the others are counted on. ST_GUEST: an engine ran on
 * another processor; ST_LIMIT: too many engines or repetitions. */
enum status campaign_append(struct campaign *to, struct campaign *from,
                            struct error *err) MUST_CHECK;

/* The sample that counts as repetition `rep` of an engine, or NULL. */
const struct sample *campaign_at(const struct campaign *c, unsigned engine,
                                 unsigned rep);

/* Names of all intervals of the samples that count, in order of appearance;
 * owned by the caller (the list, not the names). NULL: out of memory. */
const char **campaign_benchmarks(const struct campaign *c, unsigned *nr);

/* Host times of an interval (NULL: of whole runs) under an engine, one for each
 * repetition that has it; v holds c->reps. Returns how many. */
size_t campaign_times(const struct campaign *c, unsigned engine,
                      const char *benchmark, double *v);

#endif
