/* op_pushf.c: PUSHF and POPF, with their rules by privilege and mode.
 * [SDM2 "PUSHF/PUSHFD/PUSHFQ", "POPF/POPFD/POPFQ"],
 * [SDM3 "Virtual Interrupt (VIF) Flag" in "8086 Emulation"]. */
#include "common/x86/protect.h"
#include "common/x86/top.h"

/* What POPF may change anywhere */
#define POPF_ANY (FL_ARITH | FL_TF | FL_DF | FL_NT)

static unsigned osize_bytes(const struct x86_insn *i)
{
    return 1u << xi_osize(i);
}

/* Virtual-8086 mode with IOPL below 3: only the 16-bit forms exist, and only
 * with CR4.VME, which gives them VIF in the place of IF. */
static bool virtual_if(struct x86_cpu *c, const struct x86_insn *i)
{
    if (!c->v86 || x86_iopl(c) == 3)
        return false;
    if (xi_osize(i) != 1 || !(c->s.cr4 & CR4_VME))
        x86_gp0(c);
    return true;
}

static void pushf(struct x86_cpu *c, const struct x86_insn *i)
{
    bool vif = virtual_if(c, i);
    uint64_t fl;

    x86_sensitive(c, SENS_PUSHF, 0, 0);
    fl = x86_rflags(c) & ~(uint64_t)(FL_VM | FL_RF);
    if (vif)
        fl = (fl & ~(uint64_t)FL_IF) | FL_IOPL | ((fl & FL_VIF) ? FL_IF : 0);
    x86_top_push(c, fl, osize_bytes(i));
    X86_NEXT(c, i);
}

/* The flags that POPF of this size may change at privilege cpl. */
static uint64_t popf_mask(const struct x86_cpu *c, unsigned size, unsigned cpl)
{
    uint64_t mask = POPF_ANY;

    if (size != 1)
        mask |= FL_AC | FL_ID;
    if (cpl <= x86_iopl(c))
        mask |= FL_IF;
    if (cpl == 0)
        mask |= FL_IF | FL_IOPL;
    return mask;
}

/* Restore the flags from fl; rSP moves too. */
static void popf_commit(struct x86_cpu *c, const struct x86_insn *i,
                        uint64_t fl, uint64_t mask)
{
    uint64_t old = c->s.rflags;

    x86_set_sp(c, x86_sp_off(c, osize_bytes(i)));
    x86_set_rflags(c, fl, mask);
    if ((c->s.rflags ^ old) & FL_AC)
        x86_update_mode(c);
    x86_flags_attention(c, old);
}

/* VIF takes what would go to IF; the processor will not let the flag be set
 * while an interrupt is pending for it, nor TF at all. */
static void popf_virtual(struct x86_cpu *c, const struct x86_insn *i,
                         uint64_t fl)
{
    if ((fl & FL_TF) || ((fl & FL_IF) && (c->s.rflags & FL_VIP)))
        x86_gp0(c);
    fl = (fl & ~(uint64_t)FL_VIF) | ((fl & FL_IF) ? FL_VIF : 0);
    popf_commit(c, i, fl, POPF_ANY | FL_VIF);
}

static void popf(struct x86_cpu *c, const struct x86_insn *i)
{
    bool vif = virtual_if(c, i);
    unsigned cpl = c->cpl;
    uint64_t fl;

    x86_sensitive(c, SENS_POPF, 0, 0);
    /* A deprivileged guest kernel's POPF leaves IF and IOPL as they are and
     * says nothing. */
    if (unlikely(c->v.disp.at[SENS_POPF] == DISP_SILENT))
        cpl = 4;
    fl = x86_top_load(c, osize_bytes(i));
    if (vif)
        popf_virtual(c, i, fl);
    else
        popf_commit(c, i, fl, popf_mask(c, xi_osize(i), cpl));
    X86_END(c, i);
}

const struct x86_impl x86_op_pushf = {.r = {NULL, pushf, pushf, pushf}};
const struct x86_impl x86_op_popf = {.r = {NULL, popf, popf, popf}};
