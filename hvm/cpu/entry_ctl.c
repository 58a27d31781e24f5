/* entry_ctl.c: VM-entry checks on the VMX controls.
 * [SDM3 "Checks on VMX Controls"] */
#include "hvm/cpu/entry_internal.h"

CHECK(ctl_reserved)
{
    enum vmx_word word;
    uint32_t must, may, v = (uint32_t)val(x, f);

    switch (f) {
    case VMCS_PIN_BASED_VM_EXEC_CONTROL:
        word = VMX_PIN;
        break;
    case VMCS_CPU_BASED_VM_EXEC_CONTROL:
        word = VMX_PROC;
        break;
    case VMCS_SECONDARY_VM_EXEC_CONTROL:
        /* Not activated: as if it were 0, whatever the field says. */
        if (!ctl(x, PROC_SECONDARY))
            return ENTRY_NA;
        word = VMX_PROC2;
        break;
    case VMCS_VM_EXIT_CONTROLS:
        word = VMX_EXIT;
        break;
    default:
        word = VMX_ENTRY;
        break;
    }
    vmx_caps_allowed(x->caps, word, &must, &may);
    return holds((v & must) == must && (v & ~may) == 0);
}

CHECK(ctl_cr3_targets)
{
    return holds(val(x, f) <= MISC_CR3_TARGETS(x->caps->msr[CAP_MISC]));
}

/* ---- physical addresses ---------------------------------------------------
 */

static enum entry_verdict aligned_if(bool applies, uint64_t a)
{
    return rule_if(applies, (a & 0xfff) == 0);
}

CHECK(ctl_io_align)
{
    return aligned_if(ctl(x, PROC_IO_BITMAPS), val(x, f));
}

CHECK(ctl_io_width)
{
    return rule_if(ctl(x, PROC_IO_BITMAPS), within_vmx(x, val(x, f)));
}

CHECK(ctl_msr_align)
{
    return aligned_if(ctl(x, PROC_MSR_BITMAPS), val(x, f));
}

CHECK(ctl_msr_width)
{
    return rule_if(ctl(x, PROC_MSR_BITMAPS), within_vmx(x, val(x, f)));
}

CHECK(ctl_vapic_align)
{
    return aligned_if(ctl(x, PROC_TPR_SHADOW), val(x, f));
}

CHECK(ctl_vapic_width)
{
    return rule_if(ctl(x, PROC_TPR_SHADOW), within_vmx(x, val(x, f)));
}

CHECK(ctl_apic_align)
{
    return aligned_if(ctl(x, PROC2_VIRTUALIZE_APIC), val(x, f));
}

CHECK(ctl_apic_width)
{
    return rule_if(ctl(x, PROC2_VIRTUALIZE_APIC), within_vmx(x, val(x, f)));
}

/* ---- TPR shadow, APIC, NMIs -----------------------------------------------
 */

CHECK(ctl_tpr_bits)
{
    return rule_if(ctl(x, PROC_TPR_SHADOW), (val(x, f) & ~15ull) == 0);
}

CHECK(ctl_tpr_vtpr)
{
    uint64_t page = V(VIRTUAL_APIC_PAGE_ADDR), vtpr;

    if (!ctl(x, PROC_TPR_SHADOW) || ctl(x, PROC2_VIRTUALIZE_APIC))
        return ENTRY_NA;
    if ((val(x, f) & 15) == 0)
        return ENTRY_PASS;
    /* A bad address has failed already. */
    if ((page & 0xfff) != 0 || !within_vmx(x, page))
        return ENTRY_NA;
    if (x->cpu->read == NULL)
        return ENTRY_UNSEEN;
    if (!x->cpu->read(x->cpu->opaque, page + 0x80, &vtpr))
        vtpr = ~0ull; /* reads as ones, as nothing on a bus does */
    return holds((val(x, f) & 15) <= (vtpr >> 4 & 15));
}

CHECK(ctl_virtual_nmis)
{
    return rule_if(!ctl(x, PIN_NMI_EXITING), !ctl(x, PIN_VIRTUAL_NMIS));
}

CHECK(ctl_nmi_window)
{
    return rule_if(!ctl(x, PIN_VIRTUAL_NMIS), !ctl(x, PROC_NMI_WINDOW));
}

CHECK(ctl_x2apic_tpr)
{
    return rule_if(!ctl(x, PROC_TPR_SHADOW), !ctl(x, PROC2_VIRTUALIZE_X2APIC));
}

CHECK(ctl_x2apic_apic)
{
    return rule_if(ctl(x, PROC2_VIRTUALIZE_X2APIC),
                   !ctl(x, PROC2_VIRTUALIZE_APIC));
}

/* ---- VPID, EPT ------------------------------------------------------------
 */

CHECK(ctl_vpid)
{
    return rule_if(ctl(x, PROC2_VPID), val(x, f) != 0);
}

CHECK(ctl_ept_type)
{
    uint64_t cap = x->caps->msr[CAP_EPT_VPID];
    unsigned type = val(x, f) & 7;

    return rule_if(ctl(x, PROC2_EPT), (type == 0 && (cap & EPT_CAP_UC)) ||
                                          (type == 6 && (cap & EPT_CAP_WB)));
}

CHECK(ctl_ept_walk)
{
    return rule_if(ctl(x, PROC2_EPT), (val(x, f) >> 3 & 7) == 3);
}

CHECK(ctl_ept_ad)
{
    return rule_if(ctl(x, PROC2_EPT) &&
                       !(x->caps->msr[CAP_EPT_VPID] & EPT_CAP_AD),
                   !(val(x, f) & BIT(6)));
}

CHECK(ctl_ept_reserved)
{
    return rule_if(ctl(x, PROC2_EPT),
                   (val(x, f) & 0xf80) == 0 && within_pa(x, val(x, f)));
}

CHECK(ctl_unrestricted)
{
    return rule_if(ctl(x, PROC2_UNRESTRICTED), ctl(x, PROC2_EPT));
}

/* ---- VM exit and VM entry -------------------------------------------------
 */

CHECK(ctl_save_timer)
{
    return rule_if(!ctl(x, PIN_PREEMPTION_TIMER), !ctl(x, EXIT_SAVE_TIMER));
}

/* Entries of the MSR area at the address field f; each has 16 bytes. */
static uint32_t area_count(const struct entry_ctx *x, enum vmcs_field f)
{
    switch (f) {
    case VMCS_VM_EXIT_MSR_STORE_ADDR:
        return (uint32_t)V(VM_EXIT_MSR_STORE_COUNT);
    case VMCS_VM_EXIT_MSR_LOAD_ADDR:
        return (uint32_t)V(VM_EXIT_MSR_LOAD_COUNT);
    default:
        return (uint32_t)V(VM_ENTRY_MSR_LOAD_COUNT);
    }
}

CHECK(ctl_area_align)
{
    return rule_if(area_count(x, f) != 0, (val(x, f) & 15) == 0);
}

CHECK(ctl_area_width)
{
    return rule_if(area_count(x, f) != 0, within_vmx(x, val(x, f)));
}

CHECK(ctl_area_end)
{
    uint64_t a = val(x, f), bytes = (uint64_t)area_count(x, f) * 16;

    /* A bad address has failed already. */
    if (bytes == 0 || !within_vmx(x, a))
        return ENTRY_NA;
    return holds(within_vmx(x, a + bytes - 1));
}

CHECK(ctl_smm)
{
    return rule_if(vmx_caps_has(x->caps, ENTRY_SMM), !ctl(x, ENTRY_SMM));
}

CHECK(ctl_dual_monitor)
{
    return rule_if(vmx_caps_has(x->caps, ENTRY_DUAL_MONITOR),
                   !ctl(x, ENTRY_DUAL_MONITOR));
}

/* ---- event injection ------------------------------------------------------
 */

CHECK(ctl_inj_type)
{
    enum inj_type type = inj_type(x->inject);

    return rule_if(x->inject != 0,
                   type != INJ_RESERVED &&
                       (type != INJ_OTHER ||
                        vmx_caps_has(x->caps, PROC_MONITOR_TRAP_FLAG)));
}

CHECK(ctl_inj_nmi)
{
    return rule_if(injects(x, INJ_NMI), inj_vector(x->inject) == VEC_NMI);
}

CHECK(ctl_inj_exception)
{
    return rule_if(injects(x, INJ_HW_EXC), inj_vector(x->inject) <= 31);
}

CHECK(ctl_inj_other)
{
    return rule_if(injects(x, INJ_OTHER), inj_vector(x->inject) == 0);
}

static bool has_errcode(unsigned vector)
{
    return vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) ||
           vector == VEC_AC;
}

/* The vector decides about the error code: not in real mode, and not on
 * processors that let software choose. */
static bool vector_decides(const struct entry_ctx *x)
{
    return injects(x, INJ_HW_EXC) && (V(GUEST_CR0) & CR0_PE) &&
           !(x->caps->msr[CAP_BASIC] & BASIC_ERRCODE_FREE);
}

CHECK(ctl_inj_errcode_missing)
{
    return rule_if(vector_decides(x) && has_errcode(inj_vector(x->inject)),
                   (x->inject & INJ_ERRCODE) != 0);
}

CHECK(ctl_inj_errcode_type)
{
    return rule_if(x->inject != 0 && !injects(x, INJ_HW_EXC),
                   !(x->inject & INJ_ERRCODE));
}

CHECK(ctl_inj_errcode_real)
{
    return rule_if(injects(x, INJ_HW_EXC) && !(V(GUEST_CR0) & CR0_PE),
                   !(x->inject & INJ_ERRCODE));
}

CHECK(ctl_inj_errcode_vector)
{
    /* Vectors above 31 are another check's. */
    return rule_if(vector_decides(x) && !has_errcode(inj_vector(x->inject)) &&
                       inj_vector(x->inject) <= 31,
                   !(x->inject & INJ_ERRCODE));
}

CHECK(ctl_inj_reserved)
{
    return rule_if(x->inject != 0, (x->inject & 0x7ffff000) == 0);
}

CHECK(ctl_inj_errcode)
{
    return rule_if(x->inject != 0 && (x->inject & INJ_ERRCODE),
                   val(x, f) >> 16 == 0);
}

CHECK(ctl_inj_length)
{
    bool zero = (x->caps->msr[CAP_MISC] & MISC_LENGTH_ZERO) != 0;

    return rule_if(injects(x, INJ_SW_INT) || injects(x, INJ_PRIV_EXC) ||
                       injects(x, INJ_SW_EXC),
                   val(x, f) <= 15 && (val(x, f) != 0 || zero));
}
