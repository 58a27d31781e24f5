/* gate.c: raw handlers of exceptions, for the nanobenchmarks.
 * [XEN arch-x86/xen.h "HYPERVISOR_set_trap_table"] */
#include "experiments/guests/xen/hypercall_asm.h"
#include "experiments/guests/xen/xen.h"

#define MASK_EVENTS 4 /* trap_info.flags: the DPL, and this */

void plat_gate(unsigned vector, void (*entry)(void), bool user)
{
    struct trap_info t[2] = {{
        .vector = (uint8_t)vector,
        .flags = (uint8_t)((user ? 3 : 0) | MASK_EVENTS),
        .cs = FLAT_KERNEL_CS,
        .address = (uintptr_t)entry,
    }};

    hypercall(__HYPERVISOR_set_trap_table, (uintptr_t)t, 0, 0, 0);
}
