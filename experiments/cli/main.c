/* main.c: word -> command. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "experiments/cli/command.h"

static const struct command *const commands[] = {
    &cmd_ski,     &cmd_run,    &cmd_compare, &cmd_verify, &cmd_reproduce,
    &cmd_report,  &cmd_export, &cmd_merge,   &cmd_list,   &cmd_vmcs,
    &cmd_explain, &cmd_doctor, NULL,
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
    fputs("\n\nExit status: 0 ok, 1 the run or a check failed, 2 usage, 77 "
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
    cmd = find(argv[0]);
    if (cmd == NULL)
        return unknown(argv[0]);
    command_help(cmd, stdout);
    return EXIT_STATUS_OK;
}

/* Results that did not reach their reader are a failure. */
static int finish(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("triptych: standard output");
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
