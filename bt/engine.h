/* engine.h: what binary translation offers to others: the processor `jit` and
 * the engine `bt`. */
#ifndef BT_ENGINE_H
#define BT_ENGINE_H

#include "common/engine/engine.h"

/* Runs x86 guests as interp does, translated to host code. */
extern const struct processor_ops jit_processor_ops;

/* VMM by binary translation, on jit. */
extern const struct engine_ops bt_engine_ops;

/* Name of a ledger row of bt's kinds; NULL: it is none. */
const char *bt_reason_name(enum ledger_kind kind, unsigned reason);

#endif
