/* reset.h: the chipset's reset ports.
 *
 * Port 0x92 (system control port A): bit 0 from 0 to 1 resets; bit 1, the A20
 * gate, is stored. Port 0xCF9 (reset control): bit 2 from 0 to 1 resets, bit 1
 * (hard or soft) is stored and makes no difference [PIIX3 "Reset Control
 * Register"]. A reset ends the machine's run as MACHINE_RESET; reading either
 * register shows what was written, the resetting bits as 0.
 *
 * The A20 line of this board is always enabled, whatever bit 1 of port 0x92 or
 * the keyboard controller's output port say. */
#ifndef COMMON_DEV_RESET_H
#define COMMON_DEV_RESET_H

#include "common/machine/machine.h"

enum status reset_create(struct machine *m, struct error *err) MUST_CHECK;

#endif
