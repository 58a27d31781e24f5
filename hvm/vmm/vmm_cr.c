/* vmm_cr.c: control-register accesses. The emulator carries them out on the
 * guest's view of the registers; storing that view makes everything that hangs
 * on it follow. [SDM3 "VM Exits"] "Exit Qualification for Control-Register
 * Accesses" */
#include "common/x86/cr.h"

#include "hvm/vmm/vmm.h"

#define CR_NUMBER(q) ((unsigned)((q)&15))
#define CR_ACCESS(q) ((unsigned)((q) >> 4 & 3))
#define CR_GPR(q)    ((unsigned)((q) >> 8 & 15))
enum { CR_MOV_TO, CR_MOV_FROM, CR_CLTS, CR_LMSW };

static uint64_t *gpr(struct vmm *h, unsigned n)
{
    return &h->c->s.r[n];
}

/* The guest's RSP is in the VMCS. */
static enum vmm_next cr8(struct vmm *h, uint64_t qual)
{
    uint64_t *r = gpr(h, CR_GPR(qual));

    if (CR_GPR(qual) == R_SP || (CR_ACCESS(qual) == CR_MOV_TO && *r > 15))
        return vmm_emulate(h);
    if (CR_ACCESS(qual) == CR_MOV_TO)
        (void)!x86_set_cr8(h->c, *r);
    else
        *r = x86_get_cr8(h->c);
    vmm_skip(h);
    return VMM_RESUME;
}

static uint64_t source(const struct vmm *h, unsigned n)
{
    uint64_t cs = vmm_read(h, VMCS_GUEST_CS_AR_BYTES);
    uint64_t v = n == R_SP ? vmm_read(h, VMCS_GUEST_RSP) : h->c->s.r[n];

    return (h->efer & EFER_LMA) && (cs & SA_L) ? v : (uint32_t)v;
}

/* The switch of address spaces, often enough to do without the emulator. What
 * faults is left to it. */
static enum vmm_next to_cr3(struct vmm *h, uint64_t qual)
{
    uint64_t v = source(h, CR_GPR(qual));
    bool pae = (vmm_cr0(h) & CR0_PG) && (vmm_cr4(h) & CR4_PAE) &&
               !(h->efer & EFER_LMA);
    uint64_t pdpte[4];

    if (v & ~(h->c->pa_mask | 0xfff))
        return vmm_emulate(h);
    if (pae && !x86_pdptes_read(h->c, v, pdpte))
        return vmm_emulate(h);
    h->cr3 = v;
    if (pae)
        memcpy(h->pdpte, pdpte, sizeof(h->pdpte));
    vmm_shadow_regs(h, true);
    vmm_skip(h);
    return VMM_RESUME;
}

enum vmm_next vmm_on_cr(struct vmm *h)
{
    uint64_t qual = vmm_read(h, VMCS_EXIT_QUALIFICATION);

    if (CR_NUMBER(qual) == 8)
        return cr8(h, qual);
    if (CR_NUMBER(qual) == 3 && CR_ACCESS(qual) == CR_MOV_TO)
        return to_cr3(h, qual);
    return vmm_emulate(h);
}
