/* trap.c: what each trap means. */
#include "experiments/guests/trik/kernel.h"

#define TRAP_IRQ_END (TRAP_IRQ + 16)

static bool from_user(const struct frame *f)
{
    return (f->cs & 3) == 3;
}

static void exception(struct frame *f, uintptr_t fault)
{
    if (!from_user(f))
        panic("exception in the kernel");
    if (f->vector == TRAP_PAGE) {
        if (!fault_handle(&current->space, fault, f->error & FAULT_WRITE))
            signal_send(current, SIG_SEGV);
    } else if (f->vector == TRAP_DIVIDE) {
        signal_send(current, SIG_FPE);
    } else {
        signal_send(current, f->vector == TRAP_PROTECTION ? SIG_SEGV : SIG_ILL);
    }
    /* An exception whose handler runs already would come again for ever. */
    if (current->pending & current->blocked &
        (1u << SIG_SEGV | 1u << SIG_FPE | 1u << SIG_ILL))
        proc_exit(128 + __builtin_ctz(current->pending & current->blocked));
}

void kernel_trap(struct frame *f, uintptr_t fault)
{
    if (f->vector == TRAP_SYSCALL) {
        f->ax = (uintptr_t)syscall_do(f);
    } else if (f->vector == TRAP_IRQ) {
        plat_timer_ack();
        sched_tick();
    } else if (f->vector < TRAP_IRQ || f->vector >= TRAP_IRQ_END) {
        exception(f, fault);
    }
    if (!from_user(f))
        return;
    if (sched_due())
        sched_yield();
    signal_deliver(f);
}
