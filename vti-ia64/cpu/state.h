/* state.h: architectural state of an IA-64 processor: what regset.c describes,
 * snapshots save and verify compares. [ISDM1 "Execution Environment"], [ISDM2
 * "System State and Programming Model"] */
#ifndef VTI_IA64_CPU_STATE_H
#define VTI_IA64_CPU_STATE_H

#include "vti-ia64/cpu/defs.h"

/* A general register: nat is 0 or 1. */
struct ia64_gr {
    uint64_t v, nat;
};

/* An 82-bit floating-point register. se: exponent 16:0, sign 17. */
struct ia64_fr {
    uint64_t sig, se;
};

/* A translation: of a register (TR) or the cache (TC). pte and itir are as
 * inserted; va is its first byte (region bits included), rid the region's
 * identifier at insertion. */
struct ia64_tlbe {
    uint64_t va, pte, itir;
    uint64_t rid; /* bit 63: the entry is valid */
};

#define IA64_TLBE_VALID (1ull << 63)

struct ia64_state {
    /* r32.. are those of the current frame, rotation applied. What lies past
     * the frame is what was there last. */
    struct ia64_gr gr[128];
    struct ia64_gr bank[16]; /* r16-r31 of the bank that is not current */
    /* The stacked registers below the frame: a ring, of which the last
     * `dirty`, up to index bof - 1, are not yet stored. There are no clean
     * ones: what was stored is forgotten. `dirty` is negative (as two's
     * complement) while the lowest registers of the frame itself have yet to be
     * loaded; `cfle`, current frame load enable, says that they are to be, now.
     */
    struct ia64_gr stacked[IA64_STACKED];
    uint64_t bof, dirty, cfle;

    struct ia64_fr fr[128]; /* as if rrb.fr were 0 */
    uint64_t pr;            /* rotation applied; bit 0 is 1 */
    uint64_t br[8];
    uint64_t ip; /* of the bundle; the slot is PSR.ri */
    uint64_t psr;
    uint64_t cfm;

    uint64_t kr[8];
    uint64_t rsc, bsp, bspstore, rnat;
    uint64_t fcr, eflag, csd, ssd, cflg, fsr, fir, fdr;
    uint64_t ccv, unat, fpsr, pfs, lc, ec;
    uint64_t itc_offset; /* ar.itc is the clock's ticks plus this */

    uint64_t dcr, itm, iva, pta;
    uint64_t ipsr, isr, iip, ifa, itir, iipa, ifs, iim, iha, iib[2];
    uint64_t lid, tpr, irr[4], itv, pmv, cmcv, lrr[2];
    uint64_t insvc[4]; /* external interrupts in service */

    uint64_t rr[8], pkr[IA64_PKRS];
    uint64_t dbr[IA64_BREAKPOINTS], ibr[IA64_BREAKPOINTS];
    uint64_t pmc[IA64_PMCS], pmd[IA64_PMCS];

    struct ia64_tlbe itr[IA64_TRS], dtr[IA64_TRS];
    struct ia64_tlbe itc[IA64_TCS], dtc[IA64_TCS];
    uint64_t itc_next, dtc_next; /* the entry that the next insertion takes */

    /* alat_next is the entry that the next insertion takes. */
    struct ia64_alat_entry {
        uint64_t reg; /* see alat.h */
        uint64_t pa;
        uint64_t size; /* bytes; 0: free */
    } alat[IA64_ALAT];
    uint64_t alat_next;
    uint64_t iipa_now; /* address of the last bundle that completed something */
    uint64_t halted;   /* PAL or SSC halt-light: wait for an interrupt */
};

#endif
