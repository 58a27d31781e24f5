/* test_report.c: the page: escaping, means, what is left out. */
#include "analysis/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/tests/suite.h"

static const char *const engines[] = {"native", "<bt>"};
static const char *const processors[] = {"interp", "jit"};
static const char *const benchmarks[] = {"a&b", "fork", "gone"};
static const double counts[] = {1234567, NAN, 3, 4};
static const struct report_event events[] = {
    {"SENSITIVE", "IN", 0x3f8, true, &counts[0]},
    {"PROCESSOR", "CHAIN", 0, false, &counts[2]},
};
static const struct report_fact facts[] = {{"guest", "name", "\"x\""}};
static const struct report_cell cells[] = {
    {6, 1e6, 9e5, 1.1e6, 1, NAN, NAN, 10, true},
    {6, 2e6, 1.9e6, 2.1e6, 2, 1.8, 2.2, 10, true},
    {6, 1e3, 9e2, 1.1e3, 1, NAN, NAN, 20, true},
    {6, 8e3, 7e3, 9e3, 8, 7.5, 8.5, 20, true},
    {0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, true},
    {6, 5e3, 4e3, 6e3, 5, 4.5, 5.5, 20, false},
};

static struct report_data data(void)
{
    return (struct report_data){.guest = "</title><script>",
                                .command = "triptych compare",
                                .source = "test",
                                .clock = "host",
                                .engine = engines,
                                .processor = processors,
                                .nr_engines = 2,
                                .benchmark = benchmarks,
                                .nr_benchmarks = 3,
                                .cell = cells,
                                .event = events,
                                .nr_events = 2,
                                .fact = facts,
                                .nr_facts = 1};
}

static char *page(const struct report_data *d)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    ck_assert(report_html(d, out));
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static void has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no '%s'", part);
}

static void has_not(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) == NULL, "'%s' is there", part);
}

START_TEST(contents)
{
    struct report_data d = data();
    char *text = page(&d);

    has(text, "&lt;/title&gt;&lt;script&gt;");
    has(text, "&lt;bt&gt;");
    has(text, "a&amp;b");
    has(text, "&quot;x&quot;");
    has_not(text, "<bt>");
    has(text, "1&#8239;234&#8239;567");
    has(text, "&times;&nbsp;2 [1.8, 2.2]");
    has(text, "1&nbsp;ms");
    has(text, "8&nbsp;&micro;s");
    has(text, "geometric mean");
    /* The chart: from the left, no wider than the page, each bar named. */
    has(text, "<svg role=\"img\" width=\"100%\"");
    has(text, ">&lt;bt&gt; 8</text>");
    has(text, ">native 1.23&#8239;M</text>");
    has_not(text, ">native 1</text>");
    has_not(text, "rotate");
    has(text, "Processor-private");
    has_not(text, "nan");
    has_not(text, "inf");
    has_not(text, "http");
    free(text);
}
END_TEST

START_TEST(left_out)
{
    struct report_data d = data();
    char *text;

    d.nr_events = 1;
    d.nr_benchmarks = 0;
    d.clock = "virtual";
    text = page(&d);
    has_not(text, "Processor-private");
    has(text, "virtual clock");
    free(text);
}
END_TEST

/* Numbers of a broken file. */
START_TEST(odd_numbers)
{
    static const double odd[] = {INFINITY, -INFINITY, 5e-324, 1.7e308, -1, 0};
    struct report_cell some[6];
    struct report_data d = data();

    memcpy(some, cells, sizeof(some));
    some[1].ratio = some[3].high = some[3].ratio_high = odd[_i];
    some[3].median = odd[_i];
    d.cell = some;
    free(page(&d));
}
END_TEST

START_TEST(claims)
{
    static const struct report_claim rows[] = {
        {"bt/in", "figure-4", "prediction", "cycles", "holds", "", 216, 200,
         250, 1.5},
        {"a < b", "table-1", "ordering", "", "not known", "no <price>", NAN,
         NAN, NAN, NAN}};
    struct report_data d = {.guest = "paper",
                            .command = "triptych reproduce",
                            .source = "test",
                            .clock = "virtual",
                            .claim = rows,
                            .nr_claims = 2,
                            .claims_timebase = "model_cycles"};
    char *text = page(&d);

    has(text, "<td>216</td><td>200&#8202;&ndash;&#8202;250</td>");
    has(text, "<th colspan=\"6\">table-1</th>");
    has(text, "<small>no &lt;price&gt;</small>");
    has(text, "modelled");
    has(text, "a &lt; b");
    has_not(text, "nan");
    has_not(text, "<h2>Ledger");
    free(text);
}
END_TEST

START_TEST(geomean)
{
    struct report_data d = data();

    ck_assert_double_eq_tol(report_geomean(&d, 0), 1, 1e-12);
    ck_assert_double_eq_tol(report_geomean(&d, 1), 4, 1e-12);
    d.nr_benchmarks = 0;
    ck_assert(isnan(report_geomean(&d, 1)));
}
END_TEST

Suite *test_report_suite(void)
{
    Suite *s = suite_create("report");
    TCase *tc = tcase_create("report");

    tcase_add_test(tc, contents);
    tcase_add_test(tc, left_out);
    tcase_add_loop_test(tc, odd_numbers, 0, 6);
    tcase_add_test(tc, claims);
    tcase_add_test(tc, geomean);
    suite_add_tcase(s, tc);
    return s;
}
