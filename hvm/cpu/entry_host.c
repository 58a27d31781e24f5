/* entry_host.c: VM-entry checks on the host-state area.
 * [SDM3 "Checks on VMX Controls and Host-State Area"] */
#include "hvm/cpu/entry_internal.h"

CHECK(host_cr0)
{
    return holds(cr0_allowed(x, val(x, f), 0));
}

CHECK(host_cr4)
{
    return holds(cr4_allowed(x, val(x, f)));
}

CHECK(host_cr3)
{
    return rule_if(x->intel64, within_pa(x, val(x, f)));
}

CHECK(host_canonical)
{
    return rule_if(x->intel64, canonical(x, val(x, f)));
}

CHECK(host_perf_global)
{
    return rule_if(ctl(x, EXIT_LOAD_PERF_GLOBAL),
                   (val(x, f) & ~x->caps->perf_global) == 0);
}

CHECK(host_pat)
{
    return rule_if(ctl(x, EXIT_LOAD_PAT), pat_valid(val(x, f)));
}

CHECK(host_efer_reserved)
{
    return rule_if(ctl(x, EXIT_LOAD_EFER), (val(x, f) & ~x->caps->efer) == 0);
}

CHECK(host_efer_lma)
{
    return rule_if(ctl(x, EXIT_LOAD_EFER),
                   !!(val(x, f) & EFER_LMA) == ctl(x, EXIT_HOST_SIZE));
}

CHECK(host_efer_lme)
{
    return rule_if(ctl(x, EXIT_LOAD_EFER),
                   !!(val(x, f) & EFER_LME) == ctl(x, EXIT_HOST_SIZE));
}

CHECK(host_selector)
{
    return holds((val(x, f) & 7) == 0);
}

CHECK(host_not_null)
{
    return holds(val(x, f) != 0);
}

CHECK(host_ss_null)
{
    return rule_if(!ctl(x, EXIT_HOST_SIZE), val(x, f) != 0);
}

/* ---- [SDM3 "Checks Related to Address-Space Size"] -------------------------
 */

/* A rule for a processor that is (on) or is not (off) in IA-32e mode now. */
static enum entry_verdict now_if(const struct entry_ctx *x, bool on, bool ok)
{
    if (!x->intel64)
        return ENTRY_NA;
    if (x->cpu->ia32e == ENTRY_IA32E_UNKNOWN)
        return ok ? ENTRY_PASS : ENTRY_UNSEEN;
    return rule_if((x->cpu->ia32e == ENTRY_IA32E_ON) == on, ok);
}

CHECK(size_now_legacy_guest)
{
    return now_if(x, false, !x->ia32e);
}

CHECK(size_now_legacy_host)
{
    return now_if(x, false, !ctl(x, EXIT_HOST_SIZE));
}

CHECK(size_now_ia32e)
{
    return now_if(x, true, ctl(x, EXIT_HOST_SIZE));
}

CHECK(size_legacy_guest)
{
    return rule_if(!ctl(x, EXIT_HOST_SIZE), !x->ia32e);
}

CHECK(size_legacy_pcid)
{
    return rule_if(!ctl(x, EXIT_HOST_SIZE), !(val(x, f) & CR4_PCIDE));
}

CHECK(size_legacy_rip)
{
    return rule_if(!ctl(x, EXIT_HOST_SIZE), val(x, f) >> 32 == 0);
}

CHECK(size_64_pae)
{
    return rule_if(ctl(x, EXIT_HOST_SIZE), (val(x, f) & CR4_PAE) != 0);
}

CHECK(size_64_rip)
{
    return rule_if(ctl(x, EXIT_HOST_SIZE), canonical(x, val(x, f)));
}
