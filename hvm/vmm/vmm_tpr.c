/* vmm_tpr.c: CR8 without VM exits, where the processor has the TPR shadow. In
 * root the local APIC's TPR is the guest's; in non-root operation it is VTPR,
 * and an exit comes when the guest lets in an interrupt that waits.
 * [SDM3 "Virtualizing CR8-Based TPR Accesses"] */
#include "common/dev/lapic.h"
#include "hvm/vmm/vmm.h"

#define VTPR 0x80u /* its byte in the virtual-APIC page */

static uint8_t *vtpr(const struct vmm *h)
{
    return (uint8_t *)vmm_host(h, h->vapic) + VTPR;
}

/* Priority class of the highest vector that is pending. */
static unsigned pending_class(const struct lapic *l)
{
    for (unsigned v = 255; v >= 16; v--) {
        if (lapic_irr(l, (uint8_t)v))
            return v >> 4;
    }
    return 0;
}

/* TPR masks a class that is not above it; 0: it masks nothing that waits. */
static unsigned threshold(const struct lapic *l, unsigned tpr)
{
    unsigned class = tpr == 0 ? 0 : pending_class(l);

    return class <= tpr ? class : 0;
}

void vmm_tpr_load(struct vmm *h)
{
    struct lapic *l = h->v->m->lapic;

    if (h->vapic == 0)
        return;
    *vtpr(h) = (uint8_t)(lapic_get_tpr(l) << 4);
    if (h->in_root)
        vmm_write(h, VMCS_TPR_THRESHOLD, threshold(l, lapic_get_tpr(l)));
}

void vmm_tpr_save(struct vmm *h)
{
    struct lapic *l = h->v->m->lapic;

    if (h->vapic != 0 && lapic_get_tpr(l) != *vtpr(h) >> 4)
        lapic_set_tpr(l, *vtpr(h) >> 4);
}

/* The APIC has the new TPR; entry does the rest. */
enum vmm_next vmm_on_tpr(struct vmm *h)
{
    (void)h;
    return VMM_RESUME;
}
