/* tlb.h: from linear addresses to places in guest-physical memory. */
#ifndef COMMON_X86_TLB_H
#define COMMON_X86_TLB_H

#include "common/x86/mem.h"

/* One byte's place; good up to the end of its page. */
struct x86_place {
    uint64_t pa;
    uint8_t *host;  /* NULL: no memory there: the MMIO bus */
    uint8_t *flags; /* of the page; NULL where host is */
};

/* All entries empty: at creation, or when all derived state is dropped. */
void x86_tlb_init(struct x86_cpu *c);

/* Keep no translation that allows writes to the page at pa. */
void x86_tlb_write_protect(struct x86_cpu *c, uint64_t pa);

/* Translate lin for access (X86_WRITE, X86_ACC_USER), keeping the translation.
 * Raises #PF. */
void x86_tlb_place(struct x86_cpu *c, uint64_t lin, unsigned access,
                   struct x86_place *p);

/* Read or write n bytes that lie in the page of p. Writes tell the block cache
 * when they hit code, and are dropped by ROM. */
void x86_phys_read(struct x86_cpu *c, const struct x86_place *p, void *buf,
                   unsigned n);
void x86_phys_write(struct x86_cpu *c, const struct x86_place *p,
                    const void *buf, unsigned n);

#endif
