/* guarded.c: reading files that may be anything, in a process of its own. */
#include "experiments/cli/guarded.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of processor time: a broken file can make the library go in circles. */
#define CPU_SECONDS 60
#define SECONDS     600

/* The exit status of the process; failures leave nothing in `temp`. */
static int work(const struct command *cmd, guarded_fn *fn, void *opaque,
                FILE *temp)
{
    int exit_status = EXIT_STATUS_OK;
    struct error err;
    enum status st;

    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_SECONDS, CPU_SECONDS});
    alarm(SECONDS);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    st = fn(opaque, temp, &exit_status, &err);
    if (st == ST_OK && (fflush(temp) != 0 || ferror(temp)))
        st = err_set_errno(&err, ST_HOST, errno, "temporary file");
    if (st == ST_OK)
        return exit_status;
    fflush(temp);
    if (ftruncate(fileno(temp), 0) != 0)
        return EXIT_STATUS_FAILED;
    return command_fail(cmd, &err);
}

static void copy(FILE *from, FILE *to)
{
    char buf[16384];
    size_t n;

    rewind(from);
    while ((n = fread(buf, 1, sizeof(buf), from)) > 0)
        fwrite(buf, 1, n, to);
}

int guarded(const struct command *cmd, const char *path, guarded_fn *fn,
            void *opaque)
{
    FILE *temp = tmpfile();
    struct error err;
    int status = 0;
    pid_t pid;

    fflush(NULL);
    if (temp == NULL || (pid = fork()) < 0) {
        err_set_errno(&err, ST_HOST, errno, "%s", path);
        if (temp != NULL)
            fclose(temp);
        return command_fail(cmd, &err);
    }
    if (pid == 0)
        _exit(work(cmd, fn, opaque, temp));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status)) {
        err_set(&err, ST_GUEST,
                "%s: corrupt: the HDF5 library ended with SIG%s", path,
                sigabbrev_np(WTERMSIG(status)));
        status = command_fail(cmd, &err);
    } else {
        copy(temp, stdout);
        status = WEXITSTATUS(status);
    }
    fclose(temp);
    return status;
}
