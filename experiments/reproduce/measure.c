/* measure.c: runs a paper's measures and prices them. */
#include "experiments/reproduce/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/reproduce/measure_internal.h"

/* The interval that a nanobenchmark makes without its operation. */
#define EMPTY "empty"

#define ITERATIONS 40000.0 /* of S_40000 */

/* ---- life ---- */
enum status measuring_init(struct measuring *m, const struct paper *p,
                           const char *dir, struct error *err)
{
    memset(m, 0, sizeof(*m));
    m->paper = p;
    m->dir = dir;
    return published_load(dir, p->file, &m->published, err);
}

void measuring_fini(struct measuring *m)
{
    for (unsigned i = 0; i < m->nr_runs; i++)
        campaign_fini(&m->run[i].c);
    for (unsigned i = 0; i < m->nr_prices; i++)
        price_fini(&m->prices[i]);
    published_fini(&m->published);
    memset(m, 0, sizeof(*m));
}

enum status measure_prices(struct measuring *m, const char *name,
                           const struct price_list **out, struct error *err)
{
    enum status st;

    for (unsigned i = 0; i < m->nr_prices; i++)
        if (strcmp(m->prices[i].name, name) == 0) {
            *out = &m->prices[i];
            return ST_OK;
        }
    if (m->nr_prices == MEASURE_PRICES)
        return err_set(err, ST_LIMIT, "more than %d price lists",
                       MEASURE_PRICES);
    st = price_load(m->dir, name, &m->prices[m->nr_prices], err);
    if (st == ST_OK)
        *out = &m->prices[m->nr_prices++];
    return st;
}

/* ---- one measure ---- */

/* Rows of `a` less those of `b` (NULL: none). */
static void subtract(const struct ledger *a, const struct ledger *b,
                     struct ledger *out)
{
    for (uint32_t i = 0; i < a->nr; i++) {
        const struct ledger_row *r = &a->row[i];
        uint64_t n = b != NULL ? ledger_get(b, r->kind, r->reason, r->sub) : 0;

        if (r->count > n)
            ledger_add(out, r->kind, r->reason, r->sub, r->count - n);
    }
}

static enum status price_cut(const struct price_list *p, const char *engine,
                             const struct cut *cut, const struct cut *empty,
                             price_row_fn *fn, void *opaque, struct priced *out,
                             struct error *err)
{
    uint64_t insns = empty != NULL ? empty->insns : 0;
    struct ledger net;
    enum status st = ledger_init(&net, err);

    if (st != ST_OK)
        return st;
    insns = cut->insns > insns ? cut->insns - insns : 0;
    subtract(&cut->ledger, empty != NULL ? &empty->ledger : NULL, &net);
    st = price_ledger(p, engine, &net, insns, fn, opaque, out, err);
    ledger_fini(&net);
    return st;
}

enum status measure_model(struct measuring *m, const struct measure *x,
                          price_row_fn *fn, void *opaque, struct priced *out,
                          uint64_t *iterations, struct error *err)
{
    const struct price_list *p = NULL;
    const struct sample *s = NULL;
    const struct cut *cut;
    enum status st = measure_prices(m, x->prices, &p, err);

    memset(out, 0, sizeof(*out));
    *iterations = 1;
    if (st == ST_OK)
        st = measure_run(m, x->guest, x->engine, x->controls, x->cpu, &s, err);
    if (st != ST_OK || s == NULL)
        return st;
    cut = cuts_find(&s->cuts, x->interval);
    if (cut == NULL || cut->iterations == 0)
        return err_set(err, ST_GUEST, "%s has no interval %s", x->guest,
                       x->interval);
    *iterations = cut->iterations;
    st = price_cut(p, x->engine, cut, cuts_find(&s->cuts, EMPTY), fn, opaque,
                   out, err);
    out->cycles.low /= (double)cut->iterations;
    out->cycles.high /= (double)cut->iterations;
    return st;
}

/* The same guest on the bare processor. */
static struct measure bare(const struct measure *x)
{
    struct measure b = *x;

    b.engine = "native";
    b.controls = NULL;
    return b;
}

/* Add the engine's difference to the published value of the bare processor. */
static enum status add_to_native(struct measuring *m, const struct measure *x,
                                 struct priced *out, struct error *err)
{
    const struct published_value *v = published_find(&m->published, x->native);
    struct measure b = bare(x);
    struct priced base;
    uint64_t n;
    enum status st = measure_model(m, &b, NULL, NULL, &base, &n, err);

    if (st != ST_OK)
        return st;
    if (v == NULL)
        return err_set(err, ST_BUG, "%s is not published", x->native);
    if (base.nr_missing > 0)
        *out = base;
    out->cycles.low += v->value - base.cycles.low;
    out->cycles.high += v->value - base.cycles.high;
    return ST_OK;
}

static enum status fill(struct measuring *m, const struct measure *x,
                        struct quantity *q, struct error *err)
{
    const struct published_value *v = published_find(&m->published, x->id);
    const struct price_list *p = NULL;
    struct priced priced;
    uint64_t n;
    enum status st = measure_model(m, x, NULL, NULL, &priced, &n, err);
    double scale = 1;

    if (st == ST_OK && x->native != NULL && m->signal == 0)
        st = add_to_native(m, x, &priced, err);
    if (st == ST_OK && x->unit == S_40000) {
        st = measure_prices(m, x->prices, &p, err);
        if (st == ST_OK)
            scale = ITERATIONS / p->clock_hz;
    }
    if (st != ST_OK)
        return st;
    q->at =
        (struct range){priced.cycles.low * scale, priced.cycles.high * scale};
    q->known = priced.nr_missing == 0;
    if (!q->known)
        snprintf(q->why, sizeof(q->why), "no price: %s", priced.missing);
    /* Of the bare processor, cycles are the calibration itself. */
    if (strcmp(x->engine, "native") == 0 && x->unit == CYCLES && v != NULL) {
        q->at = (struct range){v->value, v->value};
        q->known = true;
    }
    return ST_OK;
}

const struct measure *measure_find(const struct paper *p, const char *id)
{
    for (const struct measure *x = p->measure; x->id != NULL; x++)
        if (strcmp(x->id, id) == 0)
            return x;
    return NULL;
}

enum status measure_one(struct measuring *m, const char *id, struct error *err)
{
    const struct measure *x = measure_find(m->paper, id);
    struct quantity *q;

    if (x == NULL || m->signal != 0 || quantity_find(&m->ours, id) != NULL)
        return ST_OK;
    q = quantity_add(&m->ours, id, x->prices);
    if (q == NULL)
        return err_set(err, ST_LIMIT, "more than %d quantities",
                       QUANTITIES_MAX);
    return fill(m, x, q, err);
}

/* ---- experiments ---- */
static bool chosen(const char *experiment, const char *one)
{
    return experiment == NULL || strcmp(experiment, one) == 0;
}

enum status measure_experiment(struct measuring *m, const char *experiment,
                               struct error *err)
{
    const struct paper *p = m->paper;
    enum status st = ST_OK;

    for (const struct value_claim *c = p->value; st == ST_OK && c->id != NULL;
         c++)
        if (chosen(experiment, c->experiment))
            st = measure_one(m, c->id, err);
    for (const struct order_claim *o = p->order;
         st == ST_OK && o->experiment != NULL; o++) {
        if (!chosen(experiment, o->experiment))
            continue;
        st = measure_one(m, o->less, err);
        if (st == ST_OK)
            st = measure_one(m, o->more, err);
    }
    if (st == ST_OK && p->component[0].name != NULL &&
        chosen(experiment, "figure5"))
        st = measure_components(m, err);
    if (st == ST_OK && p->structure[0].id != NULL &&
        chosen(experiment, "isprime"))
        st = measure_structure(m, err);
    if (st == ST_OK)
        quantity_derive(p, &m->ours);
    return st;
}
