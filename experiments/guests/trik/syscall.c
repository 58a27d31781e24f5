/* syscall.c: system calls: from registers to functions and back. */
#include "experiments/guests/trik/kernel.h"

struct args {
    uintptr_t a, b, c;
};

static struct file *fd_file(uintptr_t fd)
{
    return fd < NR_FDS ? current->fd[fd] : NULL;
}

static long fd_new(struct file *f)
{
    unsigned i;

    for (i = 0; i < NR_FDS; i++) {
        if (current->fd[i] != NULL)
            continue;
        current->fd[i] = f;
        return (long)i;
    }
    file_put(f);
    return -E_MFILE;
}

/* ---- processes ----------------------------------------------------------- */

static long sys_exit(const struct args *x)
{
    proc_exit((int)x->a);
}

static long sys_fork(const struct args *x)
{
    (void)x;
    return proc_fork();
}

/* The strings of argv, one behind the other; *nr of them. */
static long read_args(uintptr_t argv, char *to, unsigned *nr)
{
    uintptr_t at;
    size_t n = 0;

    for (*nr = 0;; ++*nr, argv += sizeof(at)) {
        if (!user_read(&current->space, &at, argv, sizeof(at)))
            return -E_FAULT;
        if (at == 0)
            return 0;
        if (*nr == MAX_ARGS ||
            !user_string(&current->space, to + n, at, ARG_MAX - n))
            return -E_INVAL;
        n += strlen(to + n) + 1;
    }
}

static long sys_exec(const struct args *x)
{
    char path[MAX_PATH], args[ARG_MAX];
    unsigned nr;
    long status;

    if (!user_string(&current->space, path, x->a, sizeof(path)))
        return -E_FAULT;
    status = read_args(x->b, args, &nr);
    return status == 0 ? exec_load(current, path, args, nr) : status;
}

static long sys_wait(const struct args *x)
{
    return proc_wait(x->a);
}

static long sys_getpid(const struct args *x)
{
    (void)x;
    return current->pid;
}

static long sys_getppid(const struct args *x)
{
    (void)x;
    return current->parent != NULL ? current->parent->pid : 0;
}

static long sys_yield(const struct args *x)
{
    (void)x;
    sched_yield();
    return 0;
}

/* ---- files -----------------------------------------------------------------
 */

static long sys_read(const struct args *x)
{
    struct file *f = fd_file(x->a);

    return f != NULL ? f->ops->read(f, x->b, x->c) : -E_BADF;
}

static long sys_write(const struct args *x)
{
    struct file *f = fd_file(x->a);

    return f != NULL ? f->ops->write(f, x->b, x->c) : -E_BADF;
}

static long sys_open(const struct args *x)
{
    char path[MAX_PATH];
    struct file *f;
    int error;

    if (!user_string(&current->space, path, x->a, sizeof(path)))
        return -E_FAULT;
    f = file_open(path, &error);
    return f != NULL ? fd_new(f) : error;
}

static long sys_close(const struct args *x)
{
    struct file *f = fd_file(x->a);

    if (f == NULL)
        return -E_BADF;
    current->fd[x->a] = NULL;
    file_put(f);
    return 0;
}

static long sys_stat(const struct args *x)
{
    char path[MAX_PATH];
    uint32_t size;
    int error;

    if (!user_string(&current->space, path, x->a, sizeof(path)))
        return -E_FAULT;
    error = file_stat(path, &size);
    if (error == 0 && !user_write(&current->space, x->b, &size, sizeof(size)))
        return -E_FAULT;
    return error;
}

static long sys_pipe(const struct args *x)
{
    struct file *end[2];
    int fd[2], status = pipe_new(end);

    if (status != 0)
        return status;
    fd[0] = (int)fd_new(end[0]);
    fd[1] = (int)fd_new(end[1]);
    if (fd[0] >= 0 && fd[1] >= 0 &&
        user_write(&current->space, x->a, fd, sizeof(fd)))
        return 0;
    if (fd[0] >= 0)
        sys_close(&(struct args){.a = (uintptr_t)fd[0]});
    if (fd[1] >= 0)
        sys_close(&(struct args){.a = (uintptr_t)fd[1]});
    return fd[0] < 0 || fd[1] < 0 ? -E_MFILE : -E_FAULT;
}

static long sys_dup(const struct args *x)
{
    struct file *f = fd_file(x->a);

    if (f == NULL)
        return -E_BADF;
    file_get(f);
    return fd_new(f);
}

/* ---- memory ----------------------------------------------------------------
 */

static long sys_mmap(const struct args *x)
{
    struct file *f = fd_file(x->a);
    struct region r = {.prot = (unsigned)x->c};

    if (x->b == 0 || x->b > USER_END ||
        (x->a != (uintptr_t)-1 && (f == NULL || f->ram.data == NULL)))
        return -E_INVAL;
    r.start = region_place(&current->space, PAGE_UP(x->b));
    r.end = r.start + PAGE_UP(x->b);
    if (f != NULL) {
        r.data = f->ram.data;
        r.size = f->ram.size;
    }
    return r.start != 0 && region_add(&current->space, &r) ? (long)r.start
                                                           : -E_NOMEM;
}

static long sys_munmap(const struct args *x)
{
    return region_unmap(&current->space, x->a, PAGE_UP(x->b));
}

static long sys_mprotect(const struct args *x)
{
    return region_protect(&current->space, x->a, PAGE_UP(x->b), (unsigned)x->c);
}

/* The heap is one region behind the program, as long as it grows. */
static long sys_sbrk(const struct args *x)
{
    uintptr_t old = current->brk, end = PAGE_UP(old + x->a);
    const struct region r = {
        .start = PAGE_UP(old),
        .end = end,
        .prot = PROT_READ | PROT_WRITE,
    };
    struct region *last;

    if (x->a > USER_END - old)
        return -E_NOMEM; /* or less than nothing: it never shrinks */
    if (r.start < r.end) {
        last = old > current->brk_start ? region_at(&current->space, old - 1)
                                        : NULL;
        if (region_at(&current->space, r.start) != NULL ||
            region_at(&current->space, r.end - 1) != NULL || end > USER_END)
            return -E_NOMEM;
        if (last != NULL && last->end == r.start)
            last->end = r.end;
        else if (!region_add(&current->space, &r))
            return -E_NOMEM;
    }
    current->brk = old + x->a;
    return (long)old;
}

/* ---- signals and the rest
 * ---------------------------------------------------- */

static long sys_signal(const struct args *x)
{
    if (x->a >= NR_SIGNALS || x->a == SIG_KILL || x->b >= USER_END ||
        x->c >= USER_END)
        return -E_INVAL;
    current->handler[x->a] = x->b;
    current->restorer = x->c;
    return 0;
}

static long sys_sigreturn(const struct args *x)
{
    (void)x;
    return signal_return(proc_frame(current));
}

static long sys_kill(const struct args *x)
{
    unsigned i;

    if (x->b == 0 || x->b >= NR_SIGNALS)
        return -E_INVAL;
    for (i = 0; i < NR_PROCS; i++) {
        struct proc *p = proc_at(i);

        if (p->pid != (int)x->a ||
            (p->state != PROC_READY && p->state != PROC_SLEEPING))
            continue;
        signal_send(p, (unsigned)x->b);
        return 0;
    }
    return -E_SRCH;
}

static long sys_mark(const struct args *x)
{
    plat_mark((unsigned)x->a, (unsigned)x->b);
    return 0;
}

static long sys_free_pages(const struct args *x)
{
    (void)x;
    return (long)page_free_count();
}

static long (*const calls[])(const struct args *) = {
#define SYSCALL(nr, name) [SYS_##name] = sys_##name,
#include "experiments/guests/trik/syscalls.def"
#undef SYSCALL
};

long syscall_do(struct frame *f)
{
#ifdef __x86_64__
    const struct args x = {f->di, f->si, f->dx};
#else
    const struct args x = {f->bx, f->cx, f->dx};
#endif

    if (f->ax >= ARRAY_LEN(calls))
        return -E_NOSYS;
    return calls[f->ax](&x);
}
