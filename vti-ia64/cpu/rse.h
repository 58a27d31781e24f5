/* rse.h: the register stack engine. [ISDM2 "Register Stack Engine"]
 *
 * It is lazy: it stores a register only when room is needed (alloc), or when
 * flushrs says so, and loads one only when a return needs it. Stored registers
 * are forgotten at once. Both as in Ski, so that BSPSTORE and the backing store
 * can be compared. */
#ifndef VTI_IA64_CPU_RSE_H
#define VTI_IA64_CPU_RSE_H

#include "vti-ia64/cpu/cpu.h"

/* `i` is the instruction on whose behalf registers are stored or loaded; faults
 * are its. Those that move the frame do not fault. */

/* Room for a frame of `sof` registers: mandatory stores. */
void ia64_rse_grow(struct ia64_cpu *c, const struct ia64_insn *i, unsigned sof);
/* br.call, cover: the lowest n registers leave the frame. */
void ia64_rse_push(struct ia64_cpu *c, unsigned n);
/* cover: the whole frame leaves. Returns the CFM that it had. */
uint64_t ia64_rse_cover(struct ia64_cpu *c);
/* br.ret, rfi: n registers come back below what is kept of the frame, which
 * becomes `cfm`. */
void ia64_rse_pop(struct ia64_cpu *c, unsigned n, unsigned keep, uint64_t cfm);
void ia64_rse_flush(struct ia64_cpu *c, const struct ia64_insn *i);
void ia64_rse_loadrs(struct ia64_cpu *c, const struct ia64_insn *i);
/* mov ar.bspstore. */
void ia64_rse_set_bspstore(struct ia64_cpu *c, uint64_t v);
/* The loads that an incomplete frame needs (CFLE), before the next
 * instruction. */
void ia64_rse_complete(struct ia64_cpu *c);

/* Make the frame and the ring of a state from outside consistent: what no
 * processor can be in becomes an empty frame without dirty registers. */
void ia64_rse_settle(struct ia64_cpu *c);

/* The frame that an interruption had found, for rfi. */
void ia64_rse_restore(struct ia64_cpu *c, uint64_t cfm);

/* Rename registers by CFM's rrb fields, or undo it, for gr and pr. */
void ia64_rotate(struct ia64_cpu *c);
void ia64_unrotate(struct ia64_cpu *c);

#endif
