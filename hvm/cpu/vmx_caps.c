/* vmx_caps.c: capability MSRs and their presets. */
#include <string.h>

#include "common/base/cc.h"
#include "common/x86/defs.h"
#include "hvm/cpu/vmx_caps.h"

static const struct vmx_caps presets[] = {
#define VMX_PRESET(preset, about, ...)                                         \
    {.name = preset, .text = about, __VA_ARGS__},
#include "hvm/cpu/presets.def"
#undef VMX_PRESET
};

static const char *const msr_names[CAP_COUNT] = {
    "IA32_VMX_BASIC",
    "IA32_VMX_PINBASED_CTLS",
    "IA32_VMX_PROCBASED_CTLS",
    "IA32_VMX_EXIT_CTLS",
    "IA32_VMX_ENTRY_CTLS",
    "IA32_VMX_MISC",
    "IA32_VMX_CR0_FIXED0",
    "IA32_VMX_CR0_FIXED1",
    "IA32_VMX_CR4_FIXED0",
    "IA32_VMX_CR4_FIXED1",
    "IA32_VMX_VMCS_ENUM",
    "IA32_VMX_PROCBASED_CTLS2",
    "IA32_VMX_EPT_VPID_CAP",
    "IA32_VMX_TRUE_PINBASED_CTLS",
    "IA32_VMX_TRUE_PROCBASED_CTLS",
    "IA32_VMX_TRUE_EXIT_CTLS",
    "IA32_VMX_TRUE_ENTRY_CTLS",
};

const struct vmx_caps *vmx_caps_at(unsigned i)
{
    return i < ARRAY_LEN(presets) ? &presets[i] : NULL;
}

const struct vmx_caps *vmx_caps_find(const char *name)
{
    unsigned i;

    for (i = 0; i < ARRAY_LEN(presets); i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}

const char *vmx_caps_msr_name(unsigned msr)
{
    return msr < CAP_COUNT ? msr_names[msr] : NULL;
}

void vmx_caps_allowed(const struct vmx_caps *caps, enum vmx_word word,
                      uint32_t *must, uint32_t *may)
{
    static const struct {
        enum vmx_cap_msr msr, true_msr;
    } by_word[VMX_WORDS] = {
        [VMX_PIN] = {CAP_PINBASED, CAP_TRUE_PINBASED},
        [VMX_PROC] = {CAP_PROCBASED, CAP_TRUE_PROCBASED},
        /* There is no TRUE one: it has no default1 class. */
        [VMX_PROC2] = {CAP_PROCBASED2, CAP_PROCBASED2},
        [VMX_EXIT] = {CAP_EXIT, CAP_TRUE_EXIT},
        [VMX_ENTRY] = {CAP_ENTRY, CAP_TRUE_ENTRY},
    };
    uint64_t v = caps->msr[caps->msr[CAP_BASIC] & BASIC_TRUE_CTLS
                               ? by_word[word].true_msr
                               : by_word[word].msr];

    if (word == VMX_PROC2 && !vmx_caps_has(caps, PROC_SECONDARY))
        v = 0;
    *must = (uint32_t)v;
    *may = (uint32_t)(v >> 32);
}

bool vmx_caps_has(const struct vmx_caps *caps, enum vmx_ctl ctl)
{
    uint32_t must, may;

    if (ctl == VMX_CTL_ALWAYS)
        return true;
    vmx_caps_allowed(caps, (enum vmx_word)(ctl / 32), &must, &may);
    return may >> (ctl % 32) & 1;
}

const char *vmx_ctl_title(enum vmx_word word, unsigned bit)
{
    switch ((unsigned)word * 32 + bit) {
#define VMX_CTL(w, b, name, title)                                             \
    case w##_##name:                                                           \
        return title;
#include "hvm/cpu/vmx_controls.def"
#undef VMX_CTL
    default:
        return NULL;
    }
}
