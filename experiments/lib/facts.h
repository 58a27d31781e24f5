/* facts.h: what the attributes of a results file say, as texts. */
#ifndef EXPERIMENTS_LIB_FACTS_H
#define EXPERIMENTS_LIB_FACTS_H

#include "common/h5/h5r.h"

struct fact {
    const char *group; /* as given to facts_read() */
    char *name, *value;
};

struct facts {
    struct fact *fact; /* in the order of the groups, then of the names */
    unsigned nr, cap;
};

/* Add the attributes of a group ("/", "/config"; borrowed). ST_NOMEM. f is
 * zeroed before the first; facts_fini() in any case. */
enum status facts_read(struct facts *f, struct h5r *r, const char *group,
                       struct error *err) MUST_CHECK;
void facts_fini(struct facts *f);

/* The value, or NULL. */
const char *facts_find(const struct facts *f, const char *group,
                       const char *name);

#endif
