/* csv.h: the data sets' tables: CSV with one header line (RFC 4180), empty
 * lines and lines that begin with # left out. */
#ifndef EXPERIMENTS_LIB_CSV_H
#define EXPERIMENTS_LIB_CSV_H

#include <stdbool.h>

#include "common/base/err.h"

#define CSV_MAX_BYTES (4u << 20)

struct csv {
    const char *path; /* borrowed */
    char *text;
    char **cell; /* rows * columns */
    unsigned *line;
    unsigned columns, rows;
};

/* Read a file whose header must be `header`. ST_HOST: it cannot be read;
 * ST_INVAL: "FILE:LINE: rule". Freed by csv_fini(). */
enum status csv_load(const char *path, const char *header, struct csv *out,
                     struct error *err) MUST_CHECK;
void csv_fini(struct csv *c); /* a zeroed one is a no-op */

/* Never NULL. */
const char *csv_at(const struct csv *c, unsigned row, unsigned column);

/* ST_INVAL with "FILE:LINE: " and the rule that the row breaks. */
enum status csv_bad(const struct csv *c, unsigned row, struct error *err,
                    const char *fmt, ...) PRINTF(4, 5);

/* A finite number that is not negative, and nothing else. */
bool csv_number(const char *text, double *out);

#endif
