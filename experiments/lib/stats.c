/* stats.c: medians and their bootstrap intervals. */
#include "experiments/lib/stats.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double stats_median(double *v, size_t n)
{
    qsort(v, n, sizeof(*v), ascending);
    return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static size_t usable(size_t n)
{
    return n < STATS_MAX ? n : STATS_MAX;
}

/* Median of n values drawn from v with replacement. */
static double resampled(const double *v, size_t n, struct rng *rng)
{
    double draw[STATS_MAX];
    size_t i;

    for (i = 0; i < n; i++)
        draw[i] = v[rng_below(rng, n)];
    return stats_median(draw, n);
}

static double median_of(const double *v, size_t n)
{
    double copy[STATS_MAX];
    size_t i;

    for (i = 0; i < n; i++)
        copy[i] = v[i];
    return stats_median(copy, n);
}

/* The middle 95 % of the resampled values. */
static void percentiles(double *value, struct stats_range *r)
{
    qsort(value, STATS_RESAMPLES, sizeof(*value), ascending);
    r->low = value[STATS_RESAMPLES / 40];
    r->high = value[STATS_RESAMPLES - 1 - STATS_RESAMPLES / 40];
}

struct stats_range stats_of(const double *v, size_t n, struct rng *rng)
{
    double value[STATS_RESAMPLES];
    struct stats_range r = {NAN, NAN, NAN};
    size_t i;

    n = usable(n);
    if (n == 0)
        return r;
    r.mid = median_of(v, n);
    if (n < STATS_MIN)
        return r;
    for (i = 0; i < STATS_RESAMPLES; i++)
        value[i] = resampled(v, n, rng);
    percentiles(value, &r);
    return r;
}

struct stats_range stats_ratio(const double *a, size_t na, const double *b,
                               size_t nb, struct rng *rng)
{
    double value[STATS_RESAMPLES];
    struct stats_range r = {NAN, NAN, NAN};
    size_t i;

    na = usable(na);
    nb = usable(nb);
    if (na == 0 || nb == 0)
        return r;
    r.mid = median_of(a, na) / median_of(b, nb);
    if (na < STATS_MIN || nb < STATS_MIN)
        return r;
    for (i = 0; i < STATS_RESAMPLES; i++)
        value[i] = resampled(a, na, rng) / resampled(b, nb, rng);
    percentiles(value, &r);
    return r;
}

const char *stats_verdict(const struct stats_range *ratio)
{
    if (isnan(ratio->low) || isnan(ratio->high))
        return "";
    if (ratio->high < 1)
        return "faster";
    return ratio->low > 1 ? "slower" : "no difference shown";
}
