/* privio.h: port instructions, carried out for the guest. No port answers but
 * the test device's; which may be used say IOPL and the map of
 * PHYSDEVOP_set_iobitmap. */
#ifndef PV_PRIVIO_H
#define PV_PRIVIO_H

#include "pv/domain.h"

/* Whether the guest's IOPL lets it, at its present privilege, use all ports.
 * [XEN physdev.h "PHYSDEVOP_set_iopl"] */
bool pv_iopl_okay(const struct pv_domain *d);

/* IN to rAX, OUT from it, of 1, 2 or 4 bytes; false: the guest may not. */
bool pv_in(struct pv_domain *d, uint16_t port, unsigned size);
bool pv_out(struct pv_domain *d, uint16_t port, unsigned size);

/* INS and OUTS, with REP: a part of the iterations at a time. Counts and
 * retires the instruction if it ended, else it is met again, or its fault was
 * given to the guest. False: another instruction, or the guest may not. */
bool pv_string_io(struct pv_domain *d, const struct x86_insn *i);

#endif
