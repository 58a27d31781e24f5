/* compare.h: engines side by side: what is printed. */
#ifndef EXPERIMENTS_CLI_COMPARE_H
#define EXPERIMENTS_CLI_COMPARE_H

#include <stdio.h>

#include "experiments/lib/campaign.h"

/* An engine that takes no part, and why. */
struct left_out {
    char name[16];
    char why[240];
};

struct compare_pricing;

struct compare_result {
    const struct campaign *c;
    const struct left_out *out;
    unsigned nr_out;
    bool verified; /* the runs were compared, and did the same */
    const struct compare_pricing *pricing; /* NULL: no --price */
};

#define COMPARE_TOP 12 /* ledger rows shown for each engine */

/* Tables for people. False: out of memory. */
bool compare_print(const struct compare_result *r, FILE *out);

/* The same, and all ledger rows, as one JSON object. */
bool compare_json(const struct compare_result *r, FILE *out);

#endif
