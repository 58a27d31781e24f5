/* op_cr.c: MOV to and from control registers, LMSW, SMSW, CLTS.
 * [SDM2 "MOV--Move to/from Control Registers", "LMSW", "SMSW", "CLTS"] */
#include "common/x86/cr.h"
#include "common/x86/op.h"

static void check_cpl0(struct x86_cpu *c)
{
    if (c->cpl != 0)
        x86_gp0(c);
}

static void check_cr(struct x86_cpu *c, unsigned n)
{
    if (n != 0 && n != 2 && n != 3 && n != 4 && !(n == 8 && c->code_size == 3))
        x86_ud(c);
    check_cpl0(c);
}

/* CR0 and CR4 where an extension owns some of their bits. */
static uint64_t seen(const struct x86_cpu *c, unsigned k, uint64_t cr)
{
    return (cr & ~c->x.cr_mask[k]) | (c->x.cr_shadow[k] & c->x.cr_mask[k]);
}

static uint64_t loaded(const struct x86_cpu *c, unsigned k, uint64_t cr,
                       uint64_t v)
{
    return (v & ~c->x.cr_mask[k]) | (cr & c->x.cr_mask[k]);
}

static bool allowed(struct x86_cpu *c, unsigned n, uint64_t v)
{
    return likely(c->ext == NULL) || c->ext->cr_allowed == NULL ||
           c->ext->cr_allowed(c, n, v);
}

static uint64_t read_cr(const struct x86_cpu *c, unsigned n)
{
    switch (n) {
    case 0:
        return seen(c, 0, c->s.cr0);
    case 2:
        return c->s.cr2;
    case 3:
        return c->s.cr3;
    case 4:
        return seen(c, 1, c->s.cr4);
    default:
        return x86_get_cr8(c);
    }
}

static bool write_cr(struct x86_cpu *c, unsigned n, uint64_t v)
{
    switch (n) {
    case 0:
        v = loaded(c, 0, c->s.cr0, v);
        return allowed(c, 0, v) && x86_set_cr0(c, v);
    case 2:
        c->s.cr2 = v;
        return true;
    case 3:
        return x86_set_cr3(c, v);
    case 4:
        v = loaded(c, 1, c->s.cr4, v);
        return allowed(c, 4, v) && x86_set_cr4(c, v);
    default:
        return x86_set_cr8(c, v);
    }
}

/* The operand size is that of the mode, whatever the prefixes. */
static void mov_from_cr(struct x86_cpu *c, const struct x86_insn *i)
{
    unsigned n = i->reg;
    uint64_t v;

    check_cr(c, n);
    x86_sensitive(c, SENS_MOV_FROM_CR, n, i->rm);
    v = read_cr(c, n);
    c->s.r[i->rm] = c->code_size == 3 ? v : (uint32_t)v;
    X86_NEXT(c, i);
}

static void mov_to_cr(struct x86_cpu *c, const struct x86_insn *i)
{
    unsigned n = i->reg;
    uint64_t v = c->s.r[i->rm];

    if (c->code_size != 3)
        v = (uint32_t)v;
    check_cr(c, n);
    x86_sensitive(c, SENS_MOV_TO_CR, n, v);
    if (!write_cr(c, n, v))
        x86_gp0(c);
    X86_END(c, i);
}

const struct x86_impl x86_op_mov_R_C = X86_IMPL_ANY(mov_from_cr, mov_from_cr);
const struct x86_impl x86_op_mov_C_R = X86_IMPL_ANY(mov_to_cr, mov_to_cr);

/* ---- the machine status word: CR0 as the 80286 knew it ---- */
static void smsw_begin(struct x86_cpu *c)
{
    if ((c->s.cr4 & CR4_UMIP) && c->cpl != 0)
        x86_gp0(c);
    x86_sensitive(c, SENS_SMSW, 0, 0);
}

static void smsw_r(struct x86_cpu *c, const struct x86_insn *i)
{
    smsw_begin(c);
    x86_set_sized(c, i->rm, xi_osize(i), seen(c, 0, c->s.cr0));
    X86_NEXT(c, i);
}

static void smsw_m(struct x86_cpu *c, const struct x86_insn *i)
{
    smsw_begin(c);
    x86_st16(c, xi_seg(i), x86_ea(c, i), (uint16_t)seen(c, 0, c->s.cr0));
    X86_NEXT(c, i);
}

/* Loads PE, MP, EM and TS; PE can be set but not cleared. */
static void load_msw(struct x86_cpu *c, uint16_t v)
{
    uint64_t cr0;

    x86_sensitive(c, SENS_LMSW, 0, v);
    cr0 = (c->s.cr0 & ~(uint64_t)(CR0_MP | CR0_EM | CR0_TS)) |
          (v & (CR0_PE | CR0_MP | CR0_EM | CR0_TS));
    cr0 = loaded(c, 0, c->s.cr0, cr0);
    if (!allowed(c, 0, cr0))
        x86_gp0(c);
    x86_cr0_apply(c, cr0);
}

static void lmsw_r(struct x86_cpu *c, const struct x86_insn *i)
{
    check_cpl0(c);
    load_msw(c, x86_get16(c, i->rm));
    X86_END(c, i);
}

static void lmsw_m(struct x86_cpu *c, const struct x86_insn *i)
{
    check_cpl0(c);
    load_msw(c, x86_ld16(c, xi_seg(i), x86_ea(c, i)));
    X86_END(c, i);
}

static void clts(struct x86_cpu *c, const struct x86_insn *i)
{
    check_cpl0(c);
    x86_sensitive(c, SENS_CLTS, 0, 0);
    c->s.cr0 = loaded(c, 0, c->s.cr0, c->s.cr0 & ~(uint64_t)CR0_TS);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_smsw_E = X86_IMPL_ANY(smsw_r, smsw_m);
const struct x86_impl x86_op_lmsw_E = X86_IMPL_ANY(lmsw_r, lmsw_m);
const struct x86_impl x86_op_clts = X86_IMPL_ANY(clts, clts);
