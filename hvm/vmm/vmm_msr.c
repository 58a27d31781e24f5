/* vmm_msr.c: RDMSR and WRMSR of registers that the guest does not reach
 * directly. Which registers there are is the model's to say, as without a
 * VMM. */
#include "hvm/vmm/vmm.h"

enum vmm_next vmm_on_rdmsr(struct vmm *h)
{
    return vmm_emulate(h);
}

enum vmm_next vmm_on_wrmsr(struct vmm *h)
{
    return vmm_emulate(h);
}
