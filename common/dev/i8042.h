/* i8042.h: the keyboard controller of a PC and the keyboard on it.
 *
 * Ports 0x60 (data) and 0x64 (status, command), `irq` (IRQ 1) for bytes from
 * the keyboard. One PS/2 keyboard is plugged in and nobody types on it; there
 * is no auxiliary port: its test (A9h) says "clock stuck low", the loop command
 * (D3h) gives the byte as the keyboard's, which tells a driver that the
 * auxiliary status bit does not exist, and what is sent to it (D4h) vanishes.
 *
 * The controller answers at once, and never times out. Command bytes, self
 * test, interface tests, output port (reset, A20 stored: see reset.h), pulses
 * and scan code translation are there [IBM PS/2 Hardware Interface Technical
 * Reference "Keyboard and Auxiliary Device Controller"]; the keyboard knows all
 * commands of scan code sets 1 to 3 ["Keyboards (101- and 102-Key)"]. Writing a
 * byte to the keyboard enables its interface.
 *
 * Power-on: self-tested, translation and keyboard interrupt on, as firmware
 * leaves it. */
#ifndef COMMON_DEV_I8042_H
#define COMMON_DEV_I8042_H

#include "common/machine/machine.h"

struct i8042;

enum status i8042_create(struct machine *m, struct irq_line irq,
                         struct i8042 **out, struct error *err) MUST_CHECK;

#endif
