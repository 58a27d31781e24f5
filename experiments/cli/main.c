/* main.c: word -> command. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "experiments/cli/command.h"

static const struct command *const commands[] = {
    &cmd_run,    &cmd_compare, &cmd_verify, &cmd_reproduce, &cmd_report,
    &cmd_export, &cmd_merge,   &cmd_list,   &cmd_doctor,    &cmd_explain,
    &cmd_vmcs,   &cmd_ski,     NULL,
};

/* Words that are kept for what is planned; using one is refused by name. */
static const char *const planned[] = {
    "classify",
    NULL,
};

static const struct command *find(const char *word)
{
    unsigned i;

    for (i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->name, word) == 0)
            return commands[i];
    return NULL;
}

static int unknown(const char *word)
{
    const char *names[ARRAY_LEN(commands) + ARRAY_LEN(planned)], *near;
    unsigned i, n = 0;

    for (i = 0; planned[i] != NULL; i++) {
        if (strcmp(planned[i], word) == 0) {
            fprintf(stderr, "triptych: %s: not there yet\n", word);
            return EXIT_STATUS_USAGE;
        }
    }
    for (i = 0; commands[i] != NULL; i++)
        names[n++] = commands[i]->name;
    names[n++] = "help";
    names[n] = NULL;
    near = opts_nearest(word, names);
    if (near != NULL)
        fprintf(stderr, "triptych: no command '%s'; did you mean %s?\n", word,
                near);
    else
        fprintf(stderr, "triptych: no command '%s' (triptych help)\n", word);
    return EXIT_STATUS_USAGE;
}

static void help_all(FILE *out)
{
    unsigned i;

    fputs("usage: triptych COMMAND [OPTION]... [ARGUMENT]...\n\n"
          "The same guest under several virtualization techniques.\n\n",
          out);
    for (i = 0; commands[i] != NULL; i++)
        fprintf(out, "  %-10s%s\n", commands[i]->name, commands[i]->summary);
    fputs("  help      this text; `help COMMAND`: a command's options\n\n"
          "Planned, not there yet:",
          out);
    for (i = 0; planned[i] != NULL; i++)
        fprintf(out, " %s", planned[i]);
    fputs("\n\nTo begin with:\n\n"
          "  triptych doctor                what works here\n"
          "  triptych compare trik64        a small kernel under every engine\n"
          "  triptych help compare          what else it can do"
          "\n\nExit status: 0 ok, 1 the run or a check failed, 2 usage, 77 "
          "engine or processor\nnot available here, 124 instruction budget "
          "used up, 128+N signal N.\n",
          out);
}

static int help(int argc, char **argv)
{
    const struct command *cmd;

    if (argc < 1) {
        help_all(stdout);
        return EXIT_STATUS_OK;
    }
    if (argc > 1) {
        fprintf(stderr, "triptych help: unexpected argument '%s'\n", argv[1]);
        return EXIT_STATUS_USAGE;
    }
    cmd = find(argv[0]);
    if (cmd == NULL)
        return unknown(argv[0]);
    command_help(cmd, stdout);
    return EXIT_STATUS_OK;
}

static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/* Results that did not reach their reader are a failure; a reader that wanted
 * no more (head) ends us as its signal would. */
static int finish(int status)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (reader_left())
            return EXIT_STATUS_SIGNAL + SIGPIPE;
        fprintf(stderr, "triptych: standard output: %s\n",
                errno != 0 ? strerror(errno) : "write error");
        if (status == EXIT_STATUS_OK)
            status = EXIT_STATUS_FAILED;
    }
    return status;
}

int main(int argc, char **argv)
{
    const struct command *cmd;

    if (argc < 2) {
        help_all(stderr);
        return EXIT_STATUS_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return finish(help(argc - 2, argv + 2));
    if (strcmp(argv[1], "--version") == 0) {
        printf("triptych %s\n", TRIPTYCH_VERSION);
        return finish(EXIT_STATUS_OK);
    }
    cmd = find(argv[1]);
    if (cmd == NULL)
        return unknown(argv[1]);
    return finish(cmd->run(cmd, argc - 2, argv + 2));
}
