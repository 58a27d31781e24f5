/* op_sse_fp.c: floating-point arithmetic of SSE, SSE2 and SSE3 (sse-fp.def) by
 * the host's instructions, with the guest's rounding and exceptions. */
#include "common/x86/simd_asm.h"

#define PACKED(name)       HOST_XMM2(name)
#define S32(name)          HOST_XMM2(name)
#define S64(name)          HOST_XMM2(name)
#define QUIET_PACKED(name) HOST_XMM2(name)
#define QUIET_S32(name)    HOST_XMM2(name)
#define QUIET_S64(name)    HOST_XMM2(name)
#include "common/x86/sse-fp.def"
#undef PACKED
#undef S32
#undef S64
#undef QUIET_PACKED
#undef QUIET_S32
#undef QUIET_S64

static inline xmm_t load32(struct x86_cpu *c, const struct x86_insn *i)
{
    uint32_t v = x86_ld32(c, xi_seg(i), x86_ea(c, i));
    xmm_t x = {0};

    memcpy(&x, &v, sizeof(v));
    return x;
}

static inline xmm_t load64(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t v = x86_ld64(c, xi_seg(i), x86_ea(c, i));
    xmm_t x = {0};

    memcpy(&x, &v, sizeof(v));
    return x;
}

#define FP_FORM(name, suffix, source)                                          \
    static void name##_V_W##suffix(struct x86_cpu *c,                          \
                                   const struct x86_insn *i)                   \
    {                                                                          \
        xmm_t src, res;                                                        \
                                                                               \
        sse_check(c);                                                          \
        src = source;                                                          \
        res = xmm_get(c, i->reg);                                              \
        mxcsr_begin(c);                                                        \
        res = host_##name(res, src);                                           \
        mxcsr_end(c);                                                          \
        xmm_set(c, i->reg, res);                                               \
        X86_NEXT(c, i);                                                        \
    }

#define QUIET_FORM(name, suffix, source)                                       \
    static void name##_V_W##suffix(struct x86_cpu *c,                          \
                                   const struct x86_insn *i)                   \
    {                                                                          \
        xmm_t src;                                                             \
                                                                               \
        sse_check(c);                                                          \
        src = source;                                                          \
        xmm_set(c, i->reg, host_##name(xmm_get(c, i->reg), src));              \
        X86_NEXT(c, i);                                                        \
    }

/* clang-format off */
#define FORMS(form, name, load)                                                \
    form(name, r, xmm_get(c, i->rm))                                           \
    form(name, m, load(c, i))                                                  \
    const struct x86_impl x86_op_##name##_V_W =                                \
        X86_IMPL_ANY(name##_V_Wr, name##_V_Wm);
/* clang-format on */

#define PACKED(name)       FORMS(FP_FORM, name, xmm_load)
#define S32(name)          FORMS(FP_FORM, name, load32)
#define S64(name)          FORMS(FP_FORM, name, load64)
#define QUIET_PACKED(name) FORMS(QUIET_FORM, name, xmm_load)
#define QUIET_S32(name)    FORMS(QUIET_FORM, name, load32)
#define QUIET_S64(name)    FORMS(QUIET_FORM, name, load64)
#include "common/x86/sse-fp.def"

/* ---- comparisons with a predicate ---- */
#define HOST_CMP(name)                                                         \
    static xmm_t host_##name(xmm_t d, xmm_t s, unsigned predicate)             \
    {                                                                          \
        switch (predicate & 7) {                                               \
        case 0:                                                                \
            __asm__ volatile(#name " $0, %1, %0" : "+x"(d) : "x"(s));          \
            break;                                                             \
        case 1:                                                                \
            __asm__ volatile(#name " $1, %1, %0" : "+x"(d) : "x"(s));          \
            break;                                                             \
        case 2:                                                                \
            __asm__ volatile(#name " $2, %1, %0" : "+x"(d) : "x"(s));          \
            break;                                                             \
        case 3:                                                                \
            __asm__ volatile(#name " $3, %1, %0" : "+x"(d) : "x"(s));          \
            break;                                                             \
        case 4:                                                                \
            __asm__ volatile(#name " $4, %1, %0" : "+x"(d) : "x"(s));          \
            break;                                                             \
        case 5:                                                                \
            __asm__ volatile(#name " $5, %1, %0" : "+x"(d) : "x"(s));          \
            break;                                                             \
        case 6:                                                                \
            __asm__ volatile(#name " $6, %1, %0" : "+x"(d) : "x"(s));          \
            break;                                                             \
        default:                                                               \
            __asm__ volatile(#name " $7, %1, %0" : "+x"(d) : "x"(s));          \
            break;                                                             \
        }                                                                      \
        return d;                                                              \
    }

#define CMP_FORM(name, suffix, source)                                         \
    static void name##_V_W_I##suffix(struct x86_cpu *c,                        \
                                     const struct x86_insn *i)                 \
    {                                                                          \
        xmm_t src, res;                                                        \
                                                                               \
        sse_check(c);                                                          \
        src = source;                                                          \
        res = xmm_get(c, i->reg);                                              \
        mxcsr_begin(c);                                                        \
        res = host_##name(res, src, (unsigned)i->imm);                         \
        mxcsr_end(c);                                                          \
        xmm_set(c, i->reg, res);                                               \
        X86_NEXT(c, i);                                                        \
    }

#define CMP_FORMS(name, load)                                                  \
    HOST_CMP(name)                                                             \
    CMP_FORM(name, r, xmm_get(c, i->rm))                                       \
    CMP_FORM(name, m, load(c, i))                                              \
    const struct x86_impl x86_op_##name##_V_W_I =                              \
        X86_IMPL_ANY(name##_V_W_Ir, name##_V_W_Im);

CMP_FORMS(cmpps, xmm_load)
CMP_FORMS(cmppd, xmm_load)
CMP_FORMS(cmpss, load32)
CMP_FORMS(cmpsd, load64)

/* ---- comparisons that set RFLAGS ---- */
#define COMIS_FORM(name, suffix, source)                                       \
    static void name##_V_W##suffix(struct x86_cpu *c,                          \
                                   const struct x86_insn *i)                   \
    {                                                                          \
        xmm_t src, dst;                                                        \
        uint16_t ar;                                                           \
                                                                               \
        sse_check(c);                                                          \
        src = source;                                                          \
        dst = xmm_get(c, i->reg);                                              \
        mxcsr_begin(c);                                                        \
        __asm__ volatile(#name " %2, %1\n\tlahf\n\tseto %%al"                  \
                         : "=a"(ar)                                            \
                         : "x"(dst), "x"(src)                                  \
                         : "cc");                                              \
        mxcsr_end(c);                                                          \
        c->arith = ar;                                                         \
        X86_NEXT(c, i);                                                        \
    }

#define COMIS_FORMS(name, load)                                                \
    COMIS_FORM(name, r, xmm_get(c, i->rm))                                     \
    COMIS_FORM(name, m, load(c, i))                                            \
    const struct x86_impl x86_op_##name##_V_W =                                \
        X86_IMPL_ANY(name##_V_Wr, name##_V_Wm);

COMIS_FORMS(comiss, load32)
COMIS_FORMS(ucomiss, load32)
COMIS_FORMS(comisd, load64)
COMIS_FORMS(ucomisd, load64)
