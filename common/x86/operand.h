/* operand.h: how handlers of general-purpose instructions get at their
 * operands: registers by size, and memory operands in two halves.
 *
 * A handler with a memory operand has a fast half for what the software TLB
 * knows and a cold half for all else. Neither comes back to the other: the fast
 * half then keeps nothing alive across a call and needs no stack frame. */
#ifndef COMMON_X86_OPERAND_H
#define COMMON_X86_OPERAND_H

#include "common/x86/op.h"

#define X86_COLD __attribute__((noinline, cold))

/* ---- registers: X86_GETn(c, number), X86_SETn(c, number, value) ---- */
#define X86_GET8(c, n)     (*x86_r8((c), (n)))
#define X86_GET16(c, n)    x86_get16((c), (n))
#define X86_GET32(c, n)    x86_get32((c), (n))
#define X86_GET64(c, n)    ((c)->s.r[n])
#define X86_SET8(c, n, v)  (*x86_r8((c), (n)) = (v))
#define X86_SET16(c, n, v) x86_set16((c), (n), (uint16_t)(v))
#define X86_SET32(c, n, v) x86_set32((c), (n), (v))
#define X86_SET64(c, n, v) ((c)->s.r[n] = (v))

/* The immediate, at a size */
#define X86_IMM8(i)  ((uint8_t)(i)->imm)
#define X86_IMM16(i) ((uint16_t)(i)->imm)
#define X86_IMM32(i) ((uint32_t)(i)->imm)
#define X86_IMM64(i) ((uint64_t)(int64_t)(i)->imm)

/* Offsets have 16, 32 or 64 bits: by address size 1..3. */
static inline uint64_t x86_amask(const struct x86_insn *i)
{
    static const uint64_t mask[4] = {0xff, 0xffff, 0xffffffff, ~0ull};

    return mask[xi_asize(i)];
}

/* The memory operand, n bytes (operand.c). Both may leave by an exception. */
uint64_t x86_operand_load(struct x86_cpu *c, const struct x86_insn *i,
                          unsigned n);
void x86_operand_store(struct x86_cpu *c, const struct x86_insn *i, uint64_t v,
                       unsigned n);

/* Offset of the operand before it is cut to the address size. */
static ALWAYS_INLINE uint64_t x86_operand_off(const struct x86_cpu *c,
                                              const struct x86_insn *i)
{
    return c->s.r[i->base] + (c->s.r[i->index] << xi_scale(i)) +
           (uint64_t)i->disp;
}

/* ptr: host address of the operand of n bytes, NULL if the slow path must have
 * it. ptr64: the same for struct x86_impl's m64. lin: of any n bytes at a
 * linear address in 64-bit mode. */
#define X86_DEFINE_OPERAND_PTR(access, tag)                                    \
    static ALWAYS_INLINE void *x86_operand_##access##_ptr(                     \
        struct x86_cpu *c, const struct x86_insn *i, unsigned n)               \
    {                                                                          \
        return x86_tlb_##access##_ptr(                                         \
            c, xi_seg(i), x86_operand_off(c, i) & x86_amask(i), n);            \
    }                                                                          \
    static ALWAYS_INLINE void *x86_lin_##access##_ptr(                         \
        struct x86_cpu *c, uint64_t lin, unsigned n)                           \
    {                                                                          \
        const struct x86_tlb_entry *e =                                        \
            &c->tlb[(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];                 \
                                                                               \
        if (likely(((lin + n - 1) & PAGE_MASK) == e->tag))                     \
            return (void *)(e->addend + lin);                                  \
        return NULL;                                                           \
    }                                                                          \
    static ALWAYS_INLINE void *x86_operand_##access##_ptr64(                   \
        struct x86_cpu *c, const struct x86_insn *i, unsigned n)               \
    {                                                                          \
        return x86_lin_##access##_ptr(c, x86_operand_off(c, i), n);            \
    }

X86_DEFINE_OPERAND_PTR(read, rtag)
X86_DEFINE_OPERAND_PTR(write, wtag)

/* A handler without a memory operand: `body` is statements on c and i. */
#define X86_REG_HANDLER(name, body)                                            \
    static void name(struct x86_cpu *c, const struct x86_insn *i)              \
    {                                                                          \
        body;                                                                  \
        X86_NEXT(c, i);                                                        \
    }

/* A handler that reads its memory operand into v, of `bits` bits. */
#define X86_LOAD_FAST(name, slow, ptr, bits, body)                             \
    static void name(struct x86_cpu *c, const struct x86_insn *i)              \
    {                                                                          \
        const void *p = x86_operand_read_##ptr(c, i, (bits) / 8);              \
        uint##bits##_t v;                                                      \
                                                                               \
        if (unlikely(p == NULL)) {                                             \
            slow(c, i);                                                        \
            return;                                                            \
        }                                                                      \
        memcpy(&v, p, sizeof(v));                                              \
        body;                                                                  \
        X86_NEXT(c, i);                                                        \
    }
#define X86_LOAD_HANDLER(name, bits, body)                                     \
    static X86_COLD void name##_slow(struct x86_cpu *c,                        \
                                     const struct x86_insn *i)                 \
    {                                                                          \
        uint##bits##_t v = (uint##bits##_t)x86_operand_load(c, i, (bits) / 8); \
                                                                               \
        body;                                                                  \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    X86_LOAD_FAST(name, name##_slow, ptr, bits, body)                          \
    X86_LOAD_FAST(name##64, name##_slow, ptr64, bits, body)

/* A handler that writes `value`, an expression on c and i that changes
 * nothing. */
#define X86_STORE_FAST(name, slow, ptr, bits, value)                           \
    static void name(struct x86_cpu *c, const struct x86_insn *i)              \
    {                                                                          \
        void *p = x86_operand_write_##ptr(c, i, (bits) / 8);                   \
        uint##bits##_t v = (value);                                            \
                                                                               \
        if (unlikely(p == NULL)) {                                             \
            slow(c, i);                                                        \
            return;                                                            \
        }                                                                      \
        memcpy(p, &v, sizeof(v));                                              \
        X86_NEXT(c, i);                                                        \
    }
#define X86_STORE_HANDLER(name, bits, value)                                   \
    static X86_COLD void name##_slow(struct x86_cpu *c,                        \
                                     const struct x86_insn *i)                 \
    {                                                                          \
        x86_operand_store(c, i, (value), (bits) / 8);                          \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    X86_STORE_FAST(name, name##_slow, ptr, bits, value)                        \
    X86_STORE_FAST(name##64, name##_slow, ptr64, bits, value)

/* A handler that reads its memory operand into v, lets `body` change v (and
 * registers and flags: nothing faults any more), and writes it back. There is
 * one vcpu, and devices run between instructions: LOCK has nothing to add. */
#define X86_RMW_FAST(name, slow, ptr, bits, body)                              \
    static void name(struct x86_cpu *c, const struct x86_insn *i)              \
    {                                                                          \
        void *p = x86_operand_write_##ptr(c, i, (bits) / 8);                   \
        uint##bits##_t v;                                                      \
                                                                               \
        if (unlikely(p == NULL)) {                                             \
            slow(c, i);                                                        \
            return;                                                            \
        }                                                                      \
        memcpy(&v, p, sizeof(v));                                              \
        body;                                                                  \
        memcpy(p, &v, sizeof(v));                                              \
        X86_NEXT(c, i);                                                        \
    }
#define X86_RMW_HANDLER(name, bits, body)                                      \
    static X86_COLD void name##_change(struct x86_cpu *c,                      \
                                       const struct x86_insn *i)               \
    {                                                                          \
        struct x86_rmw w;                                                      \
        uint##bits##_t v;                                                      \
                                                                               \
        x86_mem_rmw_slow(c, xi_seg(i), x86_ea(c, i), &v, sizeof(v), &w);       \
        body;                                                                  \
        x86_mem_rmw_end_slow(c, &w, &v);                                       \
    }                                                                          \
    static X86_COLD void name##_slow(struct x86_cpu *c,                        \
                                     const struct x86_insn *i)                 \
    {                                                                          \
        name##_change(c, i);                                                   \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    X86_RMW_FAST(name, name##_slow, ptr, bits, body)                           \
    X86_RMW_FAST(name##64, name##_slow, ptr64, bits, body)

/* ---- impls from handlers that are named by size and form: f8r .. f64m ---- */
#define X86_R(f)      .r = {f##8r, f##16r, f##32r, f##64r}
#define X86_R_WIDE(f) .r = {NULL, f##16r, f##32r, f##64r}
#define X86_M(f)                                                               \
    .m = {f##8m, f##16m, f##32m, f##64m},                                      \
    .m64 = {f##8m64, f##16m64, f##32m64, f##64m64}
#define X86_M_WIDE(f)                                                          \
    .m = {NULL, f##16m, f##32m, f##64m},                                       \
    .m64 = {NULL, f##16m64, f##32m64, f##64m64}

#define X86_IMPL(name)                                                         \
    const struct x86_impl x86_op_##name = {X86_R(name), X86_M(name)};
#define X86_IMPL_WIDE(name)                                                    \
    const struct x86_impl x86_op_##name = {X86_R_WIDE(name), X86_M_WIDE(name)};

#endif
