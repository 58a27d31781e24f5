/* command.h: what a command of the triptych binary is, and exit statuses. */
#ifndef EXPERIMENTS_CLI_COMMAND_H
#define EXPERIMENTS_CLI_COMMAND_H

#include <stdio.h>

#include "common/base/err.h"
#include "experiments/cli/options.h"

#define TRIPTYCH_VERSION "0.1"

/* Exit statuses; 128+N for signal N. */
enum {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_FAILED = 1, /* the run or a check failed */
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_UNAVAILABLE = 77, /* engine or processor not available here */
    EXIT_STATUS_BUDGET = 124,     /* instruction budget used up */
    EXIT_STATUS_SIGNAL = 128,
};

struct command {
    const char *name;
    const char *args; /* "[OPTION]... GUEST" */
    const char *summary;
    const char *more; /* help below the options; may be NULL */
    const struct opt *opts;
    int (*run)(const struct command *cmd, int argc, char **argv);
};

extern const struct command cmd_ski;
extern const struct command cmd_run, cmd_compare, cmd_export, cmd_merge,
    cmd_list, cmd_doctor, cmd_verify, cmd_report, cmd_vmcs, cmd_explain,
    cmd_reproduce;

/* Rows for options that several commands have, called alike in all of them.
 * AT is the command's own: the offset of a member of its struct of values. */
#define OPTION_OUTPUT(text)                                                    \
    {                                                                          \
        .name = "output", .letter = 'o', .type = OPT_STRING, AT(output),       \
        .arg = "FILE", .help = text                                            \
    }
#define OPTION_JSON(text)                                                      \
    {                                                                          \
        .name = "json", .type = OPT_FLAG, AT(json), .help = text               \
    }
#define OPTION_QUIET(text)                                                     \
    {                                                                          \
        .name = "quiet", .letter = 'q', .type = OPT_FLAG, AT(quiet),           \
        .help = text                                                           \
    }
#define OPTION_IDENTIFY(where)                                                 \
    {                                                                          \
        .name = "identify", .type = OPT_FLAG, AT(identify),                    \
        .help = "--" where ": with the names of host, user and home"           \
    }

/* Parse for a command. Returns true to go on; otherwise *status is what to
 * exit with (help was printed, or a usage error). Fails if the number of
 * arguments is outside min_args..max_args. */
bool command_parse(const struct command *cmd, int argc, char **argv,
                   void *values, int min_args, int max_args, int *nr_args,
                   int *status);

/* The arguments as they were given: command_parse() moves them. The list is
 * freed by the caller. NULL (and a line on stderr): out of memory. */
const char **command_copy_args(int argc, char **argv);

/* One line "triptych CMD: text" on stderr; returns EXIT_STATUS_USAGE. */
int command_usage(const struct command *cmd, const char *fmt, ...) PRINTF(2, 3);

/* Report an error of ours in one line on stderr; the exit status for it. */
int command_fail(const struct command *cmd, const struct error *err);

void command_help(const struct command *cmd, FILE *out);

#endif
