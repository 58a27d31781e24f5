/* sapic.h: external interrupts of one processor, and the interval timer.
 * [ISDM2 "Interrupts"]: IVR, TPR, EOI, IRR, ITV, ITM; ar.itc. */
#ifndef VTI_IA64_CPU_SAPIC_H
#define VTI_IA64_CPU_SAPIC_H

#include "vti-ia64/cpu/cpu.h"

#define IA64_SPURIOUS 15u

void ia64_sapic_init(struct ia64_cpu *c);
/* The timer, after ITM, ITV, ITC or the whole state changed. */
void ia64_sapic_rearm(struct ia64_cpu *c);

/* A vector arrives: 0 ExtINT, 2 NMI, 16..255; others are ignored. */
void ia64_sapic_pend(struct ia64_cpu *c, unsigned vector);

/* Of a state, the processor's or that of a VMM's virtual one: irr, insvc, tpr.
 * A vector becomes pending (false: ignored); the highest that is above what is
 * in service, or -1; whether one may interrupt now, but for PSR.i. */
bool ia64_sapic_accept(struct ia64_state *s, unsigned vector);
int ia64_sapic_highest(const struct ia64_state *s);
bool ia64_sapic_pending(const struct ia64_state *s);
/* Reading IVR: the highest one goes into service. */
unsigned ia64_sapic_ivr(struct ia64_state *s);
void ia64_sapic_eoi(struct ia64_state *s);

uint64_t ia64_itc(const struct ia64_cpu *c);
void ia64_set_itc(struct ia64_cpu *c, uint64_t v);

#endif
