/* cmd_run.c: triptych run: one guest under one engine. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/machine/board.h"
#include "experiments/cli/command.h"
#include "experiments/cli/engines.h"
#include "experiments/cli/outfile.h"
#include "experiments/cli/request.h"
#include "experiments/cli/run_ledger.h"

enum exit_convention { EXIT_PLAIN, EXIT_QEMU };

struct run_options {
    struct guest_options g;
    const char *engine, *processor, *symbols, *trace, *json;
    const char *tlb_model, *ledger;
    int exit_status;
    bool state_hash, quiet, dry_run, identify;
};

#define AT(member) .offset = offsetof(struct run_options, member)

static const struct opt_word exit_words[] = {
    {"plain", EXIT_PLAIN}, {"qemu", EXIT_QEMU}, {NULL, 0}};

static const struct opt run_opts[] = {
    {.name = "engine",
     .type = OPT_STRING,
     AT(engine),
     .arg = "NAME",
     .help = "the technique (list engines); native"},
    {.name = "processor",
     .type = OPT_STRING,
     AT(processor),
     .arg = "NAME",
     .help = "what executes instructions (list processors);\n"
             "the fastest that the engine has here"},
#include "experiments/cli/request.def"
    {.name = "trace",
     .type = OPT_OPTIONAL,
     AT(trace),
     .arg = "FROM[,COUNT]",
     .help = "executed instructions on stderr, from that count on"},
    {.name = "symbols",
     .type = OPT_STRING,
     AT(symbols),
     .arg = "FILE",
     .help = "names for addresses: ELF or System.map; an ELF\n"
             "guest's own are taken by themselves"},
    {.name = "json",
     .type = OPT_OPTIONAL,
     AT(json),
     .arg = "FILE",
     .help = "the run as JSON: counters, markers, how it ended;\n"
             "after the console on stdout, or to FILE"},
    {.name = "state-hash",
     .type = OPT_FLAG,
     AT(state_hash),
     .help = "hashes of the final state in the JSON"},
    {.name = "exit-status",
     .type = OPT_WORD,
     AT(exit_status),
     .arg = "plain|qemu",
     .help = "after a guest exit v: plain 0 or 1; qemu (v<<1)|1",
     .words = exit_words},
    OPTION_QUIET("no lines about the run on stderr but errors"),
    {.name = "dry-run",
     .type = OPT_FLAG,
     AT(dry_run),
     .help = "check everything and load the guest, but do not run"},
    {.name = "tlb-model",
     .type = OPT_STRING,
     AT(tlb_model),
     .arg = "NAME",
     .help = "count TLB misses of a named processor (not there yet)"},
    {.name = "ledger",
     .type = OPT_STRING,
     AT(ledger),
     .arg = "FILE",
     .help = "counts of all events, cut at the guest's markers, as\n"
             "HDF5 (docs/RESULTS.md)"},
    OPTION_IDENTIFY("ledger"),
    {.name = NULL},
};

/* Options that are known but that nothing here can honour are refused. */
static bool refuse(const struct command *cmd, const struct run_options *o,
                   int *status)
{
    if (o->tlb_model != NULL)
        *status = command_usage(cmd, "--tlb-model: not there yet");
    else if (o->identify && o->ledger == NULL)
        *status = command_usage(cmd, "--identify without --ledger");
    else if (o->state_hash && o->json == NULL)
        *status = command_usage(cmd, "--state-hash without --json");
    else
        return false;
    return true;
}

static enum status make_request(const struct run_options *o, const char *arg,
                                struct request_files *files,
                                struct run_request *rq, struct error *err)
{
    enum status st = request_make(&o->g, arg, files, rq, err);
    const struct engine_ops *engine;
    const struct processor_ops *processor;
    struct error first;

    /* What is wrong with the engine is said first. */
    rq->options = o->g.engine;
    if (engines_choose(o->engine, o->processor, request_isa(&o->g), &engine,
                       &processor, &first) != ST_OK ||
        request_check_engine(rq, engine, processor, &first) != ST_OK) {
        *err = first;
        return first.status;
    }
    rq->engine = engine;
    rq->processor = processor;
    rq->trace = o->trace;
    rq->symbols = o->symbols;
    rq->hash = o->state_hash;
    return st;
}

/* On stdout it is main() that finds a failure. */
static int write_json(const struct command *cmd, const struct run_options *o,
                      const struct run *r, int status)
{
    struct outfile f;
    struct error err;

    if (o->json == NULL)
        return status;
    if (o->json[0] == '\0' || strcmp(o->json, "-") == 0) {
        run_print_json(r, status, stdout);
        return status;
    }
    if (outfile_open(&f, o->json, &err) == ST_OK) {
        run_print_json(r, status, f.f);
        if (outfile_close(&f, &err) == ST_OK)
            return status;
    }
    command_fail(cmd, &err);
    return status == EXIT_STATUS_OK ? EXIT_STATUS_FAILED : status;
}

static void print_begin(const struct run_request *rq, FILE *out)
{
    fprintf(out, "triptych: %s: %s on %s, ", rq->guest, rq->engine->name,
            rq->processor->name);
    if (run_has_cpuid(rq))
        fprintf(out, "cpu %s, ", cpuid_model_name(rq->cpu));
    fprintf(out, "%llu MiB, %s clock\n",
            (unsigned long long)(rq->mem_bytes >> 20),
            opts_word(request_clock_words, (int)rq->clock));
}

static int run_and_report(const struct command *cmd,
                          const struct run_options *o, struct run *r,
                          struct run_ledger *ledger)
{
    struct error err;
    int status;

    if (!o->quiet)
        print_begin(r->rq, stderr);
    if (o->dry_run)
        return EXIT_STATUS_OK;
    if (run_go(r, &err) != ST_OK)
        return command_fail(cmd, &err);
    status = run_exit_status(r, o->exit_status == EXIT_QEMU);
    if (!o->quiet && status != EXIT_STATUS_SIGNAL + SIGPIPE)
        run_print_end(r, stderr);
    if (ledger->w != NULL && run_ledger_end(ledger, r, &err) != ST_OK)
        status = command_fail(cmd, &err);
    return write_json(cmd, o, r, status);
}

static enum status begin_ledger(const struct command *cmd,
                                const struct run_options *o,
                                struct run_request *rq, int argc,
                                const char *const *argv,
                                struct run_ledger *ledger, struct error *err)
{
    struct provenance p;
    enum status st;
    unsigned nr;
    char **lines;

    if (o->ledger == NULL || o->dry_run)
        return ST_OK;
    lines = request_lines(run_opts, o, &nr);
    if (lines == NULL)
        return err_set(err, ST_NOMEM, "options");
    take_provenance(&p, cmd, rq, argc, argv);
    p.names = o->identify;
    p.option = (const char *const *)lines;
    p.nr_options = nr;
    st = run_ledger_begin(ledger, o->ledger, &p, rq, err);
    request_lines_free(lines, nr);
    return st;
}

static int make_and_run(const struct command *cmd, struct run_options *o,
                        const char *guest, int argc, const char *const *argv)
{
    struct request_files files = {0};
    struct run_ledger ledger = {0};
    struct run_request rq;
    struct run r;
    struct error err;
    int status;

    if (make_request(o, guest, &files, &rq, &err) != ST_OK) {
        status = command_fail(cmd, &err);
    } else if (begin_ledger(cmd, o, &rq, argc, argv, &ledger, &err) != ST_OK ||
               run_init(&r, &rq, &err) != ST_OK) {
        status = command_fail(cmd, &err);
        /* Engine and processor are here; it is the guest that asks too much. */
        if (status == EXIT_STATUS_UNAVAILABLE)
            status = EXIT_STATUS_FAILED;
    } else {
        status = run_and_report(cmd, o, &r, &ledger);
        run_fini(&r);
    }
    run_ledger_fini(&ledger);
    request_files_free(&files);
    return status;
}

static int run_command(const struct command *cmd, int argc, char **argv)
{
    struct run_options o = {
        .g = GUEST_DEFAULTS,
        .engine = "native",
    };
    const char **original = command_copy_args(argc, argv);
    int nr_args, status = EXIT_STATUS_FAILED;

    if (original != NULL &&
        command_parse(cmd, argc, argv, &o, 0, 1, &nr_args, &status) &&
        !refuse(cmd, &o, &status))
        status =
            make_and_run(cmd, &o, nr_args > 0 ? argv[0] : NULL, argc, original);
    free(original);
    return status;
}

const struct command cmd_run = {
    .name = "run",
    .args = "[OPTION]... GUEST",
    .summary = "run one guest under one engine",
    .more =
        "GUEST is a name of the catalogue (triptych list guests) or the path "
        "of a bzImage,\nELF, PVH or multiboot kernel. The guest's serial line "
        "is this terminal: Ctrl-A x\nleaves, Ctrl-A h lists such keys. Exit "
        "status 0: the guest powered off or wrote 0\nto the exit port; 1: it "
        "ended otherwise; 124: budget used up; 128+N: signal N.\n\n"
        "  triptych run --engine bt debian-686\n"
        "  triptych run --engine hvm --controls prescott-2005 trik64\n"
        "  triptych run --initrd initrd.img --append console=ttyS0 vmlinuz\n"
        "  triptych run --isa ia64 --engine hvm ia64-twins\n",
    .opts = run_opts,
    .run = run_command,
};
