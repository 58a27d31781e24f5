/* check.h: the invariant checker: every frame's counts against a walk of all
 * page tables and of everything else that holds references. */
#ifndef PV_CHECK_H
#define PV_CHECK_H

#include "pv/domain.h"

/* True if all counts and types are right. Else d crashes with the first frame
 * that is wrong. */
bool pv_check(struct pv_domain *d);

/* The same every d->check_every exits; for the exit path. */
void pv_check_due(struct pv_domain *d);

#endif
