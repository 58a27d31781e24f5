/* mptable.h: the MultiProcessor configuration table, for kernels without ACPI
 * [MP 1.4 "MP Configuration Table"].
 *
 * Floating pointer at 0xF0000, table at 0xF0010: processors, an ISA bus, one
 * I/O APIC, ISA interrupts (0 at pin 2, the others at their own), ExtINT and
 * NMI at LINT0 and LINT1. Disk and network card have those of their ISA
 * lines. */
#ifndef COMMON_LOAD_MPTABLE_H
#define COMMON_LOAD_MPTABLE_H

#include "common/machine/machine.h"

#define MPTABLE_POINTER 0xf0000u
#define MPTABLE_CONFIG  0xf0010u

/* Write both, and leave the interrupt controllers as they say and as firmware
 * does: the I/O APIC's ID, and virtual wire mode (lapic_virtual_wire()) on the
 * bootstrap processor. ST_INVAL: there is no memory at those addresses. */
enum status mptable_build(struct machine *m, struct error *err) MUST_CHECK;

#endif
