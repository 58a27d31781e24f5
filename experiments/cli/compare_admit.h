/* compare_admit.h: which engines take part in a comparison. */
#ifndef EXPERIMENTS_CLI_COMPARE_ADMIT_H
#define EXPERIMENTS_CLI_COMPARE_ADMIT_H

#include "experiments/cli/compare.h"
#include "experiments/cli/run.h"

#define MAX_LEFT_OUT 24

struct admission {
    const char *engines;   /* "native,bt"; NULL: all that can */
    const char *processor; /* NULL: one for all, the fastest that all have */
    const char *isa;
    const struct run_request *rq;
    struct campaign *c; /* gets engines and processors */
    struct left_out out[MAX_LEFT_OUT];
    unsigned nr_out;
    enum status why_none; /* of the first engine left out */
    bool missing;         /* an engine that was asked for is left out */
};

/* Choose, `native` first. ST_INVAL: a name is wrong; else the status of the
 * first engine left out, when none is left. */
enum status compare_admit(struct admission *a, struct error *err) MUST_CHECK;

#endif
