/* compare_price.c: a comparison's ledgers as model cycles. */
#include "experiments/cli/compare_price.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void refuse(struct priced *out, const char *why)
{
    snprintf(out->missing, sizeof(out->missing), "%s", why);
    out->nr_missing++;
}

/* What no row stands for: TLB misses, which make EPT dear, and instructions
 * that nobody counts. */
static bool has_price(const struct compare_pricing *p, unsigned engine,
                      struct priced *out)
{
    const struct engine_ops *e = p->c->engine[engine];
    const struct processor_ops *q = p->c->processor[engine];
    char text[ENGINE_OPTIONS_TEXT] = "";

    memset(out, 0, sizeof(*out));
    if (strcmp(e->isa, "x86") != 0) {
        refuse(out, "price lists are of x86 processors");
        return false;
    }
    if (strcmp(q->name, "kvm") == 0) {
        refuse(out, "kvm does not count instructions");
        return false;
    }
    if (e->options != NULL &&
        e->options(&p->rq->options, q, text, NULL) == ST_OK &&
        strstr(text, "paging=ept") != NULL) {
        refuse(out, "TLB misses, which EPT makes dearer, are not counted "
                    "(--paging shadow has none of that)");
        return false;
    }
    return true;
}

enum status compare_price(const struct compare_pricing *p, unsigned engine,
                          const char *interval, struct priced *out,
                          struct error *err)
{
    const struct sample *s = campaign_at(p->c, engine, 0);
    struct priced one;
    enum status st = ST_OK;

    if (!has_price(p, engine, out))
        return ST_OK;
    if (s == NULL || (interval != NULL && !cuts_find(&s->cuts, interval)))
        refuse(out, "no such interval");
    for (unsigned i = 0; st == ST_OK && s != NULL && i < s->cuts.nr; i++) {
        const struct cut *cut = &s->cuts.cut[i];

        if (interval != NULL && strcmp(cut->name, interval) != 0)
            continue;
        st = price_ledger(p->prices, p->c->engine[engine]->name, &cut->ledger,
                          cut->insns, NULL, NULL, &one, err);
        if (st != ST_OK)
            break;
        out->cycles.low += one.cycles.low;
        out->cycles.high += one.cycles.high;
        if (out->nr_missing == 0)
            memcpy(out->missing, one.missing, sizeof(out->missing));
        out->nr_missing += one.nr_missing;
    }
    return st;
}

static void range_text(struct range r, int digits, char *buf, size_t size)
{
    if (r.low == r.high)
        snprintf(buf, size, "%.*f", digits, r.low);
    else
        snprintf(buf, size, "%.*f..%.*f", digits, fmin(r.low, r.high), digits,
                 fmax(r.low, r.high));
}

/* Rows without a price, as many as a line takes; all are in the JSON and in
 * the file. */
#define REFUSED_WIDTH 70

static void print_refused(const struct priced *p, FILE *f)
{
    int len = (int)strlen(p->missing);
    bool cut = p->nr_missing > 1 && len > REFUSED_WIDTH;

    for (len = cut ? REFUSED_WIDTH : len;
         cut && len > 0 && p->missing[len] != ',';)
        len--;
    fprintf(f, "refused: no price: %.*s%s\n", len, p->missing,
            cut ? ", ..." : "");
}

static bool print_cell(const struct compare_pricing *p, unsigned engine,
                       const char *interval, const struct priced *base,
                       struct priced *out, FILE *f)
{
    char cycles[48], ratio[48] = "-";

    if (compare_price(p, engine, interval, out, NULL) != ST_OK)
        return false;
    fprintf(f, "%-16.40s %-8s ", interval != NULL ? interval : "total",
            p->c->engine[engine]->name);
    if (out->nr_missing > 0) {
        print_refused(out, f);
        return true;
    }
    range_text((struct range){out->cycles.low / 1e6, out->cycles.high / 1e6}, 3,
               cycles, sizeof(cycles));
    if (base->nr_missing == 0 && base->cycles.low > 0)
        range_text((struct range){out->cycles.low / base->cycles.low,
                                  out->cycles.high / base->cycles.high},
                   3, ratio, sizeof(ratio));
    fprintf(f, "%28s %22s\n", cycles, ratio);
    return true;
}

bool compare_price_print(const struct compare_pricing *p, FILE *out)
{
    unsigned nr;
    const char **names = campaign_benchmarks(p->c, &nr);
    struct priced base, cell;
    bool ok = names != NULL;

    fprintf(out,
            "\nmodel_cycles by price list %s, sha256 %.16s; handlers, sha256 "
            "%.16s\n%-16s %-8s %28s   ratio to %s\n",
            p->prices->name, p->prices->sha256, p->prices->handlers_sha256,
            "interval", "engine", "model_cycles / 1e6", p->c->engine[0]->name);
    for (unsigned i = 0; ok && i <= nr; i++) {
        const char *interval = i < nr ? names[i] : NULL;

        ok = compare_price(p, 0, interval, &base, NULL) == ST_OK;
        for (unsigned e = 0; ok && e < p->c->nr_engines; e++)
            ok = print_cell(p, e, interval, &base, &cell, out);
    }
    free(names);
    return ok;
}

bool compare_price_json(const struct compare_pricing *p, struct json *j)
{
    unsigned nr;
    const char **names = campaign_benchmarks(p->c, &nr);
    struct priced cell;
    bool ok = names != NULL;

    json_object(j, "model_cycles");
    json_string(j, "prices", p->prices->name);
    json_string(j, "sha256", p->prices->sha256);
    json_string(j, "handlers_sha256", p->prices->handlers_sha256);
    json_array(j, "intervals");
    for (unsigned i = 0; ok && i < nr; i++)
        for (unsigned e = 0; ok && e < p->c->nr_engines; e++) {
            ok = compare_price(p, e, names[i], &cell, NULL) == ST_OK;
            json_object(j, NULL);
            json_string(j, "interval", names[i]);
            json_string(j, "engine", p->c->engine[e]->name);
            json_double(j, "low", cell.nr_missing ? NAN : cell.cycles.low);
            json_double(j, "high", cell.nr_missing ? NAN : cell.cycles.high);
            json_string(j, "refused", cell.missing);
            json_object_end(j);
        }
    json_array_end(j);
    json_object_end(j);
    free(names);
    return ok;
}

bool compare_price_record(const struct compare_pricing *p, struct h5w *w)
{
    const char *table = h5_schema_cycles.path;
    unsigned nr;
    const char **names = campaign_benchmarks(p->c, &nr);
    struct h5_cycles row;
    struct priced cell;
    bool ok = names != NULL;

    h5w_table(w, &h5_schema_cycles);
    h5w_attr(w, table, "timebase", "model_cycles");
    h5w_attr(w, table, "prices", p->prices->name);
    h5w_attr(w, table, "sha256", p->prices->sha256);
    h5w_attr(w, table, "handlers_sha256", p->prices->handlers_sha256);
    for (unsigned i = 0; ok && i < nr; i++)
        for (unsigned e = 0; ok && e < p->c->nr_engines; e++) {
            ok = compare_price(p, e, names[i], &cell, NULL) == ST_OK;
            memset(&row, 0, sizeof(row));
            RECORD_TEXT(row.engine, p->c->engine[e]->name);
            RECORD_TEXT(row.benchmark, names[i]);
            row.low = cell.nr_missing ? NAN : cell.cycles.low;
            row.high = cell.nr_missing ? NAN : cell.cycles.high;
            RECORD_TEXT(row.refused, cell.missing);
            h5w_append(w, &h5_schema_cycles, &row, 1);
        }
    free(names);
    return ok;
}
