/* lib.c: system calls and small helps for programs. */
#include "experiments/guests/user/user.h"

#include "experiments/guests/user/syscall_asm.h"

void signal_restorer(void);

static int call(enum syscall_number nr, long a, long b, long c)
{
    return (int)syscall3(nr, a, b, c);
}

_Noreturn void exit(int status)
{
    for (;;)
        call(SYS_exit, status, 0, 0);
}

int fork(void)
{
    return call(SYS_fork, 0, 0, 0);
}

int exec(const char *path, const char *const *argv)
{
    return call(SYS_exec, (long)path, (long)argv, 0);
}

int wait(int *status)
{
    return call(SYS_wait, (long)status, 0, 0);
}

int getppid(void)
{
    return call(SYS_getppid, 0, 0, 0);
}

int getpid(void)
{
    return call(SYS_getpid, 0, 0, 0);
}

int read(int fd, void *buf, size_t n)
{
    return call(SYS_read, fd, (long)buf, (long)n);
}

int write(int fd, const void *buf, size_t n)
{
    return call(SYS_write, fd, (long)buf, (long)n);
}

int open(const char *path)
{
    return call(SYS_open, (long)path, 0, 0);
}

int close(int fd)
{
    return call(SYS_close, fd, 0, 0);
}

int stat(const char *path, uint32_t *size)
{
    return call(SYS_stat, (long)path, (long)size, 0);
}

int pipe(int fd[2])
{
    return call(SYS_pipe, (long)fd, 0, 0);
}

int dup(int fd)
{
    return call(SYS_dup, fd, 0, 0);
}

void *mmap(int fd, size_t size, unsigned prot)
{
    long at = syscall3(SYS_mmap, fd, (long)size, (long)prot);

    return at > 0 ? (void *)at : NULL;
}

int munmap(void *at, size_t size)
{
    return call(SYS_munmap, (long)at, (long)size, 0);
}

int mprotect(void *at, size_t size, unsigned prot)
{
    return call(SYS_mprotect, (long)at, (long)size, (long)prot);
}

int signal(unsigned sig, void (*handler)(int))
{
    return call(SYS_signal, (long)sig, (long)handler, (long)signal_restorer);
}

int kill(int pid, unsigned sig)
{
    return call(SYS_kill, pid, (long)sig, 0);
}

int yield(void)
{
    return call(SYS_yield, 0, 0, 0);
}

int free_pages(void)
{
    return call(SYS_free_pages, 0, 0, 0);
}

void bench_start(void)
{
    call(SYS_mark, MARK_SETUP, 0, 0);
}

void bench_end(enum mark_code code, unsigned iterations)
{
    call(SYS_mark, code, (long)iterations, 0);
}

void print(const char *s)
{
    write(1, s, strlen(s));
}

void check(bool ok, const char *what)
{
    if (ok)
        return;
    print("FAIL: ");
    print(what);
    print("\n");
    exit(1);
}

void reap(int status)
{
    int got = -1;

    check(wait(&got) > 0, "no child to wait for");
    check(got == status, "a child's status");
}

unsigned to_number(const char *s)
{
    unsigned v = 0;

    for (; *s >= '0' && *s <= '9'; s++)
        v = v * 10 + (unsigned)(*s - '0');
    return v;
}

void choose(const struct choice *c, unsigned nr, int argc, char **argv)
{
    unsigned i;

    for (i = 0; argc > 1 && i < nr; i++)
        if (strcmp(c[i].name, argv[1]) == 0) {
            c[i].run();
            return;
        }
    check(false, "usage");
}
