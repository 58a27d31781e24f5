/* end.c: markers and the end of the run: by the test device's ports, then as
 * Xen knows it; and the disk that this platform does not drive. */
#include "experiments/guests/xen/hypercall_asm.h"
#include "experiments/guests/xen/xen.h"

#include <xen/sched.h>

#define PORT_EXIT   0xf4
#define PORT_MARKER 0xf5

void plat_mark(unsigned code, unsigned iterations)
{
    hypercall_out32(PORT_MARKER, code);
    hypercall_out32(PORT_MARKER, iterations);
}

_Noreturn void plat_exit(unsigned status)
{
    struct sched_shutdown how = {
        .reason = status == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash,
    };

    hypercall_out32(PORT_EXIT, status);
    for (;;)
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&how, 0,
                  0);
}

uint64_t plat_disk_sectors(void)
{
    return 0;
}

bool plat_disk_rw(uint64_t sector, void *buf, bool write)
{
    (void)sector;
    (void)buf;
    (void)write;
    return false;
}
