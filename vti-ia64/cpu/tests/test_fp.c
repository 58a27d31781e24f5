/* test_fp.c: rounding of fma against MPFR, which is looked for at run time; and
 * conversions by hand. */
#include "vti-ia64/cpu/fp.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/tests/suite.h"

/* The little of MPFR's ABI that is used: mpfr_t is this struct. */
struct number {
    long prec;
    int sign;
    long exp;
    void *limbs;
};

enum { RNDN, RNDZ, RNDU, RNDD };

struct mpfr {
    void (*init2)(struct number *, long);
    void (*clear)(struct number *);
    int (*set_ui_2exp)(struct number *, unsigned long, long, int);
    int (*neg)(struct number *, const struct number *, int);
    int (*fma)(struct number *, const struct number *, const struct number *,
               const struct number *, int);
    int (*subnormalize)(struct number *, int, int);
    int (*check_range)(struct number *, int, int);
    int (*set_emin)(long);
    int (*set_emax)(long);
    int (*equal_p)(const struct number *, const struct number *);
    int (*inf_p)(const struct number *);
    int (*negative)(const struct number *);
};

static bool load(struct mpfr *m)
{
    void *lib = dlopen("libmpfr.so.6", RTLD_NOW);
    static const char *const names[] = {
        "mpfr_init2",       "mpfr_clear",    "mpfr_set_ui_2exp",
        "mpfr_neg",         "mpfr_fma",      "mpfr_subnormalize",
        "mpfr_check_range", "mpfr_set_emin", "mpfr_set_emax",
        "mpfr_equal_p",     "mpfr_inf_p",    "mpfr_signbit"};
    void *fn[ARRAY_LEN(names)];

    _Static_assert(sizeof(*m) == sizeof(fn), "as many functions as names");
    if (lib == NULL)
        return false;
    for (unsigned k = 0; k < ARRAY_LEN(names); k++) {
        fn[k] = dlsym(lib, names[k]);
        if (fn[k] == NULL)
            return false;
    }
    memcpy(m, fn, sizeof(fn));
    return true;
}

static void to_mpfr(const struct mpfr *m, struct number *x, struct ia64_fr a)
{
    long e = (long)(a.se & FP_EXP);

    m->set_ui_2exp(x, a.sig, (e == 0 ? 0xc001 : e) - FP_BIAS - 63, RNDN);
    if (a.se & FP_SIGN)
        m->neg(x, x, RNDN);
}

static struct ia64_fr operand(struct rng *r, int around)
{
    uint64_t e = FP_BIAS + (uint64_t)around + rng_below(r, 150) - 75;
    uint64_t sig = rng_next(r) | FP_MSB;

    if (rng_below(r, 3) == 0)
        sig &= ~0ull << rng_below(r, 63);
    return (struct ia64_fr){sig, (e & FP_EXP) | rng_below(r, 2) << 17};
}

/* A longer or another run. */
static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

/* Loop index: precision (24, 53, 64) * 3 + range of exponents. Environment:
 * FP_SEED, FP_COUNT. */
START_TEST(fma_rounds_as_mpfr)
{
    static const unsigned prec[3] = {24, 53, 64};
    static const int rounding[4] = {RNDN, RNDD, RNDU, RNDZ};
    static const int emin[3] = {-126, -1022, -16382};
    struct rng r = {(uint64_t)_i + setting("FP_SEED", 3)};
    uint64_t count = setting("FP_COUNT", 20000);
    struct number a, b, c, want, got;
    struct mpfr m;

    if (!load(&m))
        SKIP("no libmpfr.so.6 (package libmpfr6)");
    m.init2(&a, 64);
    m.init2(&b, 64);
    m.init2(&c, 64);
    m.init2(&got, 64);
    m.init2(&want, prec[_i / 3]);
    for (uint64_t n = 0; n < count; n++) {
        int lo = emin[_i % 3], around = (int)rng_below(&r, 3) - 1;
        struct fp_env env = {.prec = prec[_i / 3],
                             .emin = lo,
                             .emax = 1 - lo,
                             .denorm =
                                 lo == -16382 ? 0 : (unsigned)(lo + FP_BIAS),
                             .rc = (unsigned)rng_below(&r, 4),
                             .masked = 63};
        /* Products and sums near the ends of the range, or in its middle. */
        struct ia64_fr x = operand(&r, around * (1 - lo) / 2), res;
        struct ia64_fr y = operand(&r, around * (1 - lo) / 2);
        struct ia64_fr z = operand(&r, around * (1 - lo));
        int rnd = rounding[env.rc], t;

        fp_fma(&x, &y, &z, false, false, &env, &res);
        m.set_emin(-200000);
        m.set_emax(200000);
        to_mpfr(&m, &a, x);
        to_mpfr(&m, &b, y);
        to_mpfr(&m, &c, z);
        t = m.fma(&want, &a, &b, &c, rnd);
        m.set_emin(lo - (long)env.prec + 2);
        m.set_emax(env.emax + 1);
        t = m.check_range(&want, t, rnd);
        m.subnormalize(&want, t, rnd);
        m.set_emin(-200000);
        m.set_emax(200000);
        if ((res.se & FP_EXP) == FP_EXP) {
            ck_assert(m.inf_p(&want));
            ck_assert(!m.negative(&want) == !(res.se & FP_SIGN));
            continue;
        }
        to_mpfr(&m, &got, res);
        ck_assert_msg(m.equal_p(&want, &got),
                      "%llx:%05llx * %llx:%05llx + %llx:%05llx rc %u prec %u "
                      "emin %d = %llx:%05llx",
                      (unsigned long long)x.sig, (unsigned long long)x.se,
                      (unsigned long long)y.sig, (unsigned long long)y.se,
                      (unsigned long long)z.sig, (unsigned long long)z.se,
                      env.rc, env.prec, lo, (unsigned long long)res.sig,
                      (unsigned long long)res.se);
    }
    m.clear(&a);
    m.clear(&b);
    m.clear(&c);
    m.clear(&got);
    m.clear(&want);
}
END_TEST

START_TEST(memory_formats_round_trip)
{
    struct rng r = {11};

    for (unsigned n = 0; n < 100000; n++) {
        uint64_t v = rng_next(&r);

        ck_assert_uint_eq(fp_to_double(fp_from_double(v)), v);
        ck_assert_uint_eq(fp_to_single(fp_from_single((uint32_t)v)),
                          (uint32_t)v);
    }
}
END_TEST

START_TEST(integers_round_trip)
{
    struct fp_env env = {
        .prec = 64, .emin = -65534, .emax = 65535, .masked = 63};
    struct rng r = {12};
    uint64_t v;

    for (unsigned n = 0; n < 10000; n++) {
        int64_t x = (int64_t)rng_next(&r) >> rng_below(&r, 63);

        ck_assert_uint_eq(fp_to_int(fp_from_int(x), false, false, 64, &env, &v),
                          0);
        ck_assert_int_eq((int64_t)v, x);
    }
    ck_assert_uint_eq(fp_to_int(fp_from_double(0x43e0000000000000ull), false,
                                true, 64, &env, &v),
                      FPF_V); /* 2^63 */
    ck_assert_uint_eq(v, FP_MSB);
}
END_TEST

Suite *test_fp_suite(void)
{
    Suite *s = suite_create("fp");
    TCase *tc = tcase_create("arithmetic");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, fma_rounds_as_mpfr, 0, 9);
    tcase_add_test(tc, memory_formats_round_trip);
    tcase_add_test(tc, integers_round_trip);
    suite_add_tcase(s, tc);
    return s;
}
