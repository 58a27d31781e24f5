/* test_recorded.c: a campaign, written and read back, is the same; campaigns
 * put together; what differs is found; files that nobody can have written. */
#include "experiments/lib/recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bt/engine.h"
#include "common/tests/suite.h"
#include "common/x86/cpu.h"
#include "experiments/lib/record.h"
#include "experiments/lib/stats.h"

static const char *const argv[] = {"x"};
static const char *const option[] = {"mem=16777216", "clock=virtual"};
static const struct provenance provenance = {.version = "1",
                                             .command = "compare",
                                             .argv = argv,
                                             .nr_argv = 1,
                                             .option = option,
                                             .nr_options = 2,
                                             .cmdline = "quiet",
                                             .cpu_model = "model"};

static void fill(struct campaign *c, struct sample *s, unsigned engine,
                 unsigned rep)
{
    static const char *const name[] = {"fork", "exec", CUTS_REST};
    struct error err;

    ck_assert_ok(sample_init(s, &err), &err);
    s->engine = engine;
    s->repetition = rep;
    s->insns = 100;
    s->guest_ns = 200;
    s->host_ns = 300 + rep;
    strcpy(s->end, "guest exit 0");
    memset(s->console_sha256, 'a', sizeof(s->console_sha256) - 1);
    for (unsigned i = 0; i < ARRAY_LEN(name); i++) {
        struct cut *cut = cuts_get(&s->cuts, name[i]);

        ck_assert_ptr_nonnull(cut);
        cut->cuts = i + 1;
        cut->insns = 10 * i;
        cut->guest_ns = 20 * i;
        cut->host_ns = 30 * i + rep;
        ledger_add(&cut->ledger, LEDGER_SENSITIVE, 3, 0x3f8, 7);
        ledger_add(&cut->ledger, LEDGER_PROCESSOR, 1, 0, 1 + engine);
    }
    c->nr++;
}

/* Two engines, `reps` repetitions. */
static struct campaign campaign(unsigned reps)
{
    struct campaign c = {
        .guest = "guest",
        .engine = {&native_engine_ops, &bt_engine_ops},
        .processor = {&interp_processor_ops, &jit_processor_ops},
        .nr_engines = 2,
        .reps = reps,
        .seed = 5};

    c.sample = calloc(2 * reps, sizeof(*c.sample));
    ck_assert_ptr_nonnull(c.sample);
    for (unsigned i = 0; i < 2 * reps; i++)
        fill(&c, &c.sample[i], i % 2, i / 2);
    return c;
}

static const char *path(const char *name)
{
    static char text[2][512];
    static unsigned turn;

    turn = !turn;
    snprintf(text[turn], sizeof(text[0]), "%s/%s", suite_tmpdir(), name);
    return text[turn];
}

static void write_file(const char *name, const struct campaign *c,
                       const struct provenance *p)
{
    struct h5w *w;
    struct error err;

    ck_assert_ok(record_begin(path(name), p, c, &w, &err), &err);
    record_samples(w, c);
    ck_assert_ok(h5w_close(w, &err), &err);
}

static void read_file(const char *name, struct recorded *r)
{
    struct error err;

    ck_assert_ok(recorded_open(path(name), r, &err), &err);
}

START_TEST(round_trip)
{
    struct campaign c = campaign(3);
    struct recorded r;
    struct error err;

    write_file("a.h5", &c, &provenance);
    read_file("a.h5", &r);
    ck_assert_uint_eq(r.c.nr, c.nr);
    ck_assert_uint_eq(r.c.nr_engines, 2);
    ck_assert_ptr_eq(r.c.engine[1], &bt_engine_ops);
    ck_assert_ptr_eq(r.c.processor[1], &jit_processor_ops);
    ck_assert_uint_eq(r.c.reps, 3);
    ck_assert_uint_eq(r.c.seed, 5);
    ck_assert_int_eq(r.c.clock, CLOCK_VIRTUAL);
    ck_assert_str_eq(r.c.guest, "guest");
    for (unsigned i = 0; i < c.nr; i++) {
        ck_assert_ok(sample_same(&c.sample[i], "a", &r.c.sample[i], "b",
                                 SAMPLE_ALL, &err),
                     &err);
        ck_assert_uint_eq(r.c.sample[i].host_ns, c.sample[i].host_ns);
        ck_assert_uint_eq(r.c.sample[i].repetition, i / 2);
    }
    recorded_fini(&r);
    campaign_fini(&c);
}
END_TEST

/* ---- differences ---- */
static bool count(void *opaque, const char *text)
{
    unsigned *n = opaque;

    ck_assert_msg(strstr(text, " in a, ") != NULL, "%s", text);
    ++*n;
    return true;
}

static unsigned differences(const struct sample *x, const struct sample *y,
                            enum sample_rule rule)
{
    unsigned n = 0;

    sample_differences(x, "a", y, "b", rule, count, &n);
    return n;
}

START_TEST(what_differs)
{
    struct campaign c = campaign(1), d = campaign(1);
    struct sample *x = &c.sample[0], *y = &d.sample[0];
    struct error err;

    ck_assert_uint_eq(differences(x, y, SAMPLE_ALL), 0);
    ledger_add(&y->cuts.cut[1].ledger, LEDGER_PROCESSOR, 2, 0, 1);
    ck_assert_uint_eq(differences(x, y, SAMPLE_ALL), 1);
    ck_assert_uint_eq(differences(x, y, SAMPLE_ARCHITECTURAL), 0);
    ledger_add(&y->cuts.cut[0].ledger, LEDGER_SENSITIVE, 3, 0x3f8, 1);
    ck_assert_uint_eq(differences(x, y, SAMPLE_ARCHITECTURAL), 1);
    ck_assert_uint_eq(differences(y, x, SAMPLE_ALL), 2);
    ck_assert_uint_eq(differences(x, y, SAMPLE_GUEST), 0);
    y->cuts.cut[2].insns++;
    y->cuts.cut[2].guest_ns++;
    y->console_sha256[0] = 'b';
    y->end[0] = 'G';
    ck_assert_uint_eq(differences(x, y, SAMPLE_GUEST), 4);
    y->console_sha256[0] = '\0'; /* not recorded */
    ck_assert_uint_eq(differences(x, y, SAMPLE_GUEST), 3);
    ck_assert_int_eq(sample_same(x, "a", y, "b", SAMPLE_GUEST, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "interval (rest)"));
    campaign_fini(&c);
    campaign_fini(&d);
}
END_TEST

START_TEST(same_guest)
{
    static const char *const other[] = {"mem=33554432", "clock=virtual"};
    struct campaign c = campaign(1);
    struct provenance p = provenance;
    struct recorded a, b;
    struct error err;

    write_file("a.h5", &c, &provenance);
    p.cmdline = _i == 0 ? "quiet" : _i == 1 ? NULL : "loud";
    if (_i == 3) {
        p = provenance;
        p.option = other;
    }
    write_file("b.h5", &c, &p);
    read_file("a.h5", &a);
    read_file("b.h5", &b);
    ck_assert_int_eq(recorded_same_guest(&a, &b, &err),
                     _i == 0 ? ST_OK : ST_GUEST);
    ck_assert_int_eq(recorded_same_guest(&b, &a, &err),
                     _i == 0 ? ST_OK : ST_GUEST);
    if (_i != 0)
        ck_assert_ptr_nonnull(strstr(err.text, _i == 3 ? "mem" : "cmdline"));
    ck_assert_ok(recorded_same_host(&a, &b, &err), &err);
    recorded_fini(&a);
    recorded_fini(&b);
    campaign_fini(&c);
}
END_TEST

/* ---- putting together ---- */
START_TEST(append)
{
    struct campaign c = campaign(2), d = campaign(3);
    struct error err;

    d.engine[1] = &(const struct engine_ops){.name = "other"};
    ck_assert_ok(campaign_append(&c, &d, &err), &err);
    ck_assert_uint_eq(c.nr_engines, 3);
    ck_assert_uint_eq(c.reps, 5);
    ck_assert_uint_eq(c.nr, 10);
    ck_assert_uint_eq(d.nr, 0);
    for (unsigned rep = 0; rep < 5; rep++)
        ck_assert_ptr_nonnull(campaign_at(&c, 0, rep));
    ck_assert_ptr_nonnull(campaign_at(&c, 1, 1));
    ck_assert_ptr_null(campaign_at(&c, 1, 2));
    ck_assert_ptr_nonnull(campaign_at(&c, 2, 2));
    ck_assert_uint_eq(campaign_at(&c, 0, 3)->host_ns, 301);
    campaign_fini(&c);
    campaign_fini(&d);
}
END_TEST

START_TEST(append_conflicts)
{
    struct campaign c = campaign(1), d = campaign(1);
    struct error err;

    d.processor[0] = &jit_processor_ops;
    ck_assert_int_eq(campaign_append(&c, &d, &err), ST_GUEST);
    ck_assert_str_eq(err.text, "native ran on interp and on jit");
    d.processor[0] = &interp_processor_ops;
    d.sample[0].repetition = STATS_MAX - 1;
    ck_assert_int_eq(campaign_append(&c, &d, &err), ST_LIMIT);
    campaign_fini(&c);
    campaign_fini(&d);
}
END_TEST

START_TEST(native_first)
{
    struct campaign c = campaign(2);

    c.engine[0] = &bt_engine_ops;
    c.engine[1] = &native_engine_ops;
    c.processor[0] = &jit_processor_ops;
    c.processor[1] = &interp_processor_ops;
    campaign_native_first(&c);
    ck_assert_ptr_eq(c.engine[0], &native_engine_ops);
    ck_assert_ptr_eq(c.processor[1], &jit_processor_ops);
    ck_assert_uint_eq(c.sample[0].engine, 1);
    ck_assert_uint_eq(c.sample[1].engine, 0);
    campaign_fini(&c);
}
END_TEST

/* ---- files that nobody can have written ---- */
static void break_sample(struct sample *s, int how)
{
    switch (how) {
    case 0:
        s->repetition = 0; /* twice */
        break;
    case 1:
        s->repetition = STATS_MAX;
        break;
    case 2:
        s->exit_status = 1000;
        break;
    default:
        strcpy(s->cuts.cut[0].name, "exec");
    }
}

static const char *const broken[] = {
    "a repetition twice", "a number out of range", "a number out of range",
    "an interval twice"};

START_TEST(refused)
{
    struct campaign c = campaign(2);
    struct recorded r;
    struct error err;

    break_sample(&c.sample[2], _i);
    write_file("a.h5", &c, &provenance);
    ck_assert_int_eq(recorded_open(path("a.h5"), &r, &err), ST_GUEST);
    ck_assert_msg(strstr(err.text, broken[_i]) != NULL, "%s", err.text);
    recorded_fini(&r);
    campaign_fini(&c);
}
END_TEST

START_TEST(unknown_engine)
{
    struct campaign c = campaign(1);
    struct recorded r;
    struct error err;

    c.engine[0] = &(const struct engine_ops){.name = "new"};
    write_file("a.h5", &c, &provenance);
    ck_assert_int_eq(recorded_open(path("a.h5"), &r, &err), ST_GUEST);
    ck_assert_ptr_nonnull(strstr(err.text, "does not know"));
    recorded_fini(&r);
    campaign_fini(&c);
}
END_TEST

Suite *test_recorded_suite(void)
{
    Suite *s = suite_create("recorded");
    TCase *tc = tcase_create("recorded");

    tcase_add_test(tc, round_trip);
    tcase_add_test(tc, what_differs);
    tcase_add_loop_test(tc, same_guest, 0, 4);
    tcase_add_test(tc, append);
    tcase_add_test(tc, append_conflicts);
    tcase_add_test(tc, native_first);
    tcase_add_loop_test(tc, refused, 0, ARRAY_LEN(broken));
    tcase_add_test(tc, unknown_engine);
    suite_add_tcase(s, tc);
    return s;
}
