/* walk.h: page-table walks of the processor: 32-bit, PAE and 4-level paging
 * [SDM3 "Paging"].
 *
 * The walk knows nothing of where tables lie: an environment reads and updates
 * their entries, so that the same walk serves a bare processor, a VMM that
 * walks its guest's tables, and table addresses that are translated again. */
#ifndef COMMON_X86_WALK_H
#define COMMON_X86_WALK_H

#include "common/mmu/mmu.h"
#include "common/x86/cpu.h"

/* Bits of paging-structure entries */
#define X86_PTE_P   BITQ(0)
#define X86_PTE_RW  BITQ(1)
#define X86_PTE_US  BITQ(2)
#define X86_PTE_PWT BITQ(3)
#define X86_PTE_PCD BITQ(4)
#define X86_PTE_A   BITQ(5)
#define X86_PTE_D   BITQ(6)
#define X86_PTE_PS  BITQ(7)
#define X86_PTE_G   BITQ(8)
#define X86_PTE_XD  BITQ(63)

/* Beside X86_WRITE, X86_EXEC, X86_ACC_USER (mem.h): a supervisor access that
 * the processor makes on its own (descriptor tables), for SMAP; and a look that
 * needs no permission. */
#define X86_WALK_IMPLICIT 0x10u
#define X86_WALK_PEEK     0x20u

/* Paging off, or one of the modes in [SDM3 "Paging Modes and Control Bits"]. */
enum x86_walk_mode {
    X86_WALK_OFF,
    X86_WALK_32,
    X86_WALK_PAE,
    X86_WALK_4LEVEL,
    X86_WALK_MODES
};

/* What governs a walk. */
struct x86_walk_regs {
    enum x86_walk_mode mode;
    bool wp, pse, pge, nxe, smep, smap, ac;
    bool pse36, page1g; /* what the processor can do */
    uint64_t pa_mask;
    uint64_t cr3;
    uint64_t pdpte[4]; /* PAE */
};

/* Access to table entries of `size` bytes (4 or 8) at guest-physical pa, which
 * is aligned and within pa_mask. Either may leave by longjmp. */
struct x86_walk_env {
    uint64_t (*read)(void *opaque, uint64_t pa, unsigned size);
    void (*update)(void *opaque, uint64_t pa, unsigned size, uint64_t entry);
    void *opaque;
};

/* One entry that a walk used. */
struct x86_walk_step {
    uint64_t pa;
    uint64_t entry; /* as read; A and D may have been set after that */
};

struct x86_walk {
    struct x86_xlat xlat;
    uint32_t error;  /* of the page fault: PF_* */
    uint8_t nr;      /* steps made, the faulting one included */
    uint64_t rights; /* X86_PTE_RW, _US: allowed by all levels; _XD: by none */
    struct x86_walk_step step[4];
};

/* The processor's registers as they are. */
void x86_walk_regs_of(const struct x86_cpu *c, struct x86_walk_regs *r);

/* Translate lin (48 or 32 bits count) for `access`; paging is on. True: out is
 * complete, A is set in every entry used and D in the last one for a write.
 * False: a page fault with out->error; entries used before the failing one
 * have A set. With X86_WALK_PEEK nothing is updated and only entries that are
 * not present or malformed fail. */
bool x86_walk(const struct x86_walk_env *env, const struct x86_walk_regs *r,
              uint64_t lin, unsigned access, struct x86_walk *out);

/* Bits that must be 0 in a present PDPTE of PAE paging; loading CR3 with one
 * set is #GP(0). [SDM3 "PDPTE Registers"] */
uint64_t x86_walk_pdpte_reserved(uint64_t pa_mask);

/* Entries in guest memory. What is no memory reads as ones. Opaque is the
 * struct gmem. */
uint64_t x86_walk_gmem_read(void *gmem, uint64_t pa, unsigned size);
void x86_walk_gmem_update(void *gmem, uint64_t pa, unsigned size,
                          uint64_t entry);

#endif
