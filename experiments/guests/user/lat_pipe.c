/* lat_pipe.c: lmbench's pipe latency: a byte to another process and back. */
#include "experiments/guests/user/user.h"

#define N 2000u

int main(int argc, char **argv)
{
    int to[2], from[2], pid;
    unsigned i, good = 0;
    uint8_t byte = 0;

    (void)argc;
    (void)argv;
    check(pipe(to) == 0 && pipe(from) == 0, "pipe");
    pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0) {
        close(to[1]);
        close(from[0]);
        while (read(to[0], &byte, 1) == 1) {
            byte++;
            write(from[1], &byte, 1);
        }
        exit(5);
    }
    close(to[0]);
    close(from[1]);
    bench_start();
    for (i = 0; i < N; i++) {
        byte = (uint8_t)i;
        write(to[1], &byte, 1);
        good += read(from[0], &byte, 1) == 1 && byte == (uint8_t)(i + 1);
    }
    bench_end(MARK_PIPE, N);
    close(to[1]);
    reap(5);
    check(good == N, "what came back");
    return 0;
}
