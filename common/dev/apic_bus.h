/* apic_bus.h: interrupt messages between I/O APICs and local APICs, and from
 * one local APIC to another.
 *
 * Delivery is at once and in order: a message is with its targets when
 * apic_bus_send() returns, so the delivery status bits of senders always read
 * as idle. */
#ifndef COMMON_DEV_APIC_BUS_H
#define COMMON_DEV_APIC_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/machine/machine.h"

struct lapic;

/* Delivery modes as encoded in the ICR, in LVT entries and in redirection
 * entries [SDM3 "Interrupt Command Register (ICR)"]. */
enum apic_mode {
    APIC_FIXED,
    APIC_LOWEST,
    APIC_SMI, /* no system management mode here: accepted, without effect */
    APIC_RESERVED,
    APIC_NMI,
    APIC_INIT,
    APIC_SIPI,
    APIC_EXTINT,
};

struct apic_msg {
    enum apic_mode mode;
    uint8_t vector;
    uint8_t dest;
    bool logical; /* dest is a logical one [SDM3 "Logical Destination Mode"] */
    bool level;   /* level-triggered: its EOI goes back to the I/O APIC */
};

/* Deliver to every local APIC that `msg` names, but not to `except` (may be
 * NULL). Lowest-priority goes to the one with the lowest processor priority;
 * of equals to the first. Returns whether any accepted it. */
bool apic_bus_send(struct machine *m, const struct apic_msg *msg,
                   const struct lapic *except);

#endif
