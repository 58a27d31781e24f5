/* disasm.h: instructions as text, in the form of GNU objdump. */
#ifndef VTI_IA64_CPU_DISASM_H
#define VTI_IA64_CPU_DISASM_H

#include <stddef.h>

#include "vti-ia64/cpu/encoding.h"

#define IA64_DISASM_MAX 128

/* Slot `nr` (0..2) of the bundle at address `ip`: "(p06) add r1=r2,r3;;". The L
 * slot of MLX is part of slot 2's text and gives "" itself. What is no
 * instruction gives "data8 0x...". Returns buf. */
char *ia64_disasm(const struct ia64_bundle *b, unsigned nr, uint64_t ip,
                  char *buf, size_t size);

/* "ar.lc", "cr.ipsr"; numbers without a name give "ar45". Returns buf. */
char *ia64_ar_name(unsigned nr, char *buf, size_t size);
char *ia64_cr_name(unsigned nr, char *buf, size_t size);

#endif
