/* take.h: runs as samples, and where they come from. */
#ifndef EXPERIMENTS_CLI_TAKE_H
#define EXPERIMENTS_CLI_TAKE_H

#include "experiments/cli/command.h"
#include "experiments/cli/run.h"
#include "experiments/lib/record.h"

/* Run the guest of `base` once under an engine of the campaign; a disk that is
 * not read-only is a fresh copy each time. The sample is appended to the
 * campaign, whose array has room. *signal: that stopped it, or 0 (a stopped
 * run is not appended). */
enum status take_sample(struct campaign *c, const struct run_request *base,
                        unsigned engine, unsigned rep, bool warmup, int *signal,
                        struct error *err) MUST_CHECK;

/* What a run came to, into a sample that sample_init() made. */
void take_result(const struct run *r, struct sample *s);

/* The provenance of a request; borrows all. */
void take_provenance(struct provenance *p, const struct command *cmd,
                     const struct run_request *rq, int argc,
                     const char *const *argv);

#endif
