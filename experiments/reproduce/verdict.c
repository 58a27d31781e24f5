/* verdict.c: whether a claim holds for us. */
#include "experiments/reproduce/verdict.h"

#include <string.h>

const char *verdict_text(enum verdict v)
{
    static const char *const text[] = {
        [VERDICT_HOLDS] = "holds",
        [VERDICT_MISSES] = "misses",
        [VERDICT_CALIBRATION] = "calibration",
        [VERDICT_NOT_COMPARABLE] = "not comparable",
    };

    return text[v];
}

static bool within(double ours, double published, double factor)
{
    return ours <= published * factor && ours >= published / factor;
}

enum verdict verdict_value(const struct value_claim *c, const double *published,
                           const struct quantity *ours, const char **why)
{
    *why = c->kind == NOT_COMPARED ? c->reason : "";
    if (c->kind == NOT_COMPARED)
        return VERDICT_NOT_COMPARABLE;
    if (c->kind == CALIBRATION)
        return VERDICT_CALIBRATION;
    if (published == NULL || ours == NULL || !ours->known) {
        *why = ours != NULL ? ours->why : "nothing was measured";
        return VERDICT_NOT_COMPARABLE;
    }
    return within(ours->at.low, *published, c->tolerance) &&
                   within(ours->at.high, *published, c->tolerance)
               ? VERDICT_HOLDS
               : VERDICT_MISSES;
}

static double least(const struct quantity *q)
{
    return q->at.low < q->at.high ? q->at.low : q->at.high;
}

static double greatest(const struct quantity *q)
{
    return q->at.low < q->at.high ? q->at.high : q->at.low;
}

enum verdict verdict_order(const struct quantity *less,
                           const struct quantity *more, const char **why)
{
    bool holds;

    *why = "";
    if (less == NULL || more == NULL || !less->known || !more->known) {
        *why = less != NULL && !less->known   ? less->why
               : more != NULL && !more->known ? more->why
                                              : "nothing was measured";
        return VERDICT_MISSES;
    }
    if (strcmp(less->prices, more->prices) == 0)
        holds = less->at.low < more->at.low && less->at.high < more->at.high;
    else
        holds = greatest(less) < least(more);
    return holds ? VERDICT_HOLDS : VERDICT_MISSES;
}
