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

#endif
