/* h5r.h: reads the tables of a results file.
 *
 * The file may be anything: what is not ours, newer than we know, or broken is
 * refused with one line (ST_GUEST). */
#ifndef COMMON_H5_H5R_H
#define COMMON_H5_H5R_H

#include "common/base/err.h"
#include "common/h5/schema.h"

struct h5r;

/* The library's version, as text. */
void h5r_library_version(char *text, size_t size);

/* ST_HOST: it cannot be read; ST_GUEST: not a results file, or a newer one. */
enum status h5r_open(const char *path, struct h5r **out,
                     struct error *err) MUST_CHECK;
void h5r_close(struct h5r *r); /* NULL is a no-op */

/* All records of a table, in file order; texts end in a NUL. *rows is the
 * caller's to free, also when *n is 0. */
enum status h5r_table(struct h5r *r, const struct h5_schema *schema,
                      void **rows, size_t *n, struct error *err) MUST_CHECK;

/* Called for each text of a list. Borrowed. */
typedef void h5r_text_fn(void *opaque, const char *text);

/* A list of texts, such as /config/options. */
enum status h5r_texts(struct h5r *r, const char *path, h5r_text_fn *fn,
                      void *opaque, struct error *err) MUST_CHECK;

/* The names of what the root holds, in their order. */
void h5r_members(struct h5r *r, h5r_text_fn *fn, void *opaque);

/* Called for each attribute; numbers as decimal text. Borrowed. */
typedef void h5r_attr_fn(void *opaque, const char *name, const char *value);

/* The texts (fixed length) and unsigned numbers among the attributes of a
 * group, in the order of their names; an object that is not there has none. */
void h5r_attrs(struct h5r *r, const char *group, h5r_attr_fn *fn, void *opaque);

#endif
