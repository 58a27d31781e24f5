/* ioapic.h: the I/O APIC, an 82093AA with 24 redirection entries and the EOI
 * register of its successors (version 0x20) [82093AA "I/O Advanced Programmable
 * Interrupt Controller", ICH "I/O APIC EOI register"].
 *
 * A pin's level is electrical: an entry of active-low polarity sees it
 * inverted. An edge on a masked entry is lost; a level is not. Messages that no
 * local APIC accepts are sent again when one is enabled. Registers are read and
 * written by aligned 32-bit accesses (the index also by bytes); others read 0
 * or have no effect. */
#ifndef COMMON_DEV_IOAPIC_H
#define COMMON_DEV_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/machine/machine.h"

#define IOAPIC_BASE    0xfec00000u
#define IOAPIC_VERSION 0x20u
#define IOAPIC_PINS    24

struct ioapic;

/* Owned by the machine's list of devices. */
enum status ioapic_create(struct machine *m, struct ioapic **out,
                          struct error *err) MUST_CHECK;

/* Level of an input; pin in 0..23, others are ignored. */
void ioapic_set_pin(struct ioapic *io, unsigned pin, bool level);

/* The EOI message of a local APIC for a level-triggered vector. */
void ioapic_eoi(struct ioapic *io, uint8_t vector);

/* A local APIC has been enabled: offer waiting level-triggered interrupts. */
void ioapic_rescan(struct ioapic *io);

/* What firmware does before an operating system runs: give it an APIC ID of
 * its own, 0..15. 0 after reset. */
void ioapic_set_id(struct ioapic *io, uint8_t id);

#endif
