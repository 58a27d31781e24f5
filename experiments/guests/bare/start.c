/* start.c: what the loader says, and the order in which the platform starts.
 * [XEN "x86/HVM direct boot ABI"] */
#include "experiments/guests/bare/bare.h"

#define E820_RAM 1u

struct start_info {
    uint32_t magic, version, flags, nr_modules;
    uint64_t modlist, cmdline, rsdp, memmap;
    uint32_t memmap_entries, reserved;
};

struct memmap_entry {
    uint64_t base, size;
    uint32_t type, reserved;
};

extern char kernel_end[];

/* The end of the RAM that the kernel lies in, within the window. */
static phys_t end_of_ram(const struct start_info *si)
{
    const struct memmap_entry *e = phys_to_virt((phys_t)si->memmap);
    phys_t kernel = virt_to_phys(kernel_end);
    uint64_t end;
    uint32_t i;

    for (i = 0; i < si->memmap_entries; i++) {
        end = e[i].base + e[i].size;
        if (e[i].type == E820_RAM && e[i].base < kernel && kernel < end)
            return end < WINDOW_MAX ? (phys_t)end : WINDOW_MAX;
    }
    return kernel;
}

void bare_main(uintptr_t start_info)
{
    const struct start_info *si = phys_to_virt(start_info);
    struct plat_info info = {.cmdline = ""};

    bare_desc_init();
    bare_pages_init();
    bare_uart_init();
    bare_pic_init();
    if (si->cmdline != 0)
        info.cmdline = phys_to_virt((phys_t)si->cmdline);
    info.ram_start =
        (virt_to_phys(kernel_end) + PAGE_SIZE - 1) & ~(phys_t)(PAGE_SIZE - 1);
    info.ram_end = end_of_ram(si) & ~(phys_t)(PAGE_SIZE - 1);
    info.root = virt_to_phys(boot_root);
    kernel_main(&info);
    plat_exit(1);
}
