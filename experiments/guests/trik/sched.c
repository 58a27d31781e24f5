/* sched.c: who runs: round robin, a time slice each. */
#include "experiments/guests/trik/kernel.h"

#define SLICE_TICKS 4u

static phys_t nobodys_root;
static unsigned ticks_left;

void sched_init(phys_t root)
{
    nobodys_root = root;
}

void sched_leave_space(void)
{
    plat_space_use(nobodys_root);
}

static struct proc *next_ready(void)
{
    unsigned from = 0, i;

    while (proc_at(from) != current)
        from++;
    for (i = 1; i <= NR_PROCS; i++)
        if (proc_at((from + i) % NR_PROCS)->state == PROC_READY)
            return proc_at((from + i) % NR_PROCS);
    return NULL;
}

static void use(struct proc *p)
{
    current = p;
    ticks_left = SLICE_TICKS;
    plat_space_use(p->space.root);
    plat_kernel_stack((uintptr_t)(proc_frame(p) + 1));
}

void sched_yield(void)
{
    struct proc *old = current, *next;

    /* The interrupt that ends the wait comes while this stack is in use. */
    while ((next = next_ready()) == NULL)
        plat_idle();
    ticks_left = SLICE_TICKS;
    if (next == old)
        return;
    use(next);
    switch_stack(&old->kernel_sp, next->kernel_sp);
}

_Noreturn void sched_start(void)
{
    uintptr_t unused;

    use(current);
    switch_stack(&unused, current->kernel_sp);
    panic("the boot stack is back");
}

void sched_tick(void)
{
    if (ticks_left > 0)
        ticks_left--;
}

bool sched_due(void)
{
    return ticks_left == 0;
}

void sched_sleep(const void *channel)
{
    current->channel = channel;
    current->state = PROC_SLEEPING;
    sched_yield();
}

void sched_wake(const void *channel)
{
    unsigned i;

    for (i = 0; i < NR_PROCS; i++)
        if (proc_at(i)->state == PROC_SLEEPING &&
            proc_at(i)->channel == channel)
            proc_at(i)->state = PROC_READY;
}
