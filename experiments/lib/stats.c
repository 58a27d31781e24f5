/* stats.c: medians, their ratios, and 95 % intervals of both. */
#include "experiments/lib/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* The middle 95 % of the resampled values. */
static void percentiles(double *value, struct stats_range *r)
{
    qsort(value, STATS_RESAMPLES, sizeof(*value), ascending);
    r->low = value[STATS_RESAMPLES / 40];
    r->high = value[STATS_RESAMPLES - 1 - STATS_RESAMPLES / 40];
}

/* How many values at each end the interval leaves out: the most for which both
 * tails together hold the median in at most 5 % of samples. Each value is below
 * the median with probability 1/2. */
static size_t left_out(size_t n)
{
    double p = ldexp(1, -(int)n), tail = p;
    size_t k = 0;

    while (k + 1 < n && 2 * tail <= 0.05) {
        p *= (double)(n - k) / (double)(k + 1);
        tail += p;
        k++;
    }
    return k - 1;
}

struct stats_range stats_of(const double *v, size_t n)
{
    double copy[STATS_MAX];
    struct stats_range r = {NAN, NAN, NAN};

    n = usable(n);
    if (n == 0)
        return r;
    memcpy(copy, v, n * sizeof(*v));
    r.mid = stats_median(copy, n);
    if (n < STATS_MIN)
        return r;
    r.low = copy[left_out(n)];
    r.high = copy[n - 1 - left_out(n)];
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
    r.mid = stats_of(a, na).mid / stats_of(b, nb).mid;
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
