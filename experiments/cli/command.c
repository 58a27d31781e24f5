/* command.c: what all commands share: parsing, help, usage errors. */
#include "experiments/cli/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int command_usage(const struct command *cmd, const char *fmt, ...)
{
    char text[240];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fprintf(stderr, "triptych %s: %s", cmd->name, text);
    /* One hint is enough. */
    if (strstr(text, "(triptych ") == NULL)
        fprintf(stderr, " (triptych help %s)", cmd->name);
    fputc('\n', stderr);
    return EXIT_STATUS_USAGE;
}

int command_fail(const struct command *cmd, const struct error *err)
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

void command_help(const struct command *cmd, FILE *out)
{
    fprintf(out, "usage: triptych %s %s\n\n%s\n\n", cmd->name, cmd->args,
            cmd->summary);
    opts_print(cmd->opts, out);
    fprintf(out, "  %-26s%s\n", "--help", "this text");
    if (cmd->more != NULL)
        fprintf(out, "\n%s", cmd->more);
}

const char **command_copy_args(int argc, char **argv)
{
    const char **copy = calloc((size_t)argc + 1, sizeof(*copy));
    int i;

    for (i = 0; copy != NULL && i < argc; i++)
        copy[i] = argv[i];
    if (copy == NULL)
        fprintf(stderr, "triptych: out of memory\n");
    return copy;
}

bool command_parse(const struct command *cmd, int argc, char **argv,
                   void *values, int min_args, int max_args, int *nr_args,
                   int *status)
{
    struct error err;
    bool help;

    if (opts_parse(cmd->opts, argc, argv, values, nr_args, &help, &err) !=
        ST_OK) {
        *status = command_usage(cmd, "%s", err.text);
        return false;
    }
    if (help) {
        command_help(cmd, stdout);
        *status = EXIT_STATUS_OK;
        return false;
    }
    if (*nr_args < min_args) {
        *status = command_usage(cmd, "missing argument: %s", cmd->args);
        return false;
    }
    if (*nr_args > max_args) {
        *status =
            command_usage(cmd, "unexpected argument '%s'", argv[max_args]);
        return false;
    }
    return true;
}
