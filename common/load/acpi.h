/* acpi.h: the ACPI tables that describe the board to a guest [ACPI 4.0 "ACPI
 * Software Programming Model"].
 *
 * Where they are, in memory that the E820 map gives as reserved:
 *
 *   0xE0000  RSDP (revision 2)        0xE0200  FACS
 *   0xE0040  RSDT                     0xE0280  MADT
 *   0xE0080  XSDT                     0xE0400  DSDT
 *   0xE0100  FADT (revision 4)        0xF0000  the MP table: see mptable.h
 *
 * The board is always in ACPI mode; the fixed hardware is that of acpi_pm.h,
 * reset is value 6 to port 0xCF9, the SCI is IRQ 9 (level, active high). The
 * DSDT has one device for each that a driver might look for, with what it
 * occupies; a disk and a network card appear as LNRO0005 (virtio over MMIO)
 * only if the machine has them. */
#ifndef COMMON_LOAD_ACPI_H
#define COMMON_LOAD_ACPI_H

#include "common/machine/machine.h"

#define ACPI_RSDP 0xe0000u
#define ACPI_RSDT 0xe0040u
#define ACPI_XSDT 0xe0080u
#define ACPI_FADT 0xe0100u
#define ACPI_FACS 0xe0200u
#define ACPI_MADT 0xe0280u
#define ACPI_DSDT 0xe0400u
#define ACPI_END  0xf0000u

/* Write all tables, and give the I/O APIC the ID that they say, as firmware
 * does. *rsdp_pa is for boot protocols that pass it on. ST_INVAL: there is no
 * memory at those addresses. */
enum status acpi_build(struct machine *m, uint64_t *rsdp_pa,
                       struct error *err) MUST_CHECK;

#endif
