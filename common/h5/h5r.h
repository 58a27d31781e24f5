/* h5r.h: reads the tables of a results file.
 *
 * The file may be anything: what is not ours, newer than we know, or broken is
 * refused with one line (ST_GUEST). */
#ifndef COMMON_H5_H5R_H
#define COMMON_H5_H5R_H

#include "common/base/err.h"
#include "common/h5/schema.h"

struct h5r;

/* ST_HOST: it cannot be read; ST_GUEST: not a results file, or a newer one. */
enum status h5r_open(const char *path, struct h5r **out,
                     struct error *err) MUST_CHECK;
void h5r_close(struct h5r *r); /* NULL is a no-op */

/* All records of a table, in file order; texts end in a NUL. *rows is the
 * caller's to free, also when *n is 0. */
enum status h5r_table(struct h5r *r, const struct h5_schema *schema,
                      void **rows, size_t *n, struct error *err) MUST_CHECK;

#endif
