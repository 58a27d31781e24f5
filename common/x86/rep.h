/* rep.h: repeat prefixes of string instructions.
 *
 * A repeated instruction counts once, when it ends. After every iteration (or
 * run of iterations) registers are as if the instruction began there, so that a
 * fault restarts it. It stops between two iterations without having ended
 *   - after X86_REP_MAX of them, so that no count keeps the run loop from
 *     looking at kicks for long;
 *   - after one with RFLAGS.TF, and after one that met a data breakpoint:
 *     those traps come between iterations [SDM3 "Single-Step Exception
 *     Condition", "Data Memory and I/O Breakpoint Exception Conditions"].
 * At the boundary that this makes the run loop takes debug traps, kicks and
 * what the machine wants, but no interrupts (X86_SHADOW_REP). */
#ifndef COMMON_X86_REP_H
#define COMMON_X86_REP_H

#include "common/x86/operand.h"

#define X86_REP_MAX (1u << 16)

static inline bool x86_rep(const struct x86_insn *i)
{
    return (i->flags & (XI_REP | XI_REPNE)) != 0;
}

/* Iterations left, by address size. */
static inline uint64_t x86_rep_count(const struct x86_cpu *c,
                                     const struct x86_insn *i)
{
    return c->s.r[R_CX] & x86_amask(i);
}

/* How many iterations may be made before the instruction stops. */
static inline uint64_t x86_rep_budget(const struct x86_cpu *c)
{
    return (c->s.rflags & FL_TF) || c->x.step ? 1 : X86_REP_MAX;
}

/* Stop here, not ended: the handler returns right after. */
static inline void x86_rep_yield(struct x86_cpu *c, const struct x86_insn *i)
{
    c->s.shadow |= X86_SHADOW_REP;
    x86_attention(c);
    c->s.r[R_IP] = x86_this_ip(c, i);
}

/* n iterations were made; true if the instruction must stop though some are
 * left. */
static inline bool x86_rep_done(struct x86_cpu *c, const struct x86_insn *i,
                                uint64_t n, uint64_t *budget)
{
    x86_set_sized(c, R_CX, xi_asize(i), c->s.r[R_CX] - n);
    *budget -= n;
    return x86_rep_count(c, i) != 0 &&
           unlikely(*budget == 0 || c->s.db_pending != 0);
}

/* rSI or rDI moves by n elements of 1 << size bytes, as DF says. */
static inline void x86_string_move(struct x86_cpu *c, const struct x86_insn *i,
                                   unsigned reg, unsigned size, uint64_t n)
{
    uint64_t by = n << size;

    if (c->s.rflags & FL_DF)
        by = 0 - by;
    x86_set_sized(c, reg, xi_asize(i), c->s.r[reg] + by);
}

/* A run of elements in host memory, for bulk work: the elements at seg:reg that
 * lie in one page of memory and can be reached without further checks, at most
 * n. 0 if there is none: the next element must go alone (page edge, limit,
 * wrap, MMIO, code, DF). May raise the fault of the first element. */
struct x86_run {
    uint8_t *host;
    uint64_t n;
};

struct x86_run x86_string_run(struct x86_cpu *c, const struct x86_insn *i,
                              unsigned seg, unsigned reg, unsigned size,
                              uint64_t n, unsigned access);

#endif
