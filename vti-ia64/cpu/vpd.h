/* vpd.h: the virtual processor descriptor: what VT-i and its VMM share of one
 * virtual processor. [ISDM2 "Virtual Processor Descriptor"] Little-endian. */
#ifndef VTI_IA64_CPU_VPD_H
#define VTI_IA64_CPU_VPD_H

#include <stddef.h>
#include <stdint.h>

#define IA64_VPD_BYTES 65536u
#define IA64_VPD_ALIGN 32768u
#define IA64_VCPUIDS   5u

struct ia64_vpd {
    uint64_t vac, vdc, virt_env_vaddr;
    uint64_t reserved0[29];
    uint64_t vhpi;
    uint64_t reserved1[95];
    uint64_t vgr[16];     /* r16-r31 of bank 1 while the guest is on bank 0 */
    uint64_t vbgr[16];    /* of bank 0 while it is on bank 1 */
    uint64_t vnat, vbnat; /* their NaTs: bit k of r(16+k) */
    uint64_t vcpuid[IA64_VCPUIDS];
    uint64_t reserved2[11];
    uint64_t vpsr, vpr;
    uint64_t reserved3[76];
    uint64_t vcr[128]; /* by number of control register */
    uint64_t reserved4[3584];
    uint64_t vmm_avail[128];
    uint64_t reserved5[4096];
};

_Static_assert(sizeof(struct ia64_vpd) == IA64_VPD_BYTES, "64 KiB");
_Static_assert(offsetof(struct ia64_vpd, vhpi) == 256, "vhpi");
_Static_assert(offsetof(struct ia64_vpd, vgr) == 1024, "vgr");
_Static_assert(offsetof(struct ia64_vpd, vnat) == 1280, "vnat");
_Static_assert(offsetof(struct ia64_vpd, vpsr) == 1424, "vpsr");
_Static_assert(offsetof(struct ia64_vpd, vcr) == 2048, "vcr");
_Static_assert(offsetof(struct ia64_vpd, vmm_avail) == 31744, "vmm_avail");

/* vac: accelerations. [ISDM2 "Virtualization Accelerations"] */
enum {
#define VAC(name, bit, text) IA64_VAC_##name = 1 << (bit),
#define VDC(name, bit, text)
#include "vti-ia64/cpu/vpd_controls.def"
#undef VDC
#undef VAC
    IA64_VAC_ALL = 0x7f,
};

/* vdc: what is not virtualized. [ISDM2 "Virtualization Disables"] */
enum {
#define VAC(name, bit, text)
#define VDC(name, bit, text) IA64_VDC_##name = 1 << (bit),
#include "vti-ia64/cpu/vpd_controls.def"
#undef VDC
#undef VAC
    IA64_VDC_ALL = 0x7f,
};

#endif
