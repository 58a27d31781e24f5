/* fuzz_host.c: fuzz_host [COUNT [SEED [16|32|64]]]: random instructions on
 * interp and on the host processor at CPL 3. Prints the count, the seed and
 * what differed; exit status 1 if anything did, 77: this host is no oracle. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/x86/tests/hostdiff.h"

/* Each mode in a process of its own: the oracle owns fixed addresses. */
static int run_mode(unsigned code_size, uint64_t count, uint64_t seed)
{
    struct hostdiff_counts n;
    const char *why;

    if (!hostdiff_run(code_size, seed, count, 40, stdout, &n, &why)) {
        printf("%u-bit: skipped: %s\n", 8u << code_size, why);
        return 77;
    }
    printf("%u-bit: %llu cases, %llu completed, %llu not comparable, seed "
           "%llu: %llu different\n",
           8u << code_size, (unsigned long long)n.cases,
           (unsigned long long)n.completed, (unsigned long long)n.skipped,
           (unsigned long long)seed, (unsigned long long)n.different);
    return n.different != 0;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    unsigned only = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
    int status, worst = 0;

    for (unsigned size = 1; size <= 3; size++) {
        if (only != 0 && only != 8u << size)
            continue;
        fflush(stdout);
        if (fork() == 0) {
            status = run_mode(size, count, seed);
            fflush(stdout);
            _exit(status);
        }
        if (wait(&status) < 0 || !WIFEXITED(status)) {
            printf("%u-bit: ended by signal %d\n", 8u << size,
                   WTERMSIG(status));
            worst = 1;
        } else if (WEXITSTATUS(status) > worst) {
            worst = WEXITSTATUS(status);
        }
    }
    return worst;
}
