/* vmx_caps.h: what a processor with VMX can do: its capability MSRs, and named
 * sets of them. [SDM3 "VMX Capability Reporting Facility"] */
#ifndef HVM_CPU_VMX_CAPS_H
#define HVM_CPU_VMX_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/bits.h"

/* The capability MSRs 480H..490H. */
enum vmx_cap_msr {
    CAP_BASIC,
    CAP_PINBASED,
    CAP_PROCBASED,
    CAP_EXIT,
    CAP_ENTRY,
    CAP_MISC,
    CAP_CR0_FIXED0,
    CAP_CR0_FIXED1,
    CAP_CR4_FIXED0,
    CAP_CR4_FIXED1,
    CAP_VMCS_ENUM,
    CAP_PROCBASED2,
    CAP_EPT_VPID,
    CAP_TRUE_PINBASED,
    CAP_TRUE_PROCBASED,
    CAP_TRUE_EXIT,
    CAP_TRUE_ENTRY,
    CAP_COUNT
};
#define VMX_CAP_MSR_FIRST 0x480u

/* IA32_VMX_BASIC [SDM3 "Basic VMX Information"] */
#define BASIC_REVISION     0x7fffffffull
#define BASIC_ADDR32       BITQ(48) /* VMX structures below 4 GiB */
#define BASIC_TRUE_CTLS    BITQ(55)
#define BASIC_ERRCODE_FREE BITQ(56) /* any vector may bring an error code */

/* IA32_VMX_MISC [SDM3 "Miscellaneous Data"] */
#define MISC_ACTIVITY_HLT      BITQ(6)
#define MISC_ACTIVITY_SHUTDOWN BITQ(7)
#define MISC_ACTIVITY_SIPI     BITQ(8)
#define MISC_CR3_TARGETS(m)    ((unsigned)((m) >> 16) & 0x1ff)
#define MISC_WRITE_ALL         BITQ(29) /* VMWRITE to read-only fields */
#define MISC_LENGTH_ZERO       BITQ(30) /* inject with instruction length 0 */

/* IA32_VMX_EPT_VPID_CAP [SDM3 "VPID and EPT Capabilities"] */
#define EPT_CAP_EXEC_ONLY     BITQ(0)
#define EPT_CAP_WALK4         BITQ(6)
#define EPT_CAP_UC            BITQ(8)
#define EPT_CAP_WB            BITQ(14)
#define EPT_CAP_2M            BITQ(16)
#define EPT_CAP_1G            BITQ(17)
#define EPT_CAP_INVEPT        BITQ(20)
#define EPT_CAP_AD            BITQ(21)
#define EPT_CAP_INVEPT_SINGLE BITQ(25)
#define EPT_CAP_INVEPT_ALL    BITQ(26)
#define VPID_CAP_INVVPID      BITQ(32)
#define VPID_CAP_TYPE(type)   BITQ(40 + (type))

/* Words of controls, and a control as word * 32 + bit. */
enum vmx_word { VMX_PIN, VMX_PROC, VMX_PROC2, VMX_EXIT, VMX_ENTRY, VMX_WORDS };
enum vmx_ctl {
#define VMX_CTL(word, bit, name, title) word##_##name = VMX_##word * 32 + (bit),
#include "hvm/cpu/vmx_controls.def"
#undef VMX_CTL
    VMX_CTL_ALWAYS = VMX_WORDS * 32 /* of a field: no control needed */
};

struct vmx_caps {
    const char *name, *text;
    uint64_t msr[CAP_COUNT];
    /* What the checks need to know beside the capability MSRs. */
    unsigned pa_bits;      /* CPUID 80000008H, EAX 7:0 */
    unsigned la_bits;      /* same, 15:8: 48, or 32 without Intel 64 */
    uint64_t efer;         /* bits of IA32_EFER that are not reserved */
    uint64_t debugctl;     /* same of IA32_DEBUGCTL */
    uint64_t perf_global;  /* same of IA32_PERF_GLOBAL_CTRL */
    bool nmi_needs_no_sti; /* NMI injection refuses blocking by STI */
};

/* The presets, by number (NULL behind the last) and by name (NULL: none). */
const struct vmx_caps *vmx_caps_at(unsigned i);
const struct vmx_caps *vmx_caps_find(const char *name);

/* "IA32_VMX_BASIC"; NULL behind the last. */
const char *vmx_caps_msr_name(unsigned msr);

/* Allowed settings of a word of controls: bits that must be 1, and bits that
 * may be. From the TRUE MSRs where there are any. Everything 0 for PROC2 on a
 * processor without secondary controls. */
void vmx_caps_allowed(const struct vmx_caps *caps, enum vmx_word word,
                      uint32_t *must, uint32_t *may);

/* The control may be 1. VMX_CTL_ALWAYS: true. */
bool vmx_caps_has(const struct vmx_caps *caps, enum vmx_ctl ctl);

static inline bool vmx_caps_intel64(const struct vmx_caps *caps)
{
    return caps->la_bits > 32;
}

/* The manual's name of a bit of a word, or NULL if it is none of
 * vmx_controls.def (reserved, default1, or not covered here). */
const char *vmx_ctl_title(enum vmx_word word, unsigned bit);

#endif
