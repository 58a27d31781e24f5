/* rtc.h: the MC146818 real-time clock and CMOS memory of a PC.
 *
 * Ports 0x70 (index, bit 7 is stored and has no NMI source to mask; reads give
 * 0xff) and 0x71 (data). Time comes from guest time: the machine is switched on
 * at clock->start_date. BCD and binary, 12 and 24 hours, alarm, periodic and
 * update-ended interrupts, SET, divider [MC146818A "Registers"]; the century is
 * byte 0x32. Not there: square wave, and daylight saving (the bit is stored).
 *
 * - The registers change, and UF comes, at whole seconds; UIP is set for the
 *   2228 us before that (244 us and the cycle's 1984 us) and the old time stays
 *   readable.
 * - Time stands still while SET is 1 or the divider does not run on 32768 Hz;
 *   the first update comes 500 ms after the divider's reset ends. A time
 *   written takes effect when it goes on (at once, if it did not stand still);
 *   values out of range count as the nearest. The day of the week always
 *   follows from the date.
 * - The memory holds what a firmware leaves: memory sizes (0x15-0x18,
 *   0x30-0x31, 0x34-0x35, 0x5b-0x5d), equipment (0x14), checksum (0x2e). */
#ifndef COMMON_DEV_RTC_H
#define COMMON_DEV_RTC_H

#include "common/machine/machine.h"

struct rtc;

/* `irq` is active from an enabled event until register C is read. RAM must
 * have been added already (for the memory sizes). */
enum status rtc_create(struct machine *m, struct irq_line irq, struct rtc **out,
                       struct error *err) MUST_CHECK;

#endif
