/* mmu.h: what the memory-management hypercalls share. */
#ifndef PV_MMU_H
#define PV_MMU_H

#include "pv/domain.h"

/* What Xen says to a guest like ours that names this domain: 0 for itself. */
int64_t pv_foreign(const struct pv_domain *d, uint64_t domid);

/* The M2P table's entry of mfn. */
void pv_m2p_set(struct pv_domain *d, uint64_t mfn, uint64_t pfn);
#define PV_M2P_INVALID 0xffffffffffffffffull

/* End of a batch: write how many entries were done to pdone (0: nobody wants
 * it); rc, or -XEN_EFAULT. */
int64_t pv_batch_done(struct pv_domain *d, uint64_t pdone, uint32_t done,
                      int64_t rc);

/* Make the table in frame mfn the kernel's (user's) base; user: mfn 0 is none.
 */
int64_t pv_new_baseptr(struct pv_domain *d, uint64_t mfn);
int64_t pv_new_user_baseptr(struct pv_domain *d, uint64_t mfn);

#endif
