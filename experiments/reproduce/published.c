/* published.c: the values that a paper published. */
#include "experiments/reproduce/published.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER                                                                 \
    "id,source,place,benchmark,series,processor,value,unit,class,note"

static enum status take(struct published *p, unsigned row, struct error *err)
{
    const struct csv *c = &p->csv;
    struct published_value *v = &p->value[row];
    char *end;

    *v = (struct published_value){
        .id = csv_at(c, row, 0),
        .source = csv_at(c, row, 1),
        .place = csv_at(c, row, 2),
        .value = strtod(csv_at(c, row, 6), &end),
        .unit = csv_at(c, row, 7),
        .class = csv_at(c, row, 8),
        .note = csv_at(c, row, 9),
    };
    if (v->id[0] == '\0' || v->source[0] == '\0' || v->place[0] == '\0' ||
        v->unit[0] == '\0' || v->class[0] == '\0')
        return csv_bad(c, row, err,
                       "a value without id, source, place, unit or class");
    if (end == csv_at(c, row, 6) || *end != '\0' || !isfinite(v->value))
        return csv_bad(c, row, err, "no number: '%s'", csv_at(c, row, 6));
    for (unsigned i = 0; i < row; i++)
        if (strcmp(p->value[i].id, v->id) == 0)
            return csv_bad(c, row, err, "%s is there already", v->id);
    return ST_OK;
}

static enum status load(struct published *p, struct error *err)
{
    enum status st = csv_load(p->path, HEADER, &p->csv, err);

    if (st != ST_OK)
        return st;
    p->value = calloc(p->csv.rows + 1, sizeof(*p->value));
    if (p->value == NULL)
        return err_set(err, ST_NOMEM, "%s", p->path);
    for (; st == ST_OK && p->nr < p->csv.rows; p->nr++)
        st = take(p, p->nr, err);
    return st;
}

enum status published_load(const char *dir, const char *file,
                           struct published *out, struct error *err)
{
    enum status st;

    memset(out, 0, sizeof(*out));
    if (asprintf(&out->path, "%s/%s", dir, file) < 0) {
        out->path = NULL;
        return err_set(err, ST_NOMEM, "path of published values");
    }
    st = load(out, err);
    if (st != ST_OK)
        published_fini(out);
    return st;
}

void published_fini(struct published *p)
{
    csv_fini(&p->csv);
    free(p->value);
    free(p->path);
    memset(p, 0, sizeof(*p));
}

const struct published_value *published_find(const struct published *p,
                                             const char *id)
{
    for (unsigned i = 0; i < p->nr; i++)
        if (strcmp(p->value[i].id, id) == 0)
            return &p->value[i];
    return NULL;
}
