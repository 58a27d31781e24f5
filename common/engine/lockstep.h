/* lockstep.h: two vcpus on two machines of the same configuration, run to the
 * same counts of instructions and compared.
 *
 * Both must have exact budgets and the virtual clock. What is compared is what
 * the guest has, whatever the engines keep in its place: how the run ended, the
 * count of retired instructions, every register of engine_view(); on demand the
 * devices, console output, RAM, and the architectural rows of the ledger. */
#ifndef COMMON_ENGINE_LOCKSTEP_H
#define COMMON_ENGINE_LOCKSTEP_H

#include <stdio.h>

#include "common/engine/engine.h"

enum lockstep_what {
    LOCKSTEP_SAME,
    LOCKSTEP_END,   /* how the run ended: enum run_end, the machine's end */
    LOCKSTEP_COUNT, /* retired instructions */
    LOCKSTEP_REGISTERS,
    LOCKSTEP_DEVICES,
    LOCKSTEP_OUTPUT,
    LOCKSTEP_MEMORY,
    LOCKSTEP_LEDGER,
};

/* What a side wrote to its console. */
struct lockstep_output {
    uint64_t bytes, hash;
};

/* For machine_config.console, with a zeroed struct lockstep_output. */
void lockstep_console(void *opaque, const uint8_t *buf, size_t len);

/* One of the two. What it points to is borrowed. */
struct lockstep_side {
    struct vcpu *v;
    const char *name;  /* for reports: "native/interp" */
    run_poll_fn *poll; /* for engine_run(); may be NULL */
    void *poll_opaque;
    const struct lockstep_output *output; /* NULL: is not compared */
    enum run_end end; /* how the last slice ended; at first RUN_BUDGET */
    void *view;       /* the guest's registers at the last comparison */
};

struct lockstep {
    struct lockstep_side side[2]; /* the arbiter, and the one examined */
    void *before;            /* registers of the arbiter before the slice */
    uint64_t from, to;       /* the last slice: counts */
    enum lockstep_what what; /* the first difference */
    uint64_t where;          /* MEMORY: guest-physical address; LEDGER: row */
};

/* The caller's parts of both sides are copied. ST_INVAL with the reason when
 * the two cannot be run in lock step. lockstep_fini() in any case. */
enum status lockstep_init(struct lockstep *l, const struct lockstep_side *ref,
                          const struct lockstep_side *dut,
                          struct error *err) MUST_CHECK;
void lockstep_fini(struct lockstep *l); /* a zeroed one is a no-op */

/* Run both until `to` instructions have retired in all, or they end, and
 * compare. ST_OK: l->what says whether they are equal, the arbiter's `end` how
 * the slice ended (RUN_BUDGET: go on). */
enum status lockstep_run(struct lockstep *l, uint64_t to,
                         struct error *err) MUST_CHECK;

/* Compare what is too slow for every slice: return LOCKSTEP_SAME, or set
 * l->what and return it. Devices: their state, and the console output. */
enum lockstep_what lockstep_check_devices(struct lockstep *l);
enum lockstep_what lockstep_check_memory(struct lockstep *l);

/* Architectural rows of the ledgers: the same counts, in the same order. */
enum lockstep_what lockstep_check_ledger(struct lockstep *l);

/* "registers" */
const char *lockstep_text(enum lockstep_what what);

/* The difference for people: what, the slice, both sides. */
void lockstep_print(const struct lockstep *l, FILE *out);

#endif
