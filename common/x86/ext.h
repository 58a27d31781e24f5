/* ext.h: what a processor extension that changes how the guest's processor
 * acts (VMX non-root operation) puts between an instruction and its execution.
 *
 * While c->ext is NULL, and c->x is zero but for what is counted there, the
 * vcpu is the bare processor. Beside these hooks an extension has the
 * dispositions (DISP_ASK) and the memory policy (c->mmu). */
#ifndef COMMON_X86_EXT_H
#define COMMON_X86_EXT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/engine/disposition.h"

struct x86_cpu;
struct x86_event;

/* Indirect near branches. */
enum x86_indirect { X86_IND_RET, X86_IND_JMP, X86_IND_CALL, X86_INDS };

/* Hooks but `ask` may be NULL: as if they returned that there is nothing to do,
 * true for cr_allowed. */
struct x86_ext_ops {
    /* An operation whose disposition is DISP_ASK, at the place where the
     * technique sees it: true to leave with an exit, false to execute. May
     * raise a fault. */
    bool (*ask)(struct x86_cpu *c, enum x86_sensitive op, uint64_t sub,
                uint64_t qual);

    /* At every boundary that the run loop looks at, before the bare
     * processor's signals, halts and events: may leave with an exit; true: *ev
     * is to be delivered here. */
    bool (*boundary)(struct x86_cpu *c, struct x86_event *ev);

    /* Would `boundary` find nothing to do at this one? What stands between two
     * instructions otherwise (events, signals) is asked about elsewhere. NULL:
     * only `boundary` can tell. */
    bool (*quiet)(const struct x86_cpu *c);

    /* `second` was raised while an event was being delivered, and is not yet
     * combined with it (#DF): may leave with an exit. */
    void (*nested)(struct x86_cpu *c, const struct x86_event *second);

    /* May MOV to CR0 or CR4 (n) or LMSW load v? */
    bool (*cr_allowed)(struct x86_cpu *c, unsigned n, uint64_t v);

    /* An access to physical memory that no RAM answers: true if the extension
     * has made it, instead of the bus. */
    bool (*access)(struct x86_cpu *c, uint64_t pa, void *buf, unsigned n,
                   bool write);
};

/* How instructions act differently, beside that. */
struct x86_ext_state {
    /* Bits of CR0 and CR4 that the guest does not own: reads give those of the
     * shadow, writes leave them. */
    uint64_t cr_mask[2], cr_shadow[2]; /* [0] CR0, [1] CR4 */
    uint64_t cr4_more;   /* bits that CR4 has beyond the model's */
    uint64_t tsc_offset; /* added to the TSC */
    uint8_t *vtpr;       /* the byte that CR8 reads and writes, or NULL */
    bool hold_intr;      /* INTR is not seen */
    bool iret_keeps_nmi; /* IRET leaves NMIs blocked */
    bool no_rdtscp;      /* RDTSCP is #UD */
    bool step;           /* every instruction goes alone */
    /* While no interrupt is requested translated code may write CR8, whatever
     * its disposition is, counted as by DISP_INLINE. `ask` counts it so too. */
    bool cr8_inline;
    /* Somebody waits until the guest can take an interrupt, or an NMI: look at
     * the boundary when IF becomes 1, or NMIs are unblocked. */
    bool want_if, want_nmi;
    /* Counted on the bare processor too: events delivered; and where an IRET
     * unblocked NMIs (instructions retired before it, plus 1), until the next
     * delivery. */
    uint32_t delivered;
    /* For a translator: accesses that would fault into a VMM on a bare
     * processor, as its memory policy counts them; whether the instruction
     * running was translated to a call of the VMM because of that; and how many
     * were. */
    uint64_t traps;
    bool site_called_out;
    uint32_t adapted;
    /* For a translator, too: count the indirect branches that translated code
     * begins at CPL 0; how many it did. Set before anything is translated. */
    bool count_indirect;
    uint64_t indirect[X86_INDS];
    uint64_t unblocked_at;
};

#endif
