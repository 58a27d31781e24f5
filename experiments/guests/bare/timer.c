/* timer.c: the 8254's counter 0 through the 8259s.
 * [8254 "Mode 2: Rate Generator"] [8259A "Initialization Command Words"] */
#include "experiments/guests/bare/bare.h"
#include "experiments/guests/bare/cpu_asm.h"

#define PIC1        0x20
#define PIC2        0xa0
#define PIC_EOI     0x60 /* specific, of the input in the low bits */
#define PIT_COUNTER 0x40
#define PIT_CONTROL 0x43
#define PIT_HZ      1193182u
#define IRQ_TIMER   0

static void pic_start(uint16_t port, uint8_t vector, uint8_t cascade)
{
    cpu_out8(port, 0x11); /* ICW1: edges, cascade, ICW4 follows */
    cpu_out8(port + 1, vector);
    cpu_out8(port + 1, cascade);
    cpu_out8(port + 1, 0x01); /* ICW4: 8086 */
    cpu_out8(port + 1, 0xff); /* all masked */
}

void bare_pic_init(void)
{
    pic_start(PIC1, TRAP_IRQ, 1 << 2);
    pic_start(PIC2, TRAP_IRQ + 8, 2);
}

void plat_timer_start(unsigned hz)
{
    unsigned count = PIT_HZ / hz;

    cpu_out8(PIT_CONTROL, 0x34); /* counter 0, both bytes, mode 2 */
    cpu_out8(PIT_COUNTER, (uint8_t)count);
    cpu_out8(PIT_COUNTER, (uint8_t)(count >> 8));
    cpu_out8(PIC1 + 1, (uint8_t) ~(1u << IRQ_TIMER));
}

void plat_timer_ack(void)
{
    cpu_out8(PIC1, PIC_EOI | IRQ_TIMER);
}

void plat_idle(void)
{
    cpu_wait();
}
