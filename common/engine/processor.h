/* processor.h: the contract of what executes guest instructions.
 *
 * Frozen: retired-instruction counting. An instruction counts 1 when it
 * completes without a fault, however it was carried out; a REP instruction
 * counts 1, when it ends, and takes no interrupt inside; VMM work counts 0.
 * Delivering an interrupt or exception counts 0. */
#ifndef COMMON_ENGINE_PROCESSOR_H
#define COMMON_ENGINE_PROCESSOR_H

#include "common/engine/vcpu.h"

struct processor_config {
    const struct cpuid_model *cpu; /* x86: the model shown to the guest */
    uint64_t trace_from;           /* instruction count; UINT64_MAX: never */
    /* Called before each instruction from trace_from on; may be NULL. */
    void (*trace)(void *opaque, struct vcpu *v, uint64_t ip,
                  const uint8_t *bytes, unsigned len);
    void *trace_opaque;
};

struct processor_ops {
    const char *name; /* "interp" */
    const char *isa;  /* "x86" */
    const char *text; /* one line for `list processors` */
    bool exact_budget;

    /* ST_NOTSUP with the reason when this host cannot run it. */
    enum status (*probe)(struct error *err);

    /* A vcpu in reset state, plugged into m (m->cpu is set). */
    enum status (*create)(struct machine *m, const struct engine_ops *engine,
                          const struct processor_config *config,
                          struct vcpu **out, struct error *err);
    void (*destroy)(struct vcpu *v); /* NULL is a no-op */

    /* Execute until something the engine must see, at most `budget` retired
     * instructions (exactly, where exact_budget; 0 is allowed and delivers
     * nothing). ST_OK: *exit is valid; v->state is architectural and complete.
     * Anything else is our failure or the host's, never the guest's. */
    enum status (*run)(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                       struct error *err);

    /* Make a running run() return soon with EXIT_KICKED. Any thread, any
     * signal handler. */
    void (*kick)(struct vcpu *v);

    /* The state blob was changed from outside between two runs (snapshot
     * loaded, VMM emulated something): recompute what is derived from it. */
    void (*state_changed)(struct vcpu *v);

    /* Put into the ledger what was counted beside it; NULL: nothing is. */
    void (*count)(struct vcpu *v);

    /* Drop all derived state (TLBs, decoded blocks, translations). Nothing
     * that the guest can see changes. */
    void (*drop)(struct vcpu *v);
};

#endif
