/* bounce.h: entries into the guest kernel: frames on its stack. */
#ifndef PV_BOUNCE_H
#define PV_BOUNCE_H

#include "pv/domain.h"

struct pv_bounce {
    struct pv_callback to;
    bool has_error, is_failsafe;
    uint32_t error;
};

/* Make the frame that Xen makes and enter the guest kernel at b->to. A null
 * address or a stack that cannot be written crashes the guest (as Xen does). */
void pv_bounce(struct pv_domain *d, const struct pv_bounce *b);

/* Reflect exception `vec` by the guest's trap table; counted. */
void pv_reflect(struct pv_domain *d, unsigned vec, bool has_error,
                uint32_t error);

/* If an event is pending and not masked (or an NMI waits): enter the callback.
 */
void pv_deliver_events(struct pv_domain *d);

#endif
