/* pages.c: what a results file has for the report. */
#include "experiments/cli/pages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/engine/ledger.h"
#include "common/h5/h5r.h"
#include "experiments/lib/campaign.h"
#include "experiments/lib/cuts.h"
#include "experiments/lib/engine_rows.h"

void pages_fini(struct pages *p)
{
    facts_fini(&p->facts);
    free(p->run);
    free(p->time);
    free(p->stat);
    free(p->exit);
    free(p->engine);
    free(p->processor);
    free(p->benchmark);
    free(p->cell);
    free(p->event);
    free(p->count);
    free(p->fact);
    free(p->claims);
    free(p->claim);
}

/* ---- names: of engines in the order of the comparison, of intervals in that
 * of appearance ---- */
static unsigned name_index(const char *const *names, unsigned nr,
                           const char *name)
{
    unsigned i;

    for (i = 0; i < nr && strcmp(names[i], name) != 0; i++) {
    }
    return i;
}

static enum status list_engines(struct pages *p, struct h5r *r,
                                struct error *err)
{
    size_t row[CAMPAIGN_ENGINES];
    enum status st = engine_rows(r, p->run, p->nr_runs, row, CAMPAIGN_ENGINES,
                                 &p->d.nr_engines, err);

    p->engine = calloc(CAMPAIGN_ENGINES, sizeof(*p->engine));
    p->processor = calloc(CAMPAIGN_ENGINES, sizeof(*p->processor));
    if (p->engine == NULL || p->processor == NULL)
        return err_set(err, ST_NOMEM, "names");
    for (unsigned k = 0; st == ST_OK && k < p->d.nr_engines; k++) {
        p->engine[k] = p->run[row[k]].engine;
        p->processor[k] = p->run[row[k]].processor;
    }
    p->d.engine = p->engine;
    p->d.processor = p->processor;
    return st;
}

static enum status list_benchmarks(struct pages *p, struct error *err)
{
    p->benchmark = calloc(p->nr_times + 1, sizeof(*p->benchmark));
    if (p->benchmark == NULL)
        return err_set(err, ST_NOMEM, "names");
    for (size_t i = 0; i < p->nr_times; i++)
        if (name_index(p->benchmark, p->d.nr_benchmarks,
                       p->time[i].benchmark) == p->d.nr_benchmarks)
            p->benchmark[p->d.nr_benchmarks++] = p->time[i].benchmark;
    p->d.benchmark = p->benchmark;
    return ST_OK;
}

/* ---- cells ---- */
static struct report_cell *cell_of(struct pages *p, const char *engine,
                                   const char *benchmark)
{
    unsigned e = name_index(p->engine, p->d.nr_engines, engine);
    unsigned b = name_index(p->benchmark, p->d.nr_benchmarks, benchmark);

    return e < p->d.nr_engines && b < p->d.nr_benchmarks
               ? &p->cell[(size_t)b * p->d.nr_engines + e]
               : NULL;
}

static enum status fill_cells(struct pages *p, struct error *err)
{
    size_t n = (size_t)p->d.nr_engines * p->d.nr_benchmarks;
    struct report_cell *c;

    p->cell = calloc(n + 1, sizeof(*p->cell));
    if (p->cell == NULL)
        return err_set(err, ST_NOMEM, "cells");
    for (size_t i = 0; i < n; i++)
        p->cell[i] = (struct report_cell){.median = NAN,
                                          .low = NAN,
                                          .high = NAN,
                                          .ratio = NAN,
                                          .ratio_low = NAN,
                                          .ratio_high = NAN,
                                          .retired = NAN};
    for (size_t i = 0; i < p->nr_stats; i++) {
        const struct h5_stats *s = &p->stat[i];

        c = cell_of(p, s->engine, s->benchmark);
        if (c != NULL)
            *c = (struct report_cell){.n = (unsigned)s->n,
                                      .median = s->median_ns,
                                      .low = s->low_ns,
                                      .high = s->high_ns,
                                      .ratio = s->ratio,
                                      .ratio_low = s->ratio_low,
                                      .ratio_high = s->ratio_high,
                                      .retired = NAN,
                                      .in_mean = cuts_measured(s->benchmark)};
    }
    for (size_t i = 0; i < p->nr_times; i++) {
        c = cell_of(p, p->time[i].engine, p->time[i].benchmark);
        if (c != NULL && p->time[i].repetition == 0)
            c->retired = (double)p->time[i].retired_insns;
    }
    p->d.cell = p->cell;
    return ST_OK;
}

/* ---- the ledger ---- */
static bool architectural(const char *kind)
{
    for (unsigned k = 0; k < LEDGER_KINDS; k++)
        if (strcmp(ledger_kind_name((enum ledger_kind)k), kind) == 0)
            return ledger_kind_architectural((enum ledger_kind)k);
    return true; /* of a newer program */
}

static int by_event(const void *x, const void *y)
{
    const struct h5_exits *a = x, *b = y;
    int c = strcmp(a->kind, b->kind);

    if (c == 0)
        c = strcmp(a->name, b->name);
    if (c == 0)
        c = (a->subreason > b->subreason) - (a->subreason < b->subreason);
    return c;
}

/* The most frequent first. */
static int by_count(const void *x, const void *y, void *nr_engines)
{
    const struct report_event *a = x, *b = y;
    double most_a = 0, most_b = 0;

    for (unsigned e = 0; e < *(unsigned *)nr_engines; e++) {
        most_a = fmax(most_a, isnan(a->count[e]) ? 0 : a->count[e]);
        most_b = fmax(most_b, isnan(b->count[e]) ? 0 : b->count[e]);
    }
    return (most_a < most_b) - (most_a > most_b);
}

static void event_add(struct pages *p, const struct h5_exits *row, bool starts)
{
    unsigned ne = p->d.nr_engines, e = name_index(p->engine, ne, row->engine);
    struct report_event *ev;
    double *count;

    if (starts) {
        ev = &p->event[p->d.nr_events];
        count = &p->count[(size_t)p->d.nr_events++ * ne];
        for (unsigned k = 0; k < ne; k++)
            count[k] = NAN;
        *ev = (struct report_event){row->kind, row->name, row->subreason,
                                    architectural(row->kind), count};
    }
    count = &p->count[(size_t)(p->d.nr_events - 1) * ne];
    if (e < ne)
        count[e] = (isnan(count[e]) ? 0 : count[e]) + (double)row->count;
}

static enum status fill_events(struct pages *p, struct error *err)
{
    const struct h5_exits *row, *last = NULL;

    p->event = calloc(p->nr_exits + 1, sizeof(*p->event));
    p->count = calloc(p->nr_exits * p->d.nr_engines + 1, sizeof(*p->count));
    if (p->event == NULL || p->count == NULL)
        return err_set(err, ST_NOMEM, "events");
    qsort(p->exit, p->nr_exits, sizeof(*p->exit), by_event);
    for (size_t i = 0; i < p->nr_exits; i++) {
        row = &p->exit[i];
        if (row->repetition != 0)
            continue;
        event_add(p, row, last == NULL || by_event(last, row) != 0);
        last = row;
    }
    qsort_r(p->event, p->d.nr_events, sizeof(*p->event), by_count,
            &p->d.nr_engines);
    p->d.event = p->event;
    return ST_OK;
}

/* ---- a paper's claims ---- */
static enum status fill_claims(struct pages *p, struct error *err)
{
    p->claim = calloc(p->nr_claims + 1, sizeof(*p->claim));
    if (p->claim == NULL)
        return err_set(err, ST_NOMEM, "claims");
    for (size_t i = 0; i < p->nr_claims; i++) {
        const struct h5_claims *c = &p->claims[i];

        p->claim[i] = (struct report_claim){
            c->claim, c->experiment, c->kind, c->unit, c->verdict,
            c->why,   c->published,  c->low,  c->high, c->tolerance};
    }
    p->d.claim = p->claim;
    p->d.nr_claims = (unsigned)p->nr_claims;
    return ST_OK;
}

/* ---- attributes ---- */
static const char *fact(const struct pages *p, const char *group,
                        const char *name, const char *none)
{
    const char *value = facts_find(&p->facts, group, name);

    return value != NULL ? value : none;
}

static const char *heading(const char *group)
{
    return group[1] == '\0' ? "file" : group + 1;
}

static enum status fill_facts(struct pages *p, struct h5r *r, struct error *err)
{
    static const char *const group[] = {"/", "/config", "/guest",
                                        "/claims/table", "/environment"};
    enum status st = ST_OK;

    for (unsigned i = 0; st == ST_OK && i < ARRAY_LEN(group); i++)
        st = facts_read(&p->facts, r, group[i], err);
    if (st != ST_OK)
        return st;
    p->fact = calloc(p->facts.nr + 1, sizeof(*p->fact));
    if (p->fact == NULL)
        return err_set(err, ST_NOMEM, "attributes");
    for (unsigned i = 0; i < p->facts.nr; i++) {
        const struct fact *f = &p->facts.fact[i];

        p->fact[i] = (struct report_fact){heading(f->group), f->name, f->value};
    }
    p->d.nr_facts = p->facts.nr;
    p->d.fact = p->fact;
    p->d.guest = fact(p, "/guest", "name",
                      fact(p, "/claims/table", "references", "guest"));
    p->d.claims_timebase = fact(p, "/claims/table", "timebase", "");
    p->d.command = fact(p, "/", "history", "");
    p->d.source = fact(p, "/", "source", "triptych");
    p->d.clock = fact(p, "/config", "clock", "virtual");
    return ST_OK;
}

/* ---- the file ---- */
static enum status table(struct h5r *r, const struct h5_schema *schema,
                         void *rows, size_t *n, enum status st,
                         struct error *err)
{
    void *p = NULL;

    if (st != ST_OK)
        return st;
    st = h5r_table(r, schema, &p, n, err);
    if (st == ST_OK)
        memcpy(rows, &p, sizeof(p));
    return st;
}

static void on_member(void *opaque, const char *name)
{
    struct pages *p = opaque;

    p->has_runs |= strcmp(name, "runs") == 0;
    p->has_claims |= strcmp(name, "claims") == 0;
}

static enum status read_runs(struct pages *p, struct h5r *r, struct error *err)
{
    enum status st;

    st = table(r, &h5_schema_runs, &p->run, &p->nr_runs, ST_OK, err);
    st = table(r, &h5_schema_times, &p->time, &p->nr_times, st, err);
    st = table(r, &h5_schema_stats, &p->stat, &p->nr_stats, st, err);
    st = table(r, &h5_schema_exits, &p->exit, &p->nr_exits, st, err);
    if (st == ST_OK)
        st = list_engines(p, r, err);
    if (st == ST_OK)
        st = list_benchmarks(p, err);
    if (st == ST_OK)
        st = fill_cells(p, err);
    if (st == ST_OK)
        st = fill_events(p, err);
    return st;
}

enum status pages_read(const char *path, struct pages *p, struct error *err)
{
    struct h5r *r;
    enum status st = h5r_open(path, &r, err);

    memset(p, 0, sizeof(*p));
    if (st != ST_OK)
        return st;
    h5r_members(r, on_member, p);
    if (p->has_claims)
        st = table(r, &h5_schema_claims, &p->claims, &p->nr_claims, st, err);
    if (st == ST_OK && p->has_claims)
        st = fill_claims(p, err);
    if (st == ST_OK && (p->has_runs || !p->has_claims))
        st = read_runs(p, r, err);
    if (st == ST_OK)
        st = fill_facts(p, r, err);
    h5r_close(r);
    return st;
}
