/* verdict.h: whether a claim holds for us. */
#ifndef EXPERIMENTS_REPRODUCE_VERDICT_H
#define EXPERIMENTS_REPRODUCE_VERDICT_H

#include "experiments/reproduce/quantity.h"

enum verdict {
    VERDICT_HOLDS,
    VERDICT_MISSES,
    VERDICT_CALIBRATION,
    VERDICT_NOT_COMPARABLE,
};

struct verdict_counts {
    unsigned of[4];
    unsigned structure[4]; /* claims of that kind, not in `of` */
};

/* "holds", "misses", "calibration", "not comparable". */
const char *verdict_text(enum verdict v);

/* A value holds if all of our range is within the tolerance of the published
 * one, a structure if it is equal. `why` gets the reason of a claim that cannot
 * be compared, else "". */
enum verdict verdict_value(const struct value_claim *c, const double *published,
                           const struct quantity *ours, const char **why);

/* An ordering holds if it does at both ends of what the price list leaves open;
 * for two lists, whatever each leaves open. Where a side is not known it does
 * not hold. */
enum verdict verdict_order(const struct quantity *less,
                           const struct quantity *more, const char **why);

#endif
