/* outfile.h: a text file that a command makes: whole, or not there. */
#ifndef EXPERIMENTS_CLI_OUTFILE_H
#define EXPERIMENTS_CLI_OUTFILE_H

#include <stdio.h>

#include "common/base/err.h"

struct outfile {
    FILE *f;
    const char *path; /* borrowed */
    char *part;       /* NULL: no regular file, written as it is */
};

/* Begin PATH.part; what is there and is no regular file (a device, a pipe) is
 * written to directly. ST_HOST: it cannot be. */
enum status outfile_open(struct outfile *o, const char *path,
                         struct error *err) MUST_CHECK;

/* Complete it, and give it its name. On failure, of this or of a write before,
 * nothing is left. */
enum status outfile_close(struct outfile *o, struct error *err) MUST_CHECK;

/* The caller failed: nothing is left of it. Returns `why`. */
enum status outfile_abandon(struct outfile *o, enum status why);

#endif
