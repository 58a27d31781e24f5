/* signal.c: a handler of the process runs in place of what it was doing. */
#include "experiments/guests/trik/kernel.h"

/* What lies on the user's stack while a handler runs. */
struct signal_stack {
    uintptr_t restorer; /* where the handler returns to: it calls sigreturn */
    struct frame frame;
    uint32_t blocked;
};

void signal_send(struct proc *p, unsigned sig)
{
    p->pending |= 1u << sig;
    if (p->state == PROC_SLEEPING)
        p->state = PROC_READY;
}

static bool run_handler(struct frame *f, unsigned sig)
{
    struct signal_stack s = {
        .restorer = current->restorer,
        .frame = *f,
        .blocked = current->blocked,
    };
    uintptr_t sp = ((f->sp - sizeof(s)) & ~(uintptr_t)15) - sizeof(uintptr_t);

    if (!user_write(&current->space, sp, &s, sizeof(s)))
        return false;
    current->blocked |= 1u << sig;
    f->sp = sp;
    f->ip = current->handler[sig];
#ifdef __x86_64__
    f->di = sig;
#else
    f->ax = sig; /* our programs pass arguments in registers */
#endif
    f->vector = 0;
    return true;
}

void signal_deliver(struct frame *f)
{
    uint32_t due = current->pending & ~current->blocked;
    unsigned sig;

    if (due == 0)
        return;
    sig = (unsigned)__builtin_ctz(due);
    current->pending &= ~(1u << sig);
    if (current->handler[sig] == SIG_DFL || !run_handler(f, sig))
        proc_exit(128 + (int)sig);
}

/* The handler's return has popped the restorer. */
long signal_return(struct frame *f)
{
    struct signal_stack s;
    struct frame clean;

    if (!user_read(&current->space, &s.frame, f->sp,
                   sizeof(s) - offsetof(struct signal_stack, frame)))
        proc_exit(128 + (int)SIG_SEGV);
    /* Whatever the process made of it, it is a frame of user mode. */
    plat_user_frame(&clean, s.frame.ip, s.frame.sp);
    s.frame.cs = clean.cs;
    s.frame.ss = clean.ss;
    s.frame.flags = (s.frame.flags & 0xcd5) | clean.flags;
    s.frame.vector = 0;
    *f = s.frame;
    current->blocked = s.blocked & ~(1u << SIG_KILL);
    return (long)f->ax;
}
