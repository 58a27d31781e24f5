/* measure_components.c: overhead by source: how often our workload makes each
 * operation, times what a nanobenchmark of it costs above the bare processor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/reproduce/measure_internal.h"

/* The nanobenchmark of a component under an engine. */
static const struct measure *nano(const struct measuring *m,
                                  const struct component *k, const char *engine)
{
    char id[64];

    snprintf(id, sizeof(id), "nano.%s.%s", k->benchmark, engine);
    return measure_find(m->paper, id);
}

/* Whether the row is one of "IN,OUT" or "MOV_TO_CR 8". */
static bool is_of(const struct component *k, const struct ledger_row *r)
{
    char list[64], reason[40], *rest = NULL, *word, *sub;

    if (r->kind != (unsigned)k->kind)
        return false;
    sample_reason_name(r, reason, sizeof(reason));
    snprintf(list, sizeof(list), "%s", k->reasons);
    for (word = strtok_r(list, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        sub = strchr(word, ' ');
        if (sub != NULL)
            *sub++ = '\0';
        if (strcmp(word, reason) == 0 &&
            (sub == NULL || strtoull(sub, NULL, 10) == r->sub))
            return true;
    }
    return false;
}

/* The engine under which rows of that kind are counted. */
static const char *counted_under(enum ledger_kind kind)
{
    return kind == LEDGER_SENSITIVE ? "native"
           : kind == LEDGER_BT      ? "bt"
                                    : "hvm";
}

/* In the whole run of the workload. */
static enum status count_of(struct measuring *m, const struct component *k,
                            double *out, struct error *err)
{
    const struct measure *x = nano(m, k, counted_under(k->kind));
    const struct sample *s = NULL;
    enum status st;

    *out = 0;
    if (x == NULL)
        return err_set(err, ST_BUG, "no measure of %s", k->benchmark);
    st = measure_run(m, m->paper->workload, x->engine, x->controls, x->cpu, &s,
                     err);
    for (unsigned i = 0; st == ST_OK && s != NULL && i < s->cuts.nr; i++)
        for (uint32_t n = 0; n < s->cuts.cut[i].ledger.nr; n++)
            if (is_of(k, &s->cuts.cut[i].ledger.row[n]))
                *out += (double)s->cuts.cut[i].ledger.row[n].count;
    return st;
}

static enum status add_part(struct measuring *m, const struct component *k,
                            double count, const char *engine, struct error *err)
{
    const struct measure *x = nano(m, k, engine), *bare = nano(m, k, "native");
    const struct quantity *on, *native;
    const struct price_list *p = NULL;
    struct quantity *q;
    char id[64];
    enum status st;

    if (x == NULL || bare == NULL)
        return err_set(err, ST_BUG, "no measure of %s", k->benchmark);
    st = measure_prices(m, x->prices, &p, err);
    if (st == ST_OK)
        st = measure_one(m, x->id, err);
    if (st == ST_OK)
        st = measure_one(m, bare->id, err);
    if (st != ST_OK || m->signal != 0)
        return st;
    on = quantity_find(&m->ours, x->id);
    native = quantity_find(&m->ours, bare->id);
    snprintf(id, sizeof(id), "figure5.%s.%s", k->name, engine);
    q = quantity_add(&m->ours, id, x->prices);
    if (q == NULL)
        return err_set(err, ST_LIMIT, "more than %d quantities",
                       QUANTITIES_MAX);
    q->known = on->known && native->known;
    snprintf(q->why, sizeof(q->why), "%s", on->known ? native->why : on->why);
    q->at.low = count * (on->at.low - native->at.low) / p->clock_hz;
    q->at.high = count * (on->at.high - native->at.high) / p->clock_hz;
    return ST_OK;
}

/* Binary translation has parts in the paper for which we have no number: then
 * the sum is none either. */
static void add_total(struct measuring *m, const char *engine)
{
    const struct component *k = m->paper->component;
    struct quantity *q;
    char id[64];

    snprintf(id, sizeof(id), "figure5.total.%s", engine);
    q = quantity_add(&m->ours, id, nano(m, k, engine)->prices);
    if (q == NULL)
        return;
    q->known = strcmp(engine, "bt") != 0;
    snprintf(q->why, sizeof(q->why), "translating has no price");
    for (; k->name != NULL; k++) {
        const struct quantity *part;

        snprintf(id, sizeof(id), "figure5.%s.%s", k->name, engine);
        part = quantity_find(&m->ours, id);
        if (part == NULL || !part->known) {
            q->known = false;
            snprintf(q->why, sizeof(q->why), "%s is not known", id);
            return;
        }
        q->at.low += part->at.low;
        q->at.high += part->at.high;
    }
}

enum status measure_components(struct measuring *m, struct error *err)
{
    enum status st = ST_OK;
    double count;

    for (const struct component *k = m->paper->component;
         st == ST_OK && m->signal == 0 && k->name != NULL; k++) {
        st = count_of(m, k, &count, err);
        if (st == ST_OK)
            st = add_part(m, k, count, "bt", err);
        if (st == ST_OK)
            st = add_part(m, k, count, "hvm", err);
    }
    if (st == ST_OK && m->signal == 0) {
        add_total(m, "bt");
        add_total(m, "hvm");
    }
    return st;
}
