/* hc_grant.h: grant_table_op's two files. */
#ifndef PV_HC_GRANT_H
#define PV_HC_GRANT_H

#include "pv/grant.h"

/* Domain ids that a guest may name. */
enum pv_grant_who { PV_GRANT_SELF, PV_GRANT_BACKEND, PV_GRANT_NOBODY };

/* self_word: DOMID_SELF names the guest too. */
enum pv_grant_who pv_grant_who(domid_t dom, bool self_word);

/* One entry of a batch each; the answer is in op->status. */
void pv_grant_map_ref(struct pv_domain *d, struct gnttab_map_grant_ref *op);
void pv_grant_unmap_ref(struct pv_domain *d, struct gnttab_unmap_grant_ref *op);
void pv_grant_replace(struct pv_domain *d, struct gnttab_unmap_and_replace *op);

#endif
