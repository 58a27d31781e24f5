/* vmm_state.c: the guest's state: in the VMCS and, where nothing switches it,
 * in the processor. */
#include <stddef.h>

#include "common/x86/debug.h"
#include "hvm/vmm/vmm.h"

/* Bits that the guest may set and clear without an exit, if the processor holds
 * them as the guest sees them. */
#define CR0_GUEST (CR0_MP | CR0_EM | CR0_TS | CR0_AM)
#define CR4_GUEST                                                              \
    (CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_MCE | CR4_PCE | CR4_OSFXSR |   \
     CR4_OSXMMEXCPT | CR4_UMIP | CR4_FSGSBASE)
#define CR4_GUEST_EPT (CR4_PSE | CR4_PGE | CR4_SMEP | CR4_SMAP)
#define CR4_PAGING    (CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP | CR4_SMAP)

/* Guest interruptibility state */
#define BLOCK_STI   BIT(0)
#define BLOCK_MOVSS BIT(1)
#define BLOCK_NMI   BIT(3)

/* Guest activity state */
enum { ACTIVITY_ACTIVE, ACTIVITY_HLT, ACTIVITY_SHUTDOWN, ACTIVITY_SIPI };

/* Pending debug exceptions beside B0..B3: bit 12, BS as in DR6. */
#define PENDING_BP BIT(12)

/* ---- one field each ---- */
struct plain {
    enum vmcs_field f;
    size_t offset;
};

#define PLAIN(field, member)                                                   \
    {                                                                          \
        VMCS_GUEST_##field, offsetof(struct x86_state, member)                 \
    }

static const struct plain plains[] = {
    PLAIN(RIP, r[R_IP]),
    PLAIN(RSP, r[R_SP]),
    PLAIN(RFLAGS, rflags),
    PLAIN(DR7, dr[7]),
    PLAIN(GDTR_BASE, gdtr.base),
    PLAIN(IDTR_BASE, idtr.base),
    PLAIN(SYSENTER_CS, sysenter_cs),
    PLAIN(SYSENTER_ESP, sysenter_esp),
    PLAIN(SYSENTER_EIP, sysenter_eip),
    PLAIN(IA32_DEBUGCTL, debugctl),
};

static uint64_t *plain_at(struct x86_state *s, const struct plain *p)
{
    return (uint64_t *)(void *)((char *)s + p->offset);
}

/* The blocks of the VMCS have ES, CS, SS, DS, FS, GS in the order of enum
 * x86_segreg, then LDTR and TR. */
static void seg_get(const struct vmm *h, unsigned n, struct x86_seg *g)
{
    g->sel = (uint16_t)vmm_read(h, VMCS_GUEST_ES_SELECTOR + n);
    g->base = vmm_read(h, VMCS_GUEST_ES_BASE + n);
    g->limit = (uint32_t)vmm_read(h, VMCS_GUEST_ES_LIMIT + n);
    g->attr = (uint32_t)vmm_read(h, VMCS_GUEST_ES_AR_BYTES + n);
}

static void seg_set(struct vmm *h, unsigned n, const struct x86_seg *g)
{
    vmm_write(h, VMCS_GUEST_ES_SELECTOR + n, g->sel);
    vmm_write(h, VMCS_GUEST_ES_BASE + n, g->base);
    vmm_write(h, VMCS_GUEST_ES_LIMIT + n, g->limit);
    vmm_write(h, VMCS_GUEST_ES_AR_BYTES + n, g->attr);
}

_Static_assert((int)SEG_ES == 0 && (int)SEG_CS == 1 && (int)SEG_SS == 2 &&
                   (int)SEG_DS == 3 && (int)SEG_FS == 4 && (int)SEG_GS == 5,
               "order of segment registers in the VMCS");

#define N_LDTR 6
#define N_TR   7

/* ---- blocking and activity ---- */
static void blocking_get(const struct vmm *h, struct x86_state *s)
{
    uint64_t i = vmm_read(h, VMCS_GUEST_INTERRUPTIBILITY_INFO);
    uint64_t p = vmm_read(h, VMCS_GUEST_PENDING_DBG_EXCEPTIONS);

    s->shadow = (h->amid ? X86_SHADOW_REP : 0) |
                (i & BLOCK_STI ? X86_SHADOW_STI : 0) |
                (i & BLOCK_MOVSS ? X86_SHADOW_MOVSS : 0);
    s->nmi_blocked = (i & BLOCK_NMI) != 0;
    s->db_pending = (uint32_t)(p & (15 | DR6_BS));
    switch (vmm_read(h, VMCS_GUEST_ACTIVITY_STATE)) {
    case ACTIVITY_HLT:
        s->activity = X86_HALTED;
        break;
    case ACTIVITY_SHUTDOWN:
        s->activity = X86_SHUTDOWN;
        break;
    case ACTIVITY_SIPI:
        s->activity = X86_WAIT_SIPI;
        break;
    default:
        s->activity = X86_ACTIVE;
    }
}

static void blocking_set(struct vmm *h, const struct x86_state *s)
{
    static const uint8_t activity[] = {
        [X86_ACTIVE] = ACTIVITY_ACTIVE,
        [X86_HALTED] = ACTIVITY_HLT,
        [X86_SHUTDOWN] = ACTIVITY_SHUTDOWN,
        [X86_WAIT_SIPI] = ACTIVITY_SIPI,
    };
    uint32_t i = 0, p = s->db_pending & (15 | DR6_BS);

    h->amid = (s->shadow & X86_SHADOW_REP) != 0;
    /* One of them at most. */
    if (s->shadow & X86_SHADOW_MOVSS)
        i |= BLOCK_MOVSS;
    else if ((s->shadow & X86_SHADOW_STI) && (s->rflags & FL_IF))
        i |= BLOCK_STI;
    if (s->nmi_blocked)
        i |= BLOCK_NMI;
    if (p & 15)
        p |= PENDING_BP;
    vmm_write(h, VMCS_GUEST_INTERRUPTIBILITY_INFO, i);
    vmm_write(h, VMCS_GUEST_PENDING_DBG_EXCEPTIONS, p);
    vmm_write(h, VMCS_GUEST_ACTIVITY_STATE, activity[s->activity & 3]);
}

/* ---- control registers ---- */
enum { OF_CR0, OF_CR4 };

static uint64_t seen(const struct vmm *h, uint64_t real, unsigned of)
{
    return (real & ~h->cr_mask[of]) | (h->cr_shadow[of] & h->cr_mask[of]);
}

uint64_t vmm_cr0(const struct vmm *h)
{
    return seen(h, vmm_read(h, VMCS_GUEST_CR0), OF_CR0);
}

uint64_t vmm_cr4(const struct vmm *h)
{
    return seen(h, vmm_read(h, VMCS_GUEST_CR4), OF_CR4);
}

static uint64_t hw_cr0(const struct vmm *h, uint64_t cr0)
{
    uint64_t must = h->caps->msr[CAP_CR0_FIXED0];

    if (h->by_shadow)
        return cr0 | must | CR0_PE | CR0_PG | CR0_WP;
    return cr0 | (must & ~(uint64_t)(CR0_PE | CR0_PG));
}

static uint64_t hw_cr4(const struct vmm *h, uint64_t cr0, uint64_t cr4)
{
    uint64_t v = cr4 | h->caps->msr[CAP_CR4_FIXED0];

    if (!h->by_shadow)
        return v;
    v |= CR4_PAE;
    if (!(cr0 & CR0_PG))
        v &= ~(uint64_t)(CR4_SMEP | CR4_SMAP | CR4_PGE);
    return v;
}

static uint64_t hw_efer(uint64_t efer, uint64_t cr0_hw)
{
    if (efer & EFER_LMA)
        return efer | EFER_LME;
    return (cr0_hw & CR0_PG) ? efer & ~(uint64_t)EFER_LME : efer;
}

static void set_efer(struct vmm *h, uint64_t efer, uint64_t cr0_hw)
{
    uint64_t entry = vmm_read(h, VMCS_VM_ENTRY_CONTROLS);
    uint64_t v = hw_efer(efer, cr0_hw), bit = BIT(ENTRY_IA32E % 32);
    struct x86_state *s = &h->c->s;

    vmm_write(h, VMCS_VM_ENTRY_CONTROLS,
              (efer & EFER_LMA) ? entry | bit : entry & ~bit);
    if (vmx_caps_has(h->caps, ENTRY_LOAD_EFER))
        vmm_write(h, VMCS_GUEST_IA32_EFER, v);
    else /* the mode bits are VM entry's, the rest stay */
        s->efer = (s->efer & (EFER_LME | EFER_LMA)) |
                  (v & ~(uint64_t)(EFER_LME | EFER_LMA));
}

static uint64_t paging_bits(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    return (cr0 & (CR0_PG | CR0_WP)) | (cr4 & CR4_PAGING) << 32 |
           (efer & (EFER_NXE | EFER_LMA)) << 48;
}

/* What maps the guest's memory from now on. */
static void choose_tables(struct vmm *h, uint64_t cr0)
{
    bool unpaged =
        !(cr0 & CR0_PG) && !vmx_caps_has(h->caps, PROC2_UNRESTRICTED);
    bool by_shadow = !h->o.ept || unpaged;

    if (by_shadow != h->by_shadow)
        vmm_use_shadow(h, by_shadow);
}

static void set_views(struct vmm *h, uint64_t mask0, uint64_t cr0,
                      uint64_t mask4, uint64_t cr4)
{
    h->cr_mask[OF_CR0] = mask0;
    h->cr_shadow[OF_CR0] = cr0;
    h->cr_mask[OF_CR4] = mask4;
    h->cr_shadow[OF_CR4] = cr4;
    vmm_write(h, VMCS_CR0_GUEST_HOST_MASK, mask0);
    vmm_write(h, VMCS_CR0_READ_SHADOW, cr0);
    vmm_write(h, VMCS_CR4_GUEST_HOST_MASK, mask4);
    vmm_write(h, VMCS_CR4_READ_SHADOW, cr4);
}

/* Make these the guest's; everything that hangs on them follows. */
static void set_cr(struct vmm *h, uint64_t cr0, uint64_t cr3, uint64_t cr4,
                   uint64_t efer, const uint64_t pdpte[4])
{
    uint64_t was = paging_bits(vmm_cr0(h), vmm_cr4(h), h->efer);
    uint64_t own0 = CR0_GUEST, own4 = CR4_GUEST, real;
    bool cr3_written =
        cr3 != (h->by_shadow ? h->cr3 : vmm_read(h, VMCS_GUEST_CR3));

    choose_tables(h, cr0);
    if (!h->by_shadow) {
        own0 |= CR0_WP;
        own4 |= CR4_GUEST_EPT;
    }
    real = hw_cr0(h, cr0);
    vmm_write(h, VMCS_GUEST_CR0, real);
    vmm_write(h, VMCS_GUEST_CR4, hw_cr4(h, cr0, cr4));
    set_views(h, ~own0, cr0, ~own4, cr4);
    set_efer(h, efer, real);
    h->efer = efer;
    h->cr3 = cr3;
    memcpy(h->pdpte, pdpte, sizeof(h->pdpte));
    if (!h->by_shadow) {
        vmm_write(h, VMCS_GUEST_CR3, cr3);
        for (unsigned k = 0; k < 4; k++)
            vmm_write(h, VMCS_GUEST_PDPTR0 + k, pdpte[k]);
    }
    if (paging_bits(cr0, cr4, efer) != was)
        vmm_flush_tlb(h, true);
    vmm_shadow_regs(h, cr3_written);
}

/* ---- all of it ---- */
static void cr_get(const struct vmm *h, struct x86_state *s)
{
    s->cr0 = vmm_cr0(h);
    s->cr4 = vmm_cr4(h);
    s->efer = h->efer;
    s->cr3 = h->cr3;
    memcpy(s->pdpte, h->pdpte, sizeof(s->pdpte));
    if (h->by_shadow)
        return;
    s->cr3 = vmm_read(h, VMCS_GUEST_CR3);
    for (unsigned k = 0; k < 4; k++)
        s->pdpte[k] = vmm_read(h, VMCS_GUEST_PDPTR0 + k);
}

void vmm_state_get(const struct vmm *h, struct x86_state *s)
{
    *s = h->c->s;
    for (unsigned k = 0; k < ARRAY_LEN(plains); k++)
        *plain_at(s, &plains[k]) = vmm_read(h, plains[k].f);
    for (unsigned k = 0; k < SEG_COUNT; k++)
        seg_get(h, k, &s->seg[k]);
    seg_get(h, N_LDTR, &s->ldtr);
    seg_get(h, N_TR, &s->tr);
    s->gdtr.limit = (uint16_t)vmm_read(h, VMCS_GUEST_GDTR_LIMIT);
    s->idtr.limit = (uint16_t)vmm_read(h, VMCS_GUEST_IDTR_LIMIT);
    cr_get(h, s);
    blocking_get(h, s);
}

/* What stays in the processor, less the host's registers. */
static void rest_set(struct vmm *h, const struct x86_state *s)
{
    struct x86_state host = h->c->s, *c = &h->c->s;

    *c = *s;
    c->r[R_IP] = host.r[R_IP];
    c->r[R_SP] = host.r[R_SP];
    c->rflags = host.rflags;
    memcpy(c->seg, host.seg, sizeof(c->seg));
    c->ldtr = host.ldtr;
    c->tr = host.tr;
    c->gdtr = host.gdtr;
    c->idtr = host.idtr;
    c->cr0 = host.cr0;
    c->cr3 = host.cr3;
    c->cr4 = host.cr4;
    c->efer = host.efer;
    c->dr[7] = host.dr[7];
    c->sysenter_cs = host.sysenter_cs;
    c->sysenter_esp = host.sysenter_esp;
    c->sysenter_eip = host.sysenter_eip;
    c->debugctl = host.debugctl;
    c->activity = host.activity;
    c->shadow = host.shadow;
    c->nmi_blocked = host.nmi_blocked;
    c->db_pending = host.db_pending;
    c->intr_line = host.intr_line;
}

void vmm_state_set(struct vmm *h, const struct x86_state *s)
{
    rest_set(h, s);
    for (unsigned k = 0; k < ARRAY_LEN(plains); k++)
        vmm_write(h, plains[k].f,
                  *(const uint64_t *)(const void *)((const char *)s +
                                                    plains[k].offset));
    for (unsigned k = 0; k < SEG_COUNT; k++)
        seg_set(h, k, &s->seg[k]);
    seg_set(h, N_LDTR, &s->ldtr);
    seg_set(h, N_TR, &s->tr);
    vmm_write(h, VMCS_GUEST_GDTR_LIMIT, s->gdtr.limit);
    vmm_write(h, VMCS_GUEST_IDTR_LIMIT, s->idtr.limit);
    set_cr(h, s->cr0, s->cr3, s->cr4, s->efer, s->pdpte);
    blocking_set(h, s);
}

void vmm_state_running(const struct vmm *h, struct x86_state *s)
{
    *s = h->c->s;
    s->cr0 = seen(h, s->cr0, OF_CR0);
    s->cr4 = seen(h, s->cr4, OF_CR4);
    s->efer = h->efer;
    if (h->by_shadow) {
        s->cr3 = h->cr3;
        memcpy(s->pdpte, h->pdpte, sizeof(s->pdpte));
    }
}

/* [SDM3 "Determining the Instruction Length"]: what an instruction that
 * completes does beside its work. */
void vmm_skip(struct vmm *h)
{
    uint64_t fl = vmm_read(h, VMCS_GUEST_RFLAGS);
    uint64_t ip =
        vmm_read(h, VMCS_GUEST_RIP) + vmm_read(h, VMCS_VM_EXIT_INSTRUCTION_LEN);
    uint64_t cs = vmm_read(h, VMCS_GUEST_CS_AR_BYTES);
    uint64_t i = vmm_read(h, VMCS_GUEST_INTERRUPTIBILITY_INFO);

    if (!(h->efer & EFER_LMA) || !(cs & SA_L))
        ip &= 0xffffffff;
    vmm_write(h, VMCS_GUEST_RIP, ip);
    if (i & (BLOCK_STI | BLOCK_MOVSS))
        vmm_write(h, VMCS_GUEST_INTERRUPTIBILITY_INFO,
                  i & ~(uint64_t)(BLOCK_STI | BLOCK_MOVSS));
    if (fl & FL_RF)
        vmm_write(h, VMCS_GUEST_RFLAGS, fl & ~(uint64_t)FL_RF);
    if (fl & FL_TF)
        vmm_write(h, VMCS_GUEST_PENDING_DBG_EXCEPTIONS,
                  vmm_read(h, VMCS_GUEST_PENDING_DBG_EXCEPTIONS) | DR6_BS);
    vmx_retired(h->v);
}
