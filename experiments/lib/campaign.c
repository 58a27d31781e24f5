/* campaign.c: runs of one guest under several engines. */
#include "experiments/lib/campaign.h"

#include <stdlib.h>
#include <string.h>

void campaign_fini(struct campaign *c)
{
    unsigned i;

    for (i = 0; i < c->nr; i++)
        sample_fini(&c->sample[i]);
    free(c->sample);
    c->sample = NULL;
    c->nr = 0;
}

const struct sample *campaign_at(const struct campaign *c, unsigned engine,
                                 unsigned rep)
{
    unsigned i;

    for (i = 0; i < c->nr; i++)
        if (c->sample[i].engine == engine && c->sample[i].repetition == rep &&
            !c->sample[i].warmup)
            return &c->sample[i];
    return NULL;
}

static bool listed(const char **names, unsigned nr, const char *name)
{
    unsigned i;

    for (i = 0; i < nr; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

const char **campaign_benchmarks(const struct campaign *c, unsigned *nr)
{
    const char **names;
    unsigned i, k, max = 0;

    for (i = 0; i < c->nr; i++)
        max += c->sample[i].cuts.nr;
    names = calloc(max + 1, sizeof(*names));
    *nr = 0;
    for (i = 0; names != NULL && i < c->nr; i++) {
        const struct cuts *cuts = &c->sample[i].cuts;

        for (k = 0; k < cuts->nr && !c->sample[i].warmup; k++)
            if (!listed(names, *nr, cuts->cut[k].name))
                names[(*nr)++] = cuts->cut[k].name;
    }
    return names;
}

size_t campaign_times(const struct campaign *c, unsigned engine,
                      const char *benchmark, double *v)
{
    const struct sample *s;
    const struct cut *cut;
    unsigned rep;
    size_t n = 0;

    for (rep = 0; rep < c->reps; rep++) {
        s = campaign_at(c, engine, rep);
        if (s == NULL)
            continue;
        cut = benchmark != NULL ? cuts_find(&s->cuts, benchmark) : NULL;
        if (benchmark == NULL)
            v[n++] = (double)s->host_ns;
        else if (cut != NULL)
            v[n++] = (double)cut->host_ns;
    }
    return n;
}
