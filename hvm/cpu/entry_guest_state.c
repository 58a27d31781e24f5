/* entry_guest_state.c: VM-entry checks on guest non-register state and on what
 * lies in memory. [SDM3 "Checks on Guest Non-Register State"],
 * [SDM3 "Checks on Guest Page-Directory-Pointer-Table Entries"] */
#include "hvm/cpu/entry_internal.h"

enum { ACTIVE, HLT, SHUTDOWN, WAIT_FOR_SIPI };

/* Interruptibility [SDM3 "Guest Non-Register State"] */
#define BLOCK_STI    BIT(0)
#define BLOCK_MOV_SS BIT(1)
#define BLOCK_SMI    BIT(2)
#define BLOCK_NMI    BIT(3)

#define PENDING_BS   BIT(14)
#define DEBUGCTL_BTF BIT(1)

static bool blocked(const struct entry_ctx *x, uint32_t by)
{
    return (V(GUEST_INTERRUPTIBILITY_INFO) & by) != 0;
}

/* ---- activity state -------------------------------------------------------
 */

CHECK(guest_activity_range)
{
    return holds(val(x, f) <= WAIT_FOR_SIPI);
}

CHECK(guest_activity_supported)
{
    uint64_t state = val(x, f), misc = x->caps->msr[CAP_MISC];

    return rule_if(state >= HLT && state <= WAIT_FOR_SIPI,
                   (misc & MISC_ACTIVITY_HLT << ((state - HLT) & 3)) != 0);
}

CHECK(guest_activity_hlt_dpl)
{
    return rule_if(SA_DPL(V(GUEST_SS_AR_BYTES)) != 0, val(x, f) != HLT);
}

CHECK(guest_activity_blocking)
{
    return rule_if(blocked(x, BLOCK_STI | BLOCK_MOV_SS), val(x, f) == ACTIVE);
}

CHECK(guest_activity_hlt_event)
{
    unsigned vector = inj_vector(x->inject);

    return rule_if(x->inject != 0 && V(GUEST_ACTIVITY_STATE) == HLT,
                   injects(x, INJ_EXT_INT) || injects(x, INJ_NMI) ||
                       (injects(x, INJ_HW_EXC) &&
                        (vector == VEC_DB || vector == VEC_MC)) ||
                       (injects(x, INJ_OTHER) && vector == 0));
}

CHECK(guest_activity_shutdown_event)
{
    return rule_if(x->inject != 0 && V(GUEST_ACTIVITY_STATE) == SHUTDOWN,
                   injects(x, INJ_NMI) || (injects(x, INJ_HW_EXC) &&
                                           inj_vector(x->inject) == VEC_MC));
}

CHECK(guest_activity_sipi_event)
{
    return rule_if(V(GUEST_ACTIVITY_STATE) == WAIT_FOR_SIPI, x->inject == 0);
}

/* ---- interruptibility -----------------------------------------------------
 */

CHECK(guest_block_reserved)
{
    return holds(val(x, f) >> 4 == 0);
}

CHECK(guest_block_both)
{
    return holds(!blocked(x, BLOCK_STI) || !blocked(x, BLOCK_MOV_SS));
}

CHECK(guest_block_sti_if)
{
    return rule_if(!(V(GUEST_RFLAGS) & FL_IF), !blocked(x, BLOCK_STI));
}

CHECK(guest_block_interrupt)
{
    return rule_if(injects(x, INJ_EXT_INT),
                   !blocked(x, BLOCK_STI | BLOCK_MOV_SS));
}

CHECK(guest_block_nmi_mov_ss)
{
    return rule_if(injects(x, INJ_NMI), !blocked(x, BLOCK_MOV_SS));
}

CHECK(guest_block_smi)
{
    return holds(!blocked(x, BLOCK_SMI));
}

CHECK(guest_block_nmi_sti)
{
    if (!injects(x, INJ_NMI))
        return ENTRY_NA;
    if (!blocked(x, BLOCK_STI))
        return ENTRY_PASS;
    return x->caps->nmi_needs_no_sti ? ENTRY_FAIL : ENTRY_UNSEEN;
}

CHECK(guest_block_virtual_nmi)
{
    return rule_if(ctl(x, PIN_VIRTUAL_NMIS) && injects(x, INJ_NMI),
                   !blocked(x, BLOCK_NMI));
}

/* ---- pending debug exceptions ---------------------------------------------
 */

CHECK(guest_pending_reserved)
{
    return holds((val(x, f) & ~(uint64_t)(0xf | BIT(12) | PENDING_BS)) == 0);
}

/* A single-step trap is pending behind the instruction just completed. */
static bool step_matters(const struct entry_ctx *x)
{
    return blocked(x, BLOCK_STI | BLOCK_MOV_SS) ||
           V(GUEST_ACTIVITY_STATE) == HLT;
}

static bool steps(const struct entry_ctx *x)
{
    return (V(GUEST_RFLAGS) & FL_TF) &&
           !(V(GUEST_IA32_DEBUGCTL) & DEBUGCTL_BTF);
}

CHECK(guest_pending_bs_set)
{
    return rule_if(step_matters(x) && steps(x), (val(x, f) & PENDING_BS) != 0);
}

CHECK(guest_pending_bs_clear)
{
    return rule_if(step_matters(x) && !steps(x), !(val(x, f) & PENDING_BS));
}

/* ---- VMCS link pointer ----------------------------------------------------
 */

CHECK(guest_link_align)
{
    return rule_if(val(x, f) != ~0ull, (val(x, f) & 0xfff) == 0);
}

CHECK(guest_link_width)
{
    return rule_if(val(x, f) != ~0ull, within_vmx(x, val(x, f)));
}

/* An address that could be one of a VMCS; others have failed already. */
static bool link_good(const struct entry_ctx *x, uint64_t a)
{
    return a != ~0ull && (a & 0xfff) == 0 && within_vmx(x, a);
}

CHECK(guest_link_revision)
{
    uint64_t head;

    if (!link_good(x, val(x, f)))
        return ENTRY_NA;
    if (x->cpu->read == NULL)
        return ENTRY_UNSEEN;
    return holds(x->cpu->read(x->cpu->opaque, val(x, f), &head) &&
                 (uint32_t)head == (x->caps->msr[CAP_BASIC] & BASIC_REVISION));
}

CHECK(guest_link_current)
{
    if (!link_good(x, val(x, f)))
        return ENTRY_NA;
    if (x->cpu->vmcs_pointer == 0)
        return ENTRY_UNSEEN;
    return holds(val(x, f) != x->cpu->vmcs_pointer);
}

/* ---- PDPTEs, MSR area -----------------------------------------------------
 */

static bool pae_paging(const struct entry_ctx *x)
{
    return (V(GUEST_CR0) & CR0_PG) && (V(GUEST_CR4) & CR4_PAE) && !x->ia32e;
}

static bool pdpte_valid(const struct entry_ctx *x, uint64_t e)
{
    return !(e & 1) || ((e & 0x1e6) == 0 && within_pa(x, e));
}

CHECK(guest_pdpte)
{
    return rule_if(pae_paging(x) && ctl(x, PROC2_EPT),
                   pdpte_valid(x, val(x, f)));
}

CHECK(guest_pdpte_memory)
{
    uint64_t table = val(x, f) & 0xffffffe0, e;
    unsigned i;

    if (!pae_paging(x) || ctl(x, PROC2_EPT))
        return ENTRY_NA;
    if (x->cpu->read == NULL)
        return ENTRY_UNSEEN;
    for (i = 0; i < 4; i++)
        if (!x->cpu->read(x->cpu->opaque, table + i * 8, &e) ||
            !pdpte_valid(x, e))
            return ENTRY_FAIL;
    return ENTRY_PASS;
}

/* VM entry finds out while it loads them; a table of fields never does. */
CHECK(msr_load)
{
    return V(VM_ENTRY_MSR_LOAD_COUNT) == 0 ? ENTRY_NA : ENTRY_UNSEEN;
}
