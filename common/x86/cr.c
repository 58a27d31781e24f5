/* cr.c: write rules of control registers and EFER. */
#include "common/x86/cr.h"

#include "common/dev/lapic.h"
#include "common/x86/cpuid.h"
#include "common/x86/walk.h"

#define CR0_BITS                                                               \
    (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM |   \
     CR0_NW | CR0_CD | CR0_PG)

/* ---- what the model has ---- */
struct bit_of {
    uint32_t bit;
    enum x86_feature needs;
};

static const struct bit_of cr4_bits[] = {
    {CR4_VME, X86_FEATURE_VME},           {CR4_PVI, X86_FEATURE_VME},
    {CR4_TSD, X86_FEATURE_TSC},           {CR4_DE, X86_FEATURE_DE},
    {CR4_PSE, X86_FEATURE_PSE},           {CR4_PAE, X86_FEATURE_PAE},
    {CR4_MCE, X86_FEATURE_MCE},           {CR4_PGE, X86_FEATURE_PGE},
    {CR4_PCE, X86_FEATURE_MMX}, /* came with RDPMC */
    {CR4_OSFXSR, X86_FEATURE_FXSR},       {CR4_OSXMMEXCPT, X86_FEATURE_SSE},
    {CR4_UMIP, X86_FEATURE_UMIP},         {CR4_VMXE, X86_FEATURE_VMX},
    {CR4_FSGSBASE, X86_FEATURE_FSGSBASE}, {CR4_OSXSAVE, X86_FEATURE_XSAVE},
    {CR4_SMEP, X86_FEATURE_SMEP},         {CR4_SMAP, X86_FEATURE_SMAP},
};

static const struct bit_of efer_bits[] = {
    {EFER_SCE, X86_FEATURE_SYSCALL},
    {EFER_LME, X86_FEATURE_LM},
    {EFER_LMA, X86_FEATURE_LM},
    {EFER_NXE, X86_FEATURE_NX},
};

static uint64_t bits_shown(const struct x86_cpu *c, const struct bit_of *b,
                           size_t nr)
{
    uint64_t bits = 0;

    for (; nr > 0; nr--, b++)
        if (cpuid_model_has(c->model, b->needs))
            bits |= b->bit;
    return bits;
}

uint64_t x86_cr4_bits(const struct x86_cpu *c)
{
    return bits_shown(c, cr4_bits, ARRAY_LEN(cr4_bits)) | c->x.cr4_more;
}

uint64_t x86_efer_bits(const struct x86_cpu *c)
{
    return bits_shown(c, efer_bits, ARRAY_LEN(efer_bits));
}

/* ---- PDPTE registers [SDM3 "PDPTE Registers"] ---- */
bool x86_pdptes_read(struct x86_cpu *c, uint64_t cr3, uint64_t out[4])
{
    uint64_t reserved = x86_walk_pdpte_reserved(c->pa_mask);
    unsigned n;

    for (n = 0; n < 4; n++) {
        uint64_t pa = (cr3 & 0xffffffe0) + 8 * n;

        out[n] = c->mmu->pdpte != NULL
                     ? c->mmu->pdpte(c, pa)
                     : x86_walk_gmem_read(&c->v.m->mem, pa, 8);
        if ((out[n] & X86_PTE_P) && (out[n] & reserved))
            return false;
    }
    return true;
}

static bool pae_paging(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    return (cr0 & CR0_PG) && (cr4 & CR4_PAE) && !(efer & EFER_LME);
}

/* The writes that load the registers from cr3: any that leave PAE paging on and
 * change a bit out of these. */
static bool loads_pdptes(const struct x86_cpu *c, uint64_t cr0, uint64_t cr4)
{
    return pae_paging(cr0, cr4, c->s.efer) &&
           (((cr0 ^ c->s.cr0) & (CR0_CD | CR0_NW | CR0_PG)) ||
            ((cr4 ^ c->s.cr4) & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)));
}

static bool pdptes_ok(struct x86_cpu *c, uint64_t cr3)
{
    uint64_t pdpte[4];

    return x86_pdptes_read(c, cr3, pdpte);
}

/* ---- CR0 ---- */

/* What must hold to turn paging on with EFER.LME set. */
static bool may_enter_long_mode(const struct x86_cpu *c)
{
    unsigned tss = SA_TYPE(c->s.tr.attr);

    return (c->s.cr4 & CR4_PAE) && !(c->s.seg[SEG_CS].attr & SA_L) &&
           tss != SYS_TSS16_AVAIL && tss != SYS_TSS16_BUSY;
}

bool x86_cr0_check(struct x86_cpu *c, uint64_t v)
{
    uint64_t turned = v ^ c->s.cr0;

    if (v >> 32 != 0 || ((v & CR0_PG) && !(v & CR0_PE)) ||
        ((v & CR0_NW) && !(v & CR0_CD)))
        return false;
    if ((turned & v & CR0_PG) && (c->s.efer & EFER_LME) &&
        !may_enter_long_mode(c))
        return false;
    if ((turned & ~v & CR0_PG) && c->code_size == 3)
        return false;
    return !loads_pdptes(c, v, c->s.cr4) || pdptes_ok(c, c->s.cr3);
}

void x86_cr0_apply(struct x86_cpu *c, uint64_t v)
{
    uint64_t turned = v ^ c->s.cr0;

    if (loads_pdptes(c, v, c->s.cr4))
        x86_pdptes_read(c, c->s.cr3, c->s.pdpte);
    c->s.cr0 = (v & CR0_BITS) | CR0_ET;
    if (turned & CR0_PG) {
        c->s.efer &= ~(uint64_t)EFER_LMA;
        if ((v & CR0_PG) && (c->s.efer & EFER_LME))
            c->s.efer |= EFER_LMA;
    }
    /* WP and PE: not as the processor, but translations kept here know what
     * may be written and by whom. */
    if (turned & (CR0_PG | CR0_WP | CR0_PE))
        x86_tlb_flush(c, true);
    x86_update_mode(c);
}

/* ---- CR3 ---- */
bool x86_cr3_check(struct x86_cpu *c, uint64_t v)
{
    if (v & ~(c->pa_mask | 0xfff))
        return false;
    return !pae_paging(c->s.cr0, c->s.cr4, c->s.efer) || pdptes_ok(c, v);
}

void x86_cr3_apply(struct x86_cpu *c, uint64_t v)
{
    if (pae_paging(c->s.cr0, c->s.cr4, c->s.efer))
        x86_pdptes_read(c, v, c->s.pdpte);
    c->s.cr3 = v;
    x86_tlb_flush(c, false);
}

/* ---- CR4 ---- */
bool x86_cr4_check(struct x86_cpu *c, uint64_t v)
{
    if (v & ~x86_cr4_bits(c))
        return false;
    if (!(v & CR4_PAE) && c->long_mode)
        return false;
    return !loads_pdptes(c, c->s.cr0, v) || pdptes_ok(c, c->s.cr3);
}

void x86_cr4_apply(struct x86_cpu *c, uint64_t v)
{
    uint64_t turned = v ^ c->s.cr4;

    if (loads_pdptes(c, c->s.cr0, v))
        x86_pdptes_read(c, c->s.cr3, c->s.pdpte);
    c->s.cr4 = v;
    if (turned & (CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP | CR4_SMAP))
        x86_tlb_flush(c, true);
    x86_update_mode(c);
}

/* ---- EFER: LMA is the processor's, writes leave it alone ---- */
bool x86_efer_check(const struct x86_cpu *c, uint64_t v)
{
    if (v & ~x86_efer_bits(c))
        return false;
    return !((v ^ c->s.efer) & EFER_LME) || !(c->s.cr0 & CR0_PG);
}

void x86_efer_apply(struct x86_cpu *c, uint64_t v)
{
    uint64_t turned = v ^ c->s.efer;

    c->s.efer = (v & ~(uint64_t)EFER_LMA) | (c->s.efer & EFER_LMA);
    if (turned & EFER_NXE)
        x86_tlb_flush(c, true);
}

/* ---- CR8 ---- */
uint64_t x86_get_cr8(const struct x86_cpu *c)
{
    if (unlikely(c->x.vtpr != NULL))
        return *c->x.vtpr >> 4;
    return c->v.m->lapic == NULL ? 0 : lapic_get_tpr(c->v.m->lapic);
}

bool x86_set_cr8(struct x86_cpu *c, uint64_t v)
{
    if (v > 15)
        return false;
    if (unlikely(c->x.vtpr != NULL)) {
        *c->x.vtpr = (uint8_t)(v << 4);
        x86_attention(c); /* a threshold, perhaps */
    } else if (c->v.m->lapic != NULL)
        lapic_set_tpr(c->v.m->lapic, (uint8_t)v);
    return true;
}

/* ---- check and apply ---- */
#define DEFINE_SET(reg)                                                        \
    bool x86_set_##reg(struct x86_cpu *c, uint64_t v)                          \
    {                                                                          \
        if (!x86_##reg##_check(c, v))                                          \
            return false;                                                      \
        x86_##reg##_apply(c, v);                                               \
        return true;                                                           \
    }

DEFINE_SET(cr0)
DEFINE_SET(cr3)
DEFINE_SET(cr4)
DEFINE_SET(efer)
