/* cmd_reproduce.c: triptych reproduce: a paper's claims, published beside ours.
 */
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/command.h"
#include "experiments/cli/own.h"
#include "experiments/cli/progress.h"
#include "experiments/cli/reproduce_print.h"
#include "experiments/cli/stop.h"
#include "experiments/reproduce/measure.h"

struct reproduce_options {
    const char *explain, *output;
    bool json, quiet;
};

#define AT(member) .offset = offsetof(struct reproduce_options, member)

static const struct opt reproduce_opts[] = {
    {.name = "explain",
     .type = OPT_STRING,
     AT(explain),
     .arg = "CLAIM",
     .help = "where the published value and each price come from"},
    OPTION_OUTPUT("claims and verdicts as HDF5 (docs/RESULTS.md)"),
    OPTION_JSON("JSON in place of the table"),
    OPTION_QUIET(PROGRESS_QUIET),
    {.name = NULL},
};

static void progress(void *opaque, const struct measure_run *run)
{
    const struct reproduce_options *o = opaque;

    progress_show(o->quiet, "%.28s %s", run->guest, run->engine);
}

/* "PAPER/EXPERIMENT"; *experiment is NULL without the second. */
static int find(const struct command *cmd, const char *arg,
                const struct paper **paper, const char **experiment)
{
    size_t len = strcspn(arg, "/");
    const struct experiment *e;
    const struct paper *p = NULL;

    for (unsigned i = 0; papers[i] != NULL; i++)
        if (strncmp(papers[i]->name, arg, len) == 0 &&
            papers[i]->name[len] == '\0')
            p = papers[i];
    if (p == NULL)
        return command_usage(cmd, "no paper '%.*s' (triptych list papers)",
                             (int)len, arg);
    *paper = p;
    *experiment = NULL;
    if (arg[len] == '\0')
        return EXIT_STATUS_OK;
    e = paper_experiment(p, arg + len + 1);
    if (e == NULL)
        return command_usage(
            cmd, "%s has no experiment '%s' (triptych list experiments)",
            p->name, arg + len + 1);
    if (e->absent != NULL)
        return command_usage(cmd, "%s/%s is not there yet: %s", p->name,
                             e->name, e->absent);
    *experiment = e->name;
    return EXIT_STATUS_OK;
}

static int report(const struct command *cmd, const struct reproduce_options *o,
                  struct measuring *m, const char *experiment,
                  const struct provenance *p)
{
    struct reproduce_result r = {m, experiment};
    struct error err;

    if (o->explain != NULL)
        return reproduce_explain(&r, o->explain, stdout, &err) == ST_OK
                   ? EXIT_STATUS_OK
                   : command_fail(cmd, &err);
    if (o->output != NULL && reproduce_record(&r, o->output, p, &err) != ST_OK)
        return command_fail(cmd, &err);
    if (o->json)
        reproduce_json(&r, stdout);
    else
        reproduce_table(&r, stdout);
    return reproduce_enough(&r) ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}

static int reproduce(const struct command *cmd,
                     const struct reproduce_options *o, const char *arg,
                     const struct provenance *p)
{
    struct measuring *m = calloc(1, sizeof(*m));
    const struct paper *paper = NULL;
    const char *experiment = NULL;
    struct error err;
    char *dir = NULL;
    int status = find(cmd, arg, &paper, &experiment);

    if (status != EXIT_STATUS_OK || m == NULL) {
        free(m);
        return m == NULL ? EXIT_STATUS_FAILED : status;
    }
    if (own_datasets(&dir, &err) != ST_OK ||
        measuring_init(m, paper, dir, &err) != ST_OK) {
        free(dir);
        free(m);
        return command_fail(cmd, &err);
    }
    m->progress = progress;
    m->opaque = (void *)(uintptr_t)o;
    stop_begin();
    if (o->explain == NULL && measure_experiment(m, experiment, &err) != ST_OK)
        status = command_fail(cmd, &err);
    progress_clear(o->quiet);
    if (status == EXIT_STATUS_OK && m->signal == 0)
        status = report(cmd, o, m, experiment, p);
    if (m->signal != 0) {
        fprintf(stderr, "triptych reproduce: stopped by SIG%s\n",
                sigabbrev_np(m->signal));
        status = EXIT_STATUS_SIGNAL + m->signal;
    }
    stop_end();
    measuring_fini(m);
    free(dir);
    free(m);
    return status;
}

static int reproduce_command(const struct command *cmd, int argc, char **argv)
{
    struct reproduce_options o = {0};
    const char **original = command_copy_args(argc, argv);
    int nr_args, status = EXIT_STATUS_FAILED;

    if (original != NULL &&
        command_parse(cmd, argc, argv, &o, 0, 1, &nr_args, &status)) {
        struct provenance p = {.version = TRIPTYCH_VERSION,
                               .command = cmd->name,
                               .argv = original,
                               .nr_argv = (unsigned)argc};

        if (nr_args > 0) {
            status = reproduce(cmd, &o, argv[0], &p);
        } else if (o.explain != NULL || o.output != NULL) {
            status = command_usage(cmd, "which paper?");
        } else {
            reproduce_list(o.json, stdout);
            status = EXIT_STATUS_OK;
        }
    }
    free(original);
    return status;
}

const struct command cmd_reproduce = {
    .name = "reproduce",
    .args = "[OPTION]... [PAPER[/EXPERIMENT]]",
    .summary = "a paper's claims: published values beside ours",
    .more =
        "Without an argument: what can be reproduced, and what not yet. Runs "
        "the guests that\nthe paper's claims need, prices their ledgers with "
        "the processor's price list\n(list prices) and gives a verdict for "
        "each claim. Nothing that the price list was\nmade from counts as "
        "reproduced. Exit status 0: at least 80 % of the orderings that\nthe "
        "paper claims hold; 1: fewer.\n\n"
        "  triptych reproduce adams-agesen-2006/nanobenchmarks\n"
        "  triptych reproduce --explain nano.in.hvm adams-agesen-2006\n",
    .opts = reproduce_opts,
    .run = reproduce_command,
};
