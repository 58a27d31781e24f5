/* stats.h: medians, their ratios, and 95 % intervals of both.
 *
 * A median's interval lies between two of the values and needs no assumption
 * (David and Nagaraja, "Order Statistics", 2003, section 7.1 "Confidence
 * Intervals for Quantiles"): it covers the median at least that often. A
 * ratio's is the percentile bootstrap's (Efron and Tibshirani, "An Introduction
 * to the Bootstrap", 1993, chapter 13). They are given from STATS_MIN values
 * on: with fewer, even the span from the least to the greatest covers the
 * median less often. */
#ifndef EXPERIMENTS_LIB_STATS_H
#define EXPERIMENTS_LIB_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/rng.h"

#define STATS_MIN       6    /* 1 - 2/2^6 is over 95 % */
#define STATS_MAX       1000 /* repetitions that are looked at */
#define STATS_RESAMPLES 2000

struct stats_range {
    double mid, low, high; /* low and high NaN: too few */
};

/* Median of n > 0 values; they are sorted in place. */
double stats_median(double *v, size_t n);

/* Median of v. */
struct stats_range stats_of(const double *v, size_t n);

/* Ratio of the medians a / b, resampled independently. */
struct stats_range stats_ratio(const double *a, size_t na, const double *b,
                               size_t nb, struct rng *rng);

/* What may be said of a ratio: "faster", "slower", "no difference shown" (the
 * interval holds 1), or "" without an interval. */
const char *stats_verdict(const struct stats_range *ratio);

#endif
