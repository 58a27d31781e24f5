/* op_sse_mov.c: moves of SSE, SSE2 and SSE3: whole registers, halves, scalars,
 * masks, duplicates, and the control register. */
#include "common/x86/sse.h"

static inline uint64_t xmm_lo(const struct x86_cpu *c, unsigned n)
{
    return get_le64(c->s.xs.xmm[n]);
}

static inline uint64_t xmm_hi(const struct x86_cpu *c, unsigned n)
{
    return get_le64(c->s.xs.xmm[n] + 8);
}

static inline void xmm_set2(struct x86_cpu *c, unsigned n, uint64_t lo,
                            uint64_t hi)
{
    put_le64(c->s.xs.xmm[n], lo);
    put_le64(c->s.xs.xmm[n] + 8, hi);
}

#define HANDLER(name)                                                          \
    static void name(struct x86_cpu *c, const struct x86_insn *i)

/* ---- 128 bits ---- */
HANDLER(mov128_V_Wr)
{
    sse_check(c);
    xmm_set(c, i->reg, xmm_get(c, i->rm));
    X86_NEXT(c, i);
}

HANDLER(mov128_W_Vr)
{
    sse_check(c);
    xmm_set(c, i->rm, xmm_get(c, i->reg));
    X86_NEXT(c, i);
}

HANDLER(mova_V_Wm)
{
    sse_check(c);
    xmm_set(c, i->reg, xmm_load(c, i));
    X86_NEXT(c, i);
}

HANDLER(movu_V_Wm)
{
    sse_check(c);
    xmm_set(c, i->reg, xmm_load_unaligned(c, i));
    X86_NEXT(c, i);
}

HANDLER(mova_W_Vm)
{
    uint64_t off = x86_ea(c, i);

    sse_check(c);
    sse_check_aligned(c, xi_seg(i), off);
    x86_write(c, xi_seg(i), off, c->s.xs.xmm[i->reg], 16);
    X86_NEXT(c, i);
}

HANDLER(movu_W_Vm)
{
    sse_check(c);
    x86_write(c, xi_seg(i), x86_ea(c, i), c->s.xs.xmm[i->reg], 16);
    X86_NEXT(c, i);
}

#define ALIGNED(name)                                                          \
    const struct x86_impl x86_op_##name##_V_W =                                \
        X86_IMPL_ANY(mov128_V_Wr, mova_V_Wm);                                  \
    const struct x86_impl x86_op_##name##_W_V =                                \
        X86_IMPL_ANY(mov128_W_Vr, mova_W_Vm);
#define UNALIGNED(name)                                                        \
    const struct x86_impl x86_op_##name##_V_W =                                \
        X86_IMPL_ANY(mov128_V_Wr, movu_V_Wm);                                  \
    const struct x86_impl x86_op_##name##_W_V =                                \
        X86_IMPL_ANY(mov128_W_Vr, movu_W_Vm);

ALIGNED(movaps)
ALIGNED(movapd)
ALIGNED(movdqa)
UNALIGNED(movups)
UNALIGNED(movupd)
UNALIGNED(movdqu)
const struct x86_impl x86_op_lddqu_V_M = X86_IMPL_ANY(NULL, movu_V_Wm);
const struct x86_impl x86_op_movntps_M_V = X86_IMPL_ANY(NULL, mova_W_Vm);
const struct x86_impl x86_op_movntpd_M_V = X86_IMPL_ANY(NULL, mova_W_Vm);
const struct x86_impl x86_op_movntdq_M_V = X86_IMPL_ANY(NULL, mova_W_Vm);

/* ---- scalars ---- */
HANDLER(movss_V_Wr)
{
    sse_check(c);
    memcpy(c->s.xs.xmm[i->reg], c->s.xs.xmm[i->rm], 4);
    X86_NEXT(c, i);
}

HANDLER(movsd_V_Wr)
{
    sse_check(c);
    memcpy(c->s.xs.xmm[i->reg], c->s.xs.xmm[i->rm], 8);
    X86_NEXT(c, i);
}

HANDLER(load32_V_Wm)
{
    sse_check(c);
    xmm_set2(c, i->reg, x86_ld32(c, xi_seg(i), x86_ea(c, i)), 0);
    X86_NEXT(c, i);
}

HANDLER(load64_V_Wm)
{
    sse_check(c);
    xmm_set2(c, i->reg, x86_ld64(c, xi_seg(i), x86_ea(c, i)), 0);
    X86_NEXT(c, i);
}

HANDLER(movss_W_Vr)
{
    sse_check(c);
    memcpy(c->s.xs.xmm[i->rm], c->s.xs.xmm[i->reg], 4);
    X86_NEXT(c, i);
}

HANDLER(movsd_W_Vr)
{
    sse_check(c);
    memcpy(c->s.xs.xmm[i->rm], c->s.xs.xmm[i->reg], 8);
    X86_NEXT(c, i);
}

HANDLER(store32_W_Vm)
{
    sse_check(c);
    x86_st32(c, xi_seg(i), x86_ea(c, i), (uint32_t)xmm_lo(c, i->reg));
    X86_NEXT(c, i);
}

HANDLER(store64_W_Vm)
{
    sse_check(c);
    x86_st64(c, xi_seg(i), x86_ea(c, i), xmm_lo(c, i->reg));
    X86_NEXT(c, i);
}

HANDLER(movq_V_Wr)
{
    sse_check(c);
    xmm_set2(c, i->reg, xmm_lo(c, i->rm), 0);
    X86_NEXT(c, i);
}

HANDLER(movq_W_Vr)
{
    sse_check(c);
    xmm_set2(c, i->rm, xmm_lo(c, i->reg), 0);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_movss_V_W = X86_IMPL_ANY(movss_V_Wr, load32_V_Wm);
const struct x86_impl x86_op_movss_W_V = X86_IMPL_ANY(movss_W_Vr, store32_W_Vm);
const struct x86_impl x86_op_movsd_V_W = X86_IMPL_ANY(movsd_V_Wr, load64_V_Wm);
const struct x86_impl x86_op_movsd_W_V = X86_IMPL_ANY(movsd_W_Vr, store64_W_Vm);
const struct x86_impl x86_op_movq_V_W = X86_IMPL_ANY(movq_V_Wr, load64_V_Wm);
const struct x86_impl x86_op_movq_W_V = X86_IMPL_ANY(movq_W_Vr, store64_W_Vm);

/* ---- halves ---- */
HANDLER(movl_V_M)
{
    uint64_t v;

    sse_check(c);
    v = x86_ld64(c, xi_seg(i), x86_ea(c, i));
    xmm_set2(c, i->reg, v, xmm_hi(c, i->reg));
    X86_NEXT(c, i);
}

HANDLER(movh_V_M)
{
    uint64_t v;

    sse_check(c);
    v = x86_ld64(c, xi_seg(i), x86_ea(c, i));
    xmm_set2(c, i->reg, xmm_lo(c, i->reg), v);
    X86_NEXT(c, i);
}

HANDLER(movh_M_V)
{
    sse_check(c);
    x86_st64(c, xi_seg(i), x86_ea(c, i), xmm_hi(c, i->reg));
    X86_NEXT(c, i);
}

HANDLER(movhlps_V_W)
{
    sse_check(c);
    xmm_set2(c, i->reg, xmm_hi(c, i->rm), xmm_hi(c, i->reg));
    X86_NEXT(c, i);
}

HANDLER(movlhps_V_W)
{
    sse_check(c);
    xmm_set2(c, i->reg, xmm_lo(c, i->reg), xmm_lo(c, i->rm));
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_movlps_V_M = X86_IMPL_ANY(NULL, movl_V_M);
const struct x86_impl x86_op_movlpd_V_M = X86_IMPL_ANY(NULL, movl_V_M);
const struct x86_impl x86_op_movlps_M_V = X86_IMPL_ANY(NULL, store64_W_Vm);
const struct x86_impl x86_op_movlpd_M_V = X86_IMPL_ANY(NULL, store64_W_Vm);
const struct x86_impl x86_op_movhps_V_M = X86_IMPL_ANY(NULL, movh_V_M);
const struct x86_impl x86_op_movhpd_V_M = X86_IMPL_ANY(NULL, movh_V_M);
const struct x86_impl x86_op_movhps_M_V = X86_IMPL_ANY(NULL, movh_M_V);
const struct x86_impl x86_op_movhpd_M_V = X86_IMPL_ANY(NULL, movh_M_V);
const struct x86_impl x86_op_movhlps_V_W = X86_IMPL_ANY(movhlps_V_W, NULL);
const struct x86_impl x86_op_movlhps_V_W = X86_IMPL_ANY(movlhps_V_W, NULL);

/* ---- duplicates (SSE3) ---- */
HANDLER(movddup_r)
{
    sse_check(c);
    xmm_set2(c, i->reg, xmm_lo(c, i->rm), xmm_lo(c, i->rm));
    X86_NEXT(c, i);
}

HANDLER(movddup_m)
{
    uint64_t v;

    sse_check(c);
    v = x86_ld64(c, xi_seg(i), x86_ea(c, i));
    xmm_set2(c, i->reg, v, v);
    X86_NEXT(c, i);
}

/* Each pair of 32-bit elements becomes twice its upper (or lower) one. */
static void dup32(struct x86_cpu *c, unsigned n, xmm_t src, bool upper)
{
    uint32_t e[4];

    memcpy(e, &src, sizeof(e));
    e[upper ? 0 : 1] = e[upper ? 1 : 0];
    e[upper ? 2 : 3] = e[upper ? 3 : 2];
    memcpy(c->s.xs.xmm[n], e, sizeof(e));
}

#define DUP32(name, upper)                                                     \
    HANDLER(name##_r)                                                          \
    {                                                                          \
        sse_check(c);                                                          \
        dup32(c, i->reg, xmm_get(c, i->rm), upper);                            \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    HANDLER(name##_m)                                                          \
    {                                                                          \
        sse_check(c);                                                          \
        dup32(c, i->reg, xmm_load(c, i), upper);                               \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl x86_op_##name##_V_W =                                \
        X86_IMPL_ANY(name##_r, name##_m);

DUP32(movshdup, true)
DUP32(movsldup, false)
const struct x86_impl x86_op_movddup_V_W = X86_IMPL_ANY(movddup_r, movddup_m);

/* ---- sign masks ---- */
HANDLER(movmskps)
{
    const uint8_t *x = c->s.xs.xmm[i->rm];

    sse_check(c);
    x86_set32(c, i->reg,
              (uint32_t)((x[3] >> 7) | (x[7] >> 7) << 1 | (x[11] >> 7) << 2 |
                         (x[15] >> 7) << 3));
    X86_NEXT(c, i);
}

HANDLER(movmskpd)
{
    const uint8_t *x = c->s.xs.xmm[i->rm];

    sse_check(c);
    x86_set32(c, i->reg, (uint32_t)((x[7] >> 7) | (x[15] >> 7) << 1));
    X86_NEXT(c, i);
}

HANDLER(pmovmskb_W)
{
    const uint8_t *x = c->s.xs.xmm[i->rm];
    uint32_t m = 0;

    sse_check(c);
    for (unsigned k = 0; k < 16; k++)
        m |= (uint32_t)(x[k] >> 7) << k;
    x86_set32(c, i->reg, m);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_movmskps_G_W = X86_IMPL_ANY(movmskps, NULL);
const struct x86_impl x86_op_movmskpd_G_W = X86_IMPL_ANY(movmskpd, NULL);
const struct x86_impl x86_op_pmovmskb_G_W = X86_IMPL_ANY(pmovmskb_W, NULL);

/* Bytes of xmm[reg] whose mask byte in xmm[rm] is negative, to DS:rDI. All of
 * the 16 bytes must be writable before one is written. */
HANDLER(maskmovdqu)
{
    const uint8_t *mask = c->s.xs.xmm[i->rm], *src = c->s.xs.xmm[i->reg];
    uint64_t off = sse_mask_target(c, i);
    uint8_t old[16];

    sse_check(c);
    x86_mem_probe_write(c, xi_seg(i), off, 16);
    x86_read(c, xi_seg(i), off, old, sizeof(old));
    for (unsigned k = 0; k < 16; k++)
        old[k] = (mask[k] & 0x80) ? src[k] : old[k];
    x86_write(c, xi_seg(i), off, old, sizeof(old));
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_maskmovdqu_V_W =
    X86_IMPL_ANY(maskmovdqu, maskmovdqu);

/* ---- general registers and memory ---- */
HANDLER(movd_V_E32r)
{
    sse_check(c);
    xmm_set2(c, i->reg, x86_get32(c, i->rm), 0);
    X86_NEXT(c, i);
}

HANDLER(movd_V_E64r)
{
    sse_check(c);
    xmm_set2(c, i->reg, c->s.r[i->rm], 0);
    X86_NEXT(c, i);
}

HANDLER(movd_E_V32r)
{
    sse_check(c);
    x86_set32(c, i->rm, (uint32_t)xmm_lo(c, i->reg));
    X86_NEXT(c, i);
}

HANDLER(movd_E_V64r)
{
    sse_check(c);
    c->s.r[i->rm] = xmm_lo(c, i->reg);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_movd_V_E = {
    .r = {NULL, movd_V_E32r, movd_V_E32r, movd_V_E64r},
    .m = {NULL, load32_V_Wm, load32_V_Wm, load64_V_Wm}};
const struct x86_impl x86_op_movd_E_V = {
    .r = {NULL, movd_E_V32r, movd_E_V32r, movd_E_V64r},
    .m = {NULL, store32_W_Vm, store32_W_Vm, store64_W_Vm}};

/* ---- MXCSR ---- */
HANDLER(ldmxcsr)
{
    uint32_t v;

    sse_check(c);
    v = x86_ld32(c, xi_seg(i), x86_ea(c, i));
    if (v & ~c->s.xs.mxcsr_mask)
        x86_gp0(c);
    c->s.xs.mxcsr = v;
    X86_NEXT(c, i);
}

HANDLER(stmxcsr)
{
    sse_check(c);
    x86_st32(c, xi_seg(i), x86_ea(c, i), c->s.xs.mxcsr);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_ldmxcsr_M = X86_IMPL_ANY(NULL, ldmxcsr);
const struct x86_impl x86_op_stmxcsr_M = X86_IMPL_ANY(NULL, stmxcsr);
