/* compare_print.c: engines side by side, as tables and as JSON. */
#include "experiments/cli/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/command.h"
#include "experiments/cli/compare_price.h"
#include "experiments/cli/json.h"
#include "experiments/lib/cuts.h"
#include "experiments/lib/stats.h"

/* One interval under one engine. */
struct cell {
    size_t n;
    double insns; /* median */
    uint64_t sensitive, exits;
    struct stats_range time, ratio;
};

static double *times(const struct campaign *c)
{
    return calloc(c->reps + 1, sizeof(double));
}

/* Counts of repetition 0; `name` NULL: all intervals. */
static void counts(const struct campaign *c, unsigned engine, const char *name,
                   struct cell *cell)
{
    const struct sample *s = campaign_at(c, engine, 0);
    unsigned i;

    for (i = 0; s != NULL && i < s->cuts.nr; i++) {
        const struct cut *cut = &s->cuts.cut[i];

        if (name != NULL && strcmp(cut->name, name) != 0)
            continue;
        cell->sensitive += cut_count(cut, LEDGER_SENSITIVE);
        for (unsigned k = 0; k < LEDGER_KINDS; k++)
            if (ledger_kind_enters_vmm((enum ledger_kind)k))
                cell->exits += cut_count(cut, (enum ledger_kind)k);
    }
}

static double median_insns(const struct campaign *c, unsigned engine,
                           const char *name, double *v)
{
    const struct sample *s;
    const struct cut *cut;
    unsigned rep;
    size_t n = 0;

    for (rep = 0; rep < c->reps; rep++) {
        s = campaign_at(c, engine, rep);
        cut = s != NULL && name != NULL ? cuts_find(&s->cuts, name) : NULL;
        if (s != NULL && name == NULL)
            v[n++] = (double)s->insns;
        else if (cut != NULL)
            v[n++] = (double)cut->insns;
    }
    return n > 0 ? stats_median(v, n) : NAN;
}

static bool make_cell(const struct campaign *c, unsigned engine,
                      const char *name, struct cell *cell)
{
    double *v = times(c), *base = times(c);
    struct rng rng = {c->seed};
    bool ok = v != NULL && base != NULL;
    size_t n0;

    memset(cell, 0, sizeof(*cell));
    if (ok) {
        cell->insns = median_insns(c, engine, name, v);
        cell->n = campaign_times(c, engine, name, v);
        n0 = campaign_times(c, 0, name, base);
        cell->time = stats_of(v, cell->n);
        cell->ratio = engine == 0 ? (struct stats_range){1, 1, 1}
                                  : stats_ratio(v, cell->n, base, n0, &rng);
        counts(c, engine, name, cell);
    }
    free(v);
    free(base);
    return ok;
}

/* ---- ledger rows of an engine, over all intervals, most frequent first ----
 */

static int by_count(const void *a, const void *b)
{
    const struct ledger_row *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->reason != y->reason)
        return x->reason < y->reason ? -1 : 1;
    return x->sub < y->sub ? -1 : x->sub > y->sub;
}

/* Where a VMM stands between, what it did is shown; the guest's operations are
 * those of the baseline. What the processor does for itself is in no share. */
static bool is_shown(const struct ledger_row *r, bool vmm)
{
    return r->kind != LEDGER_PROCESSOR && !(vmm && r->kind == LEDGER_SENSITIVE);
}

static bool has_vmm(const struct sample *s)
{
    for (unsigned i = 0; s != NULL && i < s->cuts.nr; i++)
        for (uint32_t k = 0; k < s->cuts.cut[i].ledger.nr; k++)
            if (ledger_kind_enters_vmm(s->cuts.cut[i].ledger.row[k].kind))
                return true;
    return false;
}

static bool sum_rows(const struct campaign *c, unsigned engine,
                     struct ledger *sum, uint64_t *total)
{
    const struct sample *s = campaign_at(c, engine, 0);
    const struct ledger_row *r;
    bool vmm = has_vmm(s);
    unsigned i;
    uint32_t k;

    *total = 0;
    if (ledger_init(sum, NULL) != ST_OK)
        return false;
    for (i = 0; s != NULL && i < s->cuts.nr; i++)
        for (k = 0; k < s->cuts.cut[i].ledger.nr; k++) {
            r = &s->cuts.cut[i].ledger.row[k];
            if (!is_shown(r, vmm))
                continue;
            ledger_add(sum, r->kind, r->reason, r->sub, r->count);
            *total += r->count;
        }
    qsort(sum->row, sum->nr, sizeof(*sum->row), by_count);
    return true;
}

static double share(uint64_t n, uint64_t total)
{
    return total > 0 ? 100.0 * (double)n / (double)total : 0;
}

/* ---- text ---- */

static void range_text(char *buf, size_t size, const struct stats_range *r,
                       double unit, int digits)
{
    if (isnan(r->mid))
        snprintf(buf, size, "-");
    else if (isnan(r->low))
        snprintf(buf, size, "%.*f", digits, r->mid / unit);
    else
        snprintf(buf, size, "%.*f [%.*f, %.*f]", digits, r->mid / unit, digits,
                 r->low / unit, digits, r->high / unit);
}

static void print_cell(const struct campaign *c, unsigned engine,
                       const char *name, const struct cell *cell, FILE *out)
{
    const char *verdict = engine > 0 ? stats_verdict(&cell->ratio) : "";
    char time[80], ratio[80];

    range_text(time, sizeof(time), &cell->time, 1e6, 3);
    range_text(ratio, sizeof(ratio), &cell->ratio, 1, 3);
    if (engine == 0)
        snprintf(ratio, sizeof(ratio), "1");
    fprintf(
        out, "%-16.40s %-8s %15.0f %30s %22s %13" PRIu64 " %12" PRIu64 "%s%s\n",
        name, c->engine[engine]->name, cell->insns, time, ratio,
        cell->sensitive, cell->exits, *verdict != '\0' ? "  " : "", verdict);
}

/* What was compared, and who was not. */
static void print_verified(const struct compare_result *r, FILE *out)
{
    const struct campaign *c = r->c;
    bool host = c->clock == CLOCK_HOST;

    if (!r->verified)
        fputs("  not verified: there is nothing to compare the run with\n",
              out);
    else if (host)
        fputs(
            "  verified: before the times were taken, a run of each under the "
            "virtual clock\n  gave the same output, instructions and guest "
            "time in each interval\n",
            out);
    else
        fputs("  verified: all runs gave the same output, instructions and "
              "guest time in\n  each interval, and each engine's repetitions "
              "the same ledger\n",
              out);
    for (unsigned i = 0; r->verified && i < c->nr_engines; i++) {
        if (c->engine[i]->own_stream)
            fprintf(out, "  but %s: its guests retire other instructions; %s\n",
                    c->engine[i]->name,
                    host ? "not verified" : "compared with itself only");
        else if (!c->processor[i]->exact_budget)
            fprintf(out, "  but %s: %s has no virtual clock; not verified\n",
                    c->engine[i]->name, c->processor[i]->name);
    }
}

static void print_head(const struct compare_result *r, FILE *out)
{
    const struct campaign *c = r->c;
    unsigned i;

    fprintf(out, "%s, %s clock, %u repetition%s%s, seed %" PRIu64 "\n",
            c->guest, c->clock == CLOCK_HOST ? "host" : "virtual", c->reps,
            c->reps == 1 ? "" : "s", c->warm_up ? " after a warm-up" : "",
            c->seed);
    for (i = 0; i < c->nr_engines; i++)
        fprintf(out, "  %-8s on %s: %s\n", c->engine[i]->name,
                c->processor[i]->name, campaign_at(c, i, 0)->end);
    for (i = 0; i < r->nr_out; i++)
        fprintf(out, "  %-8s left out: %s\n", r->out[i].name, r->out[i].why);
    print_verified(r, out);
    fprintf(out,
            "  counted: retired insns, sensitive ops, VMM entries; measured: "
            "host ms%s\n",
            c->clock == CLOCK_HOST
                ? ""
                : ",\n  of the simulation (times of guests: --clock host)");
    if (c->reps < STATS_MIN)
        fprintf(out, "  no 95 %% intervals: they need %d repetitions\n",
                STATS_MIN);
}

static bool print_times(const struct campaign *c, FILE *out)
{
    struct cell cell;
    unsigned nr, i, e;
    const char **names = campaign_benchmarks(c, &nr);
    double log_sum[CAMPAIGN_ENGINES] = {0};
    unsigned ratios[CAMPAIGN_ENGINES] = {0};
    bool ok = names != NULL;
    char ratio_to[40];

    snprintf(ratio_to, sizeof(ratio_to), "ratio to %s", c->engine[0]->name);
    fprintf(out, "\n%-16s %-8s %15s %30s %22s %13s %12s\n", "interval",
            "engine", "retired insns", "host ms, median [95 %]", ratio_to,
            "sensitive ops", "VMM entries");
    for (i = 0; ok && i <= nr; i++)
        for (e = 0; ok && e < c->nr_engines; e++) {
            ok = make_cell(c, e, i < nr ? names[i] : NULL, &cell);
            print_cell(c, e, i < nr ? names[i] : "total", &cell, out);
            if (i < nr && cuts_measured(names[i]) && cell.ratio.mid > 0) {
                log_sum[e] += log(cell.ratio.mid);
                ratios[e]++;
            }
        }
    for (e = 1; ok && e < c->nr_engines; e++)
        if (ratios[e] > 1)
            fprintf(out, "%-16s %-8s %15s %30s %22.3f\n", "geometric mean",
                    c->engine[e]->name, "", "", exp(log_sum[e] / ratios[e]));
    free(names);
    return ok;
}

static bool print_top(const struct campaign *c, unsigned engine, FILE *out)
{
    char name[40], event[64];
    const char *kind;
    struct ledger sum;
    uint64_t total;
    uint32_t i;

    if (!sum_rows(c, engine, &sum, &total))
        return false;
    fprintf(out, "\n%s on %s: events, whole run\n", c->engine[engine]->name,
            c->processor[engine]->name);
    fprintf(out, "%35s %-12s %14s %9s\n", "Event", "Kind", "Samples",
            "Samples%");
    for (i = 0; i < sum.nr && i < COMPARE_TOP; i++) {
        sample_reason_name(&sum.row[i], name, sizeof(name));
        snprintf(event, sizeof(event), "%s", name);
        if (sum.row[i].sub != 0)
            snprintf(event, sizeof(event), "%s 0x%" PRIx64, name,
                     sum.row[i].sub);
        kind = ledger_kind_name(sum.row[i].kind);
        fprintf(out, "%35s %-12s %14" PRIu64 " %8.2f%%\n", event, kind,
                sum.row[i].count, share(sum.row[i].count, total));
    }
    fprintf(out, "%35s %-12s %14" PRIu64 " %8.2f%%  (%u rows)\n", "all", "",
            total, total > 0 ? 100.0 : 0.0, sum.nr);
    ledger_fini(&sum);
    return true;
}

bool compare_print(const struct compare_result *r, FILE *out)
{
    bool ok;
    unsigned i;

    print_head(r, out);
    ok = print_times(r->c, out);
    if (ok && r->pricing != NULL)
        ok = compare_price_print(r->pricing, out);
    for (i = 0; ok && i < r->c->nr_engines; i++)
        ok = print_top(r->c, i, out);
    return ok;
}

/* ---- JSON ---- */

static void json_range(struct json *j, const char *key,
                       const struct stats_range *r)
{
    json_object(j, key);
    json_double(j, "median", r->mid);
    json_double(j, "low95", r->low);
    json_double(j, "high95", r->high);
    json_object_end(j);
}

static bool json_times(const struct campaign *c, struct json *j)
{
    struct cell cell;
    unsigned nr, i, e;
    const char **names = campaign_benchmarks(c, &nr);
    bool ok = names != NULL;

    json_array(j, "intervals");
    for (i = 0; ok && i < nr; i++)
        for (e = 0; ok && e < c->nr_engines; e++) {
            ok = make_cell(c, e, names[i], &cell);
            json_object(j, NULL);
            json_string(j, "interval", names[i]);
            json_string(j, "engine", c->engine[e]->name);
            json_u64(j, "repetitions", cell.n);
            json_double(j, "retired_insns", cell.insns);
            json_range(j, "host_ns", &cell.time);
            json_range(j, "ratio", &cell.ratio);
            json_u64(j, "sensitive", cell.sensitive);
            json_u64(j, "exits", cell.exits);
            json_object_end(j);
        }
    json_array_end(j);
    free(names);
    return ok;
}

static bool json_rows(const struct campaign *c, struct json *j)
{
    struct ledger sum;
    uint64_t total;
    char name[40];
    unsigned e;
    uint32_t i;

    json_array(j, "ledger");
    for (e = 0; e < c->nr_engines; e++) {
        if (!sum_rows(c, e, &sum, &total))
            return false;
        for (i = 0; i < sum.nr; i++) {
            sample_reason_name(&sum.row[i], name, sizeof(name));
            json_object(j, NULL);
            json_string(j, "engine", c->engine[e]->name);
            json_string(j, "kind", ledger_kind_name(sum.row[i].kind));
            json_string(j, "name", name);
            json_u64(j, "sub", sum.row[i].sub);
            json_u64(j, "samples", sum.row[i].count);
            json_double(j, "share_percent", share(sum.row[i].count, total));
            json_object_end(j);
        }
        ledger_fini(&sum);
    }
    json_array_end(j);
    return true;
}

bool compare_json(const struct compare_result *r, FILE *out)
{
    const struct campaign *c = r->c;
    struct json j;
    unsigned i;
    bool ok;

    json_init(&j, out);
    json_object(&j, NULL);
    json_string(&j, "triptych", TRIPTYCH_VERSION);
    json_string(&j, "guest", c->guest);
    json_string(&j, "clock", c->clock == CLOCK_HOST ? "host" : "virtual");
    json_u64(&j, "repetitions", c->reps);
    json_u64(&j, "seed", c->seed);
    json_bool(&j, "verified", r->verified);
    json_array(&j, "engines");
    for (i = 0; i < c->nr_engines; i++) {
        json_object(&j, NULL);
        json_string(&j, "engine", c->engine[i]->name);
        json_string(&j, "processor", c->processor[i]->name);
        json_string(&j, "end", campaign_at(c, i, 0)->end);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_array(&j, "left_out");
    for (i = 0; i < r->nr_out; i++) {
        json_object(&j, NULL);
        json_string(&j, "engine", r->out[i].name);
        json_string(&j, "why", r->out[i].why);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_string(&j, "end", campaign_at(c, 0, 0)->end);
    json_string(&j, "console_sha256", campaign_at(c, 0, 0)->console_sha256);
    ok = json_times(c, &j) && json_rows(c, &j);
    if (ok && r->pricing != NULL)
        ok = compare_price_json(r->pricing, &j);
    json_object_end(&j);
    return ok;
}
