/* engine_rows.c: the engines of a results file in the order of the comparison.
 */
#include "experiments/lib/engine_rows.h"

#include <string.h>

struct search {
    const struct h5_runs *run;
    size_t n, *row;
    unsigned max, nr;
};

static void on_engine(void *opaque, const char *name)
{
    struct search *s = opaque;
    size_t i = 0;

    while (i < s->n && strcmp(s->run[i].engine, name) != 0)
        i++;
    if (i < s->n && s->nr < s->max)
        s->row[s->nr++] = i;
}

enum status engine_rows(struct h5r *r, const struct h5_runs *run, size_t n,
                        size_t *row, unsigned max, unsigned *nr,
                        struct error *err)
{
    struct search s = {.run = run, .n = n, .row = row, .max = max};
    enum status st = h5r_texts(r, "/scales/engine", on_engine, &s, err);

    *nr = s.nr;
    return st;
}
