/* measure_internal.h: between the files of measures. */
#ifndef EXPERIMENTS_REPRODUCE_MEASURE_INTERNAL_H
#define EXPERIMENTS_REPRODUCE_MEASURE_INTERNAL_H

#include "experiments/reproduce/measure.h"

/* The sample of a run, made at its first use. *out is NULL if a signal stopped
 * it. ST_GUEST: the guest did not end well. */
enum status measure_run(struct measuring *m, const char *guest,
                        const char *engine, const char *controls,
                        const char *cpu, const struct sample **out,
                        struct error *err) MUST_CHECK;

/* The quantity of that id, made at its first use; an id that is no measure is a
 * no-op. */
enum status measure_one(struct measuring *m, const char *id,
                        struct error *err) MUST_CHECK;

/* Figure 5's kind: the paper's components and their sums, for bt and hvm. */
enum status measure_components(struct measuring *m,
                               struct error *err) MUST_CHECK;

#endif
