/* test_ledger.c: counts, order of rows, growth, the limit. */
#include "common/engine/ledger.h"

#include <string.h>

#include "common/base/rng.h"
#include "common/tests/suite.h"

static struct ledger l;

static void setup(void)
{
    struct error err;

    ck_assert_ok(ledger_init(&l, &err), &err);
}

static void teardown(void)
{
    ledger_fini(&l);
}

START_TEST(adds_up)
{
    ck_assert_uint_eq(ledger_get(&l, LEDGER_EXIT, 3, 7), 0);
    ledger_add(&l, LEDGER_EXIT, 3, 7, 1);
    ledger_add(&l, LEDGER_EXIT, 3, 7, 41);
    ck_assert_uint_eq(ledger_get(&l, LEDGER_EXIT, 3, 7), 42);
    ck_assert_uint_eq(l.nr, 1);
}
END_TEST

START_TEST(all_three_make_a_row)
{
    ledger_add(&l, LEDGER_SENSITIVE, 1, 2, 1);
    ledger_add(&l, LEDGER_EXIT, 1, 2, 2);
    ledger_add(&l, LEDGER_SENSITIVE, 2, 2, 3);
    ledger_add(&l, LEDGER_SENSITIVE, 1, 3, 4);
    ck_assert_uint_eq(l.nr, 4);
    ck_assert_uint_eq(ledger_get(&l, LEDGER_SENSITIVE, 1, 2), 1);
    ck_assert_uint_eq(ledger_get(&l, LEDGER_EXIT, 1, 2), 2);
    ck_assert_uint_eq(ledger_get(&l, LEDGER_SENSITIVE, 2, 2), 3);
    ck_assert_uint_eq(ledger_get(&l, LEDGER_SENSITIVE, 1, 3), 4);
}
END_TEST

START_TEST(rows_stay_in_order_of_first_use)
{
    struct rng g = {1};
    uint64_t sub[3000];
    unsigned n;

    for (n = 0; n < ARRAY_LEN(sub); n++) {
        sub[n] = rng_next(&g);
        ledger_add(&l, LEDGER_MMU, n % 50, sub[n], n + 1);
        ledger_add(&l, LEDGER_MMU, 0, sub[0], 1);
    }
    ck_assert_uint_eq(l.nr, ARRAY_LEN(sub));
    for (n = 1; n < ARRAY_LEN(sub); n++)
        if (l.row[n].sub != sub[n] || l.row[n].reason != n % 50 ||
            l.row[n].count != n + 1)
            ck_abort_msg("row %u", n);
    ck_assert_uint_eq(l.row[0].count, 1 + ARRAY_LEN(sub));
}
END_TEST

START_TEST(a_guest_cannot_make_it_grow_for_ever)
{
    const unsigned many = LEDGER_MAX_ROWS + 1000;
    unsigned n;

    for (n = 0; n < many; n++)
        ledger_add(&l, LEDGER_SENSITIVE, 0, n, 2);
    ck_assert_uint_eq(l.nr, LEDGER_MAX_ROWS);
    ck_assert_uint_eq(l.lost, 2000);
    ledger_add(&l, LEDGER_SENSITIVE, 0, 5, 1); /* known rows still count */
    ck_assert_uint_eq(ledger_get(&l, LEDGER_SENSITIVE, 0, 5), 3);
    ck_assert_uint_eq(ledger_get(&l, LEDGER_SENSITIVE, 0, many - 1), 0);
}
END_TEST

START_TEST(clear_forgets_all)
{
    unsigned n;

    for (n = 0; n < 500; n++)
        ledger_add(&l, LEDGER_SENSITIVE, 0, n, 1);
    ledger_clear(&l);
    ck_assert_uint_eq(l.nr, 0);
    ck_assert_uint_eq(ledger_get(&l, LEDGER_SENSITIVE, 0, 5), 0);
    ledger_add(&l, LEDGER_SENSITIVE, 0, 5, 9);
    ck_assert_uint_eq(ledger_get(&l, LEDGER_SENSITIVE, 0, 5), 9);
}
END_TEST

START_TEST(kinds_have_names)
{
    ck_assert_str_eq(ledger_kind_name(LEDGER_SENSITIVE), "SENSITIVE");
    ck_assert_str_eq(ledger_kind_name(LEDGER_PROCESSOR), "PROCESSOR");
    ck_assert_str_eq(ledger_kind_name(LEDGER_KINDS), "?");
}
END_TEST

Suite *test_ledger_suite(void)
{
    Suite *s = suite_create("ledger");
    TCase *tc = tcase_create("rows");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, adds_up);
    tcase_add_test(tc, all_three_make_a_row);
    tcase_add_test(tc, rows_stay_in_order_of_first_use);
    tcase_add_test(tc, a_guest_cannot_make_it_grow_for_ever);
    tcase_add_test(tc, clear_forgets_all);
    tcase_add_test(tc, kinds_have_names);
    suite_add_tcase(s, tc);
    return s;
}
