/* reproduce_print.c: claims and verdicts as a table and as JSON. */
#include "experiments/cli/reproduce_print.h"

#include <math.h>
#include <string.h>

#include "experiments/cli/json.h"
#include "experiments/reproduce/verdict.h"

/* ---- orderings ---- */
static void count_orders(const struct reproduce_result *r, unsigned *held,
                         unsigned *all)
{
    const char *why;

    *held = *all = 0;
    for (const struct order_claim *o = r->m->paper->order;
         o->experiment != NULL; o++) {
        if (!reproduce_shows(r, o->experiment))
            continue;
        ++*all;
        *held += verdict_order(quantity_find(&r->m->ours, o->less),
                               quantity_find(&r->m->ours, o->more),
                               &why) == VERDICT_HOLDS;
    }
}

bool reproduce_enough(const struct reproduce_result *r)
{
    unsigned held, all;

    count_orders(r, &held, &all);
    return 100 * held >= REPRODUCE_ENOUGH * all;
}

/* ---- one value ---- */
struct line {
    const struct value_claim *c;
    const struct published_value *source; /* NULL: derived */
    double published;
    bool is_published;
    const struct quantity *ours;
    enum verdict verdict;
    const char *why;
};

static void make_line(const struct reproduce_result *r,
                      const struct value_claim *c, struct line *l)
{
    const struct measuring *m = r->m;

    *l = (struct line){.c = c};
    l->source = published_find(&m->published, c->id);
    l->is_published =
        quantity_published(m->paper, &m->published, c->id, &l->published);
    l->ours = quantity_find(&m->ours, c->id);
    l->verdict = verdict_value(c, l->is_published ? &l->published : NULL,
                               l->ours, &l->why);
}

static const char *unit_of(const struct line *l)
{
    return l->source != NULL ? l->source->unit : "1";
}

/* A ratio has the unit 1. */
static const char *unit_text(const struct line *l)
{
    return strcmp(unit_of(l), "1") == 0 ? "ratio" : unit_of(l);
}

/* Four digits, or all before the point. */
static void number_text(double v, char *buf, size_t size)
{
    if (fabs(v) >= 1e4)
        snprintf(buf, size, "%.0f", v);
    else
        snprintf(buf, size, "%.4g", v == 0 ? 0 : v);
}

static void range_text(const struct quantity *q, double by, char *buf,
                       size_t size)
{
    char low[18], high[18];
    double a, b;

    if (q == NULL || !q->known || by == 0) {
        snprintf(buf, size, "-");
        return;
    }
    a = fmin(q->at.low, q->at.high) / by;
    b = fmax(q->at.low, q->at.high) / by;
    number_text(a, low, sizeof(low));
    number_text(b, high, sizeof(high));
    if (fabs(b - a) <= 1e-9 * fabs(b))
        snprintf(buf, size, "%s", high);
    else
        snprintf(buf, size, "%s..%s", low, high);
}

/* ---- the table ---- */
static void print_values(const struct reproduce_result *r,
                         struct verdict_counts *n, FILE *out)
{
    char ours[40], ratio[40], tolerance[16];
    struct line l;

    fprintf(out, "\n%-31s %10s %20s %-13s %14s %5s  %s\n", "value", "published",
            "ours", "unit", "ours/publ.", "tol.", "verdict");
    for (const struct value_claim *c = r->m->paper->value; c->id != NULL; c++) {
        if (!reproduce_shows(r, c->experiment))
            continue;
        make_line(r, c, &l);
        (c->kind == STRUCTURE ? n->structure : n->of)[l.verdict]++;
        range_text(l.ours, 1, ours, sizeof(ours));
        range_text(c->kind == PREDICTION ? l.ours : NULL, l.published, ratio,
                   sizeof(ratio));
        snprintf(tolerance, sizeof(tolerance), "-");
        if (c->kind == PREDICTION)
            snprintf(tolerance, sizeof(tolerance), "x%g", c->tolerance);
        if (c->kind == STRUCTURE)
            snprintf(tolerance, sizeof(tolerance), "equal");
        fprintf(out, "%-31s %10.6g %20s %-13s %14s %5s  %s%s%s\n", c->id,
                l.published, ours, unit_text(&l), ratio, tolerance,
                verdict_text(l.verdict), *l.why != '\0' ? ": " : "", l.why);
    }
}

static void print_orders(const struct reproduce_result *r, FILE *out)
{
    const char *why;
    enum verdict v;

    fprintf(out, "\n%-58s %-8s %s\n", "ordering", "verdict", "the paper");
    for (const struct order_claim *o = r->m->paper->order;
         o->experiment != NULL; o++) {
        char text[80];

        if (!reproduce_shows(r, o->experiment))
            continue;
        v = verdict_order(quantity_find(&r->m->ours, o->less),
                          quantity_find(&r->m->ours, o->more), &why);
        snprintf(text, sizeof(text), "%s < %s", o->less, o->more);
        fprintf(out, "%-58s %-8s %s: %s%s%s\n", text, verdict_text(v), o->place,
                o->text, *why != '\0' ? "; here: " : "", why);
    }
}

static void print_lists(const struct reproduce_result *r, FILE *out)
{
    const struct measuring *m = r->m;

    for (unsigned i = 0; i < m->nr_prices; i++)
        fprintf(out, "  prices %s, sha256 %.16s; handlers, sha256 %.16s\n",
                m->prices[i].name, m->prices[i].sha256,
                m->prices[i].handlers_sha256);
}

void reproduce_table(const struct reproduce_result *r, FILE *out)
{
    struct verdict_counts n = {.of = {0}};
    unsigned held, all;

    fprintf(out, "%s\n", r->m->paper->title);
    fputs(
        "  timebase: model_cycles, ledger rows times prices; a range where no "
        "source gives a number;\n  what is counted in instructions, units or "
        "jumps has none\n",
        out);
    print_lists(r, out);
    print_values(r, &n, out);
    count_orders(r, &held, &all);
    if (all > 0)
        print_orders(r, out);
    fputs("\nwhere the paper contradicts itself\n", out);
    for (const char *const *t = r->m->paper->note; *t != NULL; t++)
        fprintf(out, "  %s\n", *t);
    fprintf(out,
            "\npredictions: %u hold, %u miss; calibration, not counted: %u; "
            "not comparable: %u\n",
            n.of[VERDICT_HOLDS], n.of[VERDICT_MISSES],
            n.of[VERDICT_CALIBRATION], n.of[VERDICT_NOT_COMPARABLE]);
    if (n.structure[VERDICT_HOLDS] + n.structure[VERDICT_MISSES] > 0)
        fprintf(out, "structure: %u equal, %u not\n",
                n.structure[VERDICT_HOLDS], n.structure[VERDICT_MISSES]);
    if (all > 0)
        fprintf(out,
                "orderings: %u of %u hold (%.0f %%; %d %% are asked for)\n",
                held, all, 100.0 * held / all, REPRODUCE_ENOUGH);
}

/* ---- JSON ---- */
static void json_quantity(struct json *j, const char *key,
                          const struct quantity *q)
{
    bool known = q != NULL && q->known;

    json_object(j, key);
    json_double(j, "low", known ? fmin(q->at.low, q->at.high) : NAN);
    json_double(j, "high", known ? fmax(q->at.low, q->at.high) : NAN);
    /* Without prices it is a count. */
    json_string(j, "timebase",
                q != NULL && q->prices != NULL ? "model_cycles" : NULL);
    json_string(j, "prices", q != NULL ? q->prices : NULL);
    json_object_end(j);
}

static void json_values(const struct reproduce_result *r, struct json *j)
{
    struct line l;

    json_array(j, "values");
    for (const struct value_claim *c = r->m->paper->value; c->id != NULL; c++) {
        if (!reproduce_shows(r, c->experiment))
            continue;
        make_line(r, c, &l);
        json_object(j, NULL);
        json_string(j, "claim", c->id);
        json_string(j, "experiment", c->experiment);
        json_double(j, "published", l.published);
        json_string(j, "unit", unit_of(&l));
        json_quantity(j, "ours", l.ours);
        json_double(j, "tolerance", c->kind == PREDICTION ? c->tolerance : NAN);
        json_string(j, "tolerance_reason",
                    c->kind == PREDICTION ? c->reason : NULL);
        json_string(j, "verdict", verdict_text(l.verdict));
        json_string(j, "why", l.why);
        json_object_end(j);
    }
    json_array_end(j);
}

static void json_orders(const struct reproduce_result *r, struct json *j)
{
    const char *why;

    json_array(j, "orderings");
    for (const struct order_claim *o = r->m->paper->order;
         o->experiment != NULL; o++) {
        if (!reproduce_shows(r, o->experiment))
            continue;
        json_object(j, NULL);
        json_string(j, "less", o->less);
        json_string(j, "more", o->more);
        json_string(j, "experiment", o->experiment);
        json_string(j, "place", o->place);
        json_string(j, "text", o->text);
        json_string(j, "verdict",
                    verdict_text(verdict_order(
                        quantity_find(&r->m->ours, o->less),
                        quantity_find(&r->m->ours, o->more), &why)));
        json_string(j, "why", why);
        json_object_end(j);
    }
    json_array_end(j);
}

void reproduce_json(const struct reproduce_result *r, FILE *out)
{
    unsigned held, all;
    struct json j;

    count_orders(r, &held, &all);
    json_init(&j, out);
    json_object(&j, NULL);
    json_string(&j, "paper", r->m->paper->name);
    json_array(&j, "prices");
    for (unsigned i = 0; i < r->m->nr_prices; i++) {
        json_object(&j, NULL);
        json_string(&j, "name", r->m->prices[i].name);
        json_string(&j, "sha256", r->m->prices[i].sha256);
        json_string(&j, "handlers_sha256", r->m->prices[i].handlers_sha256);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_values(r, &j);
    json_orders(r, &j);
    json_array(&j, "contradictions");
    for (const char *const *t = r->m->paper->note; *t != NULL; t++)
        json_string(&j, NULL, *t);
    json_array_end(&j);
    json_u64(&j, "orderings_held", held);
    json_u64(&j, "orderings_claimed", all);
    json_object_end(&j);
}

/* ---- what there is ---- */
static void list_text(const struct paper *p, FILE *out)
{
    fprintf(out, "%s: %s\n", p->name, p->title);
    for (const struct experiment *e = p->experiment; e->name != NULL; e++)
        fprintf(out, "  %-20s %s%s\n", e->name,
                e->absent != NULL ? "not yet: " : "",
                e->absent != NULL ? e->absent : e->text);
}

void reproduce_list(bool json, FILE *out)
{
    struct json j;

    json_init(&j, out);
    if (json)
        json_array(&j, NULL);
    for (unsigned i = 0; papers[i] != NULL; i++) {
        if (!json) {
            list_text(papers[i], out);
            continue;
        }
        for (const struct experiment *e = papers[i]->experiment;
             e->name != NULL; e++) {
            json_object(&j, NULL);
            json_string(&j, "paper", papers[i]->name);
            json_string(&j, "experiment", e->name);
            json_string(&j, "text", e->absent == NULL ? e->text : e->absent);
            json_bool(&j, "there", e->absent == NULL);
            json_object_end(&j);
        }
    }
    if (json)
        json_array_end(&j);
}
