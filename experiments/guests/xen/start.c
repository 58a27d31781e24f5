/* start.c: what Xen says at the start, and the order in which the platform
 * starts. */
#include "experiments/guests/xen/xen.h"

#define RAM_MAX (96ul << 20) /* more than this stays unmapped */

void xen_main(const struct start_info *si)
{
    struct plat_info info = {.cmdline = (const char *)si->cmd_line};

    info.ram_end = si->nr_pages < RAM_MAX / PAGE_SIZE
                       ? (phys_t)si->nr_pages * PAGE_SIZE
                       : RAM_MAX;
    info.ram_start = xen_pages_init(si, info.ram_end);
    info.root = virt_to_phys((void *)si->pt_base);
    xen_console_init(si);
    xen_trap_init();
    kernel_main(&info);
    plat_exit(1);
}
