/* cmd_verify.c: triptych verify: whether engines did the same thing with one
 * guest, instruction by instruction, and where the first difference is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/machine/board.h"
#include "experiments/cli/command.h"
#include "experiments/cli/engines.h"
#include "experiments/cli/json.h"
#include "experiments/cli/request.h"
#include "experiments/cli/stop.h"
#include "experiments/cli/verify.h"
#include "experiments/cli/verify_files.h"

#define MAX_SIDES 16

struct verify_options {
    struct guest_options g;
    const char *engines;
    uint64_t every;
    bool json;
};

#define VERIFY_DEFAULTS                                                        \
    {                                                                          \
        .g = GUEST_DEFAULTS, .every = 1000000                                  \
    }

#define AT(member) .offset = offsetof(struct verify_options, member)

static const struct opt verify_opts[] = {
    {.name = "engines",
     .type = OPT_STRING,
     AT(engines),
     .arg = "A,B...",
     .help = "ENGINE or ENGINE/PROCESSOR; the first is the reference;\n"
             "native/interp and all others that are here"},
    {.name = "every",
     .type = OPT_COUNT,
     AT(every),
     .arg = "N",
     .help = "instructions between two comparisons; 1M",
     .min = 1,
     .max = 1ull << 40},
    OPTION_JSON("the result as JSON"),
#include "experiments/cli/request.def"
    {.name = NULL},
};

struct verification {
    const struct command *cmd;
    const struct verify_options *o;
    struct run_request rq;
    struct verify_side side[MAX_SIDES];
    unsigned nr;
};

/* ---- who is compared ---- */
static void side_set(struct verify_side *s, const struct engine_ops *e,
                     const struct processor_ops *p)
{
    s->engine = e;
    s->processor = p;
    snprintf(s->name, sizeof(s->name), "%s/%s", e->name, p->name);
}

static enum status side_add(struct verification *k, const char *item,
                            struct error *err)
{
    char engine[32], *processor;
    struct verify_side *s = &k->side[k->nr];
    enum status st;

    snprintf(engine, sizeof(engine), "%s", item);
    processor = strchr(engine, '/');
    if (processor != NULL)
        *processor++ = '\0';
    st = engines_choose(engine, processor, request_isa(&k->o->g), &s->engine,
                        &s->processor, err);
    if (st != ST_OK)
        return st;
    if (!s->processor->exact_budget)
        return err_set(err, ST_INVAL,
                       "--engines %s: %s cannot stop at a given instruction",
                       item, s->processor->name);
    if (s->engine->load != NULL)
        return err_set(err, ST_INVAL,
                       "--engines %s: its guests start by rules of their own",
                       item);
    side_set(s, s->engine, s->processor);
    k->nr++;
    return ST_OK;
}

static enum status sides_asked(struct verification *k, struct error *err)
{
    const char *at = k->o->engines;
    enum status st = ST_OK;
    char item[64];
    size_t len;

    for (;;) {
        len = strcspn(at, ",");
        snprintf(item, sizeof(item), "%.*s", (int)len, at);
        if (k->nr == MAX_SIDES)
            return err_set(err, ST_INVAL, "--engines: at most %d", MAX_SIDES);
        st = side_add(k, item, err);
        if (st != ST_OK || at[len] == '\0')
            break;
        at += len + 1;
    }
    if (st == ST_OK && k->nr < 2)
        st = err_set(err, ST_INVAL, "--engines: two or more");
    return st;
}

/* native first, on what is the arbiter: interp, or the only processor. */
static enum status sides_all(struct verification *k, struct error *err)
{
    const char *isa = request_isa(&k->o->g);
    enum status st =
        side_add(k, strcmp(isa, "x86") == 0 ? "native/interp" : "native", err);
    const struct engine_ops *e;
    const char *name;
    char item[64];

    for (unsigned i = 0; st == ST_OK && engine_list[i] != NULL; i++) {
        e = engine_list[i];
        for (unsigned n = 0; (name = e->processors[n]) != NULL; n++) {
            snprintf(item, sizeof(item), "%s/%s", e->name, name);
            if (strcmp(e->isa, isa) == 0 && !e->own_stream &&
                k->nr < MAX_SIDES && strcmp(item, k->side[0].name) != 0)
                (void)side_add(k, item, NULL);
        }
    }
    if (st == ST_OK && k->nr < 2)
        st = err_set(err, ST_NOTSUP, "nothing here to compare %s with",
                     k->side[0].name);
    return st;
}

/* ---- results ---- */
static void print_finding(const struct verification *k, unsigned other,
                          const struct verify_finding *f)
{
    const char *x = k->side[0].name, *y = k->side[other].name;

    if (f->what == LOCKSTEP_SAME) {
        printf("%s, %s: the same: %" PRIu64 " instructions, compared %" PRIu64
               " times\n",
               x, y, f->at, f->comparisons);
        return;
    }
    printf("%s, %s: different\n", x, y);
    if (!f->repeats)
        printf("  found once, not a second time: a run is not repeatable (%s, "
               "after %" PRIu64 " instructions)\n",
               lockstep_text(f->what), f->at);
    else if (f->text != NULL)
        fputs(f->text, stdout);
}

static void json_finding(const struct verification *k, unsigned other,
                         const struct verify_finding *f, struct json *j)
{
    json_object(j, NULL);
    json_string(j, "reference", k->side[0].name);
    json_string(j, "other", k->side[other].name);
    json_bool(j, "same", f->what == LOCKSTEP_SAME);
    json_u64(j, "instructions", f->at);
    json_u64(j, "comparisons", f->comparisons);
    json_string(j, "differs",
                f->what == LOCKSTEP_SAME ? NULL : lockstep_text(f->what));
    json_bool(j, "repeatable", f->repeats);
    json_string(j, "text", f->text);
    json_object_end(j);
}

/* All pairs, each reported as it is done. */
static int verify_all(const struct verification *k, struct json *j)
{
    int status = EXIT_STATUS_OK;
    struct verify_finding f;
    struct error err;

    for (unsigned i = 1; i < k->nr && stop_signal() == 0; i++) {
        if (verify_runs(&k->rq, &k->side[0], &k->side[i], k->o->every, &f,
                        &err) != ST_OK) {
            /* The next pair would most likely say it again. */
            status = command_fail(k->cmd, &err);
            verify_finding_free(&f);
            break;
        }
        if (stop_signal() == 0 && j != NULL)
            json_finding(k, i, &f, j);
        else if (stop_signal() == 0)
            print_finding(k, i, &f);
        fflush(stdout);
        if (f.what != LOCKSTEP_SAME)
            status = EXIT_STATUS_FAILED;
        verify_finding_free(&f);
    }
    if (stop_signal() == 0)
        return status;
    fprintf(stderr, "triptych verify: stopped by SIG%s\n",
            sigabbrev_np(stop_signal()));
    return EXIT_STATUS_SIGNAL + stop_signal();
}

static int verify(const struct verification *k)
{
    struct json j;
    int status;

    if (!k->o->json)
        return verify_all(k, NULL);
    json_init(&j, stdout);
    json_object(&j, NULL);
    json_string(&j, "guest", k->rq.guest);
    json_array(&j, "pairs");
    status = verify_all(k, &j);
    json_array_end(&j);
    json_object_end(&j);
    return status;
}

static enum status check_options(const struct verification *k,
                                 struct error *err)
{
    const struct engine_ops *e[MAX_SIDES];
    const struct processor_ops *p[MAX_SIDES];

    for (unsigned i = 0; i < k->nr; i++) {
        e[i] = k->side[i].engine;
        p[i] = k->side[i].processor;
    }
    return request_check_engines(&k->rq, e, p, k->nr, err);
}

static int prepare_and_verify(const struct command *cmd,
                              const struct verify_options *o, const char *guest)
{
    struct verification *k = calloc(1, sizeof(*k));
    struct request_files files = {0};
    struct error err;
    enum status st;
    int status;

    if (k == NULL)
        return EXIT_STATUS_FAILED;
    k->cmd = cmd;
    k->o = o;
    st = request_make(&o->g, guest, &files, &k->rq, &err);
    if (st == ST_OK && k->rq.clock != CLOCK_VIRTUAL)
        st = err_set(&err, ST_INVAL,
                     "--clock host: runs repeat only by the virtual clock");
    if (st == ST_OK && k->rq.disk != NULL && !k->rq.disk_readonly)
        st = err_set(&err, ST_INVAL,
                     "--disk: only with --disk-readonly, the "
                     "guest runs more than once");
    if (st == ST_OK)
        st = request_check_network(&k->rq, true, &err);
    if (st == ST_OK)
        st = o->engines != NULL ? sides_asked(k, &err) : sides_all(k, &err);
    if (st == ST_OK)
        st = check_options(k, &err);
    if (st == ST_OK) {
        stop_begin();
        status = verify(k);
        stop_end();
    } else {
        status = command_fail(cmd, &err);
    }
    request_files_free(&files);
    free(k);
    return status;
}

/* The first option that was given but has no meaning for files; NULL: none.
 * The caller's to free. */
static char *run_option(const struct verify_options *o)
{
    struct verify_options plain = VERIFY_DEFAULTS;
    unsigned n = 0, m = 0, i = 0;
    char **given, **usual, *line = NULL;

    plain.json = o->json;
    given = request_lines(verify_opts, o, &n);
    usual = request_lines(verify_opts, &plain, &m);
    while (i < n && i < m && strcmp(given[i], usual[i]) == 0)
        i++;
    if (i < n)
        line = strdup(given[i]);
    if (given != NULL)
        request_lines_free(given, n);
    if (usual != NULL)
        request_lines_free(usual, m);
    return line;
}

static int two_files(const struct command *cmd, const struct verify_options *o,
                     char **path)
{
    char *line = run_option(o);
    int status;

    if (line == NULL)
        return verify_files(cmd, path[0], path[1], o->json);
    status =
        command_usage(cmd, "--%s has no meaning for two results files", line);
    free(line);
    return status;
}

static int verify_command(const struct command *cmd, int argc, char **argv)
{
    struct verify_options o = VERIFY_DEFAULTS;
    int nr_args, status;

    if (!command_parse(cmd, argc, argv, &o, 0, 2, &nr_args, &status))
        return status;
    if (nr_args == 2)
        return two_files(cmd, &o, argv);
    return prepare_and_verify(cmd, &o, nr_args > 0 ? argv[0] : NULL);
}

const struct command cmd_verify = {
    .name = "verify",
    .args = "[OPTION]... GUEST | [--json] A.h5 B.h5",
    .summary = "whether engines did the same; else the first difference",
    .more =
        "Runs GUEST twice, side by side, under the reference and under each "
        "other engine, and\ncompares registers, devices, output and memory at "
        "equal counts of instructions. A\ndifference is narrowed down, by "
        "running again, to the instruction after which it shows.\n\n"
        "With two results files of one guest, made under the virtual clock, it "
        "compares their\nledgers row by row, instructions, guest time and "
        "output, for the engines that both have.\nWhere they ran on different "
        "processors, the rows that are equal on every processor.\n\n"
        "Exit status 0: the same; 1: different, or files that cannot be "
        "compared.\n\n"
        "  triptych verify --engines native/interp,bt/jit trik64\n"
        "  triptych compare -o a.h5 trik64; triptych compare -o b.h5 trik64\n"
        "  triptych verify a.h5 b.h5\n",
    .opts = verify_opts,
    .run = verify_command,
};
