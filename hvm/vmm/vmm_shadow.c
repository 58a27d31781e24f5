/* vmm_shadow.c: the guest's memory by shadow paging: page faults, INVLPG, CR3;
 * and what must go from the processor's TLB. [SDM3 "Memory Virtualization"],
 * [SDM3 "Caching Translation Information"] on VPIDs */
#include "common/mmu/shadow.h"

#include "common/x86/cpuid.h"
#include "common/x86/mem.h"
#include "hvm/vmm/vmm.h"

/* Bits of IA32_VMX_EPT_VPID_CAP */
#define VPID_CAP_ADDRESS     BITQ(40)
#define VPID_CAP_KEEP_GLOBAL BITQ(43)

/* ---- the processor's TLB ----
 * Without VPID every VM entry and exit empties it. */
static void invvpid(struct vmm *h, unsigned type, uint64_t lin)
{
    uint16_t vpid = (uint16_t)vmm_read(h, VMCS_VIRTUAL_PROCESSOR_ID);

    (void)!vmx_invvpid(h->v, type, vpid, lin);
}

void vmm_flush_tlb(struct vmm *h, bool global_too)
{
    bool keep = (h->caps->msr[CAP_EPT_VPID] & VPID_CAP_KEEP_GLOBAL) != 0;

    if (h->o.vpid)
        invvpid(h, global_too || !keep ? INVVPID_SINGLE : INVVPID_KEEP_GLOBAL,
                0);
}

static void flush_address(struct vmm *h, uint64_t lin)
{
    if (h->o.vpid && (h->caps->msr[CAP_EPT_VPID] & VPID_CAP_ADDRESS))
        invvpid(h, INVVPID_ADDRESS, lin);
    else
        vmm_flush_tlb(h, true);
}

/* What is tagged with the guest's VPID goes all at once. */
static bool write_protect(void *opaque, uint64_t gpa)
{
    (void)gpa;
    vmm_flush_tlb(opaque, true);
    return true;
}

/* ---- life ---- */
enum status vmm_shadow_create(struct vmm *h, struct error *err)
{
    uint64_t base = vmm_pages(h, VMM_SHADOW_PAGES);
    struct shadow_config config = {
        .mem = &h->v->m->mem,
        .base = base,
        .host = vmm_host(h, base),
        .pages = VMM_SHADOW_PAGES,
        .ledger = &h->v->ledger,
        .write_protect = write_protect,
        .opaque = h,
    };

    return shadow_create(&config, &h->shadow, err);
}

void vmm_shadow_destroy(struct vmm *h)
{
    shadow_destroy(h->shadow);
    h->shadow = NULL;
}

/* ---- the guest's paging ---- */
static void walk_regs(const struct vmm *h, struct x86_walk_regs *r)
{
    uint64_t cr0 = vmm_cr0(h), cr4 = vmm_cr4(h);
    uint64_t fl = vmm_read(h, VMCS_GUEST_RFLAGS);
    uint64_t ss = vmm_read(h, VMCS_GUEST_SS_AR_BYTES);

    *r = (struct x86_walk_regs){
        .mode = !(cr0 & CR0_PG)        ? X86_WALK_OFF
                : !(cr4 & CR4_PAE)     ? X86_WALK_32
                : (h->efer & EFER_LMA) ? X86_WALK_4LEVEL
                                       : X86_WALK_PAE,
        .wp = (cr0 & CR0_WP) != 0,
        .pse = (cr4 & CR4_PSE) != 0,
        .pge = (cr4 & CR4_PGE) != 0,
        .nxe = (h->efer & EFER_NXE) != 0,
        .smep = (cr4 & CR4_SMEP) != 0,
        .smap = (cr4 & CR4_SMAP) != 0,
        .ac = (fl & FL_AC) != 0 && SA_DPL(ss) != 3,
        .pse36 = cpuid_model_has(h->c->model, X86_FEATURE_PSE36),
        .page1g = cpuid_model_has(h->c->model, X86_FEATURE_PDPE1GB),
        .pa_mask = h->c->pa_mask,
        .cr3 = h->cr3,
    };
    memcpy(r->pdpte, h->pdpte, sizeof(r->pdpte));
}

void vmm_shadow_regs(struct vmm *h, bool cr3_written)
{
    struct x86_walk_regs r;

    if (h->by_shadow) {
        walk_regs(h, &r);
        shadow_set(h->shadow, &r, cr3_written);
        vmm_write(h, VMCS_GUEST_CR3, shadow_root(h->shadow));
    }
    if (cr3_written)
        vmm_flush_tlb(h, false);
}

/* ---- handlers ---- */
static unsigned access_of(const struct vmm *h, uint64_t error)
{
    uint64_t ss = vmm_read(h, VMCS_GUEST_SS_AR_BYTES);
    unsigned access = 0;

    if (error & PF_W)
        access |= X86_WRITE;
    if (error & PF_I)
        access |= X86_EXEC;
    if (error & PF_U)
        access |= X86_ACC_USER;
    else if (SA_DPL(ss) == 3)
        access |= X86_WALK_IMPLICIT;
    return access;
}

enum vmm_next vmm_on_page_fault(struct vmm *h)
{
    uint64_t error = vmm_read(h, VMCS_VM_EXIT_INTR_ERROR_CODE);
    uint64_t lin = vmm_read(h, VMCS_EXIT_QUALIFICATION);
    struct x86_event ev = {
        .type = X86_EV_FAULT, .vector = VEC_PF, .has_error = true, .cr2 = lin};
    struct x86_walk_regs r;
    struct x86_walk w;

    walk_regs(h, &r);
    switch (shadow_fault(h->shadow, &r, lin, access_of(h, error), &w)) {
    case SHADOW_FILLED:
        return VMM_RESUME;
    case SHADOW_FAULT:
        ev.error = w.error;
        return vmm_inject(h, &ev);
    case SHADOW_BY_HAND:
        break;
    }
    return vmm_emulate(h);
}

enum vmm_next vmm_on_invlpg(struct vmm *h)
{
    uint64_t lin = vmm_read(h, VMCS_EXIT_QUALIFICATION);

    if (shadow_invlpg(h->shadow, lin))
        vmm_flush_tlb(h, true);
    else
        flush_address(h, lin);
    vmm_skip(h);
    return VMM_RESUME;
}
