/* quantity.c: what came out, on both sides. */
#include "experiments/reproduce/quantity.h"

#include <stdio.h>
#include <string.h>

struct quantity *quantity_add(struct quantities *q, const char *id,
                              const char *prices)
{
    struct quantity *n = &q->of[q->nr];

    if (q->nr == QUANTITIES_MAX)
        return NULL;
    q->nr++;
    *n = (struct quantity){.prices = prices};
    snprintf(n->id, sizeof(n->id), "%s", id);
    return n;
}

const struct quantity *quantity_find(const struct quantities *q, const char *id)
{
    for (unsigned i = 0; i < q->nr; i++)
        if (strcmp(q->of[i].id, id) == 0)
            return &q->of[i];
    return NULL;
}

bool quantity_published(const struct paper *p, const struct published *pub,
                        const char *id, double *out)
{
    const struct published_value *v = published_find(pub, id), *over;

    if (v != NULL) {
        *out = v->value;
        return true;
    }
    for (const struct derived *d = p->derived; d->id != NULL; d++) {
        if (strcmp(d->id, id) != 0)
            continue;
        v = published_find(pub, d->numerator);
        over = published_find(pub, d->denominator);
        if (v == NULL || over == NULL || over->value == 0)
            return false;
        *out = v->value / over->value;
        return true;
    }
    return false;
}

void quantity_derive(const struct paper *p, struct quantities *q)
{
    for (const struct derived *d = p->derived; d->id != NULL; d++) {
        const struct quantity *a = quantity_find(q, d->numerator);
        const struct quantity *b = quantity_find(q, d->denominator);
        struct quantity *n;

        if (a == NULL || b == NULL)
            continue;
        n = quantity_add(q, d->id, a->prices);
        if (n == NULL)
            return;
        n->known = a->known && b->known && b->at.low > 0 && b->at.high > 0;
        if (n->known)
            n->at =
                (struct range){a->at.low / b->at.low, a->at.high / b->at.high};
        else
            snprintf(n->why, sizeof(n->why), "%s", a->known ? b->why : a->why);
    }
}
