/* op.h: what handlers of instructions are made of.
 *
 * A handler is `static void name(struct x86_cpu *c, const struct x86_insn *i)`.
 * It ends in exactly one of
 *   X86_NEXT(c, i)       completed; on to the next instruction of the block
 *   X86_JUMP(c, i, ip)   completed; RIP is now ip (masked by the caller's size)
 *   X86_DONE(c, i)       completed; RIP is set already; end the block
 *   X86_END(c, i)        completed; RIP is the next instruction; end the block
 *   a NORETURN function  (x86_raise...): did not complete
 * Completing advances c->insn: that is what counts the instruction as retired.
 * gcc turns X86_NEXT into a tail call, so that each handler has a dispatch of
 * its own; where it does not (-O0), the stack grows by one frame for each
 * instruction of one block, which is bounded.
 *
 * Families define `const struct x86_impl x86_op_NAME` for each line of
 * opcodes.def. */
#ifndef COMMON_X86_OP_H
#define COMMON_X86_OP_H

#include "common/x86/flags.h"
#include "common/x86/insn.h"
#include "common/x86/mem.h"

#define X86_NEXT(c, i)                                                         \
    do {                                                                       \
        (c)->insn = (i) + 1;                                                   \
        (i)[1].fn((c), (i) + 1);                                               \
        return;                                                                \
    } while (0)

#define X86_JUMP(c, i, ip)                                                     \
    do {                                                                       \
        (c)->s.r[R_IP] = (ip);                                                 \
        (c)->insn = (i) + 1;                                                   \
        return;                                                                \
    } while (0)

#define X86_END(c, i) X86_JUMP(c, i, x86_next_ip(c, i))

/* Completed by a function that has set R_IP itself (seg.h). */
#define X86_DONE(c, i)                                                         \
    do {                                                                       \
        (c)->insn = (i) + 1;                                                   \
        return;                                                                \
    } while (0)

/* RIP of this and of the next instruction (only before X86_JUMP). */
static inline uint64_t x86_this_ip(const struct x86_cpu *c,
                                   const struct x86_insn *i)
{
    return (c->s.r[R_IP] + i->off) & c->ip_mask;
}

static inline uint64_t x86_next_ip(const struct x86_cpu *c,
                                   const struct x86_insn *i)
{
    return (c->s.r[R_IP] + i->off + i->len) & c->ip_mask;
}

/* Offset part of the memory operand, wrapped to the address size. */
static ALWAYS_INLINE uint64_t x86_ea(const struct x86_cpu *c,
                                     const struct x86_insn *i)
{
    static const uint64_t mask[4] = {0xff, 0xffff, 0xffffffff, ~0ull};

    return (c->s.r[i->base] + (c->s.r[i->index] << xi_scale(i)) +
            (uint64_t)i->disp) &
           mask[xi_asize(i)];
}

/* ---- general registers. n is what insn.h says: byte offset for 8 bits ---- */
static inline uint8_t *x86_r8(struct x86_cpu *c, unsigned n)
{
    return (uint8_t *)c->s.r + n;
}

static inline uint16_t x86_get16(const struct x86_cpu *c, unsigned n)
{
    return (uint16_t)c->s.r[n];
}

static inline uint32_t x86_get32(const struct x86_cpu *c, unsigned n)
{
    return (uint32_t)c->s.r[n];
}

static inline void x86_set16(struct x86_cpu *c, unsigned n, uint16_t v)
{
    memcpy(&c->s.r[n], &v, sizeof(v)); /* upper bits stay */
}

static inline void x86_set32(struct x86_cpu *c, unsigned n, uint32_t v)
{
    c->s.r[n] = v; /* upper half is cleared */
}

/* Set by operand size 1..3 (16, 32, 64 bits). */
static inline void x86_set_sized(struct x86_cpu *c, unsigned n, unsigned size,
                                 uint64_t v)
{
    if (size == 1)
        x86_set16(c, n, (uint16_t)v);
    else if (size == 2)
        x86_set32(c, n, (uint32_t)v);
    else
        c->s.r[n] = v;
}

/* ---- the stack. Check-then-commit: push stores before RSP moves ---- */
static inline uint64_t x86_sp_add(const struct x86_cpu *c, uint64_t sp,
                                  int64_t n)
{
    return (sp & ~c->stack_mask) | ((sp + (uint64_t)n) & c->stack_mask);
}

/* Offset in SS of the stack pointer plus n. */
static inline uint64_t x86_sp_off(const struct x86_cpu *c, int64_t n)
{
    return (c->s.r[R_SP] + (uint64_t)n) & c->stack_mask;
}

static inline void x86_set_sp(struct x86_cpu *c, uint64_t off)
{
    /* 32-bit stacks clear the upper half outside 64-bit mode, as any 32-bit
     * register write does; 16-bit stacks keep bits 63:16. */
    if (c->stack_size == 1)
        x86_set16(c, R_SP, (uint16_t)off);
    else
        c->s.r[R_SP] = off;
}

#define X86_DEFINE_STACK(bits)                                                 \
    static inline void x86_push##bits(struct x86_cpu *c, uint##bits##_t v)     \
    {                                                                          \
        uint64_t off = x86_sp_off(c, -(bits / 8));                             \
                                                                               \
        x86_st##bits(c, SEG_SS, off, v);                                       \
        x86_set_sp(c, off);                                                    \
    }                                                                          \
    /* Read the top without moving RSP: commit with x86_set_sp(). */           \
    static inline uint##bits##_t x86_peek##bits(struct x86_cpu *c, int64_t n)  \
    {                                                                          \
        return x86_ld##bits(c, SEG_SS, x86_sp_off(c, n));                      \
    }                                                                          \
    static inline uint##bits##_t x86_pop##bits(struct x86_cpu *c)              \
    {                                                                          \
        uint##bits##_t v = x86_peek##bits(c, 0);                               \
                                                                               \
        x86_set_sp(c, x86_sp_off(c, bits / 8));                                \
        return v;                                                              \
    }

X86_DEFINE_STACK(16)
X86_DEFINE_STACK(32)
X86_DEFINE_STACK(64)

/* An impl whose handler does not depend on the operand size. */
/* clang-format off */
#define X86_IMPL_ANY(fn_r, fn_m)                                               \
    {                                                                          \
        .r = {fn_r, fn_r, fn_r, fn_r}, .m = {fn_m, fn_m, fn_m, fn_m}           \
    }
/* clang-format on */

#endif
