/* stack.h: pushes that must not be visible before everything is checked: on
 * the stack of an inner privilege level, or on the current one.
 * [SDM3 "Stack Switching"], [SDM3 "Stack Switching in IA-32e Mode"]. */
#ifndef COMMON_X86_STACK_H
#define COMMON_X86_STACK_H

#include "common/x86/protect.h"

struct x86_stack {
    struct x86_seg ss; /* not yet in SS, unless `current` */
    uint64_t sp;       /* offset so far, for x86_set_sp() */
    uint64_t mask;     /* of the bits of sp that move */
    uint32_t error;    /* error code of #SS */
    bool wide;         /* 64-bit mode: no limits, but canonical */
    bool current;      /* SS as it is, with the privilege of CPL */
};

/* Push on the current stack; faults are #SS(ext). */
void x86_stack_current(struct x86_cpu *c, uint32_t ext, struct x86_stack *st);

/* The stack for privilege cpl in the current 16- or 32-bit TSS, outside IA-32e
 * mode. Raises #TS, #SS. The accessed bit of ss is set in its table. */
void x86_stack_tss(struct x86_cpu *c, unsigned cpl, uint32_t ext,
                   struct x86_stack *st);

/* In IA-32e mode: interrupt stack ist 1..7, or that of privilege cpl if ist is
 * 0. ss is the null selector with RPL cpl. Raises #TS. */
void x86_stack_tss64(struct x86_cpu *c, unsigned cpl, unsigned ist,
                     uint32_t ext, struct x86_stack *st);

/* Raises #SS(st->error) unless `count` pushes of that size fit: what comes
 * before the check of the new IP, which comes before the pushes. */
void x86_stack_room(struct x86_cpu *c, const struct x86_stack *st,
                    unsigned size, unsigned count);

/* Push 16, 32 or 64 bits (size 1..3). Raises #SS(st->error), #PF. */
void x86_stack_push(struct x86_cpu *c, struct x86_stack *st, unsigned size,
                    uint64_t v);

/* v[0], then v[1] and so on, up to 8; as pushes one after the other. */
void x86_stack_push_all(struct x86_cpu *c, struct x86_stack *st, unsigned size,
                        const uint64_t *v, unsigned count);

/* 16, 32 or 64 bits at SS:rSP + n of the current stack, zero-extended. */
static inline uint64_t x86_stack_peek(struct x86_cpu *c, unsigned size,
                                      int64_t n)
{
    if (size == 3)
        return x86_ld64(c, SEG_SS,
                        (c->s.r[R_SP] + (uint64_t)n) & c->stack_mask);
    if (size == 2)
        return x86_ld32(c, SEG_SS,
                        (c->s.r[R_SP] + (uint64_t)n) & c->stack_mask);
    return x86_ld16(c, SEG_SS, (c->s.r[R_SP] + (uint64_t)n) & c->stack_mask);
}

/* Where `count` values of 64 bits, up to 8, from the top of the current stack
 * can be read in place; NULL: they must be peeked at one by one. */
static inline const uint64_t *x86_stack_top64(struct x86_cpu *c, unsigned count)
{
    return x86_tlb_read_ptr(c, SEG_SS, c->s.r[R_SP] & c->stack_mask, 8 * count);
}

#endif
