/* op_sse_cvt.c: conversions between XMM and general or MMX registers. */
#include "common/x86/sse.h"

static inline xmm_t scalar_load(struct x86_cpu *c, const struct x86_insn *i,
                                unsigned n)
{
    uint64_t v = n == 4 ? x86_ld32(c, xi_seg(i), x86_ea(c, i))
                        : x86_ld64(c, xi_seg(i), x86_ea(c, i));
    xmm_t x = {0};

    memcpy(&x, &v, sizeof(v));
    return x;
}

/* ---- integer to scalar: `suffix` is l or q, `type` the integer ---- */
#define FROM_INT(name, mnem, type, source, where)                              \
    static void name##_##where(struct x86_cpu *c, const struct x86_insn *i)    \
    {                                                                          \
        xmm_t res;                                                             \
        type src;                                                              \
                                                                               \
        sse_check(c);                                                          \
        src = (type)(source);                                                  \
        res = xmm_get(c, i->reg);                                              \
        mxcsr_begin(c);                                                        \
        __asm__ volatile(mnem " %1, %0" : "+x"(res) : "r"(src));               \
        mxcsr_end(c);                                                          \
        xmm_set(c, i->reg, res);                                               \
        X86_NEXT(c, i);                                                        \
    }

#define FROM_INT_ALL(name)                                                     \
    FROM_INT(name, #name "l", uint32_t, x86_get32(c, i->rm), r32)              \
    FROM_INT(name, #name "q", uint64_t, c->s.r[i->rm], r64)                    \
    FROM_INT(name, #name "l", uint32_t, x86_ld32(c, xi_seg(i), x86_ea(c, i)),  \
             m32)                                                              \
    FROM_INT(name, #name "q", uint64_t, x86_ld64(c, xi_seg(i), x86_ea(c, i)),  \
             m64)                                                              \
    const struct x86_impl x86_op_##name##_V_E = {                              \
        .r = {NULL, name##_r32, name##_r32, name##_r64},                       \
        .m = {NULL, name##_m32, name##_m32, name##_m64}};

FROM_INT_ALL(cvtsi2ss)
FROM_INT_ALL(cvtsi2sd)

/* ---- scalar to integer ---- */
#define TO_INT(name, type, source, where)                                      \
    static void name##_##where(struct x86_cpu *c, const struct x86_insn *i)    \
    {                                                                          \
        xmm_t src;                                                             \
        type res;                                                              \
                                                                               \
        sse_check(c);                                                          \
        src = source;                                                          \
        mxcsr_begin(c);                                                        \
        __asm__ volatile(#name " %1, %0" : "=r"(res) : "x"(src));              \
        mxcsr_end(c);                                                          \
        c->s.r[i->reg] = res;                                                  \
        X86_NEXT(c, i);                                                        \
    }

#define TO_INT_ALL(name, n)                                                    \
    TO_INT(name, uint32_t, xmm_get(c, i->rm), r32)                             \
    TO_INT(name, uint64_t, xmm_get(c, i->rm), r64)                             \
    TO_INT(name, uint32_t, scalar_load(c, i, n), m32)                          \
    TO_INT(name, uint64_t, scalar_load(c, i, n), m64)                          \
    const struct x86_impl x86_op_##name##_G_W = {                              \
        .r = {NULL, name##_r32, name##_r32, name##_r64},                       \
        .m = {NULL, name##_m32, name##_m32, name##_m64}};

TO_INT_ALL(cvtss2si, 4)
TO_INT_ALL(cvttss2si, 4)
TO_INT_ALL(cvtsd2si, 8)
TO_INT_ALL(cvttsd2si, 8)

/* ---- packed, with an MMX register on one side. The host's MMX registers are
 * not used: the XMM forms of the same conversions give the same results.
 * cvtpi2pd cannot raise anything and, from memory, leaves the x87
 * alone. ---- */
static mmx_t mmx_source(struct x86_cpu *c, const struct x86_insn *i)
{
    mmx_take(c);
    return mmx_get(c, i->rm);
}

static void cvtpi2ps_do(struct x86_cpu *c, const struct x86_insn *i, mmx_t v)
{
    xmm_t src = {0}, res;

    memcpy(&src, &v, sizeof(v));
    mxcsr_begin(c);
    __asm__ volatile("cvtdq2ps %1, %0" : "=x"(res) : "x"(src));
    mxcsr_end(c);
    memcpy(c->s.xs.xmm[i->reg], &res, 8);
}

static void cvtpi2ps_r(struct x86_cpu *c, const struct x86_insn *i)
{
    sse_check(c);
    mmx_check(c);
    cvtpi2ps_do(c, i, mmx_source(c, i));
    X86_NEXT(c, i);
}

static void cvtpi2ps_m(struct x86_cpu *c, const struct x86_insn *i)
{
    mmx_t v;

    sse_check(c);
    mmx_check(c);
    v = x86_ld64(c, xi_seg(i), x86_ea(c, i));
    mmx_take(c);
    cvtpi2ps_do(c, i, v);
    X86_NEXT(c, i);
}

static void cvtpi2pd_do(struct x86_cpu *c, const struct x86_insn *i, mmx_t v)
{
    xmm_t src = {0}, res;

    memcpy(&src, &v, sizeof(v));
    __asm__ volatile("cvtdq2pd %1, %0" : "=x"(res) : "x"(src));
    xmm_set(c, i->reg, res);
}

static void cvtpi2pd_r(struct x86_cpu *c, const struct x86_insn *i)
{
    sse_check(c);
    mmx_check(c);
    cvtpi2pd_do(c, i, mmx_source(c, i));
    X86_NEXT(c, i);
}

static void cvtpi2pd_m(struct x86_cpu *c, const struct x86_insn *i)
{
    sse_check(c);
    cvtpi2pd_do(c, i, x86_ld64(c, xi_seg(i), x86_ea(c, i)));
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_cvtpi2ps_V_Q =
    X86_IMPL_ANY(cvtpi2ps_r, cvtpi2ps_m);
const struct x86_impl x86_op_cvtpi2pd_V_Q =
    X86_IMPL_ANY(cvtpi2pd_r, cvtpi2pd_m);

#define TO_MMX(name, host, where, source)                                      \
    static void name##_##where(struct x86_cpu *c, const struct x86_insn *i)    \
    {                                                                          \
        xmm_t src, res;                                                        \
        mmx_t lo;                                                              \
                                                                               \
        sse_check(c);                                                          \
        mmx_check(c);                                                          \
        src = source;                                                          \
        mmx_take(c); /* also when #XM follows */                               \
        mxcsr_begin(c);                                                        \
        __asm__ volatile(host " %1, %0" : "=x"(res) : "x"(src));               \
        mxcsr_end(c);                                                          \
        memcpy(&lo, &res, sizeof(lo));                                         \
        mmx_set(c, i->reg, lo);                                                \
        X86_NEXT(c, i);                                                        \
    }

/* The upper two elements must not raise anything: make them 0. */
static inline xmm_t low_half(xmm_t x)
{
    uint64_t lo;

    memcpy(&lo, &x, sizeof(lo));
    x = (xmm_t){0};
    memcpy(&x, &lo, sizeof(lo));
    return x;
}

TO_MMX(cvtps2pi, "cvtps2dq", r, low_half(xmm_get(c, i->rm)))
TO_MMX(cvtps2pi, "cvtps2dq", m, scalar_load(c, i, 8))
TO_MMX(cvttps2pi, "cvttps2dq", r, low_half(xmm_get(c, i->rm)))
TO_MMX(cvttps2pi, "cvttps2dq", m, scalar_load(c, i, 8))
TO_MMX(cvtpd2pi, "cvtpd2dq", r, xmm_get(c, i->rm))
TO_MMX(cvtpd2pi, "cvtpd2dq", m, xmm_load(c, i))
TO_MMX(cvttpd2pi, "cvttpd2dq", r, xmm_get(c, i->rm))
TO_MMX(cvttpd2pi, "cvttpd2dq", m, xmm_load(c, i))
const struct x86_impl x86_op_cvtps2pi_P_W =
    X86_IMPL_ANY(cvtps2pi_r, cvtps2pi_m);
const struct x86_impl x86_op_cvttps2pi_P_W =
    X86_IMPL_ANY(cvttps2pi_r, cvttps2pi_m);
const struct x86_impl x86_op_cvtpd2pi_P_W =
    X86_IMPL_ANY(cvtpd2pi_r, cvtpd2pi_m);
const struct x86_impl x86_op_cvttpd2pi_P_W =
    X86_IMPL_ANY(cvttpd2pi_r, cvttpd2pi_m);
