/* cmd_run.c: triptych run: one guest under one engine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/machine/board.h"
#include "experiments/cli/command.h"
#include "experiments/cli/engines.h"
#include "experiments/cli/guests.h"
#include "experiments/cli/run.h"

enum isa { ISA_X86, ISA_IA64 };
enum exit_convention { EXIT_PLAIN, EXIT_QEMU };

struct run_options {
    const char *engine, *processor, *cpu, *protocol;
    const char *initrd, *append, *disk, *bios, *input, *symbols, *trace, *json;
    const char *paging, *vpid, *controls, *tlb_model, *ledger;
    uint64_t mem, max_insns, ips;
    int clock, isa, exit_status;
    bool disk_readonly, state_hash, quiet, dry_run;
};

#define AT(member) .offset = offsetof(struct run_options, member)

static const struct opt_word clock_words[] = {
    {"virtual", CLOCK_VIRTUAL}, {"host", CLOCK_HOST}, {NULL, 0}};
static const struct opt_word isa_words[] = {
    {"x86", ISA_X86}, {"ia64", ISA_IA64}, {NULL, 0}};
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
    {.name = "cpu",
     .type = OPT_STRING,
     AT(cpu),
     .arg = "MODEL",
     .help = "what CPUID shows the guest (list cpus)"},
    {.name = "isa",
     .type = OPT_WORD,
     AT(isa),
     .arg = "x86|ia64",
     .help = "instruction set; x86",
     .words = isa_words},
    {.name = "mem",
     .letter = 'm',
     .type = OPT_SIZE,
     AT(mem),
     .arg = "SIZE",
     .help = "RAM: 512M, 1G; 512M",
     .min = 1 << 20,
     .max = BOARD_RAM_MAX},
    {.name = "max-insns",
     .type = OPT_COUNT,
     AT(max_insns),
     .arg = "N",
     .help = "end after N guest instructions (2G, 10_000_000),\n"
             "with exit status 124",
     .min = 1},
    {.name = "clock",
     .type = OPT_WORD,
     AT(clock),
     .arg = "virtual|host",
     .help = "guest time from retired instructions, repeatable,\n"
             "or the host's, for measuring; virtual",
     .words = clock_words},
    {.name = "ips",
     .type = OPT_COUNT,
     AT(ips),
     .arg = "N",
     .help = "instructions per second of virtual time; 1G",
     .min = 1000000,
     .max = 1000000000000},
    {.name = "initrd",
     .type = OPT_STRING,
     AT(initrd),
     .arg = "FILE",
     .help = "initial RAM disk"},
    {.name = "append",
     .type = OPT_STRING,
     AT(append),
     .arg = "TEXT",
     .help = "kernel command line; added to that of a guest of\n"
             "the catalogue"},
    {.name = "disk",
     .type = OPT_STRING,
     AT(disk),
     .arg = "FILE",
     .help = "raw disk image, as a virtio block device"},
    {.name = "disk-readonly",
     .type = OPT_FLAG,
     AT(disk_readonly),
     .help = "never write to it"},
    {.name = "bios",
     .type = OPT_STRING,
     AT(bios),
     .arg = "FILE",
     .help = "raw firmware image in place of GUEST, entered at\n"
             "the reset vector"},
    {.name = "protocol",
     .type = OPT_STRING,
     AT(protocol),
     .arg = "NAME",
     .help = "boot protocol: auto, bzimage32, bzimage64, pvh,\n"
             "multiboot, elf; auto"},
    {.name = "input",
     .type = OPT_STRING,
     AT(input),
     .arg = "FILE",
     .help = "typed at the console at the rate of a serial line\n"
             "(stdin redirected from a file is the same)"},
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
    {.name = "quiet",
     .letter = 'q',
     .type = OPT_FLAG,
     AT(quiet),
     .help = "no lines about the run on stderr but errors"},
    {.name = "dry-run",
     .type = OPT_FLAG,
     AT(dry_run),
     .help = "check everything and load the guest, but do not run"},
    {.name = "paging",
     .type = OPT_STRING,
     AT(paging),
     .arg = "shadow|ept",
     .help = "hvm: memory virtualization (not there yet)"},
    {.name = "vpid",
     .type = OPT_STRING,
     AT(vpid),
     .arg = "on|off",
     .help = "hvm: tagged TLB (not there yet)"},
    {.name = "controls",
     .type = OPT_STRING,
     AT(controls),
     .arg = "PRESET",
     .help = "hvm: VM-execution controls (not there yet)"},
    {.name = "tlb-model",
     .type = OPT_STRING,
     AT(tlb_model),
     .arg = "NAME",
     .help = "count TLB misses of a named processor (not there yet)"},
    {.name = "ledger",
     .type = OPT_STRING,
     AT(ledger),
     .arg = "FILE",
     .help = "counts of all events as HDF5 (not there yet; --json\n"
             "has them)"},
    {.name = NULL},
};

/* Options that are known but that nothing here can honour are refused. */
static bool refuse(const struct command *cmd, const struct run_options *o,
                   int *status)
{
    const struct {
        const char *name, *value;
    } hvm_only[] = {
        {"paging", o->paging}, {"vpid", o->vpid}, {"controls", o->controls}};
    unsigned i;

    for (i = 0; i < ARRAY_LEN(hvm_only); i++) {
        if (hvm_only[i].value == NULL)
            continue;
        *status = command_usage(cmd, "--%s has no meaning under %s",
                                hvm_only[i].name, o->engine);
        return true;
    }
    if (o->tlb_model != NULL)
        *status = command_usage(cmd, "--tlb-model: not there yet");
    else if (o->ledger != NULL)
        *status = command_usage(cmd, "--ledger: not there yet; --json has the "
                                     "same counts");
    else if (o->disk_readonly && o->disk == NULL)
        *status = command_usage(cmd, "--disk-readonly without --disk");
    else
        return false;
    return true;
}

/* Report an error of ours; the exit status for it. */
static int fail(const struct command *cmd, const struct error *err)
{
    fprintf(stderr, "triptych %s: %s\n", cmd->name, err->text);
    switch (err->status) {
    case ST_INVAL:
        return EXIT_STATUS_USAGE;
    case ST_NOTSUP:
        return EXIT_STATUS_UNAVAILABLE;
    default:
        return EXIT_STATUS_FAILED;
    }
}

static enum status choose_cpu(const char *name, const struct cpuid_model **out,
                              struct error *err)
{
    const char *names[65];
    const char *near;
    unsigned n;

    *out = name != NULL ? cpuid_model_find(name) : cpuid_model_default();
    if (*out != NULL)
        return ST_OK;
    for (n = 0; n + 1 < ARRAY_LEN(names) && cpuid_model_at(n) != NULL; n++)
        names[n] = cpuid_model_name(cpuid_model_at(n));
    names[n] = NULL;
    near = opts_nearest(name, names);
    if (near != NULL)
        return err_set(err, ST_INVAL,
                       "--cpu %s: no such model; did you mean %s?", name, near);
    return err_set(err, ST_INVAL,
                   "--cpu %s: no such model (triptych list cpus)", name);
}

/* What the files of a guest and the options give to load. The catalogue's
 * command line and the user's are joined in *cmdline, which the caller frees.
 */
static enum status fill_load(const struct run_options *o,
                             const struct guests_files *files, char **cmdline,
                             struct load_request *load, struct error *err)
{
    const char *own = files->append != NULL ? files->append : "";
    const char *more = o->append != NULL ? o->append : "";

    if (asprintf(cmdline, "%s%s%s", own,
                 *own != '\0' && *more != '\0' ? " " : "", more) < 0) {
        *cmdline = NULL;
        return err_set(err, ST_NOMEM, "command line");
    }
    load->kernel = files->kernel;
    load->initrd = o->initrd != NULL ? o->initrd : files->initrd;
    load->cmdline = *cmdline;
    if (o->protocol == NULL)
        load->protocol = files->protocol;
    return ST_OK;
}

/* A name that nobody knows: say which was probably meant. */
static enum status find_guest(const char *name, struct guests_files *files,
                              struct error *err)
{
    enum status st = guests_resolve(name, files, err);
    const char *names[65], *near;
    unsigned n;

    if (st != ST_INVAL)
        return st;
    for (n = 0; n + 1 < ARRAY_LEN(names) && guests_at(n) != NULL; n++)
        names[n] = guests_at(n)->name;
    names[n] = NULL;
    near = opts_nearest(name, names);
    if (near != NULL)
        err_set(err, st, "%.120s: no such guest or file; did you mean %s?",
                name, near);
    return st;
}

/* What to load: a guest of the catalogue, a path, or --bios. */
static enum status choose_guest(const struct run_options *o, const char *arg,
                                struct guests_files *files, char **cmdline,
                                struct run_request *rq, struct error *err)
{
    const struct guests_entry *entry;
    enum status st;

    rq->load.bios = o->bios;
    rq->guest = arg != NULL ? arg : o->bios;
    if (o->protocol != NULL &&
        !load_protocol_parse(o->protocol, &rq->load.protocol))
        return err_set(err, ST_INVAL,
                       "--protocol %s: there are auto, bzimage32, bzimage64, "
                       "pvh, multiboot, elf",
                       o->protocol);
    if (arg == NULL && o->bios == NULL)
        return err_set(err, ST_INVAL,
                       "which guest? A name (triptych list guests), a path, or "
                       "--bios FILE");
    if (arg != NULL && o->bios != NULL)
        return err_set(err, ST_INVAL, "--bios stands in place of GUEST ('%s')",
                       arg);
    if (arg == NULL &&
        (o->initrd != NULL || o->append != NULL || o->protocol != NULL))
        return err_set(err, ST_INVAL,
                       "--initrd, --append and --protocol need "
                       "a GUEST, not --bios");
    if (arg == NULL)
        return ST_OK;
    entry = guests_find(arg);
    if (entry != NULL && entry->needs_disk && o->disk == NULL)
        return err_set(err, ST_INVAL, "%s needs --disk FILE", arg);
    st = find_guest(arg, files, err);
    return st == ST_OK ? fill_load(o, files, cmdline, &rq->load, err) : st;
}

static enum status make_request(const struct run_options *o, const char *arg,
                                struct guests_files *files, char **cmdline,
                                struct run_request *rq, struct error *err)
{
    enum status st;

    *rq = (struct run_request){
        .disk = o->disk,
        .disk_readonly = o->disk_readonly,
        .mem_bytes = o->mem,
        .max_insns = o->max_insns,
        .clock = (enum clock_mode)o->clock,
        .ips = o->ips,
        .input = o->input,
        .trace = o->trace,
        .symbols = o->symbols,
        .hash = o->state_hash,
    };
    st = engines_choose(o->engine, o->processor, opts_word(isa_words, o->isa),
                        &rq->engine, &rq->processor, err);
    if (st == ST_OK && o->mem % PAGE_SIZE != 0)
        st = err_set(err, ST_INVAL, "--mem: not a multiple of 4 KiB");
    if (st == ST_OK)
        st = choose_cpu(o->cpu, &rq->cpu, err);
    if (st == ST_OK)
        st = choose_guest(o, arg, files, cmdline, rq, err);
    return st;
}

static int write_json(const struct run_options *o, const struct run *r,
                      int status)
{
    FILE *f = stdout;

    if (o->json == NULL)
        return status;
    if (o->json[0] != '\0' && strcmp(o->json, "-") != 0)
        f = fopen(o->json, "w");
    if (f != NULL)
        run_print_json(r, status, f);
    if (f == NULL || fflush(f) != 0 || ferror(f)) {
        fprintf(stderr, "triptych run: --json %s: %s\n", o->json,
                strerror(errno));
        status = status == EXIT_STATUS_OK ? EXIT_STATUS_FAILED : status;
    }
    if (f != NULL && f != stdout)
        fclose(f);
    return status;
}

static int run_and_report(const struct command *cmd,
                          const struct run_options *o, struct run *r)
{
    struct error err;
    int status;

    if (!o->quiet)
        fprintf(stderr, "triptych: %s: %s on %s, cpu %s, %llu MiB, %s clock\n",
                r->rq->guest, r->rq->engine->name, r->rq->processor->name,
                cpuid_model_name(r->rq->cpu),
                (unsigned long long)(r->rq->mem_bytes >> 20),
                opts_word(clock_words, o->clock));
    if (o->dry_run)
        return EXIT_STATUS_OK;
    if (run_go(r, &err) != ST_OK)
        return fail(cmd, &err);
    status = run_exit_status(r, o->exit_status == EXIT_QEMU);
    if (!o->quiet && status != EXIT_STATUS_SIGNAL + SIGPIPE)
        run_print_end(r, stderr);
    return write_json(o, r, status);
}

static int run_command(const struct command *cmd, int argc, char **argv)
{
    struct run_options o = {
        .engine = "native",
        .mem = 512ull << 20,
        .max_insns = UINT64_MAX,
        .clock = CLOCK_VIRTUAL,
        .ips = CLOCK_NS_PER_S,
    };
    struct guests_files files = {0};
    char *cmdline = NULL;
    struct run_request rq;
    struct run r;
    struct error err;
    int nr_args, status;

    if (!command_parse(cmd, argc, argv, &o, 0, 1, &nr_args, &status) ||
        refuse(cmd, &o, &status))
        return status;
    if (make_request(&o, nr_args > 0 ? argv[0] : NULL, &files, &cmdline, &rq,
                     &err) != ST_OK) {
        status = fail(cmd, &err);
    } else if (run_init(&r, &rq, &err) != ST_OK) {
        status = fail(cmd, &err);
        /* Engine and processor are here; it is the guest that asks too much. */
        if (status == EXIT_STATUS_UNAVAILABLE)
            status = EXIT_STATUS_FAILED;
    } else {
        status = run_and_report(cmd, &o, &r);
        run_fini(&r);
    }
    guests_files_free(&files);
    free(cmdline);
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
        "ended otherwise; 124: budget used up; 128+N: signal N.\n",
    .opts = run_opts,
    .run = run_command,
};
