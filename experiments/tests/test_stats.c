/* test_stats.c: intervals cover what they say, on data whose median and ratio
 * are known. */
#include "experiments/lib/stats.h"

#include <math.h>
#include <string.h>

#include "common/tests/suite.h"

#define TRIALS 100

/* Uniform in (0, 1). */
static double uniform(struct rng *r)
{
    return ((double)(rng_next(r) >> 12) + 0.5) / 4503599627370496.0;
}

/* Skewed, as times are: exponential above 1, with the median 1 + ln 2. */
static double skewed(struct rng *r)
{
    return 1 - log(uniform(r));
}

START_TEST(medians)
{
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2}, one[] = {7};

    ck_assert_double_eq(stats_median(odd, 3), 2);
    ck_assert_double_eq(stats_median(even, 4), 2.5);
    ck_assert_double_eq(stats_median(one, 1), 7);
}
END_TEST

/* How often a median's interval holds the true one, by the number of values:
 * 1 - 2 P(Binomial(n, 1/2) < ranks left out), at least 95 %. */
static const struct {
    size_t n;
    double rate;
} medians_of[] = {{6, 0.96875},   {7, 0.984375},  {8, 0.992188},
                  {10, 0.978516}, {30, 0.957226}, {100, 0.953956}};

START_TEST(covers_median)
{
    size_t n = medians_of[_i].n, i;
    struct rng data = {41};
    double v[STATS_MAX], truth = 1 + log(2), rate;
    struct stats_range r;
    unsigned t, in = 0, trials = 4000;

    for (t = 0; t < trials; t++) {
        for (i = 0; i < n; i++)
            v[i] = skewed(&data);
        r = stats_of(v, n);
        in += r.low <= truth && truth <= r.high;
    }
    rate = (double)in / trials;
    ck_assert_msg(fabs(rate - medians_of[_i].rate) < 0.012, "n %zu: %g", n,
                  rate);
}
END_TEST

/* The percentile bootstrap has no exact rate; 95 % is claimed. */
static const size_t sizes[] = {6, 10, 30};

START_TEST(covers_ratio)
{
    size_t n = sizes[_i], i;
    struct rng data = {43}, rng = {1};
    double a[STATS_MAX], b[STATS_MAX];
    struct stats_range r;
    unsigned t, in = 0, same = 0;

    for (t = 0; t < TRIALS; t++) {
        for (i = 0; i < n; i++) {
            a[i] = 3 * skewed(&data);
            b[i] = skewed(&data);
        }
        r = stats_ratio(a, n, b, n, &rng);
        in += r.low <= 3 && 3 <= r.high;
        same += strcmp(stats_verdict(&r), "slower") != 0;
    }
    ck_assert_msg(in >= 0.92 * TRIALS && in < TRIALS, "n %zu: %u of %d", n, in,
                  TRIALS);
    ck_assert_uint_lt(same, n >= 10 ? TRIALS / 20 : TRIALS / 4);
}
END_TEST

START_TEST(too_few)
{
    double v[] = {1, 2, 3, 4, 5, 6};
    struct rng rng = {1};
    struct stats_range r = stats_of(v, STATS_MIN - 1);

    ck_assert_double_eq(r.mid, 3);
    ck_assert_double_nan(r.low);
    ck_assert_double_nan(r.high);
    ck_assert_str_eq(stats_verdict(&r), "");
    r = stats_of(v, STATS_MIN);
    ck_assert_double_eq(r.low, 1);
    ck_assert_double_eq(r.high, 6);
    r = stats_ratio(v, STATS_MIN, v, 1, &rng);
    ck_assert_double_eq(r.mid, 3.5);
    ck_assert_double_nan(r.low);
    r = stats_of(v, 0);
    ck_assert_double_nan(r.mid);
}
END_TEST

START_TEST(verdicts)
{
    ck_assert_str_eq(stats_verdict(&(struct stats_range){1, 0.9, 1.1}),
                     "no difference shown");
    ck_assert_str_eq(stats_verdict(&(struct stats_range){2, 1.1, 3}), "slower");
    ck_assert_str_eq(stats_verdict(&(struct stats_range){.5, .4, .6}),
                     "faster");
}
END_TEST

Suite *test_stats_suite(void)
{
    Suite *s = suite_create("stats");
    TCase *tc = tcase_create("stats");

    tcase_add_test(tc, medians);
    tcase_add_loop_test(tc, covers_median, 0, ARRAY_LEN(medians_of));
    tcase_add_loop_test(tc, covers_ratio, 0, ARRAY_LEN(sizes));
    tcase_add_test(tc, too_few);
    tcase_add_test(tc, verdicts);
    suite_add_tcase(s, tc);
    return s;
}
