/* forkwait.c: the benchmark of Adams and Agesen, "A Comparison of Software and
 * Hardware Techniques for x86 Virtualization", ASPLOS 2006, section 6.2, with
 * fewer iterations (there: 40000). */
#include "experiments/guests/user/user.h"

#define N 1000u

int main(int argc, char **argv)
{
    unsigned i, good = 0;
    int pid;

    (void)argc;
    (void)argv;
    bench_start();
    for (i = 0; i < N; i++) {
        pid = fork();
        if (pid == 0)
            return 0;
        good += wait(NULL) == pid;
    }
    bench_end(MARK_FORKWAIT, N);
    check(good == N, "fork and wait");
    return 0;
}
