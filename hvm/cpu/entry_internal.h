/* entry_internal.h: what the check functions share. */
#ifndef HVM_CPU_ENTRY_INTERNAL_H
#define HVM_CPU_ENTRY_INTERNAL_H

#include "common/base/cc.h"
#include "common/x86/defs.h"
#include "hvm/cpu/entry_checks.h"

/* Made once for all checks of a VM entry. */
struct entry_ctx {
    const struct vmcs *vmcs;
    const struct vmx_caps *caps;
    const struct entry_cpu *cpu; /* never NULL */
    uint32_t ctl[VMX_WORDS];     /* PROC2 is 0 unless activated */
    bool intel64, ia32e, v86, unrestricted;
    uint32_t inject; /* VM-entry interruption information if valid, or 0 */
};

typedef enum entry_verdict entry_check_fn(const struct entry_ctx *x,
                                          enum vmcs_field f);

void entry_prepare(struct entry_ctx *x, const struct vmcs *v,
                   const struct vmx_caps *caps, const struct entry_cpu *cpu);
enum entry_verdict entry_verdict(const struct entry_ctx *x, unsigned i);

/* A function may serve several lines of the table: `f` is the line's field. */
#define ENTRY_SECTION(name, outcome, title)
#define ENTRY_CHECK(id, fn, section, field, with, qual, when, rule)            \
    entry_check_fn entry_##fn;
#include "hvm/cpu/entry_checks.def"
#undef ENTRY_CHECK
#undef ENTRY_SECTION

#define CHECK(fn)                                                              \
    enum entry_verdict entry_##fn(UNUSED const struct entry_ctx *x,            \
                                  UNUSED enum vmcs_field f)

static inline enum entry_verdict holds(bool ok)
{
    return ok ? ENTRY_PASS : ENTRY_FAIL;
}

static inline enum entry_verdict rule_if(bool applies, bool ok)
{
    return !applies ? ENTRY_NA : holds(ok);
}

static inline bool ctl(const struct entry_ctx *x, enum vmx_ctl c)
{
    return x->ctl[c / 32] >> (c % 32) & 1;
}

#define V(field) (x->vmcs->value[VMCS_##field])

/* Value of the field of the check. */
static inline uint64_t val(const struct entry_ctx *x, enum vmcs_field f)
{
    return x->vmcs->value[f];
}

static inline bool canonical(const struct entry_ctx *x, uint64_t a)
{
    return sext(a, x->caps->la_bits) == (int64_t)a;
}

/* No bit beyond the physical-address width; structures of VMX stay below
 * 4 GiB where IA32_VMX_BASIC says so. */
static inline bool within_pa(const struct entry_ctx *x, uint64_t a)
{
    return (a & ~mask_low(x->caps->pa_bits)) == 0;
}

static inline bool within_vmx(const struct entry_ctx *x, uint64_t a)
{
    return within_pa(x, a) &&
           (!(x->caps->msr[CAP_BASIC] & BASIC_ADDR32) || a >> 32 == 0);
}

/* CR0.NW and CR0.CD are never checked. [SDM3 "Checks on Host Control Registers,
 * MSRs, and SSP"], footnotes */
static inline bool cr0_allowed(const struct entry_ctx *x, uint64_t cr0,
                               uint64_t free)
{
    uint64_t must = x->caps->msr[CAP_CR0_FIXED0] & ~free;
    uint64_t may = x->caps->msr[CAP_CR0_FIXED1] | free;

    free = CR0_NW | CR0_CD;
    return (cr0 & must & ~free) == (must & ~free) && (cr0 & ~may & ~free) == 0;
}

static inline bool cr4_allowed(const struct entry_ctx *x, uint64_t cr4)
{
    uint64_t must = x->caps->msr[CAP_CR4_FIXED0];

    return (cr4 & must) == must && (cr4 & ~x->caps->msr[CAP_CR4_FIXED1]) == 0;
}

/* Memory types of a PAT entry: UC, WC, WT, WP, WB, UC-. [SDM3 "IA32_PAT MSR"]
 */
static inline bool pat_valid(uint64_t pat)
{
    unsigned i, type;

    for (i = 0; i < 8; i++) {
        type = pat >> (i * 8) & 0xff;
        if (type > 7 || type == 2 || type == 3)
            return false;
    }
    return true;
}

/* VM-entry interruption information. [SDM3 "VM-Entry Controls for Event
 * Injection"] */
#define INJ_VALID   BIT(31)
#define INJ_ERRCODE BIT(11)
enum inj_type {
    INJ_EXT_INT = 0,
    INJ_RESERVED = 1,
    INJ_NMI = 2,
    INJ_HW_EXC = 3,
    INJ_SW_INT = 4,
    INJ_PRIV_EXC = 5,
    INJ_SW_EXC = 6,
    INJ_OTHER = 7
};

static inline unsigned inj_vector(uint32_t info)
{
    return info & 0xff;
}

static inline enum inj_type inj_type(uint32_t info)
{
    return (enum inj_type)(info >> 8 & 7);
}

static inline bool injects(const struct entry_ctx *x, enum inj_type type)
{
    return x->inject != 0 && inj_type(x->inject) == type;
}

#endif
