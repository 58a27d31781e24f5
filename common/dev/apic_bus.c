/* apic_bus.c: interrupt messages to local APICs. */
#include "common/dev/apic_bus.h"

#include <stddef.h>

#include "common/dev/lapic_priv.h"

/* [SDM3 "Determining IPI Destination"]. */
static bool names(const struct apic_msg *msg, const struct lapic *l)
{
    uint8_t ldr = (uint8_t)(l->ldr >> 24);

    if (msg->dest == 0xff)
        return true;
    if (!msg->logical)
        return msg->dest == l->id;
    switch (l->dfr >> 28) {
    case 0xf: /* flat */
        return (msg->dest & ldr) != 0;
    case 0x0: /* cluster in the high four bits, members in the low ones */
        return msg->dest >> 4 == ldr >> 4 && (msg->dest & ldr & 0xf) != 0;
    default:
        return false;
    }
}

static bool send_lowest(struct machine *m, const struct apic_msg *msg,
                        const struct lapic *except)
{
    struct lapic *best = NULL;
    unsigned i;

    for (i = 0; i < m->nr_apics; i++) {
        struct lapic *l = m->apic[i];

        if (l != except && names(msg, l) && lapic_accepts_fixed(l) &&
            (best == NULL || lapic_ppr(l) < lapic_ppr(best)))
            best = l;
    }
    return best != NULL && lapic_receive(best, msg);
}

bool apic_bus_send(struct machine *m, const struct apic_msg *msg,
                   const struct lapic *except)
{
    bool accepted = false;
    unsigned i;

    if (msg->mode == APIC_LOWEST)
        return send_lowest(m, msg, except);
    for (i = 0; i < m->nr_apics; i++)
        if (m->apic[i] != except && names(msg, m->apic[i]) &&
            lapic_receive(m->apic[i], msg))
            accepted = true;
    return accepted;
}
