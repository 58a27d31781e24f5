/* sse.h: what MMX and SSE handlers share: availability checks, registers,
 * aligned operands, floating-point exceptions.
 * [SDM3 "System Programming for Instruction Set Extensions and Processor
 * Extended States"], [SDM1 "Programming with SSE"]. */
#ifndef COMMON_X86_SSE_H
#define COMMON_X86_SSE_H

#include "common/x86/op.h"

typedef uint8_t xmm_t __attribute__((vector_size(16)));
typedef uint64_t mmx_t;

/* #UD without CR4.OSFXSR or with CR0.EM, #NM with CR0.TS. */
static ALWAYS_INLINE void sse_check(struct x86_cpu *c)
{
    if (unlikely((c->s.cr0 & (CR0_EM | CR0_TS)) != 0 ||
                 !(c->s.cr4 & CR4_OSFXSR)))
        x86_raise(c, !(c->s.cr0 & CR0_EM) && (c->s.cr4 & CR4_OSFXSR) ? VEC_NM
                                                                     : VEC_UD);
}

/* For MMX: #UD with CR0.EM, #NM with CR0.TS, #MF with an x87 exception
 * pending. */
static ALWAYS_INLINE void mmx_check(struct x86_cpu *c)
{
    if (unlikely((c->s.cr0 & (CR0_EM | CR0_TS)) != 0))
        x86_raise(c, (c->s.cr0 & CR0_EM) ? VEC_UD : VEC_NM);
    if (unlikely((c->s.xs.fsw & 0x80) != 0))
        x86_raise(c, VEC_MF);
}

/* An MMX instruction takes over the x87 registers: TOP becomes 0, all are
 * valid. [SDM1 "The MMX State and MMX Register Aliasing"] */
void mmx_take(struct x86_cpu *c);

static inline mmx_t mmx_get(const struct x86_cpu *c, unsigned n)
{
    return get_le64(c->s.xs.st[n & 7]);
}

static inline void mmx_set(struct x86_cpu *c, unsigned n, mmx_t v)
{
    put_le64(c->s.xs.st[n & 7], v);
    put_le16(c->s.xs.st[n & 7] + 8, 0xffff);
}

static inline xmm_t xmm_get(const struct x86_cpu *c, unsigned n)
{
    xmm_t v;

    memcpy(&v, c->s.xs.xmm[n], sizeof(v));
    return v;
}

static inline void xmm_set(struct x86_cpu *c, unsigned n, xmm_t v)
{
    memcpy(c->s.xs.xmm[n], &v, sizeof(v));
}

/* #GP(0) unless the memory operand's linear address is 16-byte aligned. */
static inline void sse_check_aligned(struct x86_cpu *c, unsigned seg,
                                     uint64_t off)
{
    if (unlikely(((c->sc[seg].base + off) & 15) != 0))
        x86_gp0(c);
}

/* The W operand in memory. */
static inline xmm_t xmm_load(struct x86_cpu *c, const struct x86_insn *i)
{
    uint64_t off = x86_ea(c, i);
    xmm_t v;

    sse_check_aligned(c, xi_seg(i), off);
    x86_read(c, xi_seg(i), off, &v, sizeof(v));
    return v;
}

static inline xmm_t xmm_load_unaligned(struct x86_cpu *c,
                                       const struct x86_insn *i)
{
    xmm_t v;

    x86_read(c, xi_seg(i), x86_ea(c, i), &v, sizeof(v));
    return v;
}

/* Where MASKMOVQ and MASKMOVDQU store: offset rDI, by the address size. */
static inline uint64_t sse_mask_target(const struct x86_cpu *c,
                                       const struct x86_insn *i)
{
    return c->s.r[R_DI] & mask_low(8u << xi_asize(i));
}

/* ---- MXCSR ---- */
#define MXCSR_FLAGS 0x3fu
#define MXCSR_PRE   0x07u /* IE DE ZE: found before the computation */
#define MXCSR_MASKS 0x1f80u
#define MXCSR_UM    0x0800u
#define MXCSR_FZ    0x8000u

/* Set the host's MXCSR for running a guest instruction: the guest's rounding,
 * FZ and DAZ with all exceptions masked and no flag set. An unmasked underflow
 * is raised for every tiny result, a masked one reported for inexact ones only:
 * with FZ set the host reports all of them, and where there is none FZ changes
 * nothing. */
static inline void mxcsr_begin(const struct x86_cpu *c)
{
    uint32_t run = (c->s.xs.mxcsr & ~MXCSR_FLAGS) | MXCSR_MASKS;

    if (unlikely(!(c->s.xs.mxcsr & MXCSR_UM)))
        run |= MXCSR_FZ;
    __builtin_ia32_ldmxcsr(run);
}

/* The unmasked exceptions in `flags` are raised: #XM, or #UD without
 * CR4.OSXMMEXCPT. */
void mxcsr_raise(struct x86_cpu *c, uint32_t flags) NORETURN;

/* Collect the flags that the instruction set; to be called before the result is
 * written. */
static inline void mxcsr_end(struct x86_cpu *c)
{
    uint32_t flags = __builtin_ia32_stmxcsr() & MXCSR_FLAGS;

    __builtin_ia32_ldmxcsr(0x1f80);
    if (unlikely((flags & ~(c->s.xs.mxcsr >> 7)) != 0))
        mxcsr_raise(c, flags);
    c->s.xs.mxcsr |= flags;
}

#endif
