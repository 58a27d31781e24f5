/* privreg.c: control registers and MSRs as Xen shows them to a PV guest. */
#include "pv/privreg.h"

#include "common/base/bits.h"
#include "common/x86/cpuid.h"
#include "common/x86/cr.h"
#include "common/x86/msr.h"
#include "pv/hypercall.h"
#include "pv/mmu.h"
#include "pv/vcpu.h"

#define XEN_PAT       0x050100070406ull /* WB WT UC- UC WC WP UC UC */
#define MSR_HYPERCALL 0x40000000u

/* ---- control registers ---- */

/* Bits of CR4 that are the guest's own to see and, as far as Xen lets it,
 * change. */
#define CR4_GUESTS                                                             \
    (CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT |      \
     CR4_OSXSAVE | CR4_FSGSBASE)
#define CR4_CHANGES (CR4_TSD | CR4_DE | CR4_OSXSAVE | CR4_FSGSBASE)

bool pv_read_cr(struct pv_domain *d, unsigned n, uint64_t *v)
{
    const struct x86_state *s = &d->c->s;

    switch (n) {
    case 0:
        *v = (s->cr0 & ~(uint64_t)CR0_TS) | d->ctrl[0];
        return true;
    case 2:
        *v = d->ctrl[2];
        return true;
    case 3:
        *v = d->is32 ? xen_pfn_to_cr3_x86_32(d->kernel_cr3 >> PAGE_SHIFT)
                     : d->kernel_cr3;
        return true;
    case 4:
        *v = s->cr4 & CR4_GUESTS;
        return true;
    default:
        return false;
    }
}

static bool write_cr4(struct pv_domain *d, uint64_t v)
{
    uint64_t may = CR4_CHANGES & x86_cr4_bits(d->c);
    uint64_t cr4 = (d->c->s.cr4 & ~may) | (v & may);

    /* Other bits stay as they are, without a word. */
    x86_cr4_apply(d->c, cr4);
    d->ctrl[4] = cr4 & CR4_GUESTS;
    return true;
}

bool pv_write_cr(struct pv_domain *d, unsigned n, uint64_t v)
{
    switch (n) {
    case 0:
        if ((v ^ d->c->s.cr0) & ~(uint64_t)CR0_TS)
            return false;
        pv_set_ts(d, (v & CR0_TS) != 0);
        return true;
    case 2:
        d->ctrl[2] = v;
        pv_set_cr2(d, v);
        return true;
    case 3:
        return pv_new_baseptr(d, d->is32 ? xen_cr3_to_pfn_x86_32(v)
                                         : v >> PAGE_SHIFT) == 0;
    case 4:
        return write_cr4(d, v);
    default:
        return false;
    }
}

/* ---- MSRs ---- */
#define MSR_TSC          0x10u
#define MSR_PLATFORM_ID  0x17u
#define MSR_APIC_BASE    0x1bu
#define MSR_BIOS_SIGN_ID 0x8bu
#define MSR_PLATFORM     0xceu
#define MSR_MISC_FEATURE 0x140u
#define MSR_MISC_ENABLE  0x1a0u
#define MSR_DEBUGCTL     0x1d9u
#define MSR_CR_PAT       0x277u
#define MSR_EFER         0xc0000080u
#define MSR_FS_BASE      0xc0000100u
#define MSR_GS_BASE      0xc0000101u
#define MSR_KERNEL_GS    0xc0000102u
#define MSR_TSC_AUX      0xc0000103u

#define MSR_MCG_CAP    0x179u
#define MSR_MCG_STATUS 0x17au
#define MSR_MC0_CTL2   0x280u
#define MSR_MC0_CTL    0x400u
#define MC_BANKS       2u

/* Machine-check banks in which nothing ever happens, as Xen's vMCE has them:
 * CTL, STATUS, ADDR and MISC of each, and CTL2. */
static bool is_mc_bank(uint32_t msr)
{
    return msr - MSR_MC0_CTL < 4 * MC_BANKS || msr - MSR_MC0_CTL2 < MC_BANKS;
}

static uint64_t read_mc_bank(uint32_t msr)
{
    return msr >= MSR_MC0_CTL && (msr & 3) == 0 ? ~0ull : 0;
}

static bool read_base(const struct pv_domain *d, uint32_t msr, uint64_t *v)
{
    const struct x86_state *s = &d->c->s;

    if (d->is32)
        return false;
    *v = msr == MSR_FS_BASE   ? s->seg[SEG_FS].base
         : msr == MSR_GS_BASE ? s->seg[SEG_GS].base
                              : s->kernel_gs_base;
    return true;
}

uint64_t pv_tsc(const struct pv_domain *d)
{
    return clock_tsc(&d->m->clock) + d->c->s.tsc_offset;
}

bool pv_rdmsr(struct pv_domain *d, uint32_t msr, uint64_t *v)
{
    const struct x86_state *s = &d->c->s;

    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS:
        return read_base(d, msr, v);
    case MSR_EFER:
        *v = s->efer;
        return true;
    case MSR_TSC:
        *v = pv_tsc(d);
        return true;
    case MSR_APIC_BASE: /* Linux asks although there is none for it */
        *v = 0xfee00900;
        return true;
    case MSR_CR_PAT:
        *v = XEN_PAT;
        return true;
    case MSR_PLATFORM:
        *v = 1ull << 31; /* CPUID faulting */
        return true;
    case MSR_MISC_FEATURE:
        *v = d->cpuid_faulting;
        return true;
    case MSR_MCG_STATUS:
    case MSR_DEBUGCTL: /* as with Xen's msr_relaxed */
        *v = 0;
        return true;
    case MSR_MCG_CAP:
        *v = MC_BANKS;
        return true;
    case MSR_MISC_ENABLE:
    case MSR_BIOS_SIGN_ID:
    case MSR_PLATFORM_ID:
        return x86_msr_read(d->c, msr, v);
    default:
        *v = read_mc_bank(msr);
        return is_mc_bank(msr);
    }
}

static bool write_base(struct pv_domain *d, uint32_t msr, uint64_t v)
{
    struct x86_state *s = &d->c->s;

    if (d->is32 || sext(v, 48) != (int64_t)v)
        return false;
    if (msr == MSR_FS_BASE)
        s->seg[SEG_FS].base = v;
    else if (msr == MSR_GS_BASE)
        s->seg[SEG_GS].base = v;
    else
        s->kernel_gs_base = v;
    x86_seg_update(d->c, msr == MSR_FS_BASE ? SEG_FS : SEG_GS);
    return true;
}

/* The hypercall page can be asked for by MSR too: v is its machine address. */
static bool hypercall_page(struct pv_domain *d, uint64_t v)
{
    uint8_t page[PAGE_SIZE];
    uint64_t mfn = v >> PAGE_SHIFT;

    if ((v & (PAGE_SIZE - 1)) != 0 || pv_get_typed(d, mfn, PVT_WRITABLE) != 0)
        return false;
    pv_hypercall_page(d, page);
    pv_write_frame(d, mfn, 0, page, PAGE_SIZE);
    pv_put_typed(d, mfn);
    return true;
}

bool pv_wrmsr(struct pv_domain *d, uint32_t msr, uint64_t v)
{
    uint64_t old;

    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS:
        return write_base(d, msr, v);
    case MSR_BIOS_SIGN_ID: /* to be read after CPUID */
    case MSR_MCG_STATUS:
    case MSR_DEBUGCTL:
        return v == 0;
    case MSR_MISC_FEATURE:
        if (v > 1)
            return false;
        d->cpuid_faulting = v == 1;
        return true;
    case MSR_MISC_ENABLE: /* no change is none */
    case MSR_CR_PAT:
    case MSR_EFER:
        return pv_rdmsr(d, msr, &old) && old == v;
    case MSR_HYPERCALL:
        return hypercall_page(d, v);
    default: /* CTL and CTL2 take anything, the others nothing but 0 */
        return is_mc_bank(msr) &&
               (v == 0 || msr < MSR_MC0_CTL || (msr & 3) == 0);
    }
}
