/* quantity.h: what came out, on both sides: published values and ours, by id.
 */
#ifndef EXPERIMENTS_REPRODUCE_QUANTITY_H
#define EXPERIMENTS_REPRODUCE_QUANTITY_H

#include "experiments/lib/price.h"
#include "experiments/reproduce/paper.h"
#include "experiments/reproduce/published.h"

/* `at` is the value at the low and at the high end of what the price list
 * leaves open: a difference that has one sign at both has it in between. */
struct quantity {
    char id[64];
    const char *prices; /* name of the price list */
    struct range at;
    bool known; /* else `why` says why not */
    char why[240];
};

#define QUANTITIES_MAX 96

struct quantities {
    struct quantity of[QUANTITIES_MAX];
    unsigned nr;
};

/* A new one. NULL: there is no room. */
struct quantity *quantity_add(struct quantities *q, const char *id,
                              const char *prices);
const struct quantity *quantity_find(const struct quantities *q,
                                     const char *id);

/* The published value of an id, a quotient of the paper's too. False: none. */
bool quantity_published(const struct paper *p, const struct published *pub,
                        const char *id, double *out);

/* The paper's quotients, from the quantities that are there. */
void quantity_derive(const struct paper *p, struct quantities *q);

#endif
