/* op_stack.c: PUSH, POP, PUSHA, POPA, ENTER, LEAVE. [SDM2] */
#include "common/x86/top.h"

/* ---- PUSH: the operand is read before rSP moves (PUSH rSP: the old one) ----
 */
#define PUSH_HANDLER(name, bits, value)                                        \
    static X86_COLD void name##_slow(struct x86_cpu *c,                        \
                                     const struct x86_insn *i)                 \
    {                                                                          \
        x86_top_push(c, (value), (bits) / 8);                                  \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name(struct x86_cpu *c, const struct x86_insn *i)              \
    {                                                                          \
        uint64_t off = X86_TOP_OFF##bits(c, -((bits) / 8));                    \
        void *p = X86_TOP_WRITE##bits(c, off);                                 \
        uint##bits##_t v = (value);                                            \
                                                                               \
        if (unlikely(p == NULL)) {                                             \
            name##_slow(c, i);                                                 \
            return;                                                            \
        }                                                                      \
        memcpy(p, &v, sizeof(v));                                              \
        X86_TOP_SET##bits(c, off);                                             \
        X86_NEXT(c, i);                                                        \
    }

#define PUSH_MEM_FAST(name, slow, ptr, bits)                                   \
    static void name(struct x86_cpu *c, const struct x86_insn *i)              \
    {                                                                          \
        const void *from = x86_operand_read_##ptr(c, i, (bits) / 8);           \
        uint64_t off = X86_TOP_OFF##bits(c, -((bits) / 8));                    \
        void *p = X86_TOP_WRITE##bits(c, off);                                 \
                                                                               \
        if (unlikely(p == NULL || from == NULL)) {                             \
            slow(c, i);                                                        \
            return;                                                            \
        }                                                                      \
        memmove(p, from, (bits) / 8);                                          \
        X86_TOP_SET##bits(c, off);                                             \
        X86_NEXT(c, i);                                                        \
    }

#define PUSH_MEM_HANDLER(name, bits)                                           \
    static X86_COLD void name##_slow(struct x86_cpu *c,                        \
                                     const struct x86_insn *i)                 \
    {                                                                          \
        x86_top_push(c, x86_operand_load(c, i, (bits) / 8), (bits) / 8);       \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    PUSH_MEM_FAST(name, name##_slow, ptr, bits)                                \
    PUSH_MEM_FAST(name##64, name##_slow, ptr64, bits)

/* ---- POP ---- */
#define POP_HANDLER(name, bits)                                                \
    static X86_COLD void name##_slow(struct x86_cpu *c,                        \
                                     const struct x86_insn *i)                 \
    {                                                                          \
        uint##bits##_t v = (uint##bits##_t)x86_top_load(c, (bits) / 8);        \
                                                                               \
        x86_set_sp(c, x86_sp_off(c, (bits) / 8));                              \
        X86_SET##bits(c, i->rm, v);                                            \
        X86_NEXT(c, i);                                                        \
    }                                                                          \
    static void name(struct x86_cpu *c, const struct x86_insn *i)              \
    {                                                                          \
        const void *p = X86_TOP_READ##bits(c, X86_TOP_OFF##bits(c, 0));        \
        uint##bits##_t v;                                                      \
                                                                               \
        if (unlikely(p == NULL)) {                                             \
            name##_slow(c, i);                                                 \
            return;                                                            \
        }                                                                      \
        memcpy(&v, p, sizeof(v));                                              \
        X86_TOP_SET##bits(c, X86_TOP_OFF##bits(c, (bits) / 8));                \
        X86_SET##bits(c, i->rm, v); /* POP rSP: the value wins */              \
        X86_NEXT(c, i);                                                        \
    }

/* An address by rSP is made with rSP after the pop, which happens only if the
 * store does not fault. */
static void pop_mem(struct x86_cpu *c, const struct x86_insn *i, unsigned n)
{
    uint64_t v = x86_top_load(c, n), sp = c->s.r[R_SP], after, off;

    x86_set_sp(c, x86_sp_off(c, n));
    after = c->s.r[R_SP];
    off = x86_ea(c, i);
    c->s.r[R_SP] = sp;
    x86_write(c, xi_seg(i), off, &v, n);
    c->s.r[R_SP] = after;
}

#define PUSH_POP_SIZE(bits)                                                    \
    PUSH_HANDLER(push_E##bits##r, bits, X86_GET##bits(c, i->rm))               \
    PUSH_HANDLER(push_I##bits##r, bits, X86_IMM##bits(i))                      \
    PUSH_MEM_HANDLER(push_E##bits##m, bits)                                    \
    POP_HANDLER(pop_E##bits##r, bits)                                          \
    X86_REG_HANDLER(pop_E##bits##m, pop_mem(c, i, (bits) / 8))

PUSH_POP_SIZE(16)
PUSH_POP_SIZE(32)
PUSH_POP_SIZE(64)
X86_IMPL_WIDE(push_E)
const struct x86_impl x86_op_push_I = {X86_R_WIDE(push_I)};
const struct x86_impl x86_op_pop_E = {
    X86_R_WIDE(pop_E), .m = {NULL, pop_E16m, pop_E32m, pop_E64m}};

/* ---- PUSHA, POPA: rDI is at the lowest address ---- */

/* A fault leaves rSP, and what was stored before it, as processors do. */
static ALWAYS_INLINE void pusha(struct x86_cpu *c, unsigned n)
{
    for (unsigned k = 0; k < 8; k++)
        x86_write(c, SEG_SS, x86_sp_off(c, -(int64_t)((k + 1) * n)), &c->s.r[k],
                  n);
    x86_set_sp(c, x86_sp_off(c, -8 * (int64_t)n));
}

static ALWAYS_INLINE void popa(struct x86_cpu *c, unsigned n)
{
    uint64_t v[8] = {0};

    for (unsigned k = 0; k < 8; k++)
        x86_read(c, SEG_SS, x86_sp_off(c, (int64_t)((7 - k) * n)), &v[k], n);
    x86_set_sp(c, x86_sp_off(c, 8 * (int64_t)n));
    for (unsigned k = 0; k < 8; k++) {
        if (k != R_SP)
            x86_set_sized(c, k, n / 2, v[k]);
    }
}

X86_REG_HANDLER(pusha16, pusha(c, 2))
X86_REG_HANDLER(pusha32, pusha(c, 4))
X86_REG_HANDLER(popa16, popa(c, 2))
X86_REG_HANDLER(popa32, popa(c, 4))
const struct x86_impl x86_op_pusha = {.r = {NULL, pusha16, pusha32, NULL}};
const struct x86_impl x86_op_popa = {.r = {NULL, popa16, popa32, NULL}};

/* ---- ENTER, LEAVE ---- */

/* rBP of the width of the stack, moved by n. */
static uint64_t frame_off(const struct x86_cpu *c, int64_t n)
{
    return (c->s.r[R_BP] + (uint64_t)n) & c->stack_mask;
}

/* Store the outer frame pointers of a nesting level of at least 1; returns how
 * many bytes were pushed, after the `at` that were before. */
static unsigned enter_display(struct x86_cpu *c, unsigned level, unsigned at,
                              unsigned n, uint64_t frame)
{
    uint64_t v = 0;
    unsigned k;

    for (k = 1; k < level; k++) {
        x86_read(c, SEG_SS, frame_off(c, -(int64_t)(k * n)), &v, n);
        x86_write(c, SEG_SS, x86_sp_off(c, -(int64_t)(at + k * n)), &v, n);
    }
    x86_write(c, SEG_SS, x86_sp_off(c, -(int64_t)(at + k * n)), &frame, n);
    return k * n;
}

/* [SDM2 "ENTER"]: the last stack pointer must be good for a write, alignment
 * included; nothing is written there. rBP changes by the operand size, as
 * processors do it, and not by the width of the stack. */
static void enter(struct x86_cpu *c, const struct x86_insn *i)
{
    unsigned n = 1u << xi_osize(i), level = i->imm64 & 31, bytes = n;
    uint64_t frame = x86_sp_add(c, c->s.r[R_SP], -(int64_t)n), sp, unused;
    struct x86_rmw w;

    x86_write(c, SEG_SS, frame & c->stack_mask, &c->s.r[R_BP], n);
    if (level != 0)
        bytes += enter_display(c, level, n, n, frame);
    sp = x86_sp_off(c, -(int64_t)bytes - (int64_t)(uint16_t)i->imm);
    x86_mem_rmw_slow(c, SEG_SS, sp, &unused, n, &w);
    x86_set_sized(c, R_BP, xi_osize(i), frame);
    x86_set_sp(c, sp);
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_enter = {.r = {NULL, enter, enter, enter}};

static X86_COLD void leave_slow(struct x86_cpu *c, const struct x86_insn *i)
{
    unsigned n = 1u << xi_osize(i);
    uint64_t v = 0;

    x86_read(c, SEG_SS, frame_off(c, 0), &v, n);
    x86_set_sp(c, frame_off(c, n));
    x86_set_sized(c, R_BP, xi_osize(i), v);
    X86_NEXT(c, i);
}

#define LEAVE_HANDLER(bits)                                                    \
    static void leave##bits(struct x86_cpu *c, const struct x86_insn *i)       \
    {                                                                          \
        const void *p = X86_TOP_READ##bits(c, frame_off(c, 0));                \
        uint##bits##_t v;                                                      \
                                                                               \
        if (unlikely(p == NULL)) {                                             \
            leave_slow(c, i);                                                  \
            return;                                                            \
        }                                                                      \
        memcpy(&v, p, sizeof(v));                                              \
        X86_TOP_SET##bits(c, frame_off(c, (bits) / 8));                        \
        X86_SET##bits(c, R_BP, v);                                             \
        X86_NEXT(c, i);                                                        \
    }

LEAVE_HANDLER(32)
LEAVE_HANDLER(64)
const struct x86_impl x86_op_leave = {
    .r = {NULL, leave_slow, leave32, leave64}};
