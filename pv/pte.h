/* pte.h: page-table entries and tables of the guest: what may stand in them,
 * and the references that they hold.
 *
 * Of a present entry of a validated table: L1 holds a reference to the frame it
 * maps, typed PVT_WRITABLE if it maps it writable; L2..L4 a typed one to the
 * table below. Entries as the guest sees them have what Xen adds (_PAGE_USER
 * and so on). The VMM's own entries (hole) hold nothing. */
#ifndef PV_PTE_H
#define PV_PTE_H

#include "pv/domain.h"

#define PV_PTES 512u

#define PV_PTE_GUEST_KERNEL (1ull << 52) /* was without _PAGE_USER */
#define PV_PTE_GNTTAB       (1ull << 62)
#define PV_PTE_MFN(e)       (((e)&0x000ffffffffff000ull) >> 12)

/* Entry `index` of the table in frame mfn. set does not check anything. */
uint64_t pv_pte_read(struct pv_domain *d, uint64_t mfn, unsigned index);
void pv_pte_set(struct pv_domain *d, uint64_t mfn, unsigned index, uint64_t e);

/* Whether entry `index` of the table f is the guest's own. */
bool pv_pte_is_guests(const struct pv_domain *d, const struct pv_frame *f,
                      unsigned index);

/* Check all entries of a frame that has just got a table type, take their
 * references, write them as the guest is to see them and fill in the hole.
 * -XEN_Exxx: nothing is held. release gives the references back. */
int64_t pv_table_validate(struct pv_domain *d, uint64_t mfn);
void pv_table_release(struct pv_domain *d, uint64_t mfn);

/* Write entry `index` of a validated table on the guest's behalf: check, take,
 * write, give back the old one's references. keep_ad: A and D of the old entry
 * stay set. */
int64_t pv_pte_update(struct pv_domain *d, uint64_t mfn, unsigned index,
                      uint64_t e, bool keep_ad) MUST_CHECK;

/* Check (and for the guest force as accessed) a page of descriptors. */
int64_t pv_seg_validate(struct pv_domain *d, uint64_t mfn);
/* A descriptor that a guest may have: fixed up in place; false: not. */
bool pv_desc_check(const struct pv_domain *d, uint64_t *desc);

/* The L1 entry that maps va in the tables in use: frame and index of its table.
 * False: an upper level is not present. */
bool pv_find_l1e(struct pv_domain *d, uint64_t va, uint64_t *mfn,
                 unsigned *index);

#endif
