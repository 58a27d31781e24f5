/* h5w.h: writes a results file in HDF5, append only.
 *
 * The file grows in memory. PATH.part is created and locked at once, so that a
 * place that cannot be written to is found before any work; h5w_close() writes
 * it and gives it its name, h5w_abandon() removes it. So PATH is a whole file,
 * an older whole file, or not there, whenever the process is killed or the disk
 * is full.
 *
 * A writer remembers its first failure: the calls that write then do nothing,
 * and h5w_close() reports it, so callers need to look only there. Text is
 * stored as fixed-length UTF-8; bytes that are not UTF-8 become '?'. */
#ifndef COMMON_H5_H5W_H
#define COMMON_H5_H5W_H

#include "common/base/err.h"
#include "common/base/types.h"
#include "common/h5/schema.h"

struct h5w;

/* Begin PATH.part, over an older one of that name. ST_HOST: it cannot be
 * created, another process is writing it, or PATH is no regular file. */
enum status h5w_create(const char *path, struct h5w **out,
                       struct error *err) MUST_CHECK;

/* Complete the file and give it its name; on failure nothing is left of it.
 * Frees w either way. */
enum status h5w_close(struct h5w *w, struct error *err) MUST_CHECK;

/* Give up: remove PATH.part. NULL is a no-op. */
void h5w_abandon(struct h5w *w);

/* ST_OK, or the first failure. */
enum status h5w_status(const struct h5w *w, struct error *err);

/* The caller failed: nothing more is written, the file will not be completed.
 */
void h5w_fail(struct h5w *w, enum status st, const char *what);

/* A group and those above it. */
void h5w_group(struct h5w *w, const char *path);

/* A group of another results file, with all in it, under the same path. */
struct h5r;
void h5w_copy(struct h5w *w, const struct h5r *from, const char *path);

/* An attribute of an object that is there ("/" is), in place of one of that
 * name. At most 32 KiB of text. */
void h5w_attr(struct h5w *w, const char *object, const char *name,
              const char *text);
void h5w_attr_u64(struct h5w *w, const char *object, const char *name,
                  uint64_t v);

/* A list of texts. With `scale` it is a dimension scale. */
void h5w_texts(struct h5w *w, const char *path, const char *const *text,
               size_t n, bool scale, const char *long_name);

/* A dimension scale that counts 0..n-1. */
void h5w_scale_count(struct h5w *w, const char *path, size_t n,
                     const char *long_name);

#define H5W_MAX_RANK 4

/* A plain array, row by row. Exactly one of u64, f64 and enums is given. */
struct h5w_array {
    const char *path;
    unsigned rank;
    size_t dim[H5W_MAX_RANK];
    const char *scale[H5W_MAX_RANK]; /* paths of dimension scales */
    const uint64_t *u64;
    const double *f64;
    const uint8_t *enums;
    const char *const *enum_name; /* enums: names of 0, 1...; ends with NULL */
    const char *units, *long_name;
    const char *timebase; /* NULL: no time */
};
void h5w_array(struct h5w *w, const struct h5w_array *a);

/* A long table, empty; then n records at its end: many at a time, each call
 * packs a chunk anew. */
void h5w_table(struct h5w *w, const struct h5_schema *schema);
void h5w_append(struct h5w *w, const struct h5_schema *schema, const void *rows,
                size_t n);

#endif
