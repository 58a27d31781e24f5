/* recorded.c: a results file, read back as the campaign that it records. */
#include "experiments/lib/recorded.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/engines.h"
#include "experiments/lib/engine_rows.h"
#include "experiments/lib/stats.h"

#define MAX_RUNS (CAMPAIGN_ENGINES * (STATS_MAX + 1u))

/* While a file is read. */
struct reading {
    struct recorded *r;
    struct sample *at[CAMPAIGN_ENGINES][STATS_MAX]; /* by repetition */
    bool failed;                                    /* out of memory */
};

static enum status bad(const struct recorded *r, const struct h5_schema *schema,
                       size_t row, const char *what, struct error *err)
{
    return err_set(err, ST_GUEST, "%s: %s, row %zu: %s", r->path, schema->path,
                   row, what);
}

/* ---- runs ---- */
static enum status add_engine(struct recorded *r, const struct h5_runs *row,
                              size_t i, struct error *err)
{
    const char *isa = recorded_option(r, "isa");
    const struct engine_ops *e =
        engine_find(row->engine, isa != NULL ? isa : "x86");
    const struct processor_ops *p =
        processor_find(row->processor, isa != NULL ? isa : "x86");
    struct campaign *c = &r->c;

    if (e == NULL || p == NULL)
        return bad(r, &h5_schema_runs, i,
                   "an engine or processor that this program does not know",
                   err);
    c->engine[c->nr_engines] = e;
    c->processor[c->nr_engines++] = p;
    return ST_OK;
}

static enum status add_run(struct reading *k, const struct h5_runs *row,
                           size_t i, struct error *err)
{
    struct campaign *c = &k->r->c;
    struct sample *s = &c->sample[c->nr];
    unsigned e = campaign_engine(c, row->engine);
    enum status st;

    if (e == c->nr_engines)
        return bad(k->r, &h5_schema_runs, i, "an engine not in /scales/engine",
                   err);
    if (strcmp(c->processor[e]->name, row->processor) != 0)
        return bad(k->r, &h5_schema_runs, i, "another processor than before",
                   err);
    if (row->repetition >= STATS_MAX || row->exit_status > 255)
        return bad(k->r, &h5_schema_runs, i, "a number out of range", err);
    if (row->warmup == 0 && k->at[e][row->repetition] != NULL)
        return bad(k->r, &h5_schema_runs, i, "a repetition twice", err);
    st = sample_init(s, err);
    if (st != ST_OK)
        return st;
    c->nr++;
    s->engine = e;
    s->repetition = (unsigned)row->repetition;
    s->warmup = row->warmup != 0;
    s->exit_status = (int)row->exit_status;
    s->insns = row->retired_insns;
    s->guest_ns = row->guest_ns;
    s->host_ns = row->host_ns;
    s->ledger_lost = row->ledger_lost;
    memcpy(s->end, row->end, sizeof(s->end));
    memcpy(s->console_sha256, row->console_sha256, sizeof(s->console_sha256));
    if (s->warmup)
        return ST_OK;
    k->at[e][s->repetition] = s;
    if (c->reps <= s->repetition)
        c->reps = s->repetition + 1;
    return ST_OK;
}

_Static_assert(sizeof(((struct sample *)0)->end) ==
                       sizeof(((struct h5_runs *)0)->end) &&
                   sizeof(((struct sample *)0)->console_sha256) ==
                       sizeof(((struct h5_runs *)0)->console_sha256),
               "texts of a run");

/* In the order of the comparison. */
static enum status add_engines(struct recorded *r, const struct h5_runs *rows,
                               size_t n, struct error *err)
{
    size_t row[CAMPAIGN_ENGINES];
    unsigned nr;
    enum status st =
        engine_rows(r->file, rows, n, row, CAMPAIGN_ENGINES, &nr, err);

    for (unsigned k = 0; st == ST_OK && k < nr; k++)
        st = add_engine(r, &rows[row[k]], row[k], err);
    return st;
}

static enum status read_runs(struct reading *k, struct error *err)
{
    struct recorded *r = k->r;
    void *rows;
    size_t n;
    enum status st = h5r_table(r->file, &h5_schema_runs, &rows, &n, err);

    if (st != ST_OK)
        return st;
    if (n == 0 || n > MAX_RUNS)
        st = err_set(err, ST_GUEST, "%s: %zu runs", r->path, n);
    else if ((r->c.sample = calloc(n, sizeof(*r->c.sample))) == NULL)
        st = err_set(err, ST_NOMEM, "samples");
    if (st == ST_OK)
        st = add_engines(r, rows, n, err);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = add_run(k, (const struct h5_runs *)rows + i, i, err);
    free(rows);
    return st;
}

/* ---- intervals and their ledgers ---- */

/* The run of a row, or NULL. */
static struct sample *sample_of(const struct reading *k, const char *engine,
                                const char *processor, uint64_t repetition)
{
    const struct campaign *c = &k->r->c;
    unsigned e = campaign_engine(c, engine);

    return e < c->nr_engines && repetition < STATS_MAX &&
                   strcmp(c->processor[e]->name, processor) == 0
               ? k->at[e][repetition]
               : NULL;
}

static enum status add_interval(struct reading *k, const struct h5_times *row,
                                size_t i, struct error *err)
{
    struct sample *s =
        sample_of(k, row->engine, row->processor, row->repetition);
    struct cut *cut;
    unsigned had;

    if (s == NULL)
        return bad(k->r, &h5_schema_times, i, "of a run that is not there",
                   err);
    had = s->cuts.nr;
    cut = cuts_get(&s->cuts, row->benchmark);
    if (cut == NULL)
        return err_set(err, ST_NOMEM, "intervals");
    if (s->cuts.nr == had)
        return bad(k->r, &h5_schema_times, i, "an interval twice", err);
    cut->cuts = row->cuts;
    cut->insns = row->retired_insns;
    cut->guest_ns = row->guest_ns;
    cut->host_ns = row->host_ns;
    return ST_OK;
}

static enum ledger_kind kind_of(const char *name)
{
    unsigned k;

    for (k = 0; k < LEDGER_KINDS; k++)
        if (strcmp(ledger_kind_name((enum ledger_kind)k), name) == 0)
            break;
    return (enum ledger_kind)k;
}

static enum status add_count(struct reading *k, const struct h5_exits *row,
                             size_t i, struct error *err)
{
    const struct sample *s =
        sample_of(k, row->engine, row->processor, row->repetition);
    const struct cut *cut =
        s != NULL ? cuts_find(&s->cuts, row->benchmark) : NULL;
    enum ledger_kind kind = kind_of(row->kind);
    struct ledger *l;

    if (cut == NULL)
        return bad(k->r, &h5_schema_exits, i,
                   "of an interval that is not there", err);
    if (kind == LEDGER_KINDS)
        return bad(k->r, &h5_schema_exits, i,
                   "a kind that this program does not know", err);
    if (row->vcpu != 0 || row->reason > UINT16_MAX)
        return bad(k->r, &h5_schema_exits, i, "a number out of range", err);
    l = &s->cuts.cut[cut - s->cuts.cut].ledger;
    ledger_add(l, kind, (unsigned)row->reason, row->subreason, row->count);
    return l->lost == 0 ? ST_OK : err_set(err, ST_NOMEM, "ledger");
}

static enum status read_rows(struct reading *k, struct error *err)
{
    struct h5r *file = k->r->file;
    void *rows;
    size_t n;
    enum status st = h5r_table(file, &h5_schema_times, &rows, &n, err);

    if (st != ST_OK)
        return st;
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = add_interval(k, (const struct h5_times *)rows + i, i, err);
    free(rows);
    if (st == ST_OK)
        st = h5r_table(file, &h5_schema_exits, &rows, &n, err);
    if (st != ST_OK)
        return st;
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = add_count(k, (const struct h5_exits *)rows + i, i, err);
    free(rows);
    return st;
}

/* ---- what the file says of itself ---- */
static void on_option(void *opaque, const char *text)
{
    struct reading *k = opaque;
    struct recorded *r = k->r;
    char **more = realloc(r->option, (r->nr_options + 1) * sizeof(*more));

    if (more != NULL) {
        r->option = more;
        more[r->nr_options] = strdup(text);
        k->failed |= more[r->nr_options] == NULL;
        r->nr_options += more[r->nr_options] != NULL;
    }
    k->failed |= more == NULL;
}

static enum status read_facts(struct reading *k, struct error *err)
{
    static const char *const group[] = {"/", "/config", "/guest",
                                        "/environment"};
    struct recorded *r = k->r;
    const char *clock, *seed, *warmups;
    enum status st = ST_OK;

    for (unsigned i = 0; st == ST_OK && i < ARRAY_LEN(group); i++)
        st = facts_read(&r->facts, r->file, group[i], err);
    if (st == ST_OK)
        st = h5r_texts(r->file, "/config/options", on_option, k, err);
    if (st == ST_OK && k->failed)
        st = err_set(err, ST_NOMEM, "options");
    if (st != ST_OK)
        return st;
    clock = facts_find(&r->facts, "/config", "clock");
    seed = facts_find(&r->facts, "/config", "seed");
    warmups = facts_find(&r->facts, "/config", "warmups_dropped");
    r->c.guest = facts_find(&r->facts, "/guest", "name");
    if (clock == NULL || seed == NULL || warmups == NULL || r->c.guest == NULL)
        return err_set(err, ST_GUEST, "%s: does not say how it was made",
                       r->path);
    r->c.clock = strcmp(clock, "host") == 0 ? CLOCK_HOST : CLOCK_VIRTUAL;
    r->c.seed = strtoull(seed, NULL, 10);
    r->c.warm_up = strcmp(warmups, "0") != 0;
    return ST_OK;
}

enum status recorded_open(const char *path, struct recorded *r,
                          struct error *err)
{
    struct reading *k = calloc(1, sizeof(*k));
    enum status st;

    memset(r, 0, sizeof(*r));
    r->path = path;
    if (k == NULL)
        return err_set(err, ST_NOMEM, "%s", path);
    k->r = r;
    st = h5r_open(path, &r->file, err);
    if (st == ST_OK)
        st = read_facts(k, err);
    if (st == ST_OK)
        st = read_runs(k, err);
    if (st == ST_OK)
        st = read_rows(k, err);
    free(k);
    return st;
}

const char *recorded_option(const struct recorded *r, const char *name)
{
    size_t len = strlen(name);

    for (unsigned i = 0; i < r->nr_options; i++)
        if (strncmp(r->option[i], name, len) == 0 && r->option[i][len] == '=')
            return r->option[i] + len + 1;
    return NULL;
}

void recorded_fini(struct recorded *r)
{
    campaign_fini(&r->c);
    facts_fini(&r->facts);
    for (unsigned i = 0; i < r->nr_options; i++)
        free(r->option[i]);
    free(r->option);
    h5r_close(r->file);
    memset(r, 0, sizeof(*r));
}
