/* test_cuts.c: intervals between markers, and the first difference of two runs.
 */
#include "experiments/lib/cuts.h"

#include <string.h>

#include "common/dev/testdev.h"
#include "common/engine/disposition.h"
#include "common/tests/suite.h"
#include "experiments/lib/sample.h"

static void add(struct ledger *l, enum x86_sensitive op, uint64_t sub,
                uint64_t n)
{
    ledger_add(l, LEDGER_SENSITIVE, op, sub, n);
}

START_TEST(intervals)
{
    struct ledger l;
    struct cuts c;
    struct error err;
    const struct cut *a, *b;

    ck_assert_ok(ledger_init(&l, &err), &err);
    ck_assert_ok(cuts_init(&c, &err), &err);
    add(&l, SENS_CLI, 0, 3);
    add(&l, SENS_OUT, TESTDEV_MARKER, 1);
    cuts_mark(&c, "a", 5, &l, 100, 110, 7);
    add(&l, SENS_CLI, 0, 4);
    add(&l, SENS_OUT, 0x80, 2);
    cuts_mark(&c, "b", 0, &l, 150, 200, 8);
    add(&l, SENS_OUT, 0x80, 1);
    cuts_mark(&c, "a", 6, &l, 160, 220, 9);
    cuts_mark(&c, CUTS_REST, 0, &l, 161, 221, 1);
    ck_assert(!c.failed);
    ck_assert_uint_eq(c.nr, 3);
    a = cuts_find(&c, "a");
    b = cuts_find(&c, "b");
    ck_assert_uint_eq(a->cuts, 2);
    ck_assert_uint_eq(a->iterations, 11);
    ck_assert_uint_eq(a->insns, 110);
    ck_assert_uint_eq(a->guest_ns, 130);
    ck_assert_uint_eq(a->host_ns, 16);
    ck_assert_uint_eq(a->ledger.nr, 2);
    ck_assert_uint_eq(ledger_get(&a->ledger, LEDGER_SENSITIVE, SENS_CLI, 0), 3);
    ck_assert_uint_eq(cut_count(a, LEDGER_SENSITIVE), 4);
    ck_assert_uint_eq(ledger_get(&b->ledger, LEDGER_SENSITIVE, SENS_CLI, 0), 4);
    ck_assert_uint_eq(cut_count(b, LEDGER_SENSITIVE), 6);
    ck_assert_uint_eq(cuts_find(&c, CUTS_REST)->insns, 1);
    ck_assert_ptr_null(cuts_find(&c, "c"));
    ck_assert(cuts_measured("a"));
    ck_assert(!cuts_measured("setup") && !cuts_measured(CUTS_REST));
    cuts_fini(&c);
    ledger_fini(&l);
}
END_TEST

/* A guest that invents names and rows stays within limits; nothing is lost
 * silently. */
START_TEST(hostile)
{
    struct ledger l;
    struct cuts c;
    struct error err;
    char name[32];
    uint64_t insns = 0, lost = 0;
    unsigned i;

    ck_assert_ok(ledger_init(&l, &err), &err);
    ck_assert_ok(cuts_init(&c, &err), &err);
    for (i = 0; i < CUTS_MAX + 500; i++) {
        snprintf(name, sizeof(name), "n\033[2J%u\xff", i);
        add(&l, SENS_CLI, 0, 1);
        cuts_mark(&c, name, 0, &l, 10ull * (i + 1), 0, 1);
    }
    ck_assert(!c.failed);
    ck_assert_uint_eq(c.nr, CUTS_MAX + 1);
    ck_assert_str_eq(c.cut[0].name, "n?[2J0?");
    ck_assert_uint_eq(cuts_find(&c, CUTS_OTHER)->cuts, 500);
    for (i = 0; i < c.nr; i++)
        insns += c.cut[i].insns;
    ck_assert_uint_eq(insns, 10ull * (CUTS_MAX + 500));
    for (i = 0; i < 60000; i++)
        add(&l, SENS_RDMSR, i, 1);
    for (i = 0; i < 20; i++) {
        unsigned k;

        for (k = 1; k < l.nr; k++)
            l.row[k].count++;
        snprintf(name, sizeof(name), "n\033[2J%u\xff", i);
        cuts_mark(&c, name, 0, &l, 10ull * (CUTS_MAX + 500), 0, 1);
    }
    ck_assert_uint_le(c.rows, CUTS_ROWS);
    for (i = 0; i < c.nr; i++)
        lost += c.cut[i].ledger.lost;
    ck_assert_uint_gt(lost, 0);
    cuts_fini(&c);
    ledger_fini(&l);
}
END_TEST

/* What a sample of one run gives, but for what `change` names. */
static void make(struct sample *s, const char *change)
{
    const char *text = "first\nsecond line\n";
    struct ledger l;
    struct error err;

    ck_assert_ok(sample_init(s, &err), &err);
    ck_assert_ok(ledger_init(&l, &err), &err);
    if (strcmp(change, "console") == 0)
        text = "first\nsecond lime\n";
    sample_console(s, (const uint8_t *)text, strlen(text));
    add(&l, SENS_CLI, 0, strcmp(change, "ledger") == 0 ? 4 : 3);
    cuts_mark(&s->cuts, strcmp(change, "name") == 0 ? "boat" : "boot", 0, &l,
              strcmp(change, "insns") == 0 ? 99 : 100,
              strcmp(change, "time") == 0 ? 101 : 100, 5);
    if (strcmp(change, "more") == 0)
        cuts_mark(&s->cuts, "more", 0, &l, 100, 100, 5);
    snprintf(s->end, sizeof(s->end), "%s",
             strcmp(change, "end") == 0 ? "triple fault" : "power-off");
    sample_end(s);
    ledger_fini(&l);
}

static const struct {
    const char *change, *text;
} differences[] = {
    {"console", "byte 15 (line 2): x has 'second line', y has 'second lime'"},
    {"ledger", "interval boot: SENSITIVE CLI 0x0: 3 in x, 4 in y"},
    {"name", "interval is boot in x, boat in y"},
    {"insns", "interval boot: retired instructions: 100 in x, 99 in y"},
    {"time", "interval boot: ns of guest time: 100 in x, 101 in y"},
    {"more", "1 intervals in x, 2 in y"},
    {"end", "ended with 'power-off' in x, 'triple fault' in y"},
};

START_TEST(first_difference)
{
    struct sample x, y;
    struct error err;

    make(&x, "");
    make(&y, differences[_i].change);
    ck_assert_int_eq(sample_same(&x, "x", &y, "y", SAMPLE_ALL, &err), ST_INVAL);
    ck_assert_msg(strstr(err.text, differences[_i].text) != NULL, "%s",
                  err.text);
    sample_fini(&y);
    make(&y, "");
    ck_assert_ok(sample_same(&x, "x", &y, "y", SAMPLE_ALL, &err), &err);
    sample_fini(&y);
    /* Two engines have each their own ledger. */
    make(&y, "ledger");
    ck_assert_ok(sample_same(&x, "x", &y, "y", SAMPLE_GUEST, &err), &err);
    sample_fini(&y);
    sample_fini(&x);
}
END_TEST

Suite *test_cuts_suite(void)
{
    Suite *s = suite_create("cuts");
    TCase *tc = tcase_create("cuts");

    tcase_add_test(tc, intervals);
    tcase_add_test(tc, hostile);
    tcase_add_loop_test(tc, first_difference, 0, ARRAY_LEN(differences));
    suite_add_tcase(s, tc);
    return s;
}
