/* snapshot.h: the domain's state in a snapshot. */
#ifndef PV_SNAPSHOT_H
#define PV_SNAPSHOT_H

#include "pv/domain.h"

/* The `snapshot` slot of engine_ops. What lies in guest memory (shared pages,
 * page tables, the M2P table) is saved with the machine's RAM. */
void pv_snapshot(struct vcpu *v, struct snap *s);

#endif
