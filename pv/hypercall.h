/* hypercall.h: the hypercall as an instruction of the guest kernel. */
#ifndef PV_HYPERCALL_H
#define PV_HYPERCALL_H

#include "common/base/bits.h"
#include "common/base/cc.h"
#include "pv/domain.h"

/* Carry out the hypercall that the registers hold and write its result. The
 * instruction itself was retired before. */
void pv_hypercall_insn(struct pv_domain *d);

/* The code that guests call: stub n at offset 32 n. */
void pv_hypercall_page(struct pv_domain *d, uint8_t page[PAGE_SIZE]);

/* Name of hypercall nr without prefix; NULL: no handler. */
const char *pv_hypercall_name(uint64_t nr);

/* nr as rows of the ledger have it: all numbers that a guest can make up share
 * one. */
unsigned pv_hypercall_row(uint64_t nr);

/* Whether the ledger keeps a sub-operation beside its number. */
bool pv_hypercall_has_sub(uint64_t nr);

#endif
