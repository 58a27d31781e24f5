/* engine.h: what binary translation offers to others: the processor `jit`. */
#ifndef BT_ENGINE_H
#define BT_ENGINE_H

#include "common/engine/processor.h"

/* Runs x86 guests as interp does, translated to host code. */
extern const struct processor_ops jit_processor_ops;

#endif
