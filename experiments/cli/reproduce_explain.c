/* reproduce_explain.c: where a claim's values come from. */
#include <inttypes.h>
#include <string.h>

#include "experiments/cli/reproduce_print.h"

static void print_published(const struct measuring *m, const char *id,
                            FILE *out)
{
    const struct published_value *v = published_find(&m->published, id);

    if (v == NULL)
        return;
    fprintf(out, "%s: published %g %s (%s): %s, %s%s%s\n  in %s\n", id,
            v->value, v->unit, v->class, v->source, v->place,
            *v->note != '\0' ? "; " : "", v->note, m->published.path);
}

struct rows {
    FILE *out;
    double iterations;
};

static void print_price(FILE *out, const struct price *p, const char *what)
{
    if (p == NULL)
        return;
    if (p->value.low == p->value.high)
        fprintf(out, "      %s %g", what, p->value.low);
    else
        fprintf(out, "      %s %g..%g", what, p->value.low, p->value.high);
    fprintf(out, " (%s): %s%s%s%s%s\n", p->class, p->source,
            *p->place != '\0' ? ", " : "", p->place,
            *p->note != '\0' ? "; " : "", p->note);
}

static void print_row(void *opaque, const struct ledger_row *row,
                      uint64_t count, struct range cycles,
                      const struct price *price, const struct price *handler)
{
    const struct rows *r = opaque;
    char reason[40] = "";

    if (row != NULL)
        sample_reason_name(row, reason, sizeof(reason));
    fprintf(r->out, "    %-12s %-20s %10.4f",
            row == NULL ? "instructions"
                        : ledger_kind_name((enum ledger_kind)row->kind),
            reason, (double)count / r->iterations);
    if (row != NULL && price == NULL && handler == NULL) {
        fputs("  no price\n", r->out);
        return;
    }
    fprintf(r->out, "  %.1f..%.1f cycles\n", cycles.low / r->iterations,
            cycles.high / r->iterations);
    print_price(r->out, price, "price, cycles:");
    print_price(r->out, handler, "handler, instructions:");
}

static void print_list(const struct price_list *p, FILE *out)
{
    fprintf(out,
            "  prices: %s, sha256 %s\n    %g..%g cycles an instruction, "
            "%g..%g of the VMM's, %g MHz\n  handlers: %s, sha256 %s\n",
            p->path, p->sha256, p->cpi.low, p->cpi.high, p->handler_cpi.low,
            p->handler_cpi.high, p->clock_hz / 1e6, p->handlers_path,
            p->handlers_sha256);
}

static enum status explain_measure(struct measuring *m, const struct measure *x,
                                   FILE *out, struct error *err)
{
    const struct price_list *p = NULL;
    struct rows rows = {out, 1};
    struct priced priced;
    uint64_t n;
    /* Once for the iterations, once for the rows. */
    enum status st = measure_model(m, x, NULL, NULL, &priced, &n, err);

    if (st == ST_OK)
        st = measure_prices(m, x->prices, &p, err);
    if (st != ST_OK || m->signal != 0)
        return st;
    fprintf(out, "ours: %s, interval %s, under %s%s%s, --cpu %s\n", x->guest,
            x->interval, x->engine, x->controls != NULL ? " --controls " : "",
            x->controls != NULL ? x->controls : "", x->cpu);
    print_list(p, out);
    fprintf(out,
            "  rows of one iteration of %" PRIu64 ", less the empty loop's\n",
            n);
    rows.iterations = (double)n;
    st = measure_model(m, x, print_row, &rows, &priced, &n, err);
    fprintf(out, "  %.1f..%.1f cycles\n", priced.cycles.low,
            priced.cycles.high);
    if (x->native != NULL)
        fprintf(out,
                "  what this is above the same guest under native is added to "
                "the published %s\n",
                x->native);
    return st;
}

static const struct value_claim *find_claim(const struct paper *p,
                                            const char *id)
{
    for (const struct value_claim *c = p->value; c->id != NULL; c++)
        if (strcmp(c->id, id) == 0)
            return c;
    return NULL;
}

static const struct derived *find_derived(const struct paper *p, const char *id)
{
    for (const struct derived *d = p->derived; d->id != NULL; d++)
        if (strcmp(d->id, id) == 0)
            return d;
    return NULL;
}

static enum status explain_structure(struct measuring *m,
                                     const struct structure *s, FILE *out,
                                     struct error *err)
{
    enum status st = measure_structure(m, err);
    const struct quantity *q = quantity_find(&m->ours, s->id);

    if (st != ST_OK || q == NULL)
        return st;
    fprintf(out,
            "ours: %g, counted in the translator's units after a run of %s "
            "under bt --controls %s\n  triptych explain --engine bt --block "
            "ADDR %s shows a unit\n",
            q->at.low, m->paper->translated, m->paper->translated_controls,
            m->paper->translated);
    return ST_OK;
}

static enum status explain_id(struct measuring *m, const char *id, FILE *out,
                              struct error *err)
{
    const struct measure *x = measure_find(m->paper, id);

    print_published(m, id, out);
    for (const struct structure *s = m->paper->structure; s->id != NULL; s++)
        if (strcmp(s->id, id) == 0)
            return explain_structure(m, s, out, err);
    return x != NULL ? explain_measure(m, x, out, err) : ST_OK;
}

enum status reproduce_explain(const struct reproduce_result *r,
                              const char *claim, FILE *out, struct error *err)
{
    struct measuring *m = r->m;
    const struct value_claim *c = find_claim(m->paper, claim);
    const struct derived *d = find_derived(m->paper, claim);
    enum status st = ST_OK;

    if (c == NULL)
        return err_set(err, ST_INVAL, "%s has no claim '%s'", m->paper->name,
                       claim);
    fprintf(out, "%s: %s: %s\n", c->id,
            c->kind == CALIBRATION  ? "calibration"
            : c->kind == PREDICTION ? "prediction"
            : c->kind == STRUCTURE  ? "structure"
                                    : "not comparable",
            c->reason);
    if (d == NULL)
        return explain_id(m, claim, out, err);
    fprintf(out, "the quotient of %s and %s\n", d->numerator, d->denominator);
    st = explain_id(m, d->numerator, out, err);
    if (st == ST_OK)
        st = explain_id(m, d->denominator, out, err);
    return st;
}
