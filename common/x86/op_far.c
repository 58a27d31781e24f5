/* op_far.c: far JMP, CALL, RET, and IRET. What they do is in far.c, gate.c,
 * iret.c. [SDM2]. */
#include "common/x86/op.h"
#include "common/x86/seg.h"

/* m16:16, m16:32, m16:64 */
static uint64_t read_far(struct x86_cpu *c, const struct x86_insn *i,
                         uint16_t *sel)
{
    static const uint64_t mask[4] = {0, 0xffff, 0xffffffff, ~0ull};
    unsigned n = 1u << xi_osize(i), seg = xi_seg(i);
    uint64_t ea = x86_ea(c, i), off = 0;

    x86_read(c, seg, ea, &off, n);
    *sel = x86_ld16(c, seg, (ea + n) & mask[xi_asize(i)]);
    return off;
}

static void jmp_far(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_sensitive(c, SENS_JMP_FAR, 0, 0);
    x86_far_jump(c, (uint16_t)i->imm64, (uint32_t)i->imm, xi_osize(i));
    X86_DONE(c, i);
}

static void jmp_far_m(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t off;
    uint16_t sel;

    x86_sensitive(c, SENS_JMP_FAR, 0, 0);
    off = read_far(c, i, &sel);
    x86_far_jump(c, sel, off, xi_osize(i));
    X86_DONE(c, i);
}

static void call_far(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_sensitive(c, SENS_CALL_FAR, 0, 0);
    x86_far_call(c, (uint16_t)i->imm64, (uint32_t)i->imm, xi_osize(i),
                 x86_next_ip(c, i));
    X86_DONE(c, i);
}

static void call_far_m(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t off;
    uint16_t sel;

    x86_sensitive(c, SENS_CALL_FAR, 0, 0);
    off = read_far(c, i, &sel);
    x86_far_call(c, sel, off, xi_osize(i), x86_next_ip(c, i));
    X86_DONE(c, i);
}

static void ret_far(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_sensitive(c, SENS_RET_FAR, 0, 0);
    x86_far_ret(c, xi_osize(i), 0);
    X86_DONE(c, i);
}

static void ret_far_i(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_sensitive(c, SENS_RET_FAR, 0, 0);
    x86_far_ret(c, xi_osize(i), (uint16_t)i->imm);
    X86_DONE(c, i);
}

static void iret(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_sensitive(c, SENS_IRET, 0, 0);
    x86_iret(c, xi_osize(i), x86_next_ip(c, i));
    X86_DONE(c, i);
}

const struct x86_impl x86_op_jmp_far = X86_IMPL_ANY(jmp_far, NULL);
const struct x86_impl x86_op_jmp_far_M = X86_IMPL_ANY(NULL, jmp_far_m);
const struct x86_impl x86_op_call_far = X86_IMPL_ANY(call_far, NULL);
const struct x86_impl x86_op_call_far_M = X86_IMPL_ANY(NULL, call_far_m);
const struct x86_impl x86_op_ret_far = X86_IMPL_ANY(ret_far, NULL);
const struct x86_impl x86_op_ret_far_I = X86_IMPL_ANY(ret_far_i, NULL);
const struct x86_impl x86_op_iret = X86_IMPL_ANY(iret, NULL);
