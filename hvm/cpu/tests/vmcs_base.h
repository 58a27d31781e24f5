/* vmcs_base.h: VMCSes that pass every check, one for each kind of guest. */
#ifndef HVM_CPU_TESTS_VMCS_BASE_H
#define HVM_CPU_TESTS_VMCS_BASE_H

#include "hvm/cpu/entry_checks.h"

enum base {
    BASE_64,     /* 64-bit guest under a 64-bit host, all MSRs loaded */
    BASE_REAL,   /* real mode: unrestricted guest, EPT */
    BASE_V86,    /* virtual-8086 mode */
    BASE_32,     /* 32-bit paging */
    BASE_PAE,    /* PAE paging under EPT */
    BASE_LEGACY, /* 32-bit guest under a 32-bit host */
    BASE_COUNT
};

/* For the preset "all". */
void vmcs_base(struct vmcs *v, enum base base);

/* Physical memory of the tests: a VMCS region with the right revision at 5000H
 * and at 9000H, one with a wrong one at 6000H, a virtual-APIC page with VTPR
 * 30H at 7000H, good PDPTEs at 8000H, bad ones at 8020H; nothing else. */
bool vmcs_base_read(void *opaque, uint64_t pa, uint64_t *out);

#endif
