/* vcpu.h: one virtual processor, whatever its ISA: what engines and processors
 * share. An ISA's vcpu starts with this (struct x86_cpu in common/x86/cpu.h).
 */
#ifndef COMMON_ENGINE_VCPU_H
#define COMMON_ENGINE_VCPU_H

#include <signal.h>

#include "common/engine/disposition.h"
#include "common/engine/ledger.h"
#include "common/engine/regset.h"
#include "common/machine/machine.h"

struct processor_ops;
struct engine_ops;
struct engine_options;

enum exit_kind {
#define EXIT(name, text) EXIT_##name,
#include "common/engine/exit.def"
#undef EXIT
};

const char *exit_kind_text(enum exit_kind kind);

/* What a processor's run() answers. EXIT_HALTED: `qual` is 1 if INTR can wake
 * the processor, 0 if only NMI or INIT can. `op`, `sub` and `qual` are valid
 * for EXIT_SENSITIVE: the operation, its sub-reason (port, CR, vector...) and
 * what the operation defines beside it (error code, value). The guest is at the
 * instruction, which has not retired; insn_len is its length. */
struct vcpu_exit {
    enum exit_kind kind;
    unsigned op; /* enum x86_sensitive, or that of the vcpu's ISA */
    uint64_t sub;
    uint64_t qual;
    unsigned insn_len;
};

struct vcpu {
    unsigned id;
    struct machine *m;
    const struct engine_ops *engine;
    const struct processor_ops *processor;
    const struct regset *regs;
    void *state;     /* architectural state that `regs` describes */
    uint64_t icount; /* retired instructions; exact between runs */
    struct ledger ledger;
    /* Effective dispositions. `generation` changes with every change and is
     * part of the key of anything translated under the table. */
    struct disposition_table disp;
    uint32_t disp_generation;
    volatile sig_atomic_t kicked;
    void *vmm; /* the engine's own state; NULL where it keeps none */
    /* NULL, or why the VMM ended the guest, which broke a rule that has no
     * fault to tell it by. The engine's text, set by it at any time. */
    const char *crash;
    /* Checked by engine->options(); NULL: the defaults. Set before attach. */
    const struct engine_options *options;
    struct vcpu *helper; /* NULL, or another that runs for this one (a VMM's
                          * instruction emulator) and is kicked with it */
};

#endif
