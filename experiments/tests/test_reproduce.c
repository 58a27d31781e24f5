/* test_reproduce.c: a paper's claims refer to what is there; verdicts. */
#include <stdio.h>
#include <string.h>

#include "common/tests/suite.h"
#include "experiments/cli/guests.h"
#include "experiments/reproduce/verdict.h"

#define DATASETS TEST_BUILD "/datasets"

static struct published pub;
static const struct paper *paper;

static void load(void)
{
    struct error err;

    paper = papers[0];
    ck_assert_ok(published_load(DATASETS, paper->file, &pub, &err), &err);
}

static void unload(void)
{
    published_fini(&pub);
}

static bool is_there(const char *experiment)
{
    const struct experiment *e = paper_experiment(paper, experiment);

    return e != NULL && e->absent == NULL;
}

static bool is_measured(const char *id)
{
    for (const struct measure *m = paper->measure; m->id != NULL; m++)
        if (strcmp(m->id, id) == 0)
            return true;
    for (const struct derived *d = paper->derived; d->id != NULL; d++)
        if (strcmp(d->id, id) == 0)
            return true;
    return strncmp(id, "figure5.", 8) == 0;
}

/* Each value has a source; each prediction a tolerance and is measured. */
START_TEST(values)
{
    double v;

    for (const struct value_claim *c = paper->value; c->id != NULL; c++) {
        ck_assert_msg(quantity_published(paper, &pub, c->id, &v), "%s", c->id);
        ck_assert_msg(is_there(c->experiment), "%s", c->id);
        ck_assert_ptr_nonnull(c->reason);
        if (c->kind == PREDICTION) {
            ck_assert_msg(c->tolerance > 1, "%s", c->id);
            ck_assert_msg(is_measured(c->id), "%s", c->id);
        }
        for (const struct value_claim *d = paper->value; d < c; d++)
            ck_assert_str_ne(c->id, d->id);
    }
}
END_TEST

/* The paper's own values are in the order that the paper claims. */
START_TEST(orders)
{
    double less, more;

    for (const struct order_claim *o = paper->order; o->experiment != NULL;
         o++) {
        ck_assert_msg(is_there(o->experiment), "%s", o->less);
        ck_assert_msg(is_measured(o->less), "%s", o->less);
        ck_assert_msg(is_measured(o->more), "%s", o->more);
        ck_assert_msg(quantity_published(paper, &pub, o->less, &less), "%s",
                      o->less);
        ck_assert_msg(quantity_published(paper, &pub, o->more, &more), "%s",
                      o->more);
        ck_assert_msg(less < more, "%s < %s", o->less, o->more);
    }
}
END_TEST

/* What was used for calibration is no prediction, and no side of an ordering
 * alone: one of both is ours. */
START_TEST(calibration)
{
    for (const struct value_claim *c = paper->value; c->id != NULL; c++)
        if (strstr(c->id, ".native") != NULL && strchr(c->id, '/') == NULL)
            ck_assert_msg(c->kind != PREDICTION, "%s", c->id);
    for (const struct order_claim *o = paper->order; o->experiment != NULL; o++)
        ck_assert_msg(strstr(o->less, ".native") == NULL ||
                          strstr(o->more, ".native") == NULL,
                      "%s", o->less);
}
END_TEST

START_TEST(measures)
{
    char name[64];

    for (const struct measure *m = paper->measure; m->id != NULL; m++) {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(m->guest, " "),
                 m->guest);
        ck_assert_msg(guests_find(name) != NULL, "%s", m->guest);
        if (m->native != NULL)
            ck_assert_msg(published_find(&pub, m->native) != NULL, "%s",
                          m->native);
    }
}
END_TEST

/* ---- verdicts ---- */
static struct quantity of(const char *prices, double low, double high)
{
    return (struct quantity){
        .prices = prices, .at = {low, high}, .known = true};
}

START_TEST(of_values)
{
    struct value_claim c = {"x", "e", PREDICTION, 2, "r"};
    struct quantity q = of("a", 60, 190), unknown = {.why = "no price: X"};
    double published = 100;
    const char *why;

    ck_assert_int_eq(verdict_value(&c, &published, &q, &why), VERDICT_HOLDS);
    q.at.high = 201; /* one end is out */
    ck_assert_int_eq(verdict_value(&c, &published, &q, &why), VERDICT_MISSES);
    q = of("a", 49, 100);
    ck_assert_int_eq(verdict_value(&c, &published, &q, &why), VERDICT_MISSES);
    ck_assert_int_eq(verdict_value(&c, &published, &unknown, &why),
                     VERDICT_NOT_COMPARABLE);
    ck_assert_str_eq(why, "no price: X");
    q = of("a", 100, 100); /* a count is equal or not */
    c.kind = STRUCTURE;
    c.tolerance = 1;
    ck_assert_int_eq(verdict_value(&c, &published, &q, &why), VERDICT_HOLDS);
    q = of("a", 101, 101);
    ck_assert_int_eq(verdict_value(&c, &published, &q, &why), VERDICT_MISSES);
    c.kind = CALIBRATION;
    ck_assert_int_eq(verdict_value(&c, &published, &q, &why),
                     VERDICT_CALIBRATION);
}
END_TEST

START_TEST(of_orders)
{
    struct quantity a = of("p", 10, 30), b = of("p", 20, 40), none = {0};
    const char *why;

    /* One list: at both ends; the ranges may overlap. */
    ck_assert_int_eq(verdict_order(&a, &b, &why), VERDICT_HOLDS);
    ck_assert_int_eq(verdict_order(&b, &a, &why), VERDICT_MISSES);
    b.at.high = 30;
    ck_assert_int_eq(verdict_order(&a, &b, &why), VERDICT_MISSES);
    /* Two lists: whatever each leaves open. */
    b = of("q", 20, 40);
    ck_assert_int_eq(verdict_order(&a, &b, &why), VERDICT_MISSES);
    b = of("q", 31, 40);
    ck_assert_int_eq(verdict_order(&a, &b, &why), VERDICT_HOLDS);
    ck_assert_int_eq(verdict_order(&a, &none, &why), VERDICT_MISSES);
    ck_assert_int_eq(verdict_order(NULL, &b, &why), VERDICT_MISSES);
}
END_TEST

Suite *test_reproduce_suite(void)
{
    Suite *s = suite_create("reproduce");
    TCase *claims = tcase_create("claims"), *tc = tcase_create("verdicts");

    tcase_add_checked_fixture(claims, load, unload);
    tcase_add_test(claims, values);
    tcase_add_test(claims, orders);
    tcase_add_test(claims, calibration);
    tcase_add_test(claims, measures);
    suite_add_tcase(s, claims);
    tcase_add_test(tc, of_values);
    tcase_add_test(tc, of_orders);
    suite_add_tcase(s, tc);
    return s;
}
