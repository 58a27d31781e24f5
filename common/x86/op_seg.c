/* op_seg.c: moves to and from segment registers, far pointer loads, and the
 * instructions that ask what a selector may be used for.
 * [SDM2 "MOV", "PUSH", "POP", "LDS/LES/LFS/LGS/LSS", "LAR", "LSL",
 * "VERR/VERW", "ARPL"]. */
#include "common/x86/op.h"
#include "common/x86/protect.h"

/* The 16-bit ModRM.rm operand, of a register form if !mem. */
static ALWAYS_INLINE uint16_t get_ew(struct x86_cpu *c,
                                     const struct x86_insn *i, bool mem)
{
    return mem ? x86_ld16(c, xi_seg(i), x86_ea(c, i)) : x86_get16(c, i->rm);
}

/* MOV SS and POP SS hold events off for one instruction; LSS does not. */
static void hold_events(struct x86_cpu *c)
{
    c->s.shadow |= X86_SHADOW_MOVSS;
    x86_attention(c);
}

/* ---- MOV ---- */
static void mov_from_seg_r(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_sensitive(c, SENS_MOV_FROM_SEG, i->reg, 0);
    x86_set_sized(c, i->rm, xi_osize(i), c->s.seg[i->reg].sel);
    X86_NEXT(c, i);
}

static void mov_from_seg_m(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_sensitive(c, SENS_MOV_FROM_SEG, i->reg, 0);
    x86_st16(c, xi_seg(i), x86_ea(c, i), c->s.seg[i->reg].sel);
    X86_NEXT(c, i);
}

static ALWAYS_INLINE void mov_to_seg(struct x86_cpu *c,
                                     const struct x86_insn *i, bool mem)
{
    if (i->reg == SEG_CS)
        x86_ud(c);
    x86_sensitive(c, SENS_MOV_TO_SEG, i->reg, 0);
    x86_load_seg(c, (enum x86_segreg)i->reg, get_ew(c, i, mem));
    if (i->reg == SEG_SS)
        hold_events(c);
}

static void mov_to_seg_r(struct x86_cpu *c, const struct x86_insn *i)
{
    mov_to_seg(c, i, false);
    X86_NEXT(c, i);
}

static void mov_to_seg_m(struct x86_cpu *c, const struct x86_insn *i)
{
    mov_to_seg(c, i, true);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_mov_E_S =
    X86_IMPL_ANY(mov_from_seg_r, mov_from_seg_m);
const struct x86_impl x86_op_mov_S_E = X86_IMPL_ANY(mov_to_seg_r, mov_to_seg_m);

/* ---- PUSH and POP ---- */

/* Zero-extended to 64 bits; of 32 bits 16 are written: the way of current Intel
 * processors among those that [SDM2 "PUSH"] allows. */
static void push_seg(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t off = x86_sp_off(c, -(1 << xi_osize(i)));

    x86_sensitive(c, SENS_MOV_FROM_SEG, i->reg, 0);
    if (xi_osize(i) == 3)
        x86_st64(c, SEG_SS, off, c->s.seg[i->reg].sel);
    else
        x86_st16(c, SEG_SS, off, c->s.seg[i->reg].sel);
    x86_set_sp(c, off);
    X86_NEXT(c, i);
}

static void pop_seg(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t off = x86_sp_off(c, 1 << xi_osize(i));
    bool sp16 = c->stack_size == 1;
    uint16_t sel;

    x86_sensitive(c, SENS_MOV_TO_SEG, i->reg, 0);
    sel = x86_peek16(c, 0);
    x86_load_seg(c, (enum x86_segreg)i->reg, sel);
    /* rSP moves by the rules of the stack that was popped from. */
    if (sp16)
        x86_set16(c, R_SP, (uint16_t)off);
    else
        c->s.r[R_SP] = off;
    if (i->reg == SEG_SS)
        hold_events(c);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_push_S = X86_IMPL_ANY(push_seg, NULL);
const struct x86_impl x86_op_pop_S = X86_IMPL_ANY(pop_seg, NULL);

/* ---- LES, LDS, LSS, LFS, LGS ---- */
static ALWAYS_INLINE void load_far(struct x86_cpu *c, const struct x86_insn *i,
                                   enum x86_segreg seg)
{
    static const uint64_t mask[4] = {0, 0xffff, 0xffffffff, ~0ull};
    unsigned size = xi_osize(i), from = xi_seg(i);
    uint64_t ea = x86_ea(c, i), off = 0;
    uint16_t sel;

    x86_sensitive(c, SENS_MOV_TO_SEG, seg, 0);
    x86_read(c, from, ea, &off, 1u << size);
    sel = x86_ld16(c, from, (ea + (1u << size)) & mask[xi_asize(i)]);
    x86_load_seg(c, seg, sel);
    x86_set_sized(c, i->reg, size, off);
}

#define LOAD_FAR(name, seg)                                                    \
    static void name(struct x86_cpu *c, const struct x86_insn *i)              \
    {                                                                          \
        load_far(c, i, seg);                                                   \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl x86_op_##name##_G_M = X86_IMPL_ANY(NULL, name);

LOAD_FAR(les, SEG_ES)
LOAD_FAR(lds, SEG_DS)
LOAD_FAR(lss, SEG_SS)
LOAD_FAR(lfs, SEG_FS)
LOAD_FAR(lgs, SEG_GS)

/* ---- LAR, LSL, VERR, VERW ---- */
static void set_zf(struct x86_cpu *c, bool on)
{
    c->arith = (uint16_t)(on ? c->arith | AR_ZF : c->arith & ~AR_ZF);
}

/* May software at CPL name sel for the privilege rules of data? */
static bool within_privilege(const struct x86_cpu *c, uint16_t sel,
                             uint32_t attr)
{
    unsigned dpl = SA_DPL(attr);

    if (x86_is_code(attr) && x86_is_conforming(attr))
        return true;
    return c->cpl <= dpl && SEL_RPL(sel) <= dpl;
}

/* System types that LAR (LSL) accepts, one bit each. */
#define LAR_TYPES                                                              \
    (BIT(SYS_TSS16_AVAIL) | BIT(SYS_LDT) | BIT(SYS_TSS16_BUSY) |               \
     BIT(SYS_CALL16) | BIT(SYS_TASKGATE) | BIT(SYS_TSS32_AVAIL) |              \
     BIT(SYS_TSS32_BUSY) | BIT(SYS_CALL32))
#define LSL_TYPES                                                              \
    (BIT(SYS_TSS16_AVAIL) | BIT(SYS_LDT) | BIT(SYS_TSS16_BUSY) |               \
     BIT(SYS_TSS32_AVAIL) | BIT(SYS_TSS32_BUSY))
#define LONG_TYPES                                                             \
    (BIT(SYS_LDT) | BIT(SYS_TSS32_AVAIL) | BIT(SYS_TSS32_BUSY) |               \
     BIT(SYS_CALL32))

static bool look_up(struct x86_cpu *c, uint16_t sel, unsigned types,
                    struct x86_desc *d)
{
    uint32_t attr;

    if (x86_sel_null(sel) || !x86_desc_find(c, sel, d))
        return false;
    attr = x86_desc_attr(d);
    if (c->long_mode)
        types &= LONG_TYPES;
    if (!(attr & SA_S) && !(types >> SA_TYPE(attr) & 1))
        return false;
    return within_privilege(c, sel, attr);
}

static void check_mode(struct x86_cpu *c)
{
    if (!x86_protected(c))
        x86_ud(c);
}

static ALWAYS_INLINE void lar(struct x86_cpu *c, const struct x86_insn *i,
                              bool mem)
{
    struct x86_desc d;
    bool ok;

    check_mode(c);
    x86_sensitive(c, SENS_LAR, 0, 0);
    ok = look_up(c, get_ew(c, i, mem), LAR_TYPES, &d);
    /* Bits 19:16 are undefined; processors give the descriptor's. */
    if (ok)
        x86_set_sized(c, i->reg, xi_osize(i), d.hi & 0xffff00);
    set_zf(c, ok);
}

static ALWAYS_INLINE void lsl(struct x86_cpu *c, const struct x86_insn *i,
                              bool mem)
{
    struct x86_desc d;
    struct x86_seg s;
    uint16_t sel;
    bool ok;

    check_mode(c);
    x86_sensitive(c, SENS_LSL, 0, 0);
    sel = get_ew(c, i, mem);
    ok = look_up(c, sel, LSL_TYPES, &d);
    if (ok) {
        x86_desc_parse(&d, sel, &s);
        x86_set_sized(c, i->reg, xi_osize(i), s.limit);
    }
    set_zf(c, ok);
}

static ALWAYS_INLINE void verr(struct x86_cpu *c, const struct x86_insn *i,
                               bool mem)
{
    struct x86_desc d;

    check_mode(c);
    x86_sensitive(c, SENS_VERR, 0, 0);
    set_zf(c, look_up(c, get_ew(c, i, mem), 0, &d) &&
                  x86_is_readable(x86_desc_attr(&d)));
}

static ALWAYS_INLINE void verw(struct x86_cpu *c, const struct x86_insn *i,
                               bool mem)
{
    struct x86_desc d;

    check_mode(c);
    x86_sensitive(c, SENS_VERW, 0, 0);
    set_zf(c, look_up(c, get_ew(c, i, mem), 0, &d) &&
                  x86_is_writable_data(x86_desc_attr(&d)));
}

/* ---- ARPL ---- */
static void arpl_r(struct x86_cpu *c, const struct x86_insn *i)
{
    uint16_t sel = x86_get16(c, i->rm);
    unsigned rpl = SEL_RPL(c->s.r[i->reg]);
    bool less = SEL_RPL(sel) < rpl;

    check_mode(c);
    if (less)
        x86_set16(c, i->rm, (uint16_t)((sel & ~3u) | rpl));
    set_zf(c, less);
    X86_NEXT(c, i);
}

static void arpl_m(struct x86_cpu *c, const struct x86_insn *i)
{
    unsigned rpl = (unsigned)SEL_RPL(c->s.r[i->reg]);
    uint64_t off = x86_ea(c, i);
    uint16_t sel;
    bool less;

    check_mode(c);
    sel = x86_ld16(c, xi_seg(i), off);
    less = SEL_RPL(sel) < rpl;
    if (less)
        x86_st16(c, xi_seg(i), off, (uint16_t)((sel & ~3u) | rpl));
    set_zf(c, less);
    X86_NEXT(c, i);
}

#define BOTH_FORMS(name, impl)                                                 \
    static void name##_r(struct x86_cpu *c, const struct x86_insn *i)          \
    {                                                                          \
        name(c, i, false);                                                     \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name##_m(struct x86_cpu *c, const struct x86_insn *i)          \
    {                                                                          \
        name(c, i, true);                                                      \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl impl = X86_IMPL_ANY(name##_r, name##_m);

BOTH_FORMS(lar, x86_op_lar_G_E)
BOTH_FORMS(lsl, x86_op_lsl_G_E)
BOTH_FORMS(verr, x86_op_verr_E)
BOTH_FORMS(verw, x86_op_verw_E)

const struct x86_impl x86_op_arpl_E_G = X86_IMPL_ANY(arpl_r, arpl_m);
