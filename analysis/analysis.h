/* analysis.h: results as one self-contained HTML page: tables, bar charts, the
 * ledger, the environment. The one header of analysis/; it includes nothing of
 * the tree, so that it can be used beside it. */
#ifndef ANALYSIS_ANALYSIS_H
#define ANALYSIS_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* An interval of the guest under one engine. NaN: not known. */
struct report_cell {
    unsigned n;                          /* repetitions */
    double median, low, high;            /* ns of host time */
    double ratio, ratio_low, ratio_high; /* to the first engine */
    double retired; /* instructions, of the first repetition */
    bool in_mean;   /* its ratio enters the geometric mean */
};

/* A row of the ledger. `count` has one number for each engine, NaN where the
 * engine has no such row; sums over the first repetition of all intervals. */
struct report_event {
    const char *kind, *name;
    uint64_t sub;
    bool architectural;
    const double *count;
};

/* A paper's claim, and ours. NaN: none. */
struct report_claim {
    const char *claim, *experiment, *kind, *unit, *verdict, *why;
    double published, low, high, tolerance;
};

struct report_fact {
    const char *group, *name, *value;
};

/* All strings are UTF-8, are not trusted (they are escaped), and are borrowed.
 * cell[] has nr_engines cells for each benchmark: cell[b * nr_engines + e]. */
struct report_data {
    const char *guest, *command, *source;
    const char *clock; /* "virtual", "host" */
    const char *const *engine, *const *processor;
    unsigned nr_engines; /* the first is the baseline; 0: claims only */
    const char *const *benchmark;
    unsigned nr_benchmarks;
    const struct report_cell *cell;
    const struct report_event *event;
    unsigned nr_events;
    const struct report_claim *claim;
    unsigned nr_claims;
    const char *claims_timebase; /* "model_cycles" */
    const struct report_fact *fact;
    unsigned nr_facts;
};

/* Write the page. False: out of memory; failures of `out` stay in ferror(). */
bool report_html(const struct report_data *d, FILE *out);

/* Geometric mean of the ratios of engine e over all intervals that have one and
 * enter it; NaN if there is none. A mean of ratios is never taken otherwise. */
double report_geomean(const struct report_data *d, unsigned e);

#endif
