/* mem.h: data accesses: a host address when one comparison says that all
 * checks pass, else the slow path.
 *
 * Sizes are 1, 2, 4, 8, 10 and 16 bytes; addresses are naturally aligned (10
 * bytes: to 16), else Unaligned Data Reference faults, whatever PSR.ac says.
 * Values come and go in host order; PSR.be is looked after here. c->insn must
 * be set by callers of the slow functions: `i` is that. */
#ifndef VTI_IA64_CPU_MEM_H
#define VTI_IA64_CPU_MEM_H

#include "vti-ia64/cpu/op.h"

/* ia64_mmu_translate() by the processor's own unit, and Ski's user mode. */
bool ia64_translate(struct ia64_cpu *c, uint64_t va, unsigned access,
                    unsigned pl, bool virt, struct ia64_xlat *x,
                    struct ia64_fault *f);
/* After a change of translations: what was derived from them goes. */
void ia64_tlb_settle(struct ia64_cpu *c);

/* Up to 16 bytes; lo is at the lower address if memory is little-endian. */
struct ia64_data {
    uint64_t lo, hi;
};

/* The whole access: checks, ALAT, memory or MMIO. `access` is IA64_* of tlb.h.
 */
struct ia64_data ia64_read_slow(struct ia64_cpu *c, const struct ia64_insn *i,
                                uint64_t va, unsigned size, unsigned access);
void ia64_write_slow(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t va,
                     unsigned size, unsigned access, struct ia64_data v);

/* Control-speculative read: false when it is deferred. *pa for the ALAT; ~0
 * where there must be no entry. */
bool ia64_read_spec(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t va,
                    unsigned size, struct ia64_data *v, uint64_t *pa);
/* Physical address of what was just read, ~0 where it cannot be in the ALAT. */
uint64_t ia64_data_pa(struct ia64_cpu *c, uint64_t va);

/* Register stack engine: 8 bytes with its own privilege level and PSR.rt. */
uint64_t ia64_rse_read(struct ia64_cpu *c, const struct ia64_insn *i,
                       uint64_t va);
void ia64_rse_write(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t va,
                    uint64_t v);

/* Guest-physical address of the bundle at ip; raises its faults (c->running is
 * false). */
uint64_t ia64_fetch_translate(struct ia64_cpu *c, uint64_t ip);

static ALWAYS_INLINE struct ia64_dtlb *ia64_dtlb_of(struct ia64_cpu *c,
                                                    uint64_t va)
{
    return &c->dtlb[va >> 12 & (IA64_DTLB_SIZE - 1)];
}

#define IA64_DEFINE_ACCESS(bits)                                               \
    static ALWAYS_INLINE uint64_t ia64_ld##bits(                               \
        struct ia64_cpu *c, const struct ia64_insn *i, uint64_t va)            \
    {                                                                          \
        struct ia64_dtlb *e = ia64_dtlb_of(c, va);                             \
        uint##bits##_t v;                                                      \
                                                                               \
        if (unlikely((va & (~0xfffull | (bits / 8 - 1))) != e->rtag))          \
            return ia64_read_slow(c, i, va, bits / 8, IA64_READ).lo;           \
        memcpy(&v, (const void *)(va + e->addend), sizeof(v));                 \
        return v;                                                              \
    }                                                                          \
    static ALWAYS_INLINE void ia64_st##bits(struct ia64_cpu *c,                \
                                            const struct ia64_insn *i,         \
                                            uint64_t va, uint64_t value)       \
    {                                                                          \
        struct ia64_dtlb *e = ia64_dtlb_of(c, va);                             \
        uint##bits##_t v = (uint##bits##_t)value;                              \
                                                                               \
        if (unlikely((va & (~0xfffull | (bits / 8 - 1))) != e->wtag ||         \
                     (c->alat_filter >> (va >> 3 & 63) & 1))) {                \
            ia64_write_slow(c, i, va, bits / 8, IA64_WRITE,                    \
                            (struct ia64_data){value, 0});                     \
            return;                                                            \
        }                                                                      \
        memcpy((void *)(va + e->addend), &v, sizeof(v));                       \
    }
IA64_DEFINE_ACCESS(8)
IA64_DEFINE_ACCESS(16)
IA64_DEFINE_ACCESS(32)
IA64_DEFINE_ACCESS(64)

#endif
