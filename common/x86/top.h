/* top.h: the top of the stack for pushes and pops that have a fast half and a
 * cold half (operand.h). Operand size 64 exists in 64-bit mode only, where the
 * stack has 64-bit addresses and no base. */
#ifndef COMMON_X86_TOP_H
#define COMMON_X86_TOP_H

#include "common/x86/operand.h"

/* Push or look at the top, n bytes, off the fast path (operand.c). */
void x86_top_push(struct x86_cpu *c, uint64_t v, unsigned n);
uint64_t x86_top_load(struct x86_cpu *c, unsigned n);

/* Offset in SS of rSP + n */
#define X86_TOP_OFF16(c, n) x86_sp_off((c), (n))
#define X86_TOP_OFF32(c, n) x86_sp_off((c), (n))
#define X86_TOP_OFF64(c, n) ((c)->s.r[R_SP] + (uint64_t)(int64_t)(n))

/* rSP = off */
#define X86_TOP_SET16(c, off) x86_set_sp((c), (off))
#define X86_TOP_SET32(c, off) x86_set_sp((c), (off))
#define X86_TOP_SET64(c, off) ((c)->s.r[R_SP] = (off))

/* Host addresses of the bytes at SS:off, or NULL */
#define X86_TOP_READ16(c, off)  x86_tlb_read_ptr((c), SEG_SS, (off), 2)
#define X86_TOP_READ32(c, off)  x86_tlb_read_ptr((c), SEG_SS, (off), 4)
#define X86_TOP_READ64(c, off)  x86_lin_read_ptr((c), (off), 8)
#define X86_TOP_WRITE16(c, off) x86_tlb_write_ptr((c), SEG_SS, (off), 2)
#define X86_TOP_WRITE32(c, off) x86_tlb_write_ptr((c), SEG_SS, (off), 4)
#define X86_TOP_WRITE64(c, off) x86_lin_write_ptr((c), (off), 8)

#endif
