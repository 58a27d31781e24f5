/* code.h: predecoded code pages.
 *
 * A page is keyed by its guest-physical address. It carries GMEM_PAGE_CODE,
 * so that every write to it comes through ia64_code_write(), after which the
 * bundles written are decoded anew: the model's instruction fetches are
 * coherent with all writes. */
#ifndef VTI_IA64_CPU_CODE_H
#define VTI_IA64_CPU_CODE_H

#include "vti-ia64/cpu/cpu.h"

/* The page at guest-physical pa (page aligned). NULL: out of host memory. */
struct ia64_code_page *ia64_code_get(struct ia64_cpu *c, uint64_t pa);
void ia64_code_drop(struct ia64_cpu *c);

/* [pa, pa+len), within one page, is about to change. */
void ia64_code_write(struct ia64_cpu *c, uint64_t pa, uint64_t len);

/* Decode the bundle that holds entry `i` of the page, if it is not yet. */
void ia64_code_decode(struct ia64_code_page *p, const struct ia64_insn *i);

#endif
