/* cmd_ski.c: triptych ski: images for HP's Ski simulator.
 *
 * Options stand before FILE; what follows it are its arguments. Ski's own
 * options (one dash) have Ski's meaning or are refused by name. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/bits.h"
#include "experiments/cli/command.h"
#include "experiments/cli/engines.h"
#include "experiments/cli/ski_open.h"
#include "experiments/cli/stop.h"
#include "vti-ia64/engine.h"

#define DISK_PREFIX "/var/ski-disks/sd"

struct ski_options {
    const char *engine, *processor, *alat;
    struct engine_options options; /* of the engine */
    uint64_t mem, max_insns;
    int clock;
    /* Ski's */
    bool stats, force_user, force_system, strace, alat_asked, help;
    const char *initramfs;
};

#define AT(member) .offset = offsetof(struct ski_options, member)

static const struct opt_word clock_words[] = {
    {"virtual", CLOCK_VIRTUAL}, {"host", CLOCK_HOST}, {NULL, 0}};

static const struct opt ski_opts[] = {
    {.name = "engine",
     .type = OPT_STRING,
     AT(engine),
     .arg = "NAME",
     .help = "the technique: native, hvm or te; native"},
    {.name = "processor",
     .type = OPT_STRING,
     AT(processor),
     .arg = "NAME",
     .help = "what executes instructions; model"},
    {.name = "controls",
     .type = OPT_STRING,
     AT(options.controls),
     .arg = "LIST",
     .help = "hvm: accelerations of VT-i: full, none, or names\n"
             "(triptych list controls)"},
    {.name = "mem",
     .type = OPT_SIZE,
     AT(mem),
     .arg = "SIZE",
     .help = "memory from physical address 0; 5G, what boot loaders\n"
             "for Ski report (Ski has memory everywhere)",
     .min = 1 << 20,
     .max = 64ull << 30},
    {.name = "max-insns",
     .type = OPT_COUNT,
     AT(max_insns),
     .arg = "N",
     .help = "stop after N retired instructions (status 124)"},
    {.name = "clock",
     .type = OPT_WORD,
     AT(clock),
     .arg = "virtual|host",
     .help = "what time is; virtual",
     .words = clock_words},
    {.name = "alat",
     .type = OPT_STRING,
     AT(alat),
     .arg = "real|miss",
     .help = "advanced loads are remembered, or never (as Ski's\n"
             "default); real"},
    {.name = NULL},
};

static void output(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    fwrite(buf, 1, len, stdout);
}

/* Between stretches of the run: the console both ways. */
struct typing {
    struct ski *s;
    bool eof;
};

static bool poll_input(void *opaque, uint64_t wait_ns)
{
    struct typing *t = opaque;
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    uint8_t buf[256];
    ssize_t n;

    fflush(stdout);
    if (t->eof) {
        if (wait_ns > 0)
            poll(NULL, 0, (int)(wait_ns / 1000000) + 1);
        return false;
    }
    if (poll(&p, 1, wait_ns == 0 ? 0 : (int)(wait_ns / 1000000) + 1) <= 0)
        return true;
    n = read(STDIN_FILENO, buf, sizeof(buf));
    if (n <= 0) {
        t->eof = true;
        return false;
    }
    ski_machine(t->s)->nondeterministic = true;
    ski_input(t->s, buf, (size_t)n);
    return true;
}

static void strace_line(void *opaque, const char *line)
{
    (void)opaque;
    fprintf(stderr, "%s\n", line);
}

/* ---- Ski's own options ---- */
enum ski_option_kind { SKI_FLAG, SKI_TEXT, SKI_SAME, SKI_REFUSED };

static const struct ski_option {
    const char *name;
    enum ski_option_kind kind;
    size_t offset;   /* in struct ski_options */
    const char *why; /* refused */
} ski_option_table[] = {
#define SKI_FLAG(name, member)                                                 \
    {name, SKI_FLAG, offsetof(struct ski_options, member), NULL},
#define SKI_TEXT(name, member)                                                 \
    {name, SKI_TEXT, offsetof(struct ski_options, member), NULL},
#define SKI_SAME(name)         {name, SKI_SAME, 0, NULL},
#define SKI_REFUSED(name, why) {name, SKI_REFUSED, 0, why},
#include "experiments/cli/ski_options.def"
#undef SKI_REFUSED
#undef SKI_SAME
#undef SKI_TEXT
#undef SKI_FLAG
};

static const struct ski_option *find_ski_option(const char *word)
{
    for (size_t k = 0; k < ARRAY_LEN(ski_option_table); k++)
        if (strcmp(ski_option_table[k].name, word) == 0)
            return &ski_option_table[k];
    return NULL;
}

/* `word` stands where an option of Ski's may. Number of arguments taken; -1:
 * refused, and said so. */
static int ski_option(const struct command *cmd, struct ski_options *o,
                      const char *word, const char *next)
{
    const struct ski_option *k = find_ski_option(word);
    char *at = (char *)o + (k != NULL ? k->offset : 0);

    if (k == NULL) {
        command_usage(cmd, "no option '%s'", word);
        return -1;
    }
    switch (k->kind) {
    case SKI_FLAG:
        *(bool *)(void *)at = true;
        return 1;
    case SKI_TEXT:
        if (next == NULL) {
            command_usage(cmd, "%s: argument missing", word);
            return -1;
        }
        *(const char **)(void *)at = next;
        return 2;
    case SKI_SAME:
        return 1;
    default:
        command_usage(cmd, "%s: this option of Ski's is not supported: %s",
                      word, k->why);
        return -1;
    }
}

/* Takes Ski's options out of argv; what is left is ours. *file: index of FILE
 * in what is left. False: *status says why not. */
static bool split(const struct command *cmd, struct ski_options *o, int *argc,
                  char **argv, int *file, int *status)
{
    int in = 0, out = 0, took;

    *file = -1;
    while (in < *argc) {
        if (argv[in][0] == '-' && argv[in][1] == '-') {
            bool apart = strchr(argv[in], '=') == NULL &&
                         strcmp(argv[in], "--help") != 0;

            argv[out++] = argv[in++];
            if (apart && in < *argc)
                argv[out++] = argv[in++];
            continue;
        }
        if (argv[in][0] != '-') {
            *file = out;
            break;
        }
        took =
            ski_option(cmd, o, argv[in], in + 1 < *argc ? argv[in + 1] : NULL);
        if (took < 0) {
            *status = EXIT_STATUS_USAGE;
            return false;
        }
        in += took;
    }
    while (in < *argc)
        argv[out++] = argv[in++];
    *argc = out;
    return true;
}

static int finish(const struct ski_options *o, struct ski *s, enum run_end end,
                  uint64_t host_ns)
{
    const struct machine *m = ski_machine(s);
    uint64_t insns = ski_vcpu(s)->icount;
    double seconds = (double)host_ns / 1e9;

    fflush(stdout);
    if (o->stats)
        fprintf(stderr, "%llu insts, %.2f sec, %.0f i/s\n",
                (unsigned long long)insns, seconds,
                seconds > 0 ? (double)insns / seconds : 0);
    if (stop_signal() != 0)
        return EXIT_STATUS_SIGNAL + stop_signal();
    if (end != RUN_MACHINE) {
        fprintf(stderr, "triptych ski: %s\n", run_end_text(end));
        return end == RUN_BUDGET ? EXIT_STATUS_BUDGET : EXIT_STATUS_FAILED;
    }
    return m->end == MACHINE_GUEST_EXIT && m->end_code != 0 ? EXIT_STATUS_FAILED
                                                            : EXIT_STATUS_OK;
}

static int run_image(const struct command *cmd, const struct ski_options *o,
                     const struct ski_config *config)
{
    struct typing t = {0};
    struct timespec a, b;
    struct error err;
    struct ski *s;
    enum run_end end;
    enum status st = ski_create(config, &s, &err);
    int status;

    if (st != ST_OK)
        return command_fail(cmd, &err);
    t.s = s;
    stop_arm(ski_vcpu(s));
    clock_gettime(CLOCK_MONOTONIC, &a);
    st = engine_run(ski_vcpu(s), o->max_insns, poll_input, &t, &end, &err);
    clock_gettime(CLOCK_MONOTONIC, &b);
    stop_disarm();
    status = st != ST_OK
                 ? command_fail(cmd, &err)
                 : finish(o, s, end,
                          (uint64_t)(b.tv_sec - a.tv_sec) * 1000000000ull +
                              (uint64_t)(b.tv_nsec - a.tv_nsec));
    ski_destroy(s);
    return status;
}

/* The engine, if there is one that takes the options. */
static bool choose(const struct command *cmd, const struct ski_options *o,
                   const struct engine_ops **e, int *status)
{
    const struct processor_ops *p;
    char text[ENGINE_OPTIONS_TEXT];
    struct error err;
    enum status st =
        engines_choose(o->engine, o->processor, "ia64", e, &p, &err);

    if (st == ST_OK && (*e)->options != NULL)
        st = (*e)->options(&o->options, p, text, &err);
    else if (st == ST_OK && o->options.controls != NULL)
        st = err_set(&err, ST_INVAL, "--controls: %s has none", (*e)->name);
    *status = st == ST_OK ? EXIT_STATUS_OK : command_fail(cmd, &err);
    return st == ST_OK;
}

static bool check(const struct command *cmd, const struct ski_options *o,
                  int *status)
{
    *status = EXIT_STATUS_OK;
    if (o->force_user && o->force_system)
        *status = command_usage(cmd, "-forceuser with -forcesystem");
    else if (strcmp(o->alat, "real") != 0 && strcmp(o->alat, "miss") != 0)
        *status = command_usage(cmd, "--alat %s: real or miss", o->alat);
    else if (o->alat_asked && strcmp(o->alat, "miss") == 0)
        *status = command_usage(cmd, "-alat with --alat miss");
    return *status == EXIT_STATUS_OK;
}

static int run(const struct command *cmd, int argc, char **argv)
{
    struct ski_options o = {.engine = "native",
                            .alat = "real",
                            .mem = 5ull << 30,
                            .max_insns = UINT64_MAX};
    int status, file, nr;
    struct ski_open files = {.disks = DISK_PREFIX};
    const struct engine_ops *engine;
    struct ski_config config;
    const char **args;

    if (!split(cmd, &o, &argc, argv, &file, &status))
        return status;
    if (o.help) {
        command_help(cmd, stdout);
        return EXIT_STATUS_OK;
    }
    if (!command_parse(cmd, file < 0 ? argc : file, argv, &o, 0, 0, &nr,
                       &status))
        return status;
    if (file < 0)
        return command_usage(cmd, "no FILE");
    if (!check(cmd, &o, &status) || !choose(cmd, &o, &engine, &status))
        return status;
    args = command_copy_args(argc - file, argv + file);
    if (args == NULL)
        return EXIT_STATUS_FAILED;
    files.args = args;
    for (unsigned k = 0; args[k] != NULL; k++)
        if (strncmp(args[k], "simscsi=", 8) == 0)
            files.disks = args[k] + 8;
    config = (struct ski_config){
        .engine = engine,
        .options = &o.options,
        .file = args[0],
        .args = args,
        .mode = o.force_user     ? SKI_USER
                : o.force_system ? SKI_SYSTEM
                                 : SKI_AUTO,
        .mem_bytes = o.mem & ~4095ull,
        .initramfs = o.initramfs,
        .clock = (enum clock_mode)o.clock,
        .ips = CLOCK_NS_PER_S,
        .alat_miss = strcmp(o.alat, "miss") == 0,
        .console = output,
        .open = ski_open_named,
        .open_opaque = &files,
        .strace = o.strace ? strace_line : NULL,
        .trace_from = UINT64_MAX,
    };
    status = run_image(cmd, &o, &config);
    free(args);
    return status;
}

const struct command cmd_ski = {
    .name = "ski",
    .args = "[OPTION]... FILE [ARGUMENT]...",
    .summary = "run an IA-64 image for HP's Ski: a system or a Linux program",
    .more =
        "Ski's own options, before FILE: -noconsole, -nonet, -stats,\n"
        "-alat, -forceuser, -forcesystem, -strace, -initramfs FILE. Others\n"
        "are refused. The guest may open files that its arguments name,\n"
        "and disks: paths that begin with simscsi=PREFIX\n"
        "(" DISK_PREFIX ").\n\n"
        "  triptych ski -stats bootloader vmlinux root=/dev/sda simscsi=sd\n"
        "  triptych ski -strace --max-insns 1G hello\n",
    .opts = ski_opts,
    .run = run,
};
