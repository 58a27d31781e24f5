/* board.h: the PC: which devices there are, where, and on which line.
 *
 *   ports  0x20-21, 0xA0-A1, 0x4D0-4D1  8259 pair     0x40-43, 0x61  8254
 *          0x60, 0x64  8042             0x70-71  RTC  0x92, 0xCF9    reset
 *          0xE9  debug console          0xF4-F8  test device
 *          0x3F8-3FF  16550, IRQ 4
 *   memory 0 to 640 KiB, 768 KiB to 3 GiB, and the rest from 4 GiB on; local
 *          APIC at 0xFEE00000, I/O APIC at 0xFEC00000
 *   lines  ISA IRQ n drives 8259 input n and I/O APIC pin n; IRQ 0 (8254) pin
 *          2. IRQ 1 8042, 4 16550, 8 RTC, 9 SCI (level), 10 disk (level),
 *          11 network card (level).
 *          The 8259's INTR drives LINT0 of the bootstrap processor's APIC.
 *   ACPI's fixed hardware is at ports 0x600-60B, a virtio disk and a virtio
 *   network card, if there are any, at 0xFEB00000 and 0xFEB00200: see
 *   acpi_pm.h, virtio_blk.h and virtio_net.h.
 */
#ifndef COMMON_MACHINE_BOARD_H
#define COMMON_MACHINE_BOARD_H

#include "common/machine/machine.h"

#define BOARD_RAM_LOW_END  0x000a0000ull /* hole: no VGA memory */
#define BOARD_RAM_LOW2     0x000c0000ull
#define BOARD_RAM_BELOW_4G 0xc0000000ull /* device addresses from here on */
#define BOARD_RAM_HIGH     0x100000000ull
#define BOARD_RAM_MAX      (1ull << 36) /* address bits of PAE kernels */

#define BOARD_UART_PORT 0x3f8

#define BOARD_IRQ_PIT  0
#define BOARD_IRQ_KBD  1
#define BOARD_IRQ_UART 4
#define BOARD_IRQ_RTC  8
#define BOARD_IRQ_SCI  9

/* ISA interrupt line n, 0..15 but not 2 (the cascade). Valid as long as the
 * machine; usable by devices created after the 8259s and the I/O APIC. */
struct irq_line board_isa_irq(struct machine *m, unsigned n);

#endif
