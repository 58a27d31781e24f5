/* proc.c: processes: how they begin and end. */
#include "experiments/guests/trik/kernel.h"

struct proc *current;

static struct proc procs[NR_PROCS];
static uint8_t stacks[NR_PROCS][KSTACK] __attribute__((aligned(16)));
static int last_pid;

struct proc *proc_at(unsigned i)
{
    return &procs[i];
}

static uintptr_t stack_top(const struct proc *p)
{
    return (uintptr_t)stacks[p - procs] + KSTACK;
}

struct frame *proc_frame(const struct proc *p)
{
    return (struct frame *)(stack_top(p) - sizeof(struct frame));
}

/* Where a new process's kernel stack makes switch_stack() return to. */
static void go_to_user(void)
{
    plat_return(proc_frame(current));
}

/* The stack as switch_stack() leaves it: registers, then where to return. */
static void prepare_stack(struct proc *p)
{
    uintptr_t *sp = (uintptr_t *)proc_frame(p);
    unsigned i;

    *--sp = (uintptr_t)go_to_user;
    for (i = 0; i < 6; i++)
        *--sp = 0;
    p->kernel_sp = (uintptr_t)sp;
}

static struct proc *proc_unused(void)
{
    unsigned i;

    for (i = 0; i < NR_PROCS; i++) {
        if (procs[i].state != PROC_UNUSED)
            continue;
        memset(&procs[i], 0, sizeof(procs[i]));
        procs[i].pid = ++last_pid;
        prepare_stack(&procs[i]);
        return &procs[i];
    }
    return NULL;
}

/* Words of the command line become strings, one behind the other. */
static unsigned split_words(char *to, size_t size, const char *from)
{
    unsigned nr = 0;
    size_t n = 0;

    for (; nr + 1 < MAX_ARGS; nr++) {
        while (*from == ' ')
            from++;
        if (*from == '\0')
            break;
        while (*from != ' ' && *from != '\0' && n + 1 < size)
            to[n++] = *from++;
        if (n + 1 >= size)
            panic("the command line is too long");
        to[n++] = '\0';
    }
    return nr;
}

void proc_first(const char *path, const char *args)
{
    static char words[ARG_MAX];
    struct proc *p = proc_unused();
    size_t own = strlen(path) + 1;
    unsigned nr, i;
    int error;

    memcpy(words, path, own);
    nr = 1 + split_words(words + own, sizeof(words) - own, args);
    if (exec_load(p, path, words, nr) != 0)
        panic("no /init");
    for (i = 0; i < 3; i++)
        p->fd[i] = file_open("/dev/console", &error);
    p->state = PROC_READY;
    current = p;
}

int proc_fork(void)
{
    struct proc *p = proc_unused();
    unsigned i;

    if (p == NULL || !space_copy(&p->space, &current->space))
        return -E_NOMEM;
    *proc_frame(p) = *proc_frame(current);
    proc_frame(p)->ax = 0;
    p->parent = current;
    p->brk_start = current->brk_start;
    p->brk = current->brk;
    p->restorer = current->restorer;
    p->blocked = current->blocked;
    memcpy(p->handler, current->handler, sizeof(p->handler));
    for (i = 0; i < NR_FDS; i++) {
        p->fd[i] = current->fd[i];
        if (p->fd[i] != NULL)
            file_get(p->fd[i]);
    }
    p->state = PROC_READY;
    return p->pid;
}

/* Children of a process that ends belong to process 1. */
static void give_away_children(void)
{
    unsigned i;

    for (i = 0; i < NR_PROCS; i++)
        if (procs[i].state != PROC_UNUSED && procs[i].parent == current)
            procs[i].parent = &procs[0];
    sched_wake(&procs[0]);
}

_Noreturn void proc_exit(int status)
{
    unsigned i;

    if (current == &procs[0])
        plat_exit((unsigned)status); /* the run ends with process 1 */
    for (i = 0; i < NR_FDS; i++)
        if (current->fd[i] != NULL)
            file_put(current->fd[i]);
    give_away_children();
    sched_leave_space();
    space_fini(&current->space);
    current->status = status;
    current->state = PROC_ZOMBIE;
    sched_wake(current->parent);
    sched_yield();
    panic("a zombie runs");
}

int proc_wait(uintptr_t status_va)
{
    bool children;
    unsigned i;
    int pid;

    for (;;) {
        children = false;
        for (i = 0; i < NR_PROCS; i++) {
            struct proc *p = &procs[i];

            if (p->state == PROC_UNUSED || p->parent != current)
                continue;
            children = true;
            if (p->state != PROC_ZOMBIE)
                continue;
            pid = p->pid;
            p->state = PROC_UNUSED;
            if (status_va != 0 && !user_write(&current->space, status_va,
                                              &p->status, sizeof(p->status)))
                return -E_FAULT;
            return pid;
        }
        if (!children)
            return -E_CHILD;
        sched_sleep(current);
    }
}
