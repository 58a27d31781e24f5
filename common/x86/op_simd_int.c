/* op_simd_int.c: packed-integer arithmetic, logic, comparisons, packs and
 * shifts of MMX, SSE2 and SSSE3 (simd-int.def). */
#include "common/x86/simd_asm.h"

#define BOTH(name)                                                             \
    HOST_XMM2(name)                                                            \
    HOST_MMX2(name)
#define LOW(name)   BOTH(name)
#define SHIFT(name) BOTH(name)
#define SSSE3(name) BOTH(name)
#define SSE(name)   HOST_XMM2(name)
#include "common/x86/simd-int.def"
#undef BOTH
#undef LOW
#undef SHIFT
#undef SSSE3
#undef SSE

/* ---- XMM forms ---- */
#define XMM_FORMS(name)                                                        \
    static void name##_V_Wr(struct x86_cpu *c, const struct x86_insn *i)       \
    {                                                                          \
        sse_check(c);                                                          \
        xmm_set(c, i->reg,                                                     \
                host_##name(xmm_get(c, i->reg), xmm_get(c, i->rm)));           \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name##_V_Wm(struct x86_cpu *c, const struct x86_insn *i)       \
    {                                                                          \
        xmm_t src;                                                             \
                                                                               \
        sse_check(c);                                                          \
        src = xmm_load(c, i);                                                  \
        xmm_set(c, i->reg, host_##name(xmm_get(c, i->reg), src));              \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl x86_op_##name##_V_W =                                \
        X86_IMPL_ANY(name##_V_Wr, name##_V_Wm);

/* ---- MMX forms: `bits` of memory are read ---- */
#define MMX_FORMS(name, bits)                                                  \
    static void name##_P_Qr(struct x86_cpu *c, const struct x86_insn *i)       \
    {                                                                          \
        mmx_check(c);                                                          \
        mmx_take(c);                                                           \
        mmx_set(c, i->reg,                                                     \
                host_mmx_##name(mmx_get(c, i->reg), mmx_get(c, i->rm)));       \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name##_P_Qm(struct x86_cpu *c, const struct x86_insn *i)       \
    {                                                                          \
        mmx_t src;                                                             \
                                                                               \
        mmx_check(c);                                                          \
        src = x86_ld##bits(c, xi_seg(i), x86_ea(c, i));                        \
        mmx_take(c);                                                           \
        mmx_set(c, i->reg, host_mmx_##name(mmx_get(c, i->reg), src));          \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl x86_op_##name##_P_Q =                                \
        X86_IMPL_ANY(name##_P_Qr, name##_P_Qm);

/* ---- shifts by an immediate: register forms only ---- */
#define IMM_FORMS(name)                                                        \
    static void name##_W_I(struct x86_cpu *c, const struct x86_insn *i)        \
    {                                                                          \
        xmm_t count = {(uint8_t)i->imm};                                       \
                                                                               \
        sse_check(c);                                                          \
        xmm_set(c, i->rm, host_##name(xmm_get(c, i->rm), count));              \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name##_Q_I(struct x86_cpu *c, const struct x86_insn *i)        \
    {                                                                          \
        mmx_check(c);                                                          \
        mmx_take(c);                                                           \
        mmx_set(c, i->rm,                                                      \
                host_mmx_##name(mmx_get(c, i->rm), (uint8_t)i->imm));          \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    const struct x86_impl x86_op_##name##_W_I =                                \
        X86_IMPL_ANY(name##_W_I, NULL);                                        \
    const struct x86_impl x86_op_##name##_Q_I = X86_IMPL_ANY(name##_Q_I, NULL);

#define BOTH(name)                                                             \
    XMM_FORMS(name)                                                            \
    MMX_FORMS(name, 64)
#define LOW(name)                                                              \
    XMM_FORMS(name)                                                            \
    MMX_FORMS(name, 32)
#define SHIFT(name)                                                            \
    BOTH(name)                                                                 \
    IMM_FORMS(name)
#define SSSE3(name) BOTH(name)
#define SSE(name)   XMM_FORMS(name)
#include "common/x86/simd-int.def"
