/* facts.c: what the attributes of a results file say, as texts. */
#include "experiments/lib/facts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct facts *f;
    const char *group;
    bool failed;
};

static bool grow(struct facts *f)
{
    struct fact *fact;

    if (f->nr < f->cap)
        return true;
    fact = realloc(f->fact, (f->cap + 32) * sizeof(*fact));
    if (fact == NULL)
        return false;
    f->fact = fact;
    f->cap += 32;
    return true;
}

static void on_attr(void *opaque, const char *name, const char *value)
{
    struct reading *k = opaque;
    struct fact new = {k->group, strdup(name), strdup(value)};

    if (new.name != NULL &&new.value != NULL && grow(k->f)) {
        k->f->fact[k->f->nr++] = new;
        return;
    }
    free(new.name);
    free(new.value);
    k->failed = true;
}

enum status facts_read(struct facts *f, struct h5r *r, const char *group,
                       struct error *err)
{
    struct reading k = {f, group, false};

    h5r_attrs(r, group, on_attr, &k);
    return k.failed ? err_set(err, ST_NOMEM, "attributes") : ST_OK;
}

void facts_fini(struct facts *f)
{
    for (unsigned i = 0; i < f->nr; i++) {
        free(f->fact[i].name);
        free(f->fact[i].value);
    }
    free(f->fact);
    memset(f, 0, sizeof(*f));
}

const char *facts_find(const struct facts *f, const char *group,
                       const char *name)
{
    for (unsigned i = 0; i < f->nr; i++)
        if (strcmp(f->fact[i].group, group) == 0 &&
            strcmp(f->fact[i].name, name) == 0)
            return f->fact[i].value;
    return NULL;
}
