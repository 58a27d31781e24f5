/* desc.h: the guest's descriptor tables as the VMM maps them. */
#ifndef PV_DESC_H
#define PV_DESC_H

#include "pv/domain.h"

/* MMUEXT_SET_LDT: base page aligned, `ents` descriptors. */
int64_t pv_ldt_set(struct pv_domain *d, uint64_t base, uint64_t ents);

/* The processor met a page of the LDT that is not mapped, `offset` bytes into
 * it: map it. False: the guest has none there. */
bool pv_ldt_fault(struct pv_domain *d, uint64_t offset);

#endif
