/* guarded.h: reading files that may be anything, in a process of its own.
 *
 * The HDF5 library is not made for broken files: what it makes of one must not
 * reach the command's output or its exit status. */
#ifndef EXPERIMENTS_CLI_GUARDED_H
#define EXPERIMENTS_CLI_GUARDED_H

#include "experiments/cli/command.h"

/* What is to be done: results to `out`. ST_OK: *exit_status is what the command
 * ends with, OK unless set. */
typedef enum status guarded_fn(void *opaque, FILE *out, int *exit_status,
                               struct error *err);

/* Run fn in a process of its own. Its results are printed on stdout when it
 * succeeded, and nothing is when it failed, crashed or took a minute of
 * processor time or ten minutes; then there is one line on stderr, which names
 * `path`. Returns the exit status. */
int guarded(const struct command *cmd, const char *path, guarded_fn *fn,
            void *opaque);

#endif
