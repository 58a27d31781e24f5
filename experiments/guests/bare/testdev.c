/* testdev.c: markers and the end of the run, by two ports. */
#include "experiments/guests/bare/bare.h"
#include "experiments/guests/bare/cpu_asm.h"

#define PORT_EXIT   0xf4
#define PORT_MARKER 0xf5

void plat_mark(unsigned code, unsigned iterations)
{
    cpu_out32(PORT_MARKER, code);
    cpu_out32(PORT_MARKER, iterations);
}

_Noreturn void plat_exit(unsigned status)
{
    cpu_out32(PORT_EXIT, status);
    /* Where there is no such port. */
    for (;;)
        cpu_wait();
}
