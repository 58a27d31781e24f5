/* snapshot.h: everything that the guest can see of a machine and its vcpu.
 *
 * RAM, devices, clock, architectural state, the count of retired instructions.
 * Derived state (TLBs, decoded or translated code, shadow tables) is not part:
 * loading drops it. The ledger is not part: it belongs to the run. */
#ifndef COMMON_ENGINE_SNAPSHOT_H
#define COMMON_ENGINE_SNAPSHOT_H

#include "common/engine/vcpu.h"
#include "common/machine/snap.h"

/* Describe v and its machine to s (SAVE, LOAD or HASH), between two runs. With
 * LOAD into a machine of another configuration (RAM size, disk) or a vcpu of
 * another ISA s fails, and the machine must be given up. */
void snapshot_walk(struct vcpu *v, struct snap *s);

/* Hash of the regset and of all devices, without RAM: what `verify` compares at
 * every checkpoint. */
uint64_t snapshot_hash(struct vcpu *v);

#endif
