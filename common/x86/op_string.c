/* op_string.c: MOVS, STOS, LODS, SCAS, CMPS, with and without repeat prefixes.
 * [SDM2], [SDM2 "REP/REPE/REPZ/REPNE/REPNZ"]. The destination is always ES. */
#include "common/x86/alu_asm.h"
#include "common/x86/rep.h"

#define SIZE_OF_8  0
#define SIZE_OF_16 1
#define SIZE_OF_32 2
#define SIZE_OF_64 3

static uint64_t src_off(const struct x86_cpu *c, const struct x86_insn *i)
{
    return c->s.r[R_SI] & x86_amask(i);
}

static uint64_t dst_off(const struct x86_cpu *c, const struct x86_insn *i)
{
    return c->s.r[R_DI] & x86_amask(i);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static struct x86_run src_run(struct x86_cpu *c, const struct x86_insn *i,
                              unsigned size, uint64_t n)
{
    return x86_string_run(c, i, xi_seg(i), R_SI, size, n, X86_READ);
}

static struct x86_run dst_run(struct x86_cpu *c, const struct x86_insn *i,
                              unsigned size, uint64_t n, unsigned access)
{
    return x86_string_run(c, i, SEG_ES, R_DI, size, n, access);
}

/* An instruction without a prefix: one iteration. With: `many` makes at least
 * one and at most n, moves rSI and rDI, and returns how many; no comparison
 * ends these. */
#define STRING_HANDLER(name, one, many)                                        \
    static NOINLINE void name##_rep(struct x86_cpu *c,                         \
                                    const struct x86_insn *i)                  \
    {                                                                          \
        uint64_t budget = x86_rep_budget(c);                                   \
                                                                               \
        while (x86_rep_count(c, i) != 0) {                                     \
            uint64_t n = many(c, i, least(x86_rep_count(c, i), budget));       \
                                                                               \
            if (x86_rep_done(c, i, n, &budget)) {                              \
                x86_rep_yield(c, i);                                           \
                return;                                                        \
            }                                                                  \
        }                                                                      \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name(struct x86_cpu *c, const struct x86_insn *i)              \
    {                                                                          \
        if (x86_rep(i)) {                                                      \
            name##_rep(c, i);                                                  \
            return;                                                            \
        }                                                                      \
        one(c, i);                                                             \
        X86_NEXT(c, i);                                                        \
    }

/* ---- MOVS ---- */

/* Element by element where the destination begins inside the source: what was
 * just written is then read again. */
static ALWAYS_INLINE void copy_run(uint8_t *dst, const uint8_t *src,
                                   unsigned size, uint64_t n)
{
    uint64_t bytes = n << size, v = 0;

    if ((uintptr_t)dst - (uintptr_t)src >= bytes) {
        memmove(dst, src, bytes);
        return;
    }
    for (uint64_t at = 0; at < bytes; at += 1u << size) {
        memcpy(&v, src + at, 1u << size);
        memcpy(dst + at, &v, 1u << size);
    }
}

static ALWAYS_INLINE uint64_t movs_run(struct x86_cpu *c,
                                       const struct x86_insn *i, unsigned size,
                                       uint64_t n)
{
    struct x86_run src = src_run(c, i, size, n), dst;

    if (src.n == 0)
        return 0;
    dst = dst_run(c, i, size, src.n, X86_WRITE);
    if (dst.n == 0)
        return 0;
    copy_run(dst.host, src.host, size, dst.n);
    x86_string_move(c, i, R_SI, size, dst.n);
    x86_string_move(c, i, R_DI, size, dst.n);
    return dst.n;
}

#define MOVS(bits)                                                             \
    static ALWAYS_INLINE void movs_one##bits(struct x86_cpu *c,                \
                                             const struct x86_insn *i)         \
    {                                                                          \
        x86_st##bits(c, SEG_ES, dst_off(c, i),                                 \
                     x86_ld##bits(c, xi_seg(i), src_off(c, i)));               \
        x86_string_move(c, i, R_SI, SIZE_OF_##bits, 1);                        \
        x86_string_move(c, i, R_DI, SIZE_OF_##bits, 1);                        \
    }                                                                          \
    static ALWAYS_INLINE uint64_t movs_many##bits(                             \
        struct x86_cpu *c, const struct x86_insn *i, uint64_t n)               \
    {                                                                          \
        uint64_t done = movs_run(c, i, SIZE_OF_##bits, n);                     \
                                                                               \
        if (done != 0)                                                         \
            return done;                                                       \
        movs_one##bits(c, i);                                                  \
        return 1;                                                              \
    }                                                                          \
    STRING_HANDLER(movs##bits, movs_one##bits, movs_many##bits)

MOVS(8)
MOVS(16)
MOVS(32)
MOVS(64)

/* ---- STOS ---- */
#define STOS(bits)                                                             \
    static ALWAYS_INLINE void stos_one##bits(struct x86_cpu *c,                \
                                             const struct x86_insn *i)         \
    {                                                                          \
        x86_st##bits(c, SEG_ES, dst_off(c, i), (uint##bits##_t)c->s.r[R_AX]);  \
        x86_string_move(c, i, R_DI, SIZE_OF_##bits, 1);                        \
    }                                                                          \
    static ALWAYS_INLINE uint64_t stos_many##bits(                             \
        struct x86_cpu *c, const struct x86_insn *i, uint64_t n)               \
    {                                                                          \
        struct x86_run dst = dst_run(c, i, SIZE_OF_##bits, n, X86_WRITE);      \
        uint##bits##_t v = (uint##bits##_t)c->s.r[R_AX];                       \
                                                                               \
        if (dst.n == 0) {                                                      \
            stos_one##bits(c, i);                                              \
            return 1;                                                          \
        }                                                                      \
        for (uint64_t k = 0; k < dst.n; k++)                                   \
            memcpy(dst.host + k * sizeof(v), &v, sizeof(v));                   \
        x86_string_move(c, i, R_DI, SIZE_OF_##bits, dst.n);                    \
        return dst.n;                                                          \
    }                                                                          \
    STRING_HANDLER(stos##bits, stos_one##bits, stos_many##bits)

STOS(8)
STOS(16)
STOS(32)
STOS(64)

/* ---- LODS: of a run only the last element is seen ---- */
#define LODS(bits)                                                             \
    static ALWAYS_INLINE void lods_one##bits(struct x86_cpu *c,                \
                                             const struct x86_insn *i)         \
    {                                                                          \
        X86_SET##bits(c, R_AX, x86_ld##bits(c, xi_seg(i), src_off(c, i)));     \
        x86_string_move(c, i, R_SI, SIZE_OF_##bits, 1);                        \
    }                                                                          \
    static ALWAYS_INLINE uint64_t lods_many##bits(                             \
        struct x86_cpu *c, const struct x86_insn *i, uint64_t n)               \
    {                                                                          \
        struct x86_run src = src_run(c, i, SIZE_OF_##bits, n);                 \
        uint##bits##_t v;                                                      \
                                                                               \
        if (src.n == 0) {                                                      \
            lods_one##bits(c, i);                                              \
            return 1;                                                          \
        }                                                                      \
        memcpy(&v, src.host + (src.n - 1) * sizeof(v), sizeof(v));             \
        X86_SET##bits(c, R_AX, v);                                             \
        x86_string_move(c, i, R_SI, SIZE_OF_##bits, src.n);                    \
        return src.n;                                                          \
    }                                                                          \
    STRING_HANDLER(lods##bits, lods_one##bits, lods_many##bits)

LODS(8)
LODS(16)
LODS(32)
LODS(64)

/* ---- SCAS, CMPS ---- */

/* The last comparison made; flags are set once, at the end: a fault leaves them
 * as they were before the instruction [SDM2 "REP/REPE/REPZ/REPNE/REPNZ"]. */
struct compared {
    uint64_t n; /* iterations made, at least one */
    uint64_t a, b;
};

#define COMPARE_HANDLER(name, bits, many)                                      \
    static NOINLINE void name##bits##_rep(struct x86_cpu *c,                   \
                                          const struct x86_insn *i)            \
    {                                                                          \
        bool while_equal = (i->flags & XI_REP) != 0, stop = false;             \
        uint64_t budget = x86_rep_budget(c);                                   \
        struct compared r = {0};                                               \
                                                                               \
        if (x86_rep_count(c, i) == 0)                                          \
            X86_NEXT(c, i);                                                    \
        do {                                                                   \
            r = many(c, i, least(x86_rep_count(c, i), budget), while_equal);   \
            stop = x86_rep_done(c, i, r.n, &budget);                           \
        } while (!stop && x86_rep_count(c, i) != 0 &&                          \
                 (r.a == r.b) == while_equal);                                 \
        host_cmp##bits(&c->arith, (uint##bits##_t)r.a, (uint##bits##_t)r.b);   \
        if (stop && (r.a == r.b) == while_equal) {                             \
            x86_rep_yield(c, i);                                               \
            return;                                                            \
        }                                                                      \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name##bits(struct x86_cpu *c, const struct x86_insn *i)        \
    {                                                                          \
        struct compared r;                                                     \
                                                                               \
        if (x86_rep(i)) {                                                      \
            name##bits##_rep(c, i);                                            \
            return;                                                            \
        }                                                                      \
        r = name##_one##bits(c, i);                                            \
        host_cmp##bits(&c->arith, (uint##bits##_t)r.a, (uint##bits##_t)r.b);   \
        X86_NEXT(c, i);                                                        \
    }

#define SCAS(bits)                                                             \
    static ALWAYS_INLINE struct compared scas_one##bits(                       \
        struct x86_cpu *c, const struct x86_insn *i)                           \
    {                                                                          \
        struct compared r = {.n = 1, .a = (uint##bits##_t)c->s.r[R_AX]};       \
                                                                               \
        r.b = x86_ld##bits(c, SEG_ES, dst_off(c, i));                          \
        x86_string_move(c, i, R_DI, SIZE_OF_##bits, 1);                        \
        return r;                                                              \
    }                                                                          \
    static ALWAYS_INLINE struct compared scas_many##bits(                      \
        struct x86_cpu *c, const struct x86_insn *i, uint64_t n,               \
        bool while_equal)                                                      \
    {                                                                          \
        struct x86_run dst = dst_run(c, i, SIZE_OF_##bits, n, X86_READ);       \
        uint##bits##_t a = (uint##bits##_t)c->s.r[R_AX], b = 0;                \
        uint64_t k = 0;                                                        \
                                                                               \
        if (dst.n == 0)                                                        \
            return scas_one##bits(c, i);                                       \
        do {                                                                   \
            memcpy(&b, dst.host + k++ * sizeof(b), sizeof(b));                 \
        } while (k < dst.n && (a == b) == while_equal);                        \
        x86_string_move(c, i, R_DI, SIZE_OF_##bits, k);                        \
        return (struct compared){k, a, b};                                     \
    }                                                                          \
    COMPARE_HANDLER(scas, bits, scas_many##bits)

SCAS(8)
SCAS(16)
SCAS(32)
SCAS(64)

/* ES:rDI is accessed first, as processors do. */
#define CMPS(bits)                                                             \
    static ALWAYS_INLINE struct compared cmps_one##bits(                       \
        struct x86_cpu *c, const struct x86_insn *i)                           \
    {                                                                          \
        struct compared r = {.n = 1};                                          \
                                                                               \
        r.b = x86_ld##bits(c, SEG_ES, dst_off(c, i));                          \
        r.a = x86_ld##bits(c, xi_seg(i), src_off(c, i));                       \
        x86_string_move(c, i, R_SI, SIZE_OF_##bits, 1);                        \
        x86_string_move(c, i, R_DI, SIZE_OF_##bits, 1);                        \
        return r;                                                              \
    }                                                                          \
    static ALWAYS_INLINE struct compared cmps_many##bits(                      \
        struct x86_cpu *c, const struct x86_insn *i, uint64_t n,               \
        bool while_equal)                                                      \
    {                                                                          \
        struct x86_run dst = dst_run(c, i, SIZE_OF_##bits, n, X86_READ);       \
        struct x86_run src = {0};                                              \
        uint##bits##_t a = 0, b = 0;                                           \
        uint64_t k = 0;                                                        \
                                                                               \
        if (dst.n != 0)                                                        \
            src = src_run(c, i, SIZE_OF_##bits, dst.n);                        \
        if (src.n == 0)                                                        \
            return cmps_one##bits(c, i);                                       \
        do {                                                                   \
            memcpy(&a, src.host + k * sizeof(a), sizeof(a));                   \
            memcpy(&b, dst.host + k++ * sizeof(b), sizeof(b));                 \
        } while (k < src.n && (a == b) == while_equal);                        \
        x86_string_move(c, i, R_SI, SIZE_OF_##bits, k);                        \
        x86_string_move(c, i, R_DI, SIZE_OF_##bits, k);                        \
        return (struct compared){k, a, b};                                     \
    }                                                                          \
    COMPARE_HANDLER(cmps, bits, cmps_many##bits)

CMPS(8)
CMPS(16)
CMPS(32)
CMPS(64)

#define STRING_IMPL(f)                                                         \
    {                                                                          \
        .r = { f##8, f##16, f##32, f##64 }                                     \
    }

const struct x86_impl x86_op_movs = STRING_IMPL(movs);
const struct x86_impl x86_op_stos = STRING_IMPL(stos);
const struct x86_impl x86_op_lods = STRING_IMPL(lods);
const struct x86_impl x86_op_scas = STRING_IMPL(scas);
const struct x86_impl x86_op_cmps = STRING_IMPL(cmps);
