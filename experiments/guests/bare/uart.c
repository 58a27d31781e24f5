/* uart.c: the console on the first serial port [PC16550D "Registers"]. */
#include "experiments/guests/bare/bare.h"
#include "experiments/guests/bare/cpu_asm.h"

#define UART          0x3f8
#define UART_IER      (UART + 1)
#define UART_FCR      (UART + 2)
#define UART_LCR      (UART + 3)
#define UART_MCR      (UART + 4)
#define UART_LSR      (UART + 5)
#define LSR_THR_EMPTY 0x20

void bare_uart_init(void)
{
    cpu_out8(UART_IER, 0);
    cpu_out8(UART_LCR, 0x80); /* divisor latch: 115200 baud */
    cpu_out8(UART, 1);
    cpu_out8(UART_IER, 0);
    cpu_out8(UART_LCR, 0x03); /* 8N1 */
    cpu_out8(UART_FCR, 0x07); /* FIFOs on and empty */
    cpu_out8(UART_MCR, 0x03);
}

void plat_console(const char *s, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        while (!(cpu_in8(UART_LSR) & LSR_THR_EMPTY))
            ;
        cpu_out8(UART, (uint8_t)s[i]);
    }
}
