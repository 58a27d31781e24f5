/* compare_price.h: a comparison's ledgers as model cycles: a timebase of its
 * own, in a table of its own. */
#ifndef EXPERIMENTS_CLI_COMPARE_PRICE_H
#define EXPERIMENTS_CLI_COMPARE_PRICE_H

#include <stdio.h>

#include "experiments/cli/json.h"
#include "experiments/cli/run.h"
#include "experiments/lib/campaign.h"
#include "experiments/lib/price.h"
#include "experiments/lib/record.h"

struct compare_pricing {
    const struct campaign *c;
    const struct run_request *rq;
    const struct price_list *prices;
};

/* An interval under an engine, from its first repetition; `interval` NULL: all
 * of them. What cannot be priced has missing rows or another reason in
 * out->missing, and out->nr_missing > 0. ST_NOMEM. */
enum status compare_price(const struct compare_pricing *p, unsigned engine,
                          const char *interval, struct priced *out,
                          struct error *err) MUST_CHECK;

/* False: out of memory. */
bool compare_price_print(const struct compare_pricing *p, FILE *out);
bool compare_price_json(const struct compare_pricing *p, struct json *j);
bool compare_price_record(const struct compare_pricing *p, struct h5w *w);

#endif
