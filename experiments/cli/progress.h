/* progress.h: one line on a terminal that says how far a long command is. */
#ifndef EXPERIMENTS_CLI_PROGRESS_H
#define EXPERIMENTS_CLI_PROGRESS_H

#include <stdbool.h>

#include "common/base/cc.h"

/* What --quiet does where there is such a line: the help of the option. */
#define PROGRESS_QUIET "no progress on stderr (it is only for terminals)"

/* Replace the line on stderr; nothing if quiet, or if stderr is no terminal. */
void progress_show(bool quiet, const char *fmt, ...) PRINTF(2, 3);

/* Take the line away. */
void progress_clear(bool quiet);

#endif
