/* preempt.h: hypercalls that are long are cut, as in Xen: the guest executes
 * the instruction again with what is left, so that the run loop gets a look in
 * between. */
#ifndef PV_PREEMPT_H
#define PV_PREEMPT_H

#include "pv/domain.h"

/* Entries of a batch, or bytes, after which a hypercall gives way. */
#define PV_PREEMPT_ENTRIES 4096u
#define PV_PREEMPT_BYTES   (1u << 20)

/* To be the last act of a handler, which returns its value: the hypercall nr is
 * to be made again with these arguments. Inside a multicall its entry is. */
int64_t pv_preempt(struct pv_domain *d, unsigned nr, unsigned nr_args,
                   const uint64_t *arg);

#endif
