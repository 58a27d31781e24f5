/* record_samples.c: the samples of a campaign, as tables and arrays of a
 * results file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "experiments/lib/record.h"
#include "experiments/lib/stats.h"

/* ---- tables ---- */

/* The rows of an interval at `row`; returns the end. */
static struct h5_exits *exits_of_cut(struct h5_exits *row,
                                     const struct campaign *c,
                                     const struct sample *s,
                                     const struct cut *cut)
{
    for (uint32_t i = 0; i < cut->ledger.nr; i++, row++) {
        const struct ledger_row *r = &cut->ledger.row[i];

        RECORD_TEXT(row->engine, c->engine[s->engine]->name);
        RECORD_TEXT(row->processor, c->processor[s->engine]->name);
        RECORD_TEXT(row->benchmark, cut->name);
        RECORD_TEXT(row->kind, ledger_kind_name(r->kind));
        sample_reason_name(r, row->name, sizeof(row->name));
        row->repetition = s->repetition;
        row->reason = r->reason;
        row->subreason = r->sub;
        row->count = r->count;
    }
    return row;
}

/* All of a run at once: appending is slow. */
static void exits_of(struct h5w *w, const struct campaign *c,
                     const struct sample *s)
{
    struct h5_exits *rows, *end;
    size_t n = 0;

    for (unsigned i = 0; i < s->cuts.nr; i++)
        n += s->cuts.cut[i].ledger.nr;
    end = rows = calloc(n + 1, sizeof(*rows));
    for (unsigned i = 0; rows != NULL && i < s->cuts.nr; i++)
        end = exits_of_cut(end, c, s, &s->cuts.cut[i]);
    if (rows != NULL)
        h5w_append(w, &h5_schema_exits, rows, n);
    else
        h5w_fail(w, ST_NOMEM, "ledger rows");
    free(rows);
}

static void times_of(struct h5w *w, const struct campaign *c,
                     const struct sample *s)
{
    struct h5_times *row = calloc(s->cuts.nr + 1, sizeof(*row));
    unsigned i;

    for (i = 0; row != NULL && i < s->cuts.nr; i++) {
        const struct cut *cut = &s->cuts.cut[i];

        RECORD_TEXT(row[i].engine, c->engine[s->engine]->name);
        RECORD_TEXT(row[i].processor, c->processor[s->engine]->name);
        RECORD_TEXT(row[i].benchmark, cut->name);
        row[i].repetition = s->repetition;
        row[i].cuts = cut->cuts;
        row[i].retired_insns = cut->insns;
        row[i].guest_ns = cut->guest_ns;
        row[i].host_ns = cut->host_ns;
    }
    if (row != NULL)
        h5w_append(w, &h5_schema_times, row, s->cuts.nr);
    else
        h5w_fail(w, ST_NOMEM, "rows of times");
    free(row);
}

static void run_of(struct h5w *w, const struct campaign *c,
                   const struct sample *s)
{
    struct h5_runs row = {
        .repetition = s->repetition,
        .warmup = s->warmup,
        .exit_status = (uint64_t)s->exit_status,
        .retired_insns = s->insns,
        .guest_ns = s->guest_ns,
        .host_ns = s->host_ns,
        .ledger_lost = s->ledger_lost,
    };

    RECORD_TEXT(row.engine, c->engine[s->engine]->name);
    RECORD_TEXT(row.processor, c->processor[s->engine]->name);
    RECORD_TEXT(row.end, s->end);
    RECORD_TEXT(row.console_sha256, s->console_sha256);
    h5w_append(w, &h5_schema_runs, &row, 1);
}

/* ---- arrays ---- */

static const char *const statuses[] = {"ok", "missing", NULL};

/* The cells [engine, benchmark, repetition]. */
struct cells {
    double *ns;
    uint64_t *insns;
    uint8_t *status;
};

static void fill(const struct campaign *c, const char **names, unsigned nr,
                 struct cells *cells)
{
    const struct sample *s;
    const struct cut *cut;
    unsigned e, b, r;
    size_t at = 0;

    for (e = 0; e < c->nr_engines; e++)
        for (b = 0; b < nr; b++)
            for (r = 0; r < c->reps; r++, at++) {
                s = campaign_at(c, e, r);
                cut = s != NULL ? cuts_find(&s->cuts, names[b]) : NULL;
                cells->ns[at] = cut != NULL ? (double)cut->host_ns : NAN;
                cells->insns[at] = cut != NULL ? cut->insns : 0;
                cells->status[at] = cut == NULL;
            }
}

static void scales(struct h5w *w, const struct campaign *c, const char **names,
                   unsigned nr)
{
    const char *engine[CAMPAIGN_ENGINES];
    unsigned i;

    for (i = 0; i < c->nr_engines; i++)
        engine[i] = c->engine[i]->name;
    h5w_group(w, "/scales");
    h5w_texts(w, "/scales/engine", engine, c->nr_engines, true, "engine");
    h5w_texts(w, "/scales/benchmark", names, nr, true,
              "interval: the marker that ends it");
    h5w_scale_count(w, "/scales/repetition", c->reps, "repetition");
}

static void arrays(struct h5w *w, const struct campaign *c, const char **names,
                   unsigned nr)
{
    size_t n = (size_t)c->nr_engines * nr * c->reps + 1;
    struct cells cells = {calloc(n, sizeof(double)),
                          calloc(n, sizeof(uint64_t)), calloc(n, 1)};
    struct h5w_array a = {
        .path = "/bench/time",
        .rank = 3,
        .dim = {c->nr_engines, nr, c->reps},
        .scale = {"/scales/engine", "/scales/benchmark", "/scales/repetition"},
        .f64 = cells.ns,
        .units = "ns",
        .long_name = "host time of the interval; NaN: see status",
        .timebase = "host_ns",
    };

    if (cells.ns == NULL || cells.insns == NULL || cells.status == NULL) {
        h5w_fail(w, ST_NOMEM, "arrays");
    } else {
        fill(c, names, nr, &cells);
        h5w_group(w, "/bench");
        h5w_array(w, &a);
        a.f64 = NULL;
        a.path = "/bench/retired";
        a.u64 = cells.insns;
        a.units = "count";
        a.long_name = "retired guest instructions of the interval";
        a.timebase = "retired_insns";
        h5w_array(w, &a);
        a.u64 = NULL;
        a.path = "/bench/status";
        a.enums = cells.status;
        a.enum_name = statuses;
        a.units = "1";
        a.long_name = "whether the repetition has the interval";
        a.timebase = NULL;
        h5w_array(w, &a);
    }
    free(cells.ns);
    free(cells.insns);
    free(cells.status);
}

/* ---- derived ---- */

static void stats_row(struct h5w *w, const struct campaign *c, unsigned engine,
                      const char *name, double *v, double *base)
{
    struct rng rng = {c->seed};
    size_t n = campaign_times(c, engine, name, v);
    size_t n0 = campaign_times(c, 0, name, base);
    struct stats_range time = stats_of(v, n);
    struct stats_range ratio = engine == 0 ? (struct stats_range){1, 1, 1}
                                           : stats_ratio(v, n, base, n0, &rng);
    struct h5_stats row = {
        .n = n,
        .median_ns = time.mid,
        .low_ns = time.low,
        .high_ns = time.high,
        .ratio = ratio.mid,
        .ratio_low = ratio.low,
        .ratio_high = ratio.high,
    };

    RECORD_TEXT(row.engine, c->engine[engine]->name);
    RECORD_TEXT(row.benchmark, name);
    h5w_append(w, &h5_schema_stats, &row, 1);
}

static void statistics(struct h5w *w, const struct campaign *c,
                       const char **names, unsigned nr)
{
    double *v = calloc(c->reps + 1, sizeof(*v));
    double *base = calloc(c->reps + 1, sizeof(*base));
    unsigned e, b;

    h5w_table(w, &h5_schema_stats);
    h5w_attr(w, h5_schema_stats.path, "method",
             "median, order statistics; ratio, percentile bootstrap, 2000 "
             "resamples");
    h5w_attr(w, h5_schema_stats.path, "ratio_to", c->engine[0]->name);
    for (e = 0; v != NULL && base != NULL && e < c->nr_engines; e++)
        for (b = 0; b < nr; b++)
            stats_row(w, c, e, names[b], v, base);
    free(v);
    free(base);
}

void record_samples(struct h5w *w, const struct campaign *c)
{
    unsigned nr, i;
    const char **names = campaign_benchmarks(c, &nr);

    if (names == NULL) {
        h5w_fail(w, ST_NOMEM, "intervals");
        return;
    }
    scales(w, c, names, nr);
    arrays(w, c, names, nr);
    h5w_table(w, &h5_schema_runs);
    h5w_table(w, &h5_schema_times);
    h5w_table(w, &h5_schema_exits);
    for (i = 0; i < c->nr; i++) {
        run_of(w, c, &c->sample[i]);
        if (c->sample[i].warmup)
            continue;
        times_of(w, c, &c->sample[i]);
        exits_of(w, c, &c->sample[i]);
    }
    statistics(w, c, names, nr);
    free(names);
}
