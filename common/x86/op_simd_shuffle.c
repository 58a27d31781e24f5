/* op_simd_shuffle.c: packed operations steered by an immediate: shuffles,
 * inserts, extracts, byte shifts. */
#include "common/x86/sse.h"

/* 16 bytes seen at every element size. */
union vec {
    xmm_t x;
    uint8_t b[16];
    uint16_t w[8];
    uint32_t d[4];
    uint64_t q[2];
};

static inline union vec vec_of(xmm_t x)
{
    return (union vec){.x = x};
}

static xmm_t pshufd(xmm_t dst, xmm_t src, unsigned imm)
{
    union vec s = vec_of(src), r;

    (void)dst;
    for (unsigned k = 0; k < 4; k++)
        r.d[k] = s.d[(imm >> (2 * k)) & 3];
    return r.x;
}

static xmm_t pshuflw(xmm_t dst, xmm_t src, unsigned imm)
{
    union vec s = vec_of(src), r = s;

    (void)dst;
    for (unsigned k = 0; k < 4; k++)
        r.w[k] = s.w[(imm >> (2 * k)) & 3];
    return r.x;
}

static xmm_t pshufhw(xmm_t dst, xmm_t src, unsigned imm)
{
    union vec s = vec_of(src), r = s;

    (void)dst;
    for (unsigned k = 0; k < 4; k++)
        r.w[4 + k] = s.w[4 + ((imm >> (2 * k)) & 3)];
    return r.x;
}

static xmm_t shufps(xmm_t dst, xmm_t src, unsigned imm)
{
    union vec d = vec_of(dst), s = vec_of(src), r;

    r.d[0] = d.d[imm & 3];
    r.d[1] = d.d[(imm >> 2) & 3];
    r.d[2] = s.d[(imm >> 4) & 3];
    r.d[3] = s.d[(imm >> 6) & 3];
    return r.x;
}

static xmm_t shufpd(xmm_t dst, xmm_t src, unsigned imm)
{
    union vec d = vec_of(dst), s = vec_of(src), r;

    r.q[0] = d.q[imm & 1];
    r.q[1] = s.q[(imm >> 1) & 1];
    return r.x;
}

/* Bytes imm.. of src below dst. */
static xmm_t palignr(xmm_t dst, xmm_t src, unsigned imm)
{
    uint8_t both[32 + 16] = {0};
    union vec r = {.x = {0}};

    memcpy(both, &src, 16);
    memcpy(both + 16, &dst, 16);
    if (imm < 32)
        memcpy(r.b, both + imm, 16);
    return r.x;
}

static mmx_t palignr_mmx(mmx_t dst, mmx_t src, unsigned imm)
{
    uint8_t both[16 + 8] = {0};
    mmx_t r = 0;

    memcpy(both, &src, 8);
    memcpy(both + 8, &dst, 8);
    if (imm < 16)
        memcpy(&r, both + imm, 8);
    return r;
}

static mmx_t pshufw_mmx(mmx_t dst, mmx_t src, unsigned imm)
{
    mmx_t r = 0;

    (void)dst;
    for (unsigned k = 0; k < 4; k++)
        r |= ((src >> (16 * ((imm >> (2 * k)) & 3))) & 0xffff) << (16 * k);
    return r;
}

#define XMM_IMM(name)                                                          \
    static void name##_r(struct x86_cpu *c, const struct x86_insn *i)          \
    {                                                                          \
        sse_check(c);                                                          \
        xmm_set(c, i->reg,                                                     \
                name(xmm_get(c, i->reg), xmm_get(c, i->rm), (uint8_t)i->imm)); \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name##_m(struct x86_cpu *c, const struct x86_insn *i)          \
    {                                                                          \
        xmm_t src;                                                             \
                                                                               \
        sse_check(c);                                                          \
        src = xmm_load(c, i);                                                  \
        xmm_set(c, i->reg, name(xmm_get(c, i->reg), src, (uint8_t)i->imm));    \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl x86_op_##name##_V_W_I =                              \
        X86_IMPL_ANY(name##_r, name##_m);

XMM_IMM(pshufd)
XMM_IMM(pshuflw)
XMM_IMM(pshufhw)
XMM_IMM(shufps)
XMM_IMM(shufpd)
XMM_IMM(palignr)

#define MMX_IMM(name)                                                          \
    static void name##_mmx_r(struct x86_cpu *c, const struct x86_insn *i)      \
    {                                                                          \
        mmx_check(c);                                                          \
        mmx_take(c);                                                           \
        mmx_set(c, i->reg,                                                     \
                name##_mmx(mmx_get(c, i->reg), mmx_get(c, i->rm),              \
                           (uint8_t)i->imm));                                  \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name##_mmx_m(struct x86_cpu *c, const struct x86_insn *i)      \
    {                                                                          \
        mmx_t src;                                                             \
                                                                               \
        mmx_check(c);                                                          \
        src = x86_ld64(c, xi_seg(i), x86_ea(c, i));                            \
        mmx_take(c);                                                           \
        mmx_set(c, i->reg,                                                     \
                name##_mmx(mmx_get(c, i->reg), src, (uint8_t)i->imm));         \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl x86_op_##name##_P_Q_I =                              \
        X86_IMPL_ANY(name##_mmx_r, name##_mmx_m);

MMX_IMM(pshufw)
MMX_IMM(palignr)

/* ---- byte shifts ---- */
static void pslldq(struct x86_cpu *c, const struct x86_insn *i)
{
    uint8_t r[16] = {0}, n = (uint8_t)i->imm;

    sse_check(c);
    if (n < 16)
        memcpy(r + n, c->s.xs.xmm[i->rm], 16u - n);
    memcpy(c->s.xs.xmm[i->rm], r, 16);
    X86_NEXT(c, i);
}

static void psrldq(struct x86_cpu *c, const struct x86_insn *i)
{
    uint8_t r[16] = {0}, n = (uint8_t)i->imm;

    sse_check(c);
    if (n < 16)
        memcpy(r, c->s.xs.xmm[i->rm] + n, 16u - n);
    memcpy(c->s.xs.xmm[i->rm], r, 16);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_pslldq_W_I = X86_IMPL_ANY(pslldq, NULL);
const struct x86_impl x86_op_psrldq_W_I = X86_IMPL_ANY(psrldq, NULL);

/* ---- words in and out ---- */
static void pinsrw_V_r(struct x86_cpu *c, const struct x86_insn *i)
{
    sse_check(c);
    put_le16(c->s.xs.xmm[i->reg] + 2 * (i->imm & 7), x86_get16(c, i->rm));
    X86_NEXT(c, i);
}

static void pinsrw_V_m(struct x86_cpu *c, const struct x86_insn *i)
{
    uint16_t v;

    sse_check(c);
    v = x86_ld16(c, xi_seg(i), x86_ea(c, i));
    put_le16(c->s.xs.xmm[i->reg] + 2 * (i->imm & 7), v);
    X86_NEXT(c, i);
}

static void insert_mmx(struct x86_cpu *c, const struct x86_insn *i, uint16_t v)
{
    unsigned at = 16 * ((unsigned)i->imm & 3);

    mmx_take(c);
    mmx_set(c, i->reg,
            (mmx_get(c, i->reg) & ~(0xffffull << at)) | (uint64_t)v << at);
}

static void pinsrw_P_r(struct x86_cpu *c, const struct x86_insn *i)
{
    mmx_check(c);
    insert_mmx(c, i, x86_get16(c, i->rm));
    X86_NEXT(c, i);
}

static void pinsrw_P_m(struct x86_cpu *c, const struct x86_insn *i)
{
    uint16_t v;

    mmx_check(c);
    v = x86_ld16(c, xi_seg(i), x86_ea(c, i));
    insert_mmx(c, i, v);
    X86_NEXT(c, i);
}

static void pextrw_W(struct x86_cpu *c, const struct x86_insn *i)
{
    sse_check(c);
    x86_set32(c, i->reg, get_le16(c->s.xs.xmm[i->rm] + 2 * (i->imm & 7)));
    X86_NEXT(c, i);
}

static void pextrw_Q(struct x86_cpu *c, const struct x86_insn *i)
{
    mmx_check(c);
    mmx_take(c);
    x86_set32(c, i->reg,
              (uint16_t)(mmx_get(c, i->rm) >> (16 * ((unsigned)i->imm & 3))));
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_pinsrw_V_E_I =
    X86_IMPL_ANY(pinsrw_V_r, pinsrw_V_m);
const struct x86_impl x86_op_pinsrw_P_E_I =
    X86_IMPL_ANY(pinsrw_P_r, pinsrw_P_m);
const struct x86_impl x86_op_pextrw_G_W_I = X86_IMPL_ANY(pextrw_W, NULL);
const struct x86_impl x86_op_pextrw_G_Q_I = X86_IMPL_ANY(pextrw_Q, NULL);
