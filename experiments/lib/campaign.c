/* campaign.c: runs of one guest under several engines. */
#include "experiments/lib/campaign.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/lib/stats.h"

void campaign_fini(struct campaign *c)
{
    unsigned i;

    for (i = 0; i < c->nr; i++)
        sample_fini(&c->sample[i]);
    free(c->sample);
    c->sample = NULL;
    c->nr = 0;
}

unsigned campaign_engine(const struct campaign *c, const char *name)
{
    unsigned i;

    for (i = 0; i < c->nr_engines && strcmp(c->engine[i]->name, name) != 0;)
        i++;
    return i;
}

void campaign_native_first(struct campaign *c)
{
    unsigned at = campaign_engine(c, "native");
    const struct processor_ops *p = c->processor[0];
    const struct engine_ops *e = c->engine[0];

    if (at == c->nr_engines)
        return;
    c->engine[0] = c->engine[at];
    c->processor[0] = c->processor[at];
    c->engine[at] = e;
    c->processor[at] = p;
    for (unsigned i = 0; i < c->nr; i++) {
        unsigned *engine = &c->sample[i].engine;

        *engine = *engine == 0 ? at : *engine == at ? 0 : *engine;
    }
}

/* ---- putting campaigns together ---- */

/* The engines of `from` in `to`, added where they are missing; index[] by that
 * in `from`. */
static enum status append_engines(struct campaign *to,
                                  const struct campaign *from, unsigned *index,
                                  struct error *err)
{
    for (unsigned i = 0; i < from->nr_engines; i++) {
        unsigned at = campaign_engine(to, from->engine[i]->name);

        index[i] = at;
        if (at == CAMPAIGN_ENGINES)
            return err_set(err, ST_LIMIT, "more than %d engines",
                           CAMPAIGN_ENGINES);
        if (at == to->nr_engines) {
            to->engine[at] = from->engine[i];
            to->processor[at] = from->processor[i];
            to->nr_engines++;
        } else if (to->processor[at] != from->processor[i]) {
            return err_set(err, ST_GUEST, "%s ran on %s and on %s",
                           to->engine[at]->name, to->processor[at]->name,
                           from->processor[i]->name);
        }
    }
    return ST_OK;
}

/* Repetitions that an engine has. */
static unsigned repetitions(const struct campaign *c, unsigned engine)
{
    unsigned n = 0;

    for (unsigned i = 0; i < c->nr; i++)
        if (c->sample[i].engine == engine && !c->sample[i].warmup &&
            c->sample[i].repetition >= n)
            n = c->sample[i].repetition + 1;
    return n;
}

enum status campaign_append(struct campaign *to, struct campaign *from,
                            struct error *err)
{
    unsigned index[CAMPAIGN_ENGINES], had[CAMPAIGN_ENGINES];
    struct sample *all;
    enum status st = append_engines(to, from, index, err);

    if (st != ST_OK)
        return st;
    for (unsigned e = 0; e < to->nr_engines; e++)
        had[e] = repetitions(to, e);
    all = realloc(to->sample, (to->nr + from->nr + 1) * sizeof(*all));
    if (all == NULL)
        return err_set(err, ST_NOMEM, "samples");
    to->sample = all;
    for (unsigned i = 0; i < from->nr; i++) {
        struct sample *s = &all[to->nr + i];

        *s = from->sample[i];
        s->engine = index[s->engine];
        if (s->warmup)
            continue;
        s->repetition += had[s->engine];
        if (to->reps <= s->repetition)
            to->reps = s->repetition + 1;
    }
    to->nr += from->nr;
    from->nr = 0;
    if (to->reps > STATS_MAX)
        return err_set(err, ST_LIMIT, "more than %d repetitions", STATS_MAX);
    return ST_OK;
}

/* ---- looking things up ---- */
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
