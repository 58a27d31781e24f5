/* lockstep.h: two vcpus on two machines of the same configuration, run the same
 * number of instructions at a time and compared.
 *
 * Both must have exact budgets and the virtual clock. What is compared: how the
 * run ended, the count of retired instructions, every register of the regset;
 * on demand the devices, RAM, and the architectural rows of the ledger. */
#ifndef COMMON_ENGINE_LOCKSTEP_H
#define COMMON_ENGINE_LOCKSTEP_H

#include <stdio.h>

#include "common/engine/engine.h"

enum lockstep_what {
    LOCKSTEP_SAME,
    LOCKSTEP_END,   /* enum run_end */
    LOCKSTEP_COUNT, /* retired instructions */
    LOCKSTEP_REGISTERS,
    LOCKSTEP_DEVICES,
    LOCKSTEP_MEMORY,
    LOCKSTEP_LEDGER,
};

struct lockstep {
    struct vcpu *ref, *dut; /* borrowed: the arbiter, and the one examined */
    void *before;           /* registers of both before the last slice */
    uint64_t from, to;      /* the last slice: counts */
    enum run_end end;       /* how it ended for ref */
    enum run_end dut_end;
    enum lockstep_what what; /* the first difference */
    uint64_t where;          /* MEMORY: guest-physical address; LEDGER: row */
};

/* ST_INVAL with the reason when the two cannot be run in lock step. */
enum status lockstep_init(struct lockstep *l, struct vcpu *ref,
                          struct vcpu *dut, struct error *err) MUST_CHECK;
void lockstep_fini(struct lockstep *l);

/* Run both until `to` instructions have retired in all, or they end. ST_OK:
 * l->what says whether they are equal, l->end how the slice ended (RUN_BUDGET:
 * go on). */
enum status lockstep_run(struct lockstep *l, uint64_t to, struct error *err);

/* Compare what is too slow for every slice. Both return LOCKSTEP_SAME or set
 * l->what. */
enum lockstep_what lockstep_check_devices(struct lockstep *l);
enum lockstep_what lockstep_check_memory(struct lockstep *l);

/* Architectural rows of the ledgers: the same counts, in the same order. */
enum lockstep_what lockstep_check_ledger(struct lockstep *l);

/* The difference for people: what, the slice, both sides. */
void lockstep_print(const struct lockstep *l, FILE *out);

#endif
