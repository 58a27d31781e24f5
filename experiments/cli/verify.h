/* verify.h: whether two runs of a guest do the same, and where they begin not
 * to: Popek and Goldberg's equivalence, executed. */
#ifndef EXPERIMENTS_CLI_VERIFY_H
#define EXPERIMENTS_CLI_VERIFY_H

#include "common/engine/lockstep.h"
#include "experiments/cli/run.h"

/* An engine on a processor. */
struct verify_side {
    const struct engine_ops *engine;
    const struct processor_ops *processor;
    char name[48]; /* "native/interp" */
};

struct verify_finding {
    enum lockstep_what what; /* that differs; LOCKSTEP_SAME: nothing */
    uint64_t at;             /* both had retired this many, and were the same */
    uint64_t comparisons;    /* made on the way */
    bool repeats;            /* the second time it went the same way */
    char *text;              /* for the reader, of a difference; may be NULL */
};

/* Run the guest of *rq (whose engine and processor do not matter) under both,
 * compare every `every` instructions up to rq->max_insns or to the end, and
 * narrow a difference down to the instruction after which it shows, by running
 * again. A stopping signal ends it early (stop.h). A difference is a finding,
 * not an error. verify_finding_free(f) in any case. */
enum status verify_runs(const struct run_request *rq,
                        const struct verify_side *a,
                        const struct verify_side *b, uint64_t every,
                        struct verify_finding *f, struct error *err) MUST_CHECK;
void verify_finding_free(struct verify_finding *f);

#endif
