/* engine.h: what the rest of the tree may use of vti-ia64: the engines and the
 * processor for IA-64, the names of what they count, Ski's platform. */
#ifndef VTI_IA64_ENGINE_H
#define VTI_IA64_ENGINE_H

#include "common/engine/engine.h"
#include "vti-ia64/platform/ski.h"

/* No VMM: the guest owns the modelled processor. */
extern const struct engine_ops ia64_native_engine_ops;

/* A VMM by VT-i. --controls: full, none, or accelerations by name. Attach it
 * after the guest's first state is set. */
extern const struct engine_ops ia64_hvm_engine_ops;

/* Trap and emulate by privilege levels, without VT-i: not equivalent. Attach it
 * likewise. */
extern const struct engine_ops ia64_te_engine_ops;

/* What --controls may name: presets and accelerations; NULL past the last. */
struct ia64_control {
    const char *name, *text;
    unsigned vac;
};
const struct ia64_control *ia64_control_at(unsigned i);

/* The IA-64 model, "model". */
extern const struct processor_ops ia64_model_processor_ops;

/* Name of the reason of a ledger's row; NULL: not of an IA-64 vcpu, or without
 * a name. */
const char *ia64_reason_name(enum ledger_kind kind, unsigned reason);

/* For processor_config.trace: the instruction at ip, which has its slot in the
 * low bits, of that bundle: its 41 bits, and its text in buf (of MLX, slot 2's
 * for slot 1). */
#define IA64_TRACE_MAX 128
uint64_t ia64_trace_insn(uint64_t ip, const uint8_t bundle[16],
                         char buf[IA64_TRACE_MAX]);
/* No more of them: on at full speed. */
void ia64_trace_stop(struct vcpu *v);

#endif
