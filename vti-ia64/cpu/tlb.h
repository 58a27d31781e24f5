/* tlb.h: translation: registers, cache, VHPT, keys and rights. [ISDM2 "Virtual
 * Addressing"] */
#ifndef VTI_IA64_CPU_TLB_H
#define VTI_IA64_CPU_TLB_H

#include "common/machine/gmem.h"
#include "vti-ia64/cpu/fault.h"

/* What an access is. The low three are ISR's too. */
enum {
    IA64_READ = 1,
    IA64_WRITE = 2,
    IA64_EXEC = 4,
    IA64_RSE = 8,
    IA64_SPEC = 16,      /* control-speculative */
    IA64_NONACCESS = 32, /* tpa, tak, fc, probe, lfetch; na code in bits 15:8 */
    IA64_SEMAPHORE = 64,
    IA64_NO_RIGHTS = 128,      /* tpa, fc: no check of keys and rights */
    IA64_NO_ACCESS_BITS = 256, /* probe: no check of A and D bits */
};
#define IA64_NA(code) ((unsigned)(code) << 16 | IA64_NONACCESS)

struct ia64_xlat {
    uint64_t pa;
    uint64_t pte; /* 0: physical or user mode: all rights */
    unsigned ps;  /* of the page; 12 where there is none */
    unsigned ma;  /* memory attribute: 0 WB, 4 UC, 5 UCE, 6 WC, 7 NaTPage */
    uint32_t key;
};

/* A translation unit: what the functions below work on. The processor's own,
 * or a VMM's for its virtual processor. */
struct ia64_mmu {
    struct ia64_state *s; /* psr, pta, rr, pkr, TRs and TC */
    struct gmem *mem;     /* where the VHPT lies */
    unsigned va_msb;      /* of implemented virtual addresses, PSR.vm apart */
    bool changed;         /* translations went or came; cleared by the owner */
    /* Told of each valid entry before it goes, and of one that has come into a
     * register, which may hide others from now on; may be NULL. */
    void (*gone)(void *opaque, const struct ia64_tlbe *e);
    void *opaque;
};

/* ISR bits of a fault of such an access. */
uint64_t ia64_isr_of(unsigned access);

/* Translate va for an access at privilege level pl. `virt`: PSR.dt, it or rt.
 * False: *f is the fault. Inserts into the TC what the VHPT walker finds. */
bool ia64_mmu_translate(struct ia64_mmu *m, uint64_t va, unsigned access,
                        unsigned pl, bool virt, struct ia64_xlat *x,
                        struct ia64_fault *f);
/* The entry for va, by TRs, TC and walker, without looking at what it allows.
 * NULL: *f is the miss. */
const struct ia64_tlbe *ia64_tlb_find(struct ia64_mmu *m, uint64_t va,
                                      unsigned access, struct ia64_fault *f);

/* *f becomes a fault of the page at va, whatever PSR.ic is. Returns false. */
bool ia64_page_fault(const struct ia64_mmu *m, enum ia64_vector vector,
                     uint64_t va, unsigned access, struct ia64_fault *f);

/* Whether the access rights field allows it. */
bool ia64_rights(unsigned ar, unsigned pl, unsigned cpl, unsigned access);

/* Whether a speculative access of the bundle at ip defers this fault: software
 * says by the ed bit of its page whether it wants that. [ISDM2 "Deferral of
 * Speculative Load Faults"] */
bool ia64_deferred(struct ia64_mmu *m, uint64_t ip, const struct ia64_fault *f);

/* Insertions: pte and itir as given to itc, itr; va is CR.IFA. `tr` < 0: into
 * the cache. False: reserved fields. */
bool ia64_tlb_insert(struct ia64_mmu *m, bool instruction, int tr, uint64_t va,
                     uint64_t pte, uint64_t itir);
/* Purges of 2^ps bytes at va in the region of va: ptr (registers) or ptc. */
void ia64_tlb_purge_tr(struct ia64_mmu *m, bool instruction, uint64_t va,
                       unsigned ps);
void ia64_tlb_purge(struct ia64_mmu *m, uint64_t va, unsigned ps);
void ia64_tlb_purge_all(struct ia64_mmu *m);

/* Ski's hash and tag: of va in a region with rr, for a table as pta says. */
uint64_t ia64_vhpt_hash(uint64_t va, uint64_t rr, uint64_t pta);
uint64_t ia64_vhpt_tag(uint64_t va, uint64_t rr);
uint64_t ia64_thash(const struct ia64_mmu *m, uint64_t va);
uint64_t ia64_ttag(const struct ia64_mmu *m, uint64_t va);

/* A key is in one valid register at most. */
void ia64_set_pkr(struct ia64_state *s, unsigned nr, uint64_t v);

/* Protection key of the page at va without faults; 1 if there is none. */
uint64_t ia64_tak(const struct ia64_mmu *m, uint64_t va);

/* The implemented virtual addresses; fewer by half with PSR.vm. Physical ones:
 * those of a PTE, bit 63 apart. */
bool ia64_va_implemented(const struct ia64_mmu *m, uint64_t va);
bool ia64_pa_implemented(uint64_t pa);
/* Page sizes: 4K to 256M as Itanium 2 has them, and 4G. */
bool ia64_ps_implemented(unsigned ps);

#endif
