/* exit.h: what the processor could not do alone. */
#ifndef PV_EXIT_H
#define PV_EXIT_H

#include "pv/domain.h"

/* Handle an exit of kind EXIT_SENSITIVE. */
void pv_exit(struct pv_domain *d, const struct vcpu_exit *exit);

/* #GP(0) at a privileged instruction of the guest kernel: carry it out as Xen
 * does (privop.c). False: reflect the fault. */
bool pv_privop(struct pv_domain *d);

/* #PF at va with the processor's error code. */
void pv_page_fault(struct pv_domain *d, uint64_t va, uint32_t error);

/* #PF of a write to an L1 table that is mapped read-only (ptwr.c): carry out
 * the instruction. False: reflect the fault. */
bool pv_ptwr(struct pv_domain *d, uint64_t va);
enum status pv_ptwr_create(struct pv_domain *d, struct error *err) MUST_CHECK;
void pv_ptwr_destroy(struct pv_domain *d);

#endif
