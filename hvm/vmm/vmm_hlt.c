/* vmm_hlt.c: HLT: the virtual processor halts, and the run loop waits. */
#include "hvm/vmm/vmm.h"

#define ACTIVITY_HLT 1

/* STI's blocking ends with HLT. Where an interrupt is there already, entry
 * makes the processor active again. */
enum vmm_next vmm_on_hlt(struct vmm *h)
{
    vmm_skip(h);
    vmm_write(h, VMCS_GUEST_ACTIVITY_STATE, ACTIVITY_HLT);
    return VMM_RESUME;
}
