/* engine.h: what the rest of the tree may use of hvm: the engine, the VMCS as
 * data, the VM-entry doctor, names for what it counts. */
#ifndef HVM_ENGINE_H
#define HVM_ENGINE_H

#include "common/engine/engine.h"
#include "hvm/cpu/entry_checks.h"
#include "hvm/cpu/vmcs.h"
#include "hvm/cpu/vmx_caps.h"

/* Hardware assist: VT-x. Options: paging, vpid, controls. */
extern const struct engine_ops hvm_engine_ops;

/* The host's own processor (/dev/kvm). */
extern const struct processor_ops kvm_processor_ops;

/* Name of a row that hvm counts: "EPT_VIOLATION"; NULL if the kind is none of
 * its own, or not that reason. Rows of LEDGER_EXIT are VM exits. */
const char *hvm_reason_name(enum ledger_kind kind, unsigned reason);

#endif
