/* init.c: process 1: runs the suite, or the programs whose names it is given
 * (words of the kernel's command line), and ends the run: status 0 if all went
 * well, else 1. */
#include "experiments/guests/user/user.h"

static const char *const suite[][4] = {
    {"lat_syscall", "null"},
    {"lat_syscall", "read"},
    {"lat_syscall", "write"},
    {"lat_syscall", "stat"},
    {"lat_syscall", "open"},
    {"lat_sig", "install"},
    {"lat_sig", "catch"},
    {"lat_sig", "prot"},
    {"lat_proc", "fork"},
    {"lat_proc", "exec"},
    {"lat_proc", "shell"},
    {"lat_pipe"},
    {"lat_ctx", "0", "1"},
    {"lat_ctx", "0", "2"},
    {"lat_ctx", "16", "2"},
    {"lat_ctx", "16", "8"},
    {"lat_mmap"},
    {"lat_pagefault"},
    {"forkwait"},
    {"integer"},
    {"memory"},
    {"compress"},
    {"disk"},
    {"preempt"},
};

static bool wanted(const char *name, int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

static bool run(const char *const *argv)
{
    int pid = fork(), status = 1, i;

    if (pid == 0) {
        exec(argv[0], argv);
        exit(1);
    }
    if (pid > 0 && wait(&status) == pid && status == 0)
        return true;
    print("FAIL:");
    for (i = 0; argv[i] != NULL; i++) {
        print(" ");
        print(argv[i]);
    }
    print("\n");
    return false;
}

int main(int argc, char **argv)
{
    unsigned i, ran = 0, failed = 0;
    int pages = 0;

    for (i = 0; i < ARRAY_LEN(suite); i++) {
        if (!wanted(suite[i][0], argc, argv))
            continue;
        ran++;
        failed += !run(suite[i]);
        if (ran == 1) /* by now all that is ours has been touched */
            pages = free_pages();
    }
    check(ran > 0, "no such program");
    check(failed > 0 || free_pages() == pages, "pages are lost");
    print(failed == 0 ? "trik: all passed\n" : "trik: some failed\n");
    return failed == 0 ? 0 : 1;
}
