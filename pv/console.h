/* console.h: the PV console ring [XEN io/console.h]: its back end, on the
 * machine's console. */
#ifndef PV_CONSOLE_H
#define PV_CONSOLE_H

#include "pv/domain.h"

struct pv_console {
    struct pv_domain *d;
    uint64_t mfn; /* of the ring, referenced as writable */
    uint32_t port;
};

/* Bytes typed: returns how many the ring took. */
size_t pv_console_input(struct pv_domain *d, const uint8_t *buf, size_t len);

#endif
