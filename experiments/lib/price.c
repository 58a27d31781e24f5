/* price.c: reads price lists. */
#include "experiments/lib/price.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/lib/sample.h"

#define LIST_HEADER                                                            \
    "engine,kind,reason,sub,low,high,unit,source,place,class,note"
#define HANDLERS_HEADER                                                        \
    "engine,kind,reason,sub,instructions,guest,interval,events,note"
#define HANDLERS_FILE "handlers/x86-64.csv"

#define MAX_REASON 256u /* reasons that are looked at for names */

/* ---- what a row may say ---- */

static bool is_one_of(const char *text, const char *const *list, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static bool find_kind(const char *name, enum ledger_kind *out)
{
    for (unsigned k = 0; k < LEDGER_KINDS; k++) {
        if (strcmp(ledger_kind_name((enum ledger_kind)k), name) != 0)
            continue;
        *out = (enum ledger_kind)k;
        return true;
    }
    return false;
}

static bool has_reason(enum ledger_kind kind, const char *name)
{
    struct ledger_row r = {.kind = (uint16_t)kind};
    char text[40];

    for (unsigned n = 0; n < MAX_REASON; n++) {
        r.reason = (uint16_t)n;
        sample_reason_name(&r, text, sizeof(text));
        if (strcmp(text, name) == 0)
            return true;
    }
    return false;
}

/* Columns engine, kind, reason, sub, the same in both files. */
static enum status take_key(const struct csv *c, unsigned row, struct price *p,
                            struct error *err)
{
    static const char *const engines[] = {"*", "native", "bt", "hvm", "pv"};
    const char *sub = csv_at(c, row, 3);
    enum ledger_kind kind;
    double n;

    p->engine = csv_at(c, row, 0);
    p->kind = csv_at(c, row, 1);
    p->reason = csv_at(c, row, 2);
    p->sub = PRICE_ANY_SUB;
    if (!is_one_of(p->engine, engines, ARRAY_LEN(engines)))
        return csv_bad(c, row, err, "no engine '%s'", p->engine);
    if (!find_kind(p->kind, &kind))
        return csv_bad(c, row, err, "no kind of ledger rows '%s'", p->kind);
    if (!ledger_kind_architectural(kind))
        return csv_bad(c, row, err, "%s rows are private and have no price",
                       p->kind);
    if (!has_reason(kind, p->reason))
        return csv_bad(c, row, err, "no row of kind %s is called '%s'", p->kind,
                       p->reason);
    if (strcmp(sub, "*") == 0)
        return ST_OK;
    if (!csv_number(sub, &n) || n >= 0x1p53)
        return csv_bad(c, row, err, "sub: a number or *, not '%s'", sub);
    p->sub = (uint64_t)n;
    return ST_OK;
}

static enum status check_twice(const struct csv *c, unsigned row,
                               const struct price *list, unsigned nr,
                               const struct price *p, struct error *err)
{
    for (unsigned i = 0; i < nr; i++)
        if (strcmp(list[i].engine, p->engine) == 0 &&
            strcmp(list[i].kind, p->kind) == 0 &&
            strcmp(list[i].reason, p->reason) == 0 && list[i].sub == p->sub)
            return csv_bad(c, row, err, "%s %s has a price already", p->kind,
                           p->reason);
    return ST_OK;
}

/* ---- the list ---- */
static enum status take_value(const struct csv *c, unsigned row,
                              const char *unit, struct price *p,
                              struct error *err)
{
    static const char *const classes[] = {"printed", "figure", "measured",
                                          "derived", "assumed"};

    if (!csv_number(csv_at(c, row, 4), &p->value.low) ||
        !csv_number(csv_at(c, row, 5), &p->value.high))
        return csv_bad(c, row, err, "low and high: numbers, not negative");
    if (p->value.low > p->value.high)
        return csv_bad(c, row, err, "low is above high");
    if (strcmp(csv_at(c, row, 6), unit) != 0)
        return csv_bad(c, row, err, "unit: %s, not '%s'", unit,
                       csv_at(c, row, 6));
    p->source = csv_at(c, row, 7);
    p->place = csv_at(c, row, 8);
    p->class = csv_at(c, row, 9);
    p->note = csv_at(c, row, 10);
    if (!is_one_of(p->class, classes, ARRAY_LEN(classes)))
        return csv_bad(c, row, err, "no class '%s'", p->class);
    if (p->source[0] == '\0' || p->place[0] == '\0')
        return csv_bad(c, row, err, "a value without its source or place");
    if (p->note[0] == '\0' &&
        (strcmp(p->class, "derived") == 0 || strcmp(p->class, "assumed") == 0))
        return csv_bad(c, row, err, "class %s wants a note that says how",
                       p->class);
    return ST_OK;
}

/* Rows of kind MODEL: what belongs to no ledger row. *taken: it was one. */
static enum status take_model(struct price_list *l, unsigned row, bool *taken,
                              struct error *err)
{
    const struct csv *c = &l->list;
    const char *name = csv_at(c, row, 2);
    struct price p = {.kind = "MODEL"};
    struct range *to;
    enum status st;

    *taken = strcmp(csv_at(c, row, 1), "MODEL") == 0;
    if (!*taken)
        return ST_OK;
    if (strcmp(name, "CLOCK") == 0) {
        st = take_value(c, row, "Hz", &p, err);
        if (st == ST_OK && p.value.low != p.value.high)
            return csv_bad(c, row, err, "the clock is no range");
        l->clock_hz = p.value.low;
        return st;
    }
    to = strcmp(name, "CPI") == 0           ? &l->cpi
         : strcmp(name, "HANDLER_CPI") == 0 ? &l->handler_cpi
                                            : NULL;
    if (to == NULL)
        return csv_bad(c, row, err, "MODEL has CLOCK, CPI, HANDLER_CPI");
    st = take_value(c, row, "cycles/instruction", &p, err);
    *to = p.value;
    return st;
}

static enum status take_list(struct price_list *l, struct error *err)
{
    enum status st = ST_OK;
    struct price *p;
    bool model;

    l->price = calloc(l->list.rows + 1, sizeof(*l->price));
    if (l->price == NULL)
        return err_set(err, ST_NOMEM, "%s", l->path);
    for (unsigned i = 0; st == ST_OK && i < l->list.rows; i++) {
        p = &l->price[l->nr_prices];
        st = take_model(l, i, &model, err);
        if (st != ST_OK || model)
            continue;
        st = take_key(&l->list, i, p, err);
        if (st == ST_OK)
            st = take_value(&l->list, i, "cycles", p, err);
        if (st == ST_OK)
            st = check_twice(&l->list, i, l->price, l->nr_prices, p, err);
        l->nr_prices++;
    }
    if (st == ST_OK && (l->cpi.high <= 0 || l->handler_cpi.high <= 0))
        st = err_set(err, ST_INVAL, "%s: no MODEL row CPI or HANDLER_CPI",
                     l->path);
    return st;
}

/* ---- the handlers ---- */
static enum status take_handlers(struct price_list *l, struct error *err)
{
    const struct csv *c = &l->handlers_csv;
    enum status st = ST_OK;
    struct price *p;

    l->handler = calloc(c->rows + 1, sizeof(*l->handler));
    if (l->handler == NULL)
        return err_set(err, ST_NOMEM, "%s", l->handlers_path);
    for (unsigned i = 0; st == ST_OK && i < c->rows; i++) {
        p = &l->handler[l->nr_handlers];
        st = take_key(c, i, p, err);
        if (st == ST_OK && !csv_number(csv_at(c, i, 4), &p->value.low))
            st = csv_bad(c, i, err, "instructions: a number, not negative");
        if (st == ST_OK)
            st = check_twice(c, i, l->handler, l->nr_handlers, p, err);
        p->value.high = p->value.low;
        p->source = "instructions of our own handlers";
        p->place = csv_at(c, i, 5);
        p->class = "measured";
        p->note = csv_at(c, i, 8);
        l->nr_handlers++;
    }
    return st;
}

/* ---- files ---- */
static enum status make_path(const char *dir, const char *file,
                             const char *suffix, char **out, struct error *err)
{
    if (asprintf(out, "%s/%s%s", dir, file, suffix) >= 0)
        return ST_OK;
    *out = NULL;
    return err_set(err, ST_NOMEM, "path of a price list");
}

static enum status find_list(const char *dir, struct price_list *l,
                             struct error *err)
{
    char file[128];
    enum status st;

    if (l->name[0] == '\0' || strpbrk(l->name, "/.") != NULL ||
        strlen(l->name) > 64)
        return err_set(err, ST_INVAL, "no price list '%.64s' (list prices)",
                       l->name);
    snprintf(file, sizeof(file), "processors/%s", l->name);
    st = make_path(dir, file, ".csv", &l->path, err);
    if (st == ST_OK && access(l->path, R_OK) != 0)
        st =
            err_set(err, ST_INVAL, "no price list '%s' (list prices)", l->name);
    return st;
}

static enum status load(const char *dir, struct price_list *l,
                        struct error *err)
{
    enum status st = find_list(dir, l, err);

    if (st == ST_OK)
        st = make_path(dir, HANDLERS_FILE, "", &l->handlers_path, err);
    if (st == ST_OK)
        st = csv_load(l->path, LIST_HEADER, &l->list, err);
    if (st == ST_OK)
        st = csv_load(l->handlers_path, HANDLERS_HEADER, &l->handlers_csv, err);
    if (st == ST_OK)
        st = sha256_file(l->path, l->sha256, NULL, err);
    if (st == ST_OK)
        st = sha256_file(l->handlers_path, l->handlers_sha256, NULL, err);
    if (st == ST_OK)
        st = take_list(l, err);
    if (st == ST_OK)
        st = take_handlers(l, err);
    return st;
}

enum status price_load(const char *dir, const char *name,
                       struct price_list *out, struct error *err)
{
    enum status st;

    *out = (struct price_list){.name = name};
    st = load(dir, out, err);
    if (st != ST_OK)
        price_fini(out);
    return st;
}

void price_fini(struct price_list *p)
{
    csv_fini(&p->list);
    csv_fini(&p->handlers_csv);
    free(p->path);
    free(p->handlers_path);
    free(p->price);
    free(p->handler);
    memset(p, 0, sizeof(*p));
}

/* ---- names ---- */
static int is_list(const struct dirent *d)
{
    size_t len = strlen(d->d_name);

    return len > 4 && strcmp(d->d_name + len - 4, ".csv") == 0;
}

enum status price_names(const char *dir, char ***names, unsigned *nr,
                        struct error *err)
{
    struct dirent **entry = NULL;
    char *path;
    int n;

    *names = NULL;
    *nr = 0;
    if (asprintf(&path, "%s/processors", dir) < 0)
        return err_set(err, ST_NOMEM, "path of price lists");
    n = scandir(path, &entry, is_list, alphasort);
    free(path);
    if (n < 0)
        return err_set_errno(err, ST_HOST, errno, "%s/processors", dir);
    *names = calloc((size_t)n + 1, sizeof(**names));
    for (int i = 0; i < n; i++) {
        if (*names != NULL)
            (*names)[i] =
                strndup(entry[i]->d_name, strlen(entry[i]->d_name) - 4);
        free(entry[i]);
    }
    free(entry);
    *nr = (unsigned)n;
    return *names != NULL ? ST_OK : err_set(err, ST_NOMEM, "price lists");
}

void price_names_free(char **names, unsigned nr)
{
    for (unsigned i = 0; names != NULL && i < nr; i++)
        free(names[i]);
    free(names);
}

/* ---- looking up ---- */
const struct price *price_find(const struct price *list, unsigned nr,
                               const char *engine, const struct ledger_row *r)
{
    const char *kind = ledger_kind_name((enum ledger_kind)r->kind);
    const struct price *best = NULL;
    int rank, best_rank = -1;
    char reason[40];

    sample_reason_name(r, reason, sizeof(reason));
    for (const struct price *p = list; p < list + nr; p++) {
        bool any_engine = strcmp(p->engine, "*") == 0;
        bool any_sub = p->sub == PRICE_ANY_SUB;

        if ((!any_engine && strcmp(p->engine, engine) != 0) ||
            (!any_sub && p->sub != r->sub) || strcmp(p->kind, kind) != 0 ||
            strcmp(p->reason, reason) != 0)
            continue;
        rank = (any_sub ? 0 : 2) + (any_engine ? 0 : 1);
        if (rank > best_rank) {
            best = p;
            best_rank = rank;
        }
    }
    return best;
}
