/* verify_files.h: whether two results files have the same ledgers. */
#ifndef EXPERIMENTS_CLI_VERIFY_FILES_H
#define EXPERIMENTS_CLI_VERIFY_FILES_H

#include "experiments/cli/command.h"

/* Compare them, print what differs; `json`: as JSON. The exit status: 0 the
 * same, 1 different, or they cannot be compared. */
int verify_files(const struct command *cmd, const char *a, const char *b,
                 bool json);

#endif
