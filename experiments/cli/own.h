/* own.h: the guests and data sets that come with the program: where they are,
 * and the names of the guests' markers. */
#ifndef EXPERIMENTS_CLI_OWN_H
#define EXPERIMENTS_CLI_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

/* The path of such a guest's file, owned by the caller. It is looked for where
 * the program is: in guests/ beside it or one folder up (the build tree), then
 * in ../lib/triptych/guests (installed). ST_HOST: not there; ST_NOMEM. */
enum status own_path(const char *file, char **out,
                     struct error *err) MUST_CHECK;

/* The folder of data sets, owned by the caller: datasets/ beside the program
 * (the build tree), then ../share/triptych/datasets. ST_HOST, ST_NOMEM. */
enum status own_datasets(char **out, struct error *err) MUST_CHECK;

/* The name of a marker of theirs, or NULL. */
const char *own_marker(uint32_t code);

#endif
