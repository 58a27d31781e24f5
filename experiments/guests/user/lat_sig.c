/* lat_sig.c: lmbench's signal latencies: install a handler, catch a signal,
 * catch a write to a page that is read-only. */
#include "experiments/guests/user/user.h"

#define N 5000u

static volatile unsigned caught;

static void count(int sig)
{
    caught += (unsigned)sig;
}

/* The write comes again until the last time. */
static void count_faults(int sig)
{
    if (++caught < N)
        return;
    bench_end(MARK_PROT_FAULT, N);
    exit(sig == (int)SIG_SEGV ? 0 : 1);
}

static void install(void)
{
    unsigned i, good = 0;

    bench_start();
    for (i = 0; i < N; i++)
        good += signal(SIG_USR1, count) == 0;
    bench_end(MARK_SIG_INSTALL, N);
    check(good == N, "signal");
}

static void catch (void)
{
    int self = getpid();
    unsigned i;

    check(signal(SIG_USR1, count) == 0, "signal");
    bench_start();
    for (i = 0; i < N; i++)
        kill(self, SIG_USR1);
    bench_end(MARK_SIG_HANDLER, N);
    check(caught == N * SIG_USR1, "signals lost");
}

static void prot(void)
{
    int fd = open("/data");
    volatile char *page = mmap(fd, PAGE_SIZE, PROT_READ);

    check(page != NULL && page[0] == '0', "mmap of /data");
    check(signal(SIG_SEGV, count_faults) == 0, "signal");
    bench_start();
    page[0] = 'x';
    check(false, "a write to a read-only page");
}

int main(int argc, char **argv)
{
    static const struct choice choices[] = {
        {"install", install},
        {"catch", catch},
        {"prot", prot},
    };

    choose(choices, ARRAY_LEN(choices), argc, argv);
    return 0;
}
