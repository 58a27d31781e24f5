/* stats.h: medians and their bootstrap intervals.
 *
 * The interval is the percentile bootstrap's (Efron and Tibshirani, "An
 * Introduction to the Bootstrap", 1993, chapter 13), at 95 %. It is given from
 * STATS_MIN repetitions on: with fewer, even the span from the least to the
 * greatest covers the median less often than that. */
#ifndef EXPERIMENTS_LIB_STATS_H
#define EXPERIMENTS_LIB_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/rng.h"

#define STATS_MIN       6
#define STATS_MAX       1000 /* repetitions that are looked at */
#define STATS_RESAMPLES 2000

struct stats_range {
    double mid, low, high; /* low and high NaN: too few */
};

/* Median of n > 0 values; they are sorted in place. */
double stats_median(double *v, size_t n);

/* Median of v. */
struct stats_range stats_of(const double *v, size_t n, struct rng *rng);

/* Ratio of the medians a / b, resampled independently. */
struct stats_range stats_ratio(const double *a, size_t na, const double *b,
                               size_t nb, struct rng *rng);

/* What may be said of a ratio: "faster", "slower", "no difference shown" (the
 * interval holds 1), or "" without an interval. */
const char *stats_verdict(const struct stats_range *ratio);

#endif
