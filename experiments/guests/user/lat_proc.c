/* lat_proc.c: lmbench's process latencies: fork and exit; fork, exec and exit;
 * the same through a shell. */
#include "experiments/guests/user/user.h"

#define N_FORK  200u
#define N_EXEC  100u
#define N_SHELL 50u

static const char *const hello[] = {"hello", NULL};
static const char *const shell[] = {"sh", "-c", "/hello", NULL};

static void fork_exit(void)
{
    unsigned i;
    int pid;

    bench_start();
    for (i = 0; i < N_FORK; i++) {
        pid = fork();
        if (pid == 0)
            exit(3);
        reap(3);
    }
    bench_end(MARK_FORK, N_FORK);
}

static void run(const char *path, const char *const *argv)
{
    int pid = fork();

    check(pid >= 0, "fork");
    if (pid == 0) {
        exec(path, argv);
        exit(1);
    }
    reap(7); /* hello's */
}

static void fork_exec(void)
{
    unsigned i;

    bench_start();
    for (i = 0; i < N_EXEC; i++)
        run("/hello", hello);
    bench_end(MARK_EXEC, N_EXEC);
}

static void fork_shell(void)
{
    unsigned i;

    bench_start();
    for (i = 0; i < N_SHELL; i++)
        run("/sh", shell);
    bench_end(MARK_SHELL, N_SHELL);
}

int main(int argc, char **argv)
{
    static const struct choice choices[] = {
        {"fork", fork_exit},
        {"exec", fork_exec},
        {"shell", fork_shell},
    };

    choose(choices, ARRAY_LEN(choices), argc, argv);
    return 0;
}
