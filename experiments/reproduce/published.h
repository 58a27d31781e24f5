/* published.h: the values that a paper published, from datasets/papers. */
#ifndef EXPERIMENTS_REPRODUCE_PUBLISHED_H
#define EXPERIMENTS_REPRODUCE_PUBLISHED_H

#include "experiments/lib/csv.h"

struct published_value {
    const char *id, *source, *place, *unit, *class, *note;
    double value;
};

struct published {
    char *path;
    struct csv csv;
    struct published_value *value;
    unsigned nr;
};

/* Read `file` of folder `dir` of data sets. ST_INVAL: "FILE:LINE: rule". */
enum status published_load(const char *dir, const char *file,
                           struct published *out, struct error *err) MUST_CHECK;
void published_fini(struct published *p); /* a zeroed one is a no-op */

/* The value of that id, or NULL. */
const struct published_value *published_find(const struct published *p,
                                             const char *id);

#endif
