/* engine.h: the contract of a virtualization technique.
 *
 * An engine is one const table, keyed by (name, isa). It plugs a vcpu with its
 * dispositions into a machine and handles the exits that follow. */
#ifndef COMMON_ENGINE_ENGINE_H
#define COMMON_ENGINE_ENGINE_H

#include "common/engine/processor.h"

struct load_request;
struct snap;

/* Why engine_run() came back. */
enum run_end {
    RUN_MACHINE,  /* machine->end tells: power-off, reset, guest exit */
    RUN_SHUTDOWN, /* triple fault */
    RUN_DEADLOCK, /* halted and nothing can ever wake it */
    RUN_BUDGET,   /* the instruction limit */
    RUN_KICKED,
    RUN_STALLED, /* events are delivered without end, nothing retires */
    RUN_CRASHED, /* the VMM ended its guest: v->crash says why */
};

/* Options that only some engines know, as the user wrote them; NULL: not
 * given. */
struct engine_options {
    const char *paging;       /* "shadow", "ept" */
    const char *vpid;         /* "on", "off" */
    const char *controls;     /* a preset */
    const char *check_frames; /* pv: a number of exits */
};
#define ENGINE_OPTIONS_TEXT 96

struct engine_ops {
    const char *name;              /* "native" */
    const char *isa;               /* "x86" */
    const char *text;              /* one line for `list engines` */
    const char *console;           /* what Linux calls the console that a guest
                                    * has; NULL: ttyS0 */
    const char *const *processors; /* names of valid ones, fastest first; NULL
                                    * terminated */
    const struct disposition_table *dispositions; /* the default */

    /* Its guests retire other instructions than under `native`: they were
     * changed for it, or it is not faithful to them. */
    bool own_stream;

    /* ST_NOTSUP with the reason when this host cannot run it. */
    enum status (*probe)(struct error *err);

    /* Handle an exit that only this technique knows (EXIT_SENSITIVE). ST_OK:
     * go on running. */
    enum status (*handle_exit)(struct vcpu *v, struct vcpu_exit *exit,
                               struct error *err);

    /* The slots below are NULL in an engine that keeps nothing of its own. */

    /* Check o for a run on `processor`; `text` gets what is in effect, as
     * "name=value" words. ST_INVAL names the option and the rule. NULL: the
     * engine has no options. */
    enum status (*options)(const struct engine_options *o,
                           const struct processor_ops *processor,
                           char text[ENGINE_OPTIONS_TEXT], struct error *err);

    /* Set up v->vmm for a vcpu in reset state; undo it before the processor
     * destroys the vcpu (also after a failed attach). */
    enum status (*attach)(struct vcpu *v, struct error *err);
    void (*detach)(struct vcpu *v);

    /* Load a guest that is started by the technique's own rules, in place of
     * load_guest() and x86_start(). Statuses as load_guest(). */
    enum status (*load)(struct vcpu *v, const struct load_request *rq,
                        struct error *err);

    /* In place of processor->run, with the same contract: the engine's own
     * loop around it. */
    enum status (*run)(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                       struct error *err);

    /* Turn a copy of v->state into what the guest has: the registers of which
     * the processor holds other values for the technique's sake. */
    void (*view)(const struct vcpu *v, void *state);

    /* Put into the ledger what was counted beside it. */
    void (*count)(struct vcpu *v);

    /* What the guest can see of v->vmm, for snapshots and hashes. */
    void (*snapshot)(struct vcpu *v, struct snap *s);
};

/* The table of x86 names above, `native`: every disposition is EXECUTE. */
extern const struct engine_ops native_engine_ops;

/* Run v until the machine ends, the guest can do nothing more, or the total
 * count of retired instructions reaches max_insns (UINT64_MAX: no limit).
 * Engine-neutral: runs the event queue, halts, and console polling. `poll` is
 * called about every 10 ms of host time under CLOCK_HOST and every 2^20
 * instructions under CLOCK_VIRTUAL, may feed input, and waits at most
 * `wait_ns` of host time when that is not 0 (the guest is halted; wait on the
 * terminal). It returns true while input may still come: a halted guest with
 * no event due then waits instead of ending. May be NULL. One thread. */
typedef bool run_poll_fn(void *opaque, uint64_t wait_ns);
enum status engine_run(struct vcpu *v, uint64_t max_insns, run_poll_fn *poll,
                       void *poll_opaque, enum run_end *end, struct error *err);

const char *run_end_text(enum run_end end);

/* The guest's architectural state, as v->regs describes it, into `state` (of
 * v->regs->blob_size bytes). Between runs. */
void engine_view(const struct vcpu *v, void *state);

/* The ledger, complete up to now: engines and processors may count what is
 * frequent beside it. Borrowed; on the vcpu's thread. */
const struct ledger *engine_ledger(struct vcpu *v);

#endif
