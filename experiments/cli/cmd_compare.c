/* cmd_compare.c: triptych compare: one guest under every engine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/machine/board.h"
#include "experiments/cli/command.h"
#include "experiments/cli/compare.h"
#include "experiments/cli/compare_admit.h"
#include "experiments/cli/compare_price.h"
#include "experiments/cli/own.h"
#include "experiments/cli/progress.h"
#include "experiments/cli/request.h"
#include "experiments/cli/stop.h"
#include "experiments/cli/take.h"
#include "experiments/lib/stats.h"

struct compare_options {
    struct guest_options g;
    const char *engines, *processor, *price, *output;
    uint64_t reps, seed;
    bool json, quiet, identify;
};

#define AT(member) .offset = offsetof(struct compare_options, member)

static const struct opt compare_opts[] = {
    {.name = "engines",
     .type = OPT_STRING,
     AT(engines),
     .arg = "A,B...",
     .help = "the techniques (list engines); all that exist"},
    {.name = "processor",
     .type = OPT_STRING,
     AT(processor),
     .arg = "NAME",
     .help = "what executes instructions, for all of them; the\n"
             "fastest that all have here"},
    {.name = "reps",
     .type = OPT_COUNT,
     AT(reps),
     .arg = "N",
     .help = "repetitions of each; 3. Under --clock host one more\n"
             "comes first and is dropped",
     .min = 1,
     .max = STATS_MAX},
    {.name = "seed",
     .type = OPT_COUNT,
     AT(seed),
     .arg = "N",
     .help = "of the order of runs and of the statistics; 1"},
    {.name = "price",
     .type = OPT_STRING,
     AT(price),
     .arg = "NAME",
     .help = "also model cycles, by a price list (list prices)"},
    OPTION_OUTPUT("all results as HDF5 (docs/RESULTS.md)"),
    OPTION_JSON("JSON in place of the tables"),
    OPTION_IDENTIFY("output"),
    OPTION_QUIET(PROGRESS_QUIET),
#include "experiments/cli/request.def"
    {.name = NULL},
};

/* A comparison in the making. */
struct comparison {
    const struct command *cmd;
    const struct compare_options *o;
    struct run_request rq;
    struct campaign c;
    struct admission who;
    struct price_list prices;
    bool verified;
};

static enum status choose(struct comparison *k, struct error *err)
{
    k->who.engines = k->o->engines;
    k->who.processor = k->o->processor;
    k->who.isa = request_isa(&k->o->g);
    k->who.rq = &k->rq;
    k->who.c = &k->c;
    return compare_admit(&k->who, err);
}

static enum status choose_prices(struct comparison *k, struct error *err)
{
    char *dir;
    enum status st;

    if (k->o->price == NULL)
        return ST_OK;
    st = own_datasets(&dir, err);
    if (st != ST_OK)
        return st;
    st = price_load(dir, k->o->price, &k->prices, err);
    free(dir);
    return st;
}

/* ---- the runs ---- */

static void show(const struct comparison *k, unsigned total, unsigned engine)
{
    progress_show(k->o->quiet, "%u/%u %s", k->c.nr + 1, total,
                  k->c.engine[engine]->name);
}

/* A changed guest retires other instructions. */
static bool same_binary(const struct campaign *c, const struct sample *a,
                        const struct sample *b)
{
    return a->engine == b->engine || (!c->engine[a->engine]->own_stream &&
                                      !c->engine[b->engine]->own_stream);
}

/* The newest sample against the first one of its engine, and the first of all.
 * ST_GUEST: they differ. */
static enum status verify_newest(struct comparison *k, struct error *err)
{
    const struct campaign *c = &k->c;
    const struct sample *s = &c->sample[c->nr - 1], *t;
    char a[48], b[48];
    unsigned i;

    snprintf(b, sizeof(b), "%s repetition %u", c->engine[s->engine]->name,
             s->repetition);
    for (i = 0; i + 1 < c->nr; i++) {
        t = &c->sample[i];
        if ((i > 0 && t->engine != s->engine) || !same_binary(c, t, s))
            continue;
        snprintf(a, sizeof(a), "%s repetition %u", c->engine[t->engine]->name,
                 t->repetition);
        if (sample_same(t, a, s, b,
                        t->engine == s->engine ? SAMPLE_ALL : SAMPLE_GUEST,
                        err) != ST_OK) {
            err->status = ST_GUEST;
            return ST_GUEST;
        }
        k->verified = true;
    }
    return ST_OK;
}

static void shuffle(unsigned *order, unsigned n, struct rng *rng)
{
    unsigned i, j, t;

    for (i = n; i > 1; i--) {
        j = (unsigned)rng_below(rng, i);
        t = order[i - 1];
        order[i - 1] = order[j];
        order[j] = t;
    }
}

/* Every engine once, in random order. */
static enum status make_round(struct comparison *k, unsigned round,
                              struct rng *rng, int *signal, struct error *err)
{
    struct campaign *c = &k->c;
    unsigned order[CAMPAIGN_ENGINES], i, total;
    bool warmup = c->warm_up && round == 0;
    enum status st = ST_OK;

    total = c->nr_engines * (c->reps + c->warm_up);
    for (i = 0; i < c->nr_engines; i++)
        order[i] = i;
    shuffle(order, c->nr_engines, rng);
    for (i = 0; st == ST_OK && *signal == 0 && i < c->nr_engines; i++) {
        show(k, total, order[i]);
        st = take_sample(c, &k->rq, order[i],
                         warmup ? 0 : round - (c->warm_up ? 1 : 0), warmup,
                         signal, err);
        if (st == ST_OK && *signal == 0 && c->clock == CLOCK_VIRTUAL)
            st = verify_newest(k, err);
    }
    return st;
}

/* Times say nothing of engines that do not do the same: before any is taken,
 * one run of each under the virtual clock, which repeats. */
static enum status verify_first(struct comparison *k, int *signal,
                                struct error *err)
{
    struct run_request rq = k->rq;
    struct campaign *c = &k->c;
    enum status st = ST_OK;
    unsigned i;

    rq.clock = CLOCK_VIRTUAL;
    for (i = 0; st == ST_OK && *signal == 0 && i < c->nr_engines; i++) {
        if (c->engine[i]->own_stream || !c->processor[i]->exact_budget)
            continue;
        show(k, c->nr_engines, i);
        st = take_sample(c, &rq, i, 0, true, signal, err);
        if (st == ST_OK && *signal == 0)
            st = verify_newest(k, err);
    }
    while (st == ST_OK && c->nr > 0)
        sample_fini(&c->sample[--c->nr]);
    return st;
}

static enum status make_runs(struct comparison *k, int *signal,
                             struct error *err)
{
    struct campaign *c = &k->c;
    struct rng rng = {c->seed};
    enum status st = ST_OK;
    unsigned i, rounds = c->reps + (c->warm_up ? 1 : 0);

    c->sample = calloc((size_t)rounds * c->nr_engines, sizeof(*c->sample));
    if (c->sample == NULL)
        return err_set(err, ST_NOMEM, "samples");
    if (c->clock == CLOCK_HOST && c->nr_engines > 1)
        st = verify_first(k, signal, err);
    for (i = 0; st == ST_OK && *signal == 0 && i < rounds; i++)
        st = make_round(k, i, &rng, signal, err);
    progress_clear(k->o->quiet);
    return st;
}

/* ---- results ---- */

/* A run of the engine that did not end well, one that failed before one that
 * used up its budget; NULL: all did. */
static const struct sample *worst_of(const struct campaign *c, unsigned engine)
{
    const struct sample *worst = NULL;

    for (unsigned i = 0; i < c->nr; i++) {
        const struct sample *s = &c->sample[i];

        if (s->engine != engine || s->exit_status == EXIT_STATUS_OK)
            continue;
        if (worst == NULL || worst->exit_status != EXIT_STATUS_FAILED)
            worst = s;
    }
    return worst;
}

/* The worst that an engine's guest ended with; each that did not end well is
 * named. */
static int guest_status(const struct campaign *c)
{
    int status = EXIT_STATUS_OK;

    for (unsigned e = 0; e < c->nr_engines; e++) {
        const struct sample *s = worst_of(c, e);

        if (s == NULL)
            continue;
        fprintf(stderr,
                "triptych compare: the guest did not end well under %s: %s\n",
                c->engine[e]->name, s->end);
        if (status != EXIT_STATUS_FAILED)
            status = s->exit_status;
    }
    return status;
}

static enum status begin_file(struct comparison *k, int argc,
                              const char *const *argv, struct h5w **w,
                              struct error *err)
{
    struct provenance p;
    enum status st;
    unsigned nr;
    char **lines;

    if (k->o->output == NULL)
        return ST_OK;
    lines = request_lines(compare_opts, k->o, &nr);
    if (lines == NULL)
        return err_set(err, ST_NOMEM, "options");
    take_provenance(&p, k->cmd, &k->rq, argc, argv);
    p.names = k->o->identify;
    p.option = (const char *const *)lines;
    p.nr_options = nr;
    st = record_begin(k->o->output, &p, &k->c, w, err);
    request_lines_free(lines, nr);
    return st;
}

/* The tables stand whatever becomes of the file. */
static int finish(struct comparison *k, struct h5w *w)
{
    struct compare_pricing p = {&k->c, &k->rq, &k->prices};
    struct compare_result r = {&k->c, k->who.out, k->who.nr_out, k->verified,
                               k->o->price != NULL ? &p : NULL};
    enum status st = ST_OK;
    struct error err;
    int status;

    if (w != NULL) {
        record_samples(w, &k->c);
        if (r.pricing != NULL && !compare_price_record(r.pricing, w))
            h5w_fail(w, ST_NOMEM, "model cycles");
        st = h5w_close(w, &err);
    }
    if (!(k->o->json ? compare_json(&r, stdout) : compare_print(&r, stdout))) {
        fprintf(stderr, "triptych compare: out of memory\n");
        return EXIT_STATUS_FAILED;
    }
    status = guest_status(&k->c);
    if (st != ST_OK)
        return command_fail(k->cmd, &err);
    if (status == EXIT_STATUS_OK && k->who.missing)
        status = EXIT_STATUS_UNAVAILABLE;
    return status;
}

static int compare(struct comparison *k, int argc, const char *const *argv)
{
    struct h5w *w = NULL;
    struct error err;
    int signal = 0;

    if (begin_file(k, argc, argv, &w, &err) != ST_OK)
        return command_fail(k->cmd, &err);
    signal = stop_signal();
    if (signal == 0 && make_runs(k, &signal, &err) != ST_OK) {
        h5w_abandon(w);
        if (err.status == ST_GUEST && k->c.nr > 1)
            fputs("triptych compare: runs that must be equal are not; nothing "
                  "was written\n",
                  stderr);
        return err.status == ST_INVAL || err.status == ST_NOTSUP
                   ? (command_fail(k->cmd, &err), EXIT_STATUS_FAILED)
                   : command_fail(k->cmd, &err);
    }
    if (signal != 0) {
        h5w_abandon(w);
        fprintf(stderr,
                "triptych compare: stopped by SIG%s; nothing was "
                "written\n",
                sigabbrev_np(signal));
        return EXIT_STATUS_SIGNAL + signal;
    }
    return finish(k, w);
}

static int prepare_and_compare(const struct command *cmd,
                               const struct compare_options *o,
                               const char *guest, int argc,
                               const char *const *argv)
{
    struct comparison *k = calloc(1, sizeof(*k));
    struct request_files files = {0};
    struct error err;
    int status;

    if (k == NULL)
        return EXIT_STATUS_FAILED;
    k->cmd = cmd;
    k->o = o;
    if (request_make(&o->g, guest, &files, &k->rq, &err) != ST_OK ||
        request_check_network(&k->rq, k->rq.clock == CLOCK_VIRTUAL, &err) !=
            ST_OK ||
        choose(k, &err) != ST_OK || choose_prices(k, &err) != ST_OK ||
        request_check_engines(&k->rq, k->c.engine, k->c.processor,
                              k->c.nr_engines, &err) != ST_OK) {
        status = command_fail(cmd, &err);
    } else {
        k->c.guest = k->rq.guest;
        k->c.reps = (unsigned)o->reps;
        k->c.clock = k->rq.clock;
        k->c.warm_up = k->rq.clock == CLOCK_HOST;
        k->c.seed = o->seed;
        stop_begin();
        status = compare(k, argc, argv);
        stop_end();
        campaign_fini(&k->c);
    }
    request_files_free(&files);
    price_fini(&k->prices);
    free(k);
    return status;
}

static int compare_command(const struct command *cmd, int argc, char **argv)
{
    struct compare_options o = {.g = GUEST_DEFAULTS, .reps = 3, .seed = 1};
    const char **original = command_copy_args(argc, argv);
    int nr_args, status = EXIT_STATUS_FAILED;

    if (original != NULL &&
        command_parse(cmd, argc, argv, &o, 0, 1, &nr_args, &status)) {
        if (o.identify && o.output == NULL)
            status = command_usage(cmd, "--identify without --output");
        else
            status = prepare_and_compare(cmd, &o, nr_args > 0 ? argv[0] : NULL,
                                         argc, original);
    }
    free(original);
    return status;
}

const struct command cmd_compare = {
    .name = "compare",
    .args = "[OPTION]... GUEST",
    .summary = "one guest under every engine: times, ratios, events",
    .more =
        "Runs GUEST under each engine, several times, in random order, and "
        "cuts each run at\nthe guest's markers (lines \"MARK name\", port "
        "0xF5). Under the virtual clock the runs\nmust be equal; the first "
        "difference is an error. Under the host's clock one run of\neach under "
        "the virtual clock comes first, and those must be equal. Times are the "
        "host's;\nintervals are 95 % intervals of medians, and bootstrap "
        "intervals of ratios. The disk of\neach run is a copy. Exit status 0: "
        "all ran; 1: runs differ, or a guest failed; 77: an\nengine that was "
        "asked for is not here; 124: the guest used up --max-insns.\n\n"
        "  triptych compare trik64\n"
        "  triptych compare --clock host --reps 10 -o out.h5 nano-syscall\n"
        "  triptych compare --price p4-672 --paging shadow nano-in\n"
        "  triptych compare --isa ia64 --engines native,hvm ia64-twins\n",
    .opts = compare_opts,
    .run = compare_command,
};
