/* vmm_io.c: I/O instructions: the machine's devices are the guest's.
 * [SDM3 "VM Exits"] "Exit Qualification for I/O Instructions" */
#include "hvm/vmm/vmm.h"

#define IO_SIZE(q)  ((unsigned)((q)&7) + 1)
#define IO_IN       BITQ(3)
#define IO_STRING   BITQ(4)
#define IO_PORT(q)  ((q) >> 16 & 0xffff)
#define DR7_ENABLED 0xffu

enum vmm_next vmm_on_io(struct vmm *h)
{
    uint64_t qual = vmm_read(h, VMCS_EXIT_QUALIFICATION), v;
    uint64_t *rax = &h->c->s.r[R_AX];
    unsigned n = IO_SIZE(qual);
    struct bus *bus = &h->v->m->bus;

    /* String instructions, and those that a breakpoint may watch. */
    if ((qual & IO_STRING) || (vmm_read(h, VMCS_GUEST_DR7) & DR7_ENABLED))
        return vmm_emulate(h);
    if (qual & IO_IN) {
        v = bus_read(bus, BUS_PORT, IO_PORT(qual), n);
        *rax = n == 4 ? (uint32_t)v
                      : (*rax & ~mask_low(8 * n)) | (v & mask_low(8 * n));
    } else {
        bus_write(bus, BUS_PORT, IO_PORT(qual), n, *rax & mask_low(8 * n));
    }
    vmm_skip(h);
    return VMM_RESUME;
}
