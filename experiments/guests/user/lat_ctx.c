/* lat_ctx.c: lmbench's context switch: a token goes round a ring of processes,
 * each of which sums an array of its own first: lat_ctx KIB PROCESSES. One
 * iteration is one switch; with one process, what a hop costs without it. */
#include "experiments/guests/user/user.h"

#define HOPS      1000u
#define MAX_PROCS 8u
#define MAX_WORDS (16u * 1024 / 4)

static uint32_t array[MAX_WORDS];
static int ring[MAX_PROCS][2]; /* process i reads from ring[i] */

static uint32_t sum(unsigned words)
{
    uint32_t s = 0;
    unsigned i;

    for (i = 0; i < words; i++)
        s += array[i];
    return s;
}

/* Pass on what comes, until the pipe ends. */
static void station(unsigned me, unsigned nr, unsigned words)
{
    unsigned k;
    uint32_t token;

    for (k = 0; k < nr; k++) {
        if (k != me)
            close(ring[k][0]);
        if (k != (me + 1) % nr)
            close(ring[k][1]);
    }
    while (read(ring[me][0], &token, sizeof(token)) == sizeof(token)) {
        token += 1 + sum(words);
        write(ring[(me + 1) % nr][1], &token, sizeof(token));
    }
    exit(0);
}

static enum mark_code code_of(unsigned kib, unsigned nr)
{
    if (nr == 1)
        return MARK_CTX_OVERHEAD;
    if (nr == 2)
        return kib == 0 ? MARK_CTX_2P_0K : MARK_CTX_2P_16K;
    return MARK_CTX_8P_16K;
}

int main(int argc, char **argv)
{
    unsigned kib = argc == 3 ? to_number(argv[1]) : 0;
    unsigned nr = argc == 3 ? to_number(argv[2]) : 0;
    unsigned words = kib * 1024 / 4, i;
    uint32_t token = 0;

    check(nr > 0 && nr <= MAX_PROCS && words <= MAX_WORDS, "usage");
    for (i = 0; i < words; i++)
        array[i] = 1;
    for (i = 0; i < nr; i++)
        check(pipe(ring[i]) == 0, "pipe");
    for (i = 1; i < nr; i++)
        if (fork() == 0)
            station(i, nr, words);
    bench_start();
    for (i = 0; i < HOPS / nr; i++) {
        token += 1 + sum(words);
        write(ring[1 % nr][1], &token, sizeof(token));
        check(read(ring[0][0], &token, sizeof(token)) == sizeof(token),
              "the token is lost");
    }
    bench_end(code_of(kib, nr), HOPS);
    check(token == HOPS / nr * nr * (words + 1), "the token's value");
    for (i = 0; i < nr; i++) {
        close(ring[i][0]);
        close(ring[i][1]);
    }
    for (i = 1; i < nr; i++)
        reap(0);
    return 0;
}
