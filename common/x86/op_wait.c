/* op_wait.c: HLT, PAUSE, MONITOR, MWAIT, and instructions that are undefined
 * here: UD, RSM outside of system-management mode, VMX. [SDM2] */
#include "common/x86/block.h"
#include "common/x86/op.h"

static void hlt(struct x86_cpu *c, const struct x86_insn *i)
{
    if (c->cpl != 0)
        x86_gp0(c);
    x86_sensitive(c, SENS_HLT, 0, 0);
    c->s.activity = X86_HALTED;
    x86_attention(c);
    X86_END(c, i);
}

static void pause_op(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_sensitive(c, SENS_PAUSE, 0, 0);
    X86_NEXT(c, i);
}

static void monitor(struct x86_cpu *c, const struct x86_insn *i)
{
    static const uint64_t mask[4] = {0, 0xffff, 0xffffffff, ~0ull};

    if (c->cpl != 0)
        x86_ud(c);
    x86_sensitive(c, SENS_MONITOR, 0, 0);
    if (x86_get32(c, R_CX) != 0) /* extensions: there are none */
        x86_gp0(c);
    x86_ld8(c, xi_seg(i), c->s.r[R_AX] & mask[xi_asize(i)]);
    X86_NEXT(c, i);
}

/* The wait may end at any time for reasons of the implementation: here it ends
 * at once. */
static void mwait(struct x86_cpu *c, const struct x86_insn *i)
{
    if (c->cpl != 0)
        x86_ud(c);
    x86_sensitive(c, SENS_MWAIT, 0, 0);
    if (x86_get32(c, R_CX) != 0)
        x86_gp0(c);
    X86_END(c, i);
}

void x86_op_undefined(struct x86_cpu *c, const struct x86_insn *i)
{
    (void)i;
    x86_sensitive(c, SENS_UNDEFINED, 0, 0);
    x86_ud(c);
}

static void rsm(struct x86_cpu *c, const struct x86_insn *i)
{
    (void)i;
    x86_sensitive(c, SENS_RSM, 0, 0);
    x86_ud(c); /* there is no system-management mode */
}

/* Outside of VMX operation. */
static void vmx(struct x86_cpu *c, const struct x86_insn *i)
{
    (void)i;
    x86_sensitive(c, SENS_VMX, 0, 0);
    x86_ud(c);
}

const struct x86_impl x86_op_hlt = X86_IMPL_ANY(hlt, NULL);
const struct x86_impl x86_op_pause = X86_IMPL_ANY(pause_op, NULL);
const struct x86_impl x86_op_monitor = X86_IMPL_ANY(monitor, NULL);
const struct x86_impl x86_op_mwait = X86_IMPL_ANY(mwait, NULL);
const struct x86_impl x86_op_rsm = X86_IMPL_ANY(rsm, NULL);
const struct x86_impl x86_op_vmx = X86_IMPL_ANY(vmx, vmx);
const struct x86_impl x86_op_ud =
    X86_IMPL_ANY(x86_op_undefined, x86_op_undefined);
