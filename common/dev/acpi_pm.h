/* acpi_pm.h: ACPI's fixed hardware: PM1a event and control blocks and the PM
 * timer [ACPI "Fixed Hardware Features"].
 *
 *   0x600  PM1a status (16 bits)   0x604  PM1a control (16 bits)
 *   0x602  PM1a enable (16 bits)   0x608  PM timer (32 bits)
 *
 * The board is always in ACPI mode (SCI_EN reads 1; there is no SMI_CMD). The
 * timer counts at 3.579545 MHz from power-on, in 32 bits. Sleep type 5 is S5
 * and ends the machine; no other is described to the guest, and asking for one
 * has no effect. Registers may be accessed at any width. */
#ifndef COMMON_DEV_ACPI_PM_H
#define COMMON_DEV_ACPI_PM_H

#include "common/machine/machine.h"

#define ACPI_PM1_EVENT   0x600u
#define ACPI_PM1_CONTROL 0x604u
#define ACPI_PM_TIMER    0x608u
#define ACPI_PM_LEN      12u
#define ACPI_PM_TIMER_HZ 3579545u
#define ACPI_SLP_TYP_S5  5u

struct acpi_pm;

/* Drives `sci` (level, active high). Owned by the machine's list. */
enum status acpi_pm_create(struct machine *m, struct irq_line sci,
                           struct acpi_pm **out, struct error *err) MUST_CHECK;

/* Somebody pressed the power button: PWRBTN_STS, and SCI if enabled. */
void acpi_pm_power_button(struct acpi_pm *pm);

#endif
