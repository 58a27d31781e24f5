/* mmu.h: what the memory-management hypercalls share. */
#ifndef PV_MMU_H
#define PV_MMU_H

#include "pv/domain.h"

/* What Xen says to a guest like ours that names this domain: 0 for itself. */
int64_t pv_foreign(const struct pv_domain *d, uint64_t domid);

/* The M2P table's entry of mfn. */
void pv_m2p_set(struct pv_domain *d, uint64_t mfn, uint64_t pfn);
#define PV_M2P_INVALID 0xffffffffffffffffull

/* The requests of one mmu_update or mmuext_op: a list at arg[0], arg[1] of
 * them, and at arg[2] (0: nobody wants it) how many are done. A long list gives
 * way (preempt.h): its rest has PV_BATCH_REST set in arg[1]. */
#define PV_BATCH_REST 0x80000000u
struct pv_batch {
    unsigned nr; /* the hypercall */
    const uint64_t *arg;
    unsigned size;   /* of a request */
    uint32_t before; /* done by earlier calls */
    uint32_t count, n;
};

/* -XEN_EFAULT: the list cannot be the guest's. */
int64_t pv_batch_begin(struct pv_domain *d, struct pv_batch *b) MUST_CHECK;
/* Address of request n, which is to be done now; false: no more in this call.
 */
bool pv_batch_next(const struct pv_domain *d, const struct pv_batch *b,
                   uint64_t *at);
/* b->n were done and the next, if rc is not 0, failed: the hypercall's
 * result. */
int64_t pv_batch_end(struct pv_domain *d, const struct pv_batch *b, int64_t rc);

/* Make the table in frame mfn the kernel's (user's) base; user: mfn 0 is none.
 */
int64_t pv_new_baseptr(struct pv_domain *d, uint64_t mfn);
int64_t pv_new_user_baseptr(struct pv_domain *d, uint64_t mfn);

#endif
