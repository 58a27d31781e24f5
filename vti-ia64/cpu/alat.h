/* alat.h: the advanced load address table. [ISDM1 "Data Speculation"]
 *
 * An entry is keyed by the register that was loaded: 0..31 static general,
 * 128 + n floating-point (rotation undone), and for stacked general registers
 * the address of their cell in the backing store, which names one register of
 * one frame however often physical registers are used again. */
#ifndef VTI_IA64_CPU_ALAT_H
#define VTI_IA64_CPU_ALAT_H

#include "vti-ia64/cpu/cpu.h"

uint64_t ia64_alat_gr(const struct ia64_cpu *c, unsigned r);
uint64_t ia64_alat_fr(const struct ia64_cpu *c, unsigned f);

/* Enter what was loaded; an older entry of the register goes. With pa ~0 only
 * that. */
void ia64_alat_insert(struct ia64_cpu *c, uint64_t reg, uint64_t pa,
                      unsigned size);
bool ia64_alat_lookup(const struct ia64_cpu *c, uint64_t reg);
void ia64_alat_remove(struct ia64_cpu *c, uint64_t reg);
void ia64_alat_clear(struct ia64_cpu *c);

/* A store: entries that it overlaps go. */
void ia64_alat_store(struct ia64_cpu *c, uint64_t pa, unsigned size);

/* alat_filter from the entries. */
void ia64_alat_refilter(struct ia64_cpu *c);

#endif
