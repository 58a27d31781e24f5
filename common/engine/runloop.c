/* runloop.c: the engine-neutral loop: events due, run, look at why it came
 * back. */
#include "common/engine/engine.h"

#include <string.h>
#include <time.h>

/* Instructions between two looks at the console and, under CLOCK_HOST, at the
 * clock. The second is short: it bounds how late a timer can be. */
#define VIRTUAL_SLICE (1u << 20)
#define HOST_SLICE    20000u
#define HOST_POLL_NS  10000000u

/* A halted processor is given this many events and this much guest time to
 * wake: to get an NMI if interrupts are off, else an interrupt, which may be
 * masked or in service at the interrupt controllers. Then nothing will wake
 * it. */
#define MASKED_HALT_EVENTS 100000u
#define MASKED_HALT_NS     (10 * CLOCK_NS_PER_S)
#define HALT_EVENTS        4000000u
#define HALT_NS            (3600 * CLOCK_NS_PER_S)

struct loop {
    struct vcpu *v;
    uint64_t max_insns;
    run_poll_fn *poll;
    void *poll_opaque;
    uint64_t next_poll; /* virtual: icount; host: guest ns */
    uint32_t halts;     /* in a row, at the same instruction... */
    uint64_t halt_icount;
    uint64_t halt_since; /* ...since this guest time */
};

static bool virtual_clock(const struct loop *l)
{
    return l->v->m->clock.mode == CLOCK_VIRTUAL;
}

static void poll_if_due(struct loop *l)
{
    uint64_t now = virtual_clock(l) ? l->v->icount : clock_now(&l->v->m->clock);

    if (l->poll == NULL || now < l->next_poll)
        return;
    l->next_poll = now + (virtual_clock(l) ? VIRTUAL_SLICE : HOST_POLL_NS);
    l->poll(l->poll_opaque, 0);
}

static uint64_t budget(struct loop *l)
{
    struct guest_clock *clk = &l->v->m->clock;
    uint64_t left = l->max_insns - l->v->icount, n;

    if (!virtual_clock(l))
        return left < HOST_SLICE ? left : HOST_SLICE;
    n = clock_insns_until(clk, clock_next_due(clk));
    if (n > VIRTUAL_SLICE)
        n = VIRTUAL_SLICE;
    return left < n ? left : n;
}

static void host_wait(uint64_t ns)
{
    struct timespec ts = {.tv_sec = (time_t)(ns / CLOCK_NS_PER_S),
                          .tv_nsec = (long)(ns % CLOCK_NS_PER_S)};

    nanosleep(&ts, NULL);
}

/* True once it is clear that the processor stays halted, and that no input can
 * come either. */
static bool halted_for_good(struct loop *l, const struct vcpu_exit *exit)
{
    uint64_t now = clock_now(&l->v->m->clock);
    bool masked = exit->qual == 0;

    if (l->halt_icount != l->v->icount)
        l->halts = 0;
    if (l->halts++ == 0) {
        l->halt_icount = l->v->icount;
        l->halt_since = now;
    }
    if (l->halts <= (masked ? MASKED_HALT_EVENTS : HALT_EVENTS) &&
        now - l->halt_since <= (masked ? MASKED_HALT_NS : HALT_NS))
        return false;
    if (masked || l->poll == NULL || !l->poll(l->poll_opaque, HOST_POLL_NS))
        return true;
    l->halts = 0;
    return false;
}

/* The vcpu is halted: go to the next due event. False: nothing will ever wake
 * it. */
static bool halted(struct loop *l)
{
    struct guest_clock *clk = &l->v->m->clock;
    uint64_t due = clock_next_due(clk), now = clock_now(clk);
    uint64_t wait = due > now ? due - now : 0;

    if (due == CLOCK_NEVER) {
        return l->poll != NULL && l->poll(l->poll_opaque, HOST_POLL_NS);
    } else if (virtual_clock(l)) {
        clock_skip_to(clk, due);
    } else if (wait > 0) {
        if (wait > HOST_POLL_NS)
            wait = HOST_POLL_NS;
        if (l->poll != NULL)
            l->poll(l->poll_opaque, wait);
        else
            host_wait(wait);
    }
    return true;
}

/* What an exit means for the loop: true to end with *end. */
static bool look(struct loop *l, struct vcpu_exit *exit, enum run_end *end,
                 enum status *st, struct error *err)
{
    switch (exit->kind) {
    case EXIT_BUDGET:
    case EXIT_ATTENTION:
        return false;
    case EXIT_KICKED:
        *end = RUN_KICKED;
        return true;
    case EXIT_HALTED:
        *end = RUN_DEADLOCK;
        return halted_for_good(l, exit) || !halted(l);
    case EXIT_WAIT_SIPI:
        *end = RUN_DEADLOCK;
        return true;
    case EXIT_SHUTDOWN:
        *end = RUN_SHUTDOWN;
        return true;
    case EXIT_STALLED:
        *end = RUN_STALLED;
        return true;
    case EXIT_SENSITIVE:
        *st = l->v->engine->handle_exit(l->v, exit, err);
        return *st != ST_OK;
    }
    *st = err_set(err, ST_BUG, "exit kind %d", (int)exit->kind);
    return true;
}

enum status engine_run(struct vcpu *v, uint64_t max_insns, run_poll_fn *poll,
                       void *poll_opaque, enum run_end *end, struct error *err)
{
    struct loop l = {.v = v,
                     .max_insns = max_insns,
                     .poll = poll,
                     .poll_opaque = poll_opaque};
    enum status (*run)(struct vcpu *, uint64_t, struct vcpu_exit *,
                       struct error *) =
        v->engine->run != NULL ? v->engine->run : v->processor->run;
    struct vcpu_exit exit;
    enum status st = ST_OK;

    for (;;) {
        if (v->m->end != MACHINE_RUNNING) {
            *end = RUN_MACHINE;
            return ST_OK;
        }
        if (v->crash != NULL) {
            *end = RUN_CRASHED;
            return ST_OK;
        }
        if (v->icount >= max_insns) {
            *end = RUN_BUDGET;
            return ST_OK;
        }
        poll_if_due(&l);
        clock_run_due(&v->m->clock);
        /* The processor does not look at kicks when its budget is 0, as it is
         * over and over with timers faster than instructions. */
        if (v->kicked) {
            v->kicked = 0;
            *end = RUN_KICKED;
            return ST_OK;
        }
        st = run(v, budget(&l), &exit, err);
        if (st != ST_OK || look(&l, &exit, end, &st, err))
            return st;
    }
}

void engine_view(const struct vcpu *v, void *state)
{
    memcpy(state, v->state, v->regs->blob_size);
    if (v->engine->view != NULL)
        v->engine->view(v, state);
}

const struct ledger *engine_ledger(struct vcpu *v)
{
    if (v->engine->count != NULL)
        v->engine->count(v);
    if (v->processor->count != NULL)
        v->processor->count(v);
    return &v->ledger;
}
