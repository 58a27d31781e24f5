/* preempt.c: a process that never gives the processor up does not keep others
 * from running, and can be killed. */
#include "experiments/guests/user/user.h"

int main(int argc, char **argv)
{
    int fd[2], spinner, status = 0, i;
    char byte;

    (void)argc;
    (void)argv;
    check(pipe(fd) == 0, "pipe");
    spinner = fork();
    if (spinner == 0)
        for (;;)
            ;
    if (fork() == 0) {
        for (i = 0; i < 5; i++) {
            write(fd[1], "x", 1);
            yield();
        }
        exit(0);
    }
    for (i = 0; i < 5; i++)
        check(read(fd[0], &byte, 1) == 1, "read");
    reap(0);
    check(kill(spinner, SIG_KILL) == 0, "kill");
    check(wait(&status) == spinner && status == 128 + (int)SIG_KILL,
          "the status of one that was killed");
    return 0;
}
