/* engine_rows.h: the engines of a results file in the order of the comparison.
 * The table of runs is in the order in which they ran, which is random. */
#ifndef EXPERIMENTS_LIB_ENGINE_ROWS_H
#define EXPERIMENTS_LIB_ENGINE_ROWS_H

#include "common/h5/h5r.h"
#include "common/h5/schema.h"

/* row[0..*nr): for each engine of /scales/engine, in that order (ratios are to
 * the first), the row of run[0..n) in which it stands first; those without a
 * run are left out, and those past `max`. */
enum status engine_rows(struct h5r *r, const struct h5_runs *run, size_t n,
                        size_t *row, unsigned max, unsigned *nr,
                        struct error *err) MUST_CHECK;

#endif
