/* shadow.h: shadow paging: page tables in a VMM's memory that the processor
 * walks in place of the guest's, for any VMM that has no second level of
 * translation in hardware.
 *
 * A shadow table stands for a guest table (or for a part of one: 32-bit tables
 * have twice the entries; or for a part of a large page) and holds entries of
 * PAE or 4-level paging, filled on page faults. Rights of all levels are
 * gathered in the last entry; upper ones allow everything. Last entries map
 * 4-KiB pages and allow writes only once the guest's D bit is set, so that the
 * walks that fill set A and D as a processor does.
 *
 * Guest pages that are shadowed as tables are traced: no shadow entry allows
 * writes to them, they carry GMEM_PAGE_TRACE, and gmem's trace_fn tells of what
 * is written there, by the VMM's emulator or by a device. A changed entry's
 * shadow stays until the guest flushes it (INVLPG, CR3...), as a translation in
 * a TLB does; then it is dropped.
 *
 * Tables live in an arena of fixed size and are recycled. Everything here is
 * derived: dropping it at any time changes nothing but time.
 * [SDM3 "Paging", "Memory Virtualization"] */
#ifndef COMMON_MMU_SHADOW_H
#define COMMON_MMU_SHADOW_H

#include "common/engine/ledger.h"
#include "common/machine/gmem.h"
#include "common/x86/walk.h"

enum shadow_row {
#define SHADOW_ROW(name, sub, title) SHADOW_##name,
#include "common/mmu/shadow.def"
#undef SHADOW_ROW
    SHADOW_ROWS
};

struct shadow;

struct shadow_config {
    struct gmem *mem; /* the guest's; trace_fn is taken */
    uint64_t base;    /* physical address of the arena, as the walker sees it */
    uint8_t *host;
    unsigned pages; /* of it, at least SHADOW_MIN_PAGES */
    struct ledger *ledger;
    /* The processor may keep no translation that allows writes to the guest's
     * page gpa. True: it keeps none at all now. */
    bool (*write_protect)(void *opaque, uint64_t gpa);
    void *opaque;
};

#define SHADOW_MIN_PAGES 16u

enum shadow_answer {
    SHADOW_FILLED,  /* go on: the access is possible now */
    SHADOW_FAULT,   /* the guest's own #PF, with w->error */
    SHADOW_BY_HAND, /* emulate the instruction: a device, a traced page, ROM, a
                     * write that WP = 0 allows to a user page, or a fault that
                     * has no cause here */
};

/* ST_NOMEM; ST_INVAL: an arena that is too small. */
enum status shadow_create(const struct shadow_config *config,
                          struct shadow **out, struct error *err) MUST_CHECK;
void shadow_destroy(struct shadow *s); /* NULL is a no-op */

/* The guest's control registers (r->ac does not matter): which tables are in
 * force. Drops what another mode of paging has left. `flush` true: CR3 was
 * written, so that translations that are not global end. */
void shadow_set(struct shadow *s, const struct x86_walk_regs *r, bool flush);

/* For CR3: the root, of 4-level paging with X86_WALK_4LEVEL, else of PAE
 * paging. Its PDPTEs may change with every other call. */
uint64_t shadow_root(const struct shadow *s);

/* The processor raised #PF on lin for `access` (X86_WRITE, X86_EXEC,
 * X86_ACC_USER, X86_WALK_IMPLICIT) under r. *w is the walk of the guest's own
 * tables: a walk of no steps while paging is off. */
enum shadow_answer shadow_fault(struct shadow *s, const struct x86_walk_regs *r,
                                uint64_t lin, unsigned access,
                                struct x86_walk *w);

/* The guest executed INVLPG. True: translations for other addresses may have
 * to go too: the whole of a large page. */
bool shadow_invlpg(struct shadow *s, uint64_t lin);

/* Everything that the guest has changed counts now: a flush of all, global
 * translations too. */
void shadow_flush(struct shadow *s);

/* Forget everything; shadow_set() must follow. */
void shadow_drop(struct shadow *s);

#endif
