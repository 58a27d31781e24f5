/* pages.h: what a results file has for the report: read, sorted, added up. */
#ifndef EXPERIMENTS_CLI_PAGES_H
#define EXPERIMENTS_CLI_PAGES_H

#include <stdbool.h>

#include "analysis/analysis.h"
#include "common/h5/schema.h"
#include "experiments/lib/facts.h"

/* Everything that the page's data points into. */
struct pages {
    struct h5_runs *run;
    struct h5_times *time;
    struct h5_stats *stat;
    struct h5_exits *exit;
    struct h5_claims *claims;
    size_t nr_runs, nr_times, nr_stats, nr_exits, nr_claims;
    bool has_runs, has_claims; /* what the file is: of compare, of reproduce */
    const char **engine, **processor, **benchmark;
    struct report_cell *cell;
    struct report_event *event;
    double *count;
    struct facts facts;
    struct report_fact *fact;
    struct report_claim *claim;
    struct report_data d;
};

/* ST_HOST: the file cannot be read; ST_GUEST: it is no results file. p is
 * zeroed first; pages_fini() in any case. */
enum status pages_read(const char *path, struct pages *p,
                       struct error *err) MUST_CHECK;
void pages_fini(struct pages *p);

#endif
