/* main.c: the order in which the kernel starts. */
#include "experiments/guests/trik/kernel.h"

_Noreturn void panic(const char *text)
{
    plat_console("panic: ", 7);
    plat_console(text, strlen(text));
    plat_console("\n", 1);
    plat_exit(255);
}

void kernel_main(const struct plat_info *info)
{
    page_init(info->ram_start, info->ram_end);
    sched_init(info->root);
    proc_first("/init", info->cmdline);
    plat_timer_start(TIMER_HZ);
    sched_start();
}
