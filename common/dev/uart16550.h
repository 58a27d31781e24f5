/* uart16550.h: a 16550A serial port with a terminal at the other end.
 *
 * Eight ports from `base`; every register, both FIFOs, interrupt identification
 * with its priorities, loopback [PC16550D "Registers", "FIFO Interrupt Mode
 * Operation", "Loopback"]. Where it is not a wire:
 * - A character written goes out at once, whatever the baud rate: THRE and TEMT
 *   are always 1 and the transmitter-empty interrupt comes right after each
 *   write. It is a console, and waiting for it would be waiting for nothing.
 * - Characters come in at the programmed rate, one per character time, and only
 *   while RTS is asserted and the receiver has room (the terminal honours RTS;
 *   an overrun can happen in loopback only). Divisor 0 stops them.
 * - DCD, DSR and CTS are always asserted, RI never.
 * - The interrupt pin is gated by OUT2, as on every PC; loopback takes OUT2
 *   off it.
 * Power-on: as the data sheet's master reset, but the line is set up as
 * firmware leaves it: 115200 baud, 8N1. */
#ifndef COMMON_DEV_UART16550_H
#define COMMON_DEV_UART16550_H

#include "common/machine/machine.h"

#define UART16550_INPUT_BYTES 4096u

struct uart16550;

enum status uart16550_create(struct machine *m, uint16_t base,
                             struct irq_line irq, struct uart16550 **out,
                             struct error *err) MUST_CHECK;

/* Queue what the terminal sends; returns how many bytes there was room for. */
size_t uart16550_input(struct uart16550 *u, const uint8_t *buf, size_t len);

#endif
