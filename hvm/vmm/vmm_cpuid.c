/* vmm_cpuid.c: CPUID: what the machine's model shows, as without a VMM. */
#include "common/x86/cpuid.h"

#include "hvm/vmm/vmm.h"

enum vmm_next vmm_on_cpuid(struct vmm *h)
{
    struct x86_state *s = &h->c->s;
    uint32_t out[4];

    x86_cpuid(h->c, (uint32_t)s->r[R_AX], (uint32_t)s->r[R_CX], out);
    s->r[R_AX] = out[0];
    s->r[R_BX] = out[1];
    s->r[R_CX] = out[2];
    s->r[R_DX] = out[3];
    vmm_skip(h);
    return VMM_RESUME;
}
