/* reproduce_record.c: claims and verdicts as a results file. */
#include <math.h>
#include <string.h>

#include "experiments/cli/reproduce_print.h"
#include "experiments/reproduce/verdict.h"

static void set_ours(struct h5_claims *row, const struct quantity *q)
{
    bool known = q != NULL && q->known;

    row->low = known ? fmin(q->at.low, q->at.high) : NAN;
    row->high = known ? fmax(q->at.low, q->at.high) : NAN;
}

static void write_values(const struct reproduce_result *r, struct h5w *w)
{
    static const char *const kinds[] = {
        [CALIBRATION] = "calibration",
        [PREDICTION] = "prediction",
        [STRUCTURE] = "structure",
        [NOT_COMPARED] = "none",
    };
    const struct measuring *m = r->m;

    for (const struct value_claim *c = m->paper->value; c->id != NULL; c++) {
        const struct published_value *v = published_find(&m->published, c->id);
        const struct quantity *q = quantity_find(&m->ours, c->id);
        struct h5_claims row;
        const char *why;
        double number;
        bool known =
            quantity_published(m->paper, &m->published, c->id, &number);

        if (!reproduce_shows(r, c->experiment))
            continue;
        memset(&row, 0, sizeof(row));
        RECORD_TEXT(row.claim, c->id);
        RECORD_TEXT(row.experiment, c->experiment);
        RECORD_TEXT(row.kind, kinds[c->kind]);
        row.published = known ? number : NAN;
        set_ours(&row, q);
        RECORD_TEXT(row.unit, v != NULL ? v->unit : "1");
        row.tolerance = c->kind == PREDICTION ? c->tolerance : NAN;
        RECORD_TEXT(row.verdict, verdict_text(verdict_value(
                                     c, known ? &number : NULL, q, &why)));
        RECORD_TEXT(row.why, why);
        h5w_append(w, &h5_schema_claims, &row, 1);
    }
}

static void write_orders(const struct reproduce_result *r, struct h5w *w)
{
    for (const struct order_claim *o = r->m->paper->order;
         o->experiment != NULL; o++) {
        struct h5_claims row;
        const char *why;

        if (!reproduce_shows(r, o->experiment))
            continue;
        memset(&row, 0, sizeof(row));
        snprintf(row.claim, sizeof(row.claim), "%s < %s", o->less, o->more);
        RECORD_TEXT(row.experiment, o->experiment);
        RECORD_TEXT(row.kind, "ordering");
        row.published = row.low = row.high = row.tolerance = NAN;
        RECORD_TEXT(row.verdict,
                    verdict_text(verdict_order(
                        quantity_find(&r->m->ours, o->less),
                        quantity_find(&r->m->ours, o->more), &why)));
        RECORD_TEXT(row.why, why);
        h5w_append(w, &h5_schema_claims, &row, 1);
    }
}

enum status reproduce_record(const struct reproduce_result *r, const char *path,
                             const struct provenance *p, struct error *err)
{
    const char *table = h5_schema_claims.path;
    char text[400];
    struct h5w *w;
    enum status st = record_open(path, p, &w, err);

    if (st != ST_OK)
        return st;
    h5w_group(w, "/claims");
    h5w_table(w, &h5_schema_claims);
    h5w_attr(w, table, "references", r->m->paper->title);
    h5w_attr(w, table, "timebase", "model_cycles");
    for (unsigned i = 0; i < r->m->nr_prices; i++) {
        const struct price_list *l = &r->m->prices[i];

        snprintf(text, sizeof(text), "sha256 %s, handlers sha256 %s", l->sha256,
                 l->handlers_sha256);
        h5w_attr(w, table, l->name, text);
    }
    write_values(r, w);
    write_orders(r, w);
    return h5w_close(w, err);
}
