/* sh.c: as much of a shell as `sh -c PROGRAM` needs: runs it, waits for it and
 * ends with its status. */
#include "experiments/guests/user/user.h"

int main(int argc, char **argv)
{
    const char *child[] = {argc == 3 ? argv[2] : NULL, NULL};
    int status = 1, pid;

    check(argc == 3 && strcmp(argv[1], "-c") == 0, "usage: sh -c PROGRAM");
    pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0) {
        exec(argv[2], child);
        check(false, argv[2]);
    }
    check(wait(&status) == pid, "wait");
    return status;
}
