/* op_dr.c: MOV to and from debug registers.
 * [SDM2 "MOV--Move to/from Debug Registers"] */
#include "common/x86/debug.h"
#include "common/x86/op.h"

static void check_dr(struct x86_cpu *c, unsigned n)
{
    if (!x86_dr_exists(c, n))
        x86_ud(c);
    if (c->cpl != 0)
        x86_gp0(c);
}

/* [SDM3 "General-Detect Exception Condition"] */
static void check_gd(struct x86_cpu *c)
{
    if (c->s.dr[7] & DR7_GD)
        x86_db_fault(c, DR6_BD);
}

static void mov_from_dr(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t v;

    check_dr(c, i->reg);
    x86_sensitive(c, SENS_MOV_FROM_DR, i->reg, i->rm);
    check_gd(c);
    v = x86_dr_get(c, i->reg);
    c->s.r[i->rm] = c->code_size == 3 ? v : (uint32_t)v;
    X86_NEXT(c, i);
}

static void mov_to_dr(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t v = c->s.r[i->rm];

    if (c->code_size != 3)
        v = (uint32_t)v;
    check_dr(c, i->reg);
    x86_sensitive(c, SENS_MOV_TO_DR, i->reg, v);
    check_gd(c);
    if (i->reg >= 4 && v >> 32 != 0)
        x86_gp0(c);
    x86_dr_set(c, i->reg, v);
    X86_END(c, i);
}

const struct x86_impl x86_op_mov_R_D = X86_IMPL_ANY(mov_from_dr, mov_from_dr);
const struct x86_impl x86_op_mov_D_R = X86_IMPL_ANY(mov_to_dr, mov_to_dr);
