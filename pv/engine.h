/* engine.h: paravirtualization by Xen's ABI: what the rest of the tree may use.
 */
#ifndef PV_ENGINE_H
#define PV_ENGINE_H

#include "common/engine/engine.h"

/* The engine `pv` for x86: guests are Xen PV kernels, 64-bit or 32-bit PAE,
 * started as a domain of their own (domU) by the engine's domain builder. */
extern const struct engine_ops pv_engine_ops;

/* Name of a ledger row of this engine's kinds ("mmu_update",
 * "MMUEXT_PIN_L4"...) into buf; false: not one of these kinds. */
bool pv_reason_name(const struct ledger_row *r, char *buf, size_t size);

#endif
