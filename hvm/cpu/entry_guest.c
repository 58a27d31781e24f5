/* entry_guest.c: VM-entry checks on guest control registers, debug registers,
 * MSRs, descriptor tables, RIP and RFLAGS. [SDM3 "Checks on the Guest State
 * Area"]; segments are in entry_guest_seg.c, non-register state in
 * entry_guest_state.c. */
#include "hvm/cpu/entry_internal.h"

CHECK(guest_cr0)
{
    return holds(
        cr0_allowed(x, val(x, f), x->unrestricted ? CR0_PE | CR0_PG : 0));
}

CHECK(guest_cr0_pg_pe)
{
    return rule_if((val(x, f) & CR0_PG) != 0, (val(x, f) & CR0_PE) != 0);
}

CHECK(guest_cr4)
{
    return holds(cr4_allowed(x, val(x, f)));
}

CHECK(guest_debugctl)
{
    return rule_if(ctl(x, ENTRY_LOAD_DEBUG),
                   (val(x, f) & ~x->caps->debugctl) == 0);
}

CHECK(guest_ia32e_pg)
{
    return rule_if(x->ia32e, (val(x, f) & CR0_PG) != 0);
}

CHECK(guest_ia32e_pae)
{
    return rule_if(x->ia32e, (val(x, f) & CR4_PAE) != 0);
}

CHECK(guest_legacy_pcid)
{
    return rule_if(!x->ia32e, !(val(x, f) & CR4_PCIDE));
}

CHECK(guest_cr3)
{
    return rule_if(x->intel64, within_pa(x, val(x, f)));
}

CHECK(guest_dr7)
{
    return rule_if(x->intel64 && ctl(x, ENTRY_LOAD_DEBUG),
                   val(x, f) >> 32 == 0);
}

CHECK(guest_canonical)
{
    return rule_if(x->intel64, canonical(x, val(x, f)));
}

CHECK(guest_perf_global)
{
    return rule_if(ctl(x, ENTRY_LOAD_PERF_GLOBAL),
                   (val(x, f) & ~x->caps->perf_global) == 0);
}

CHECK(guest_pat)
{
    return rule_if(ctl(x, ENTRY_LOAD_PAT), pat_valid(val(x, f)));
}

CHECK(guest_efer_reserved)
{
    return rule_if(ctl(x, ENTRY_LOAD_EFER), (val(x, f) & ~x->caps->efer) == 0);
}

CHECK(guest_efer_lma)
{
    return rule_if(ctl(x, ENTRY_LOAD_EFER),
                   !!(val(x, f) & EFER_LMA) == x->ia32e);
}

CHECK(guest_efer_lme)
{
    return rule_if(ctl(x, ENTRY_LOAD_EFER) && (V(GUEST_CR0) & CR0_PG),
                   !!(val(x, f) & EFER_LMA) == !!(val(x, f) & EFER_LME));
}

/* ---- descriptor tables ----------------------------------------------------
 */

CHECK(guest_table_limit)
{
    return holds(val(x, f) >> 16 == 0);
}

/* ---- RIP, RFLAGS ----------------------------------------------------------
 */

static bool code64(const struct entry_ctx *x)
{
    return x->ia32e && (V(GUEST_CS_AR_BYTES) & SA_L);
}

CHECK(guest_rip_32)
{
    return rule_if(x->intel64 && !code64(x), val(x, f) >> 32 == 0);
}

/* Bit 47 may differ from bit 48: a branch may end on the first address that is
 * not canonical, and the fault is the guest's. */
CHECK(guest_rip_64)
{
    uint64_t high = val(x, f) >> x->caps->la_bits;

    return rule_if(x->intel64 && code64(x),
                   high == 0 || high == mask_low(64 - x->caps->la_bits));
}

CHECK(guest_rflags_zero)
{
    return holds((val(x, f) & (~mask_low(22) | BIT(15) | BIT(5) | BIT(3))) ==
                 0);
}

CHECK(guest_rflags_one)
{
    return holds((val(x, f) & FL_ONE) != 0);
}

CHECK(guest_rflags_vm)
{
    return rule_if(x->ia32e || !(V(GUEST_CR0) & CR0_PE), !(val(x, f) & FL_VM));
}

CHECK(guest_rflags_if)
{
    return rule_if(injects(x, INJ_EXT_INT), (val(x, f) & FL_IF) != 0);
}
