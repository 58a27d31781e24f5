/* measure.h: runs a paper's measures and prices them. */
#ifndef EXPERIMENTS_REPRODUCE_MEASURE_H
#define EXPERIMENTS_REPRODUCE_MEASURE_H

#include "experiments/lib/campaign.h"
#include "experiments/reproduce/quantity.h"

#define MEASURE_RUNS   96
#define MEASURE_PRICES 4

/* One guest under one engine, run once: under the virtual clock every other run
 * would be the same. */
struct measure_run {
    const char *guest, *engine, *controls, *cpu;
    struct campaign c; /* of that one run */
};

struct measuring {
    const struct paper *paper;
    const char *dir; /* of the data sets */
    struct published published;
    struct price_list prices[MEASURE_PRICES];
    unsigned nr_prices;
    struct measure_run run[MEASURE_RUNS];
    unsigned nr_runs;
    struct quantities ours;
    int signal; /* that stopped it, or 0 */
    void (*progress)(void *opaque, const struct measure_run *run);
    void *opaque;
};

/* ST_INVAL: the paper's published values, with FILE:LINE. */
enum status measuring_init(struct measuring *m, const struct paper *p,
                           const char *dir, struct error *err) MUST_CHECK;
void measuring_fini(struct measuring *m);

/* All that the experiment (NULL: every one) needs, into m->ours. A value that
 * cannot be priced is there and says why. Errors are those of a run that
 * failed. Stops early if m->signal. */
enum status measure_experiment(struct measuring *m, const char *experiment,
                               struct error *err) MUST_CHECK;

/* Model cycles of a measure for one iteration, its price list and its run; fn
 * sees each row with the count of the whole interval. */
enum status measure_model(struct measuring *m, const struct measure *x,
                          price_row_fn *fn, void *opaque, struct priced *out,
                          uint64_t *iterations, struct error *err) MUST_CHECK;

/* What the paper's translated guest became, at the first call. */
enum status measure_structure(struct measuring *m,
                              struct error *err) MUST_CHECK;

/* The measure of that id, or NULL. */
const struct measure *measure_find(const struct paper *p, const char *id);

/* The price list of that name, read at its first use. */
enum status measure_prices(struct measuring *m, const char *name,
                           const struct price_list **out,
                           struct error *err) MUST_CHECK;

#endif
