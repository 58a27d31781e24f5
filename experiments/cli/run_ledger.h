/* run_ledger.h: run --ledger: one run as a results file. */
#ifndef EXPERIMENTS_CLI_RUN_LEDGER_H
#define EXPERIMENTS_CLI_RUN_LEDGER_H

#include "experiments/cli/take.h"

struct run_ledger {
    struct campaign c; /* of one run */
    struct h5w *w;     /* NULL: no file was asked for */
};

/* Begin the file, before the run, and have *rq cut at its markers. `p` has all
 * but what the request says. On failure nothing is left. */
enum status run_ledger_begin(struct run_ledger *l, const char *path,
                             const struct provenance *p, struct run_request *rq,
                             struct error *err) MUST_CHECK;

/* Complete the file with what the run came to. */
enum status run_ledger_end(struct run_ledger *l, const struct run *r,
                           struct error *err) MUST_CHECK;

/* Give up what is not complete, and free. A zeroed one is a no-op. */
void run_ledger_fini(struct run_ledger *l);

#endif
