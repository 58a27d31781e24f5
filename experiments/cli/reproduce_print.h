/* reproduce_print.h: claims and verdicts for people, as JSON and as HDF5. */
#ifndef EXPERIMENTS_CLI_REPRODUCE_PRINT_H
#define EXPERIMENTS_CLI_REPRODUCE_PRINT_H

#include <stdio.h>
#include <string.h>

#include "experiments/lib/record.h"
#include "experiments/reproduce/measure.h"

struct reproduce_result {
    struct measuring *m;
    const char *experiment; /* NULL: all of the paper */
};

/* Whether an experiment's claims are among what is reported. */
static inline bool reproduce_shows(const struct reproduce_result *r,
                                   const char *experiment)
{
    return r->experiment == NULL || strcmp(r->experiment, experiment) == 0;
}

#define REPRODUCE_ENOUGH 80 /* % of the orderings */

/* Whether enough of the orderings hold. */
bool reproduce_enough(const struct reproduce_result *r);

void reproduce_table(const struct reproduce_result *r, FILE *out);
void reproduce_json(const struct reproduce_result *r, FILE *out);

/* What there is, and what not yet. */
void reproduce_list(bool json, FILE *out);

/* Where a claim's published value and our prices come from; its guests are run.
 * ST_INVAL: no such claim. */
enum status reproduce_explain(const struct reproduce_result *r,
                              const char *claim, FILE *out,
                              struct error *err) MUST_CHECK;

/* The claims as a results file. */
enum status reproduce_record(const struct reproduce_result *r, const char *path,
                             const struct provenance *p,
                             struct error *err) MUST_CHECK;

#endif
