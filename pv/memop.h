/* memop.h: what the files of memory_op share: the lists of extents that its
 * structures name [XEN memory.h "struct xen_memory_reservation"]. */
#ifndef PV_MEMOP_H
#define PV_MEMOP_H

#include "pv/domain.h"

/* memory_op's first argument: the operation, and above it the first extent to
 * look at, which Xen sets where it was preempted. */
#define PV_MEMOP_OP_BITS 6u

static inline unsigned pv_memop_op(uint64_t arg0)
{
    return arg0 & ((1u << PV_MEMOP_OP_BITS) - 1);
}

/* Which the header has for tools only */
#define XENMEM_claim_pages 24u

/* An extent is 1 << order frames in a row; Xen's limit for guests without
 * devices. */
#define PV_MAX_ORDER 9u

struct pv_extents {
    uint64_t list; /* address of the list of first frames; 0: none */
    uint64_t nr;
    unsigned order;
    uint64_t domid;
};

/* Bytes of the structure in the guest's layout, and what it says. */
unsigned pv_extents_bytes(const struct pv_domain *d);
int64_t pv_extents_read(struct pv_domain *d, uint64_t at, struct pv_extents *x);

/* Bytes of a frame number in a list of the guest's. */
unsigned pv_pfn_bytes(const struct pv_domain *d);

/* Entry n of the list. */
bool pv_extent_get(struct pv_domain *d, const struct pv_extents *x, uint64_t n,
                   uint64_t *frame);
bool pv_extent_put(struct pv_domain *d, const struct pv_extents *x, uint64_t n,
                   uint64_t frame);
/* Whether entries n on of the list could be the guest's. */
bool pv_extents_okay(const struct pv_domain *d, const struct pv_extents *x,
                     uint64_t n);

/* increase_, decrease_reservation, populate_physmap from extent `start` on: the
 * number of extents done in all, whatever went wrong. */
int64_t pv_memop_reservation(struct pv_domain *d, unsigned op, uint64_t at,
                             uint64_t start);

/* exchange: frames for others. */
int64_t pv_memop_exchange(struct pv_domain *d, uint64_t at);

/* memory_map, set_memory_map, machphys_mapping, machphys_mfn_list: tables that
 * the guest asks for. */
int64_t pv_memop_map(struct pv_domain *d, unsigned op, uint64_t at);

#endif
