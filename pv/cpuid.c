/* cpuid.c: CPUID of a PV guest: the model's leaves less what Xen hides from PV
 * guests [XEN arch-x86/cpufeatureset.h: features not marked A], plus Xen's own
 * [XEN arch-x86/cpuid.h]. */
#include "common/x86/cpuid.h"

#include <xen/arch-x86/cpuid.h>

#include "common/base/cc.h"
#include "pv/privreg.h"

#define XEN_LEAF          0x40000000u
#define XEN_LAST          5u
#define FEAT1_PRESERVE_AD 1u /* XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD */

struct hidden {
    enum x86_feature f;
    uint32_t leaf;
    unsigned reg, bit; /* reg: 0 EAX .. 3 EDX */
};

enum { REG_AX, REG_BX, REG_CX, REG_DX };

/* Where every feature stands. */
static const struct hidden all[] = {
#define FEATURE(name, leaf, reg, bit)                                          \
    {X86_FEATURE_##name, leaf, REG_##reg, bit},
#include "common/x86/cpuid-features.def"
#undef FEATURE
};

static bool hidden(enum x86_feature f)
{
    switch (f) {
    case X86_FEATURE_VME: /* the VMM owns the page tables and the TSS */
    case X86_FEATURE_PSE:
    case X86_FEATURE_PSE36:
    case X86_FEATURE_PGE:
    case X86_FEATURE_PDPE1GB:
    case X86_FEATURE_PCID:
    case X86_FEATURE_INVPCID:
    case X86_FEATURE_SMEP:
    case X86_FEATURE_SMAP:
    case X86_FEATURE_UMIP:
    case X86_FEATURE_MTRR:
    case X86_FEATURE_PSN:
    case X86_FEATURE_SS:
    case X86_FEATURE_MONITOR:
    case X86_FEATURE_VMX:
    case X86_FEATURE_TSC_DEADLINE:
        return true;
    default:
        return false;
    }
}

static void mask(uint32_t leaf, uint32_t out[4])
{
    for (unsigned n = 0; n < ARRAY_LEN(all); n++)
        if (all[n].leaf == leaf && hidden(all[n].f))
            out[all[n].reg] &= ~(1u << all[n].bit);
    if (leaf == 1)
        out[REG_CX] |= 1u << 31; /* a hypervisor is present */
}

static void time_leaf(struct pv_domain *d, uint32_t subleaf, uint32_t out[4])
{
    (void)d;
    switch (subleaf) {
    case 0:
        out[0] = 2 | 4;   /* the host's TSC is reliable and... */
        out[1] = 0;       /* ...tsc_mode default: not emulated */
        out[2] = 1000000; /* kHz */
        break;
    case 1:
        out[2] = 1u << 31; /* pvclock's multiplier: one tick is 1 ns... */
        out[3] = 1;        /* ...with a shift of 1 */
        break;
    case 2:
        out[0] = 1000000;
        break;
    default:
        break;
    }
}

static void xen_leaf(struct pv_domain *d, uint32_t leaf, uint32_t subleaf,
                     uint32_t out[4])
{
    switch (leaf) {
    case 0:
        out[0] = XEN_LEAF + XEN_LAST;
        out[1] = XEN_CPUID_SIGNATURE_EBX;
        out[2] = XEN_CPUID_SIGNATURE_ECX;
        out[3] = XEN_CPUID_SIGNATURE_EDX;
        break;
    case 1:
        out[0] = PV_XEN_MAJOR << 16 | PV_XEN_MINOR;
        break;
    case 2:
        out[0] = 1; /* hypercall page */
        out[1] = XEN_LEAF;
        out[2] = FEAT1_PRESERVE_AD;
        break;
    case 3:
        time_leaf(d, subleaf, out);
        break;
    case 5:
        if (subleaf == 0)
            out[1] = cpuid_model_pa_bits(d->c->model);
        break;
    default:
        break;
    }
}

void pv_cpuid(struct pv_domain *d, uint32_t leaf, uint32_t subleaf,
              uint32_t out[4])
{
    if (leaf >= XEN_LEAF && leaf <= XEN_LEAF + 0xff) {
        memset(out, 0, 4 * sizeof(out[0]));
        xen_leaf(d, leaf - XEN_LEAF, subleaf, out);
        return;
    }
    x86_cpuid(d->c, leaf, subleaf, out);
    mask(leaf, out);
}
