/* op_mmx.c: MMX moves and masks, and what goes between MMX and XMM. */
#include "common/x86/sse.h"

#define HANDLER(name)                                                          \
    static void name(struct x86_cpu *c, const struct x86_insn *i)

/* ---- between MMX and general registers or memory ---- */
static void load_mmx(struct x86_cpu *c, const struct x86_insn *i, mmx_t v)
{
    mmx_take(c);
    mmx_set(c, i->reg, v);
}

HANDLER(movd_P_E32r)
{
    mmx_check(c);
    load_mmx(c, i, x86_get32(c, i->rm));
    X86_NEXT(c, i);
}

HANDLER(movd_P_E64r)
{
    mmx_check(c);
    load_mmx(c, i, c->s.r[i->rm]);
    X86_NEXT(c, i);
}

HANDLER(movd_P_E32m)
{
    mmx_check(c);
    load_mmx(c, i, x86_ld32(c, xi_seg(i), x86_ea(c, i)));
    X86_NEXT(c, i);
}

HANDLER(movq_P_m)
{
    mmx_check(c);
    load_mmx(c, i, x86_ld64(c, xi_seg(i), x86_ea(c, i)));
    X86_NEXT(c, i);
}

HANDLER(movq_P_Qr)
{
    mmx_check(c);
    mmx_take(c);
    mmx_set(c, i->reg, mmx_get(c, i->rm));
    X86_NEXT(c, i);
}

HANDLER(movq_Q_Pr)
{
    mmx_check(c);
    mmx_take(c);
    mmx_set(c, i->rm, mmx_get(c, i->reg));
    X86_NEXT(c, i);
}

/* The value of MMX register n before mmx_take() moves it: a store must be able
 * to fault first. */
static mmx_t peek_mmx(const struct x86_cpu *c, unsigned n)
{
    return mmx_get(c, n - ((c->s.xs.fsw >> 11) & 7u));
}

HANDLER(movd_E_P32r)
{
    mmx_check(c);
    mmx_take(c);
    x86_set32(c, i->rm, (uint32_t)mmx_get(c, i->reg));
    X86_NEXT(c, i);
}

HANDLER(movd_E_P64r)
{
    mmx_check(c);
    mmx_take(c);
    c->s.r[i->rm] = mmx_get(c, i->reg);
    X86_NEXT(c, i);
}

HANDLER(movd_E_P32m)
{
    mmx_check(c);
    x86_st32(c, xi_seg(i), x86_ea(c, i), (uint32_t)peek_mmx(c, i->reg));
    mmx_take(c);
    X86_NEXT(c, i);
}

HANDLER(movq_m_P)
{
    mmx_check(c);
    x86_st64(c, xi_seg(i), x86_ea(c, i), peek_mmx(c, i->reg));
    mmx_take(c);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_movd_P_E = {
    .r = {NULL, movd_P_E32r, movd_P_E32r, movd_P_E64r},
    .m = {NULL, movd_P_E32m, movd_P_E32m, movq_P_m}};
const struct x86_impl x86_op_movd_E_P = {
    .r = {NULL, movd_E_P32r, movd_E_P32r, movd_E_P64r},
    .m = {NULL, movd_E_P32m, movd_E_P32m, movq_m_P}};
const struct x86_impl x86_op_movq_P_Q = X86_IMPL_ANY(movq_P_Qr, movq_P_m);
const struct x86_impl x86_op_movq_Q_P = X86_IMPL_ANY(movq_Q_Pr, movq_m_P);
const struct x86_impl x86_op_movntq_M_P = X86_IMPL_ANY(NULL, movq_m_P);

/* ---- masks ---- */
HANDLER(pmovmskb_Q)
{
    uint32_t m = 0;
    mmx_t v;

    mmx_check(c);
    mmx_take(c);
    v = mmx_get(c, i->rm);
    for (unsigned k = 0; k < 8; k++)
        m |= (uint32_t)(v >> (8 * k + 7) & 1) << k;
    x86_set32(c, i->reg, m);
    X86_NEXT(c, i);
}

/* Bytes of mm[reg] whose mask byte in mm[rm] is negative, to DS:rDI. */
HANDLER(maskmovq)
{
    uint64_t off = sse_mask_target(c, i), old, src, mask;

    mmx_check(c);
    src = peek_mmx(c, i->reg);
    mask = (peek_mmx(c, i->rm) & 0x8080808080808080ull) >> 7;
    mask *= 0xff;
    x86_mem_probe_write(c, xi_seg(i), off, 8);
    old = x86_ld64(c, xi_seg(i), off);
    x86_st64(c, xi_seg(i), off, (old & ~mask) | (src & mask));
    mmx_take(c);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_pmovmskb_G_Q = X86_IMPL_ANY(pmovmskb_Q, NULL);
const struct x86_impl x86_op_maskmovq_P_Q = X86_IMPL_ANY(maskmovq, maskmovq);

/* ---- between MMX and XMM ---- */
HANDLER(movq2dq)
{
    mmx_t v;

    sse_check(c);
    mmx_check(c);
    mmx_take(c);
    v = mmx_get(c, i->rm);
    put_le64(c->s.xs.xmm[i->reg], v);
    put_le64(c->s.xs.xmm[i->reg] + 8, 0);
    X86_NEXT(c, i);
}

HANDLER(movdq2q)
{
    sse_check(c);
    mmx_check(c);
    load_mmx(c, i, get_le64(c->s.xs.xmm[i->rm]));
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_movq2dq_V_Q = X86_IMPL_ANY(movq2dq, NULL);
const struct x86_impl x86_op_movdq2q_P_W = X86_IMPL_ANY(movdq2q, NULL);

/* All x87 registers empty. */
HANDLER(emms)
{
    mmx_check(c);
    mmx_take(c);
    c->s.xs.ftw = 0;
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_emms = X86_IMPL_ANY(emms, emms);
