/* interp.h: interp's private state: caches of what to run next. */
#ifndef COMMON_X86_INTERP_H
#define COMMON_X86_INTERP_H

#include "common/x86/block.h"

#define X86_JUMP_CACHE  8192u
#define X86_FETCH_CACHE 256u

/* Where the code at a linear address is; valid while key equals
 * x86_fetch_key(). */
struct x86_jump_entry {
    uint64_t lin;
    uint64_t key;
    struct x86_block *block;
};

struct x86_fetch_entry {
    uint64_t lin; /* page */
    uint64_t key;
    uint64_t pa;
    const uint8_t *host; /* of the page; NULL: no memory there */
    bool global, large;  /* as struct x86_xlat's global and page_shift say */
};

struct x86_interp {
    struct x86_jump_entry jump[X86_JUMP_CACHE];
    struct x86_fetch_entry fetch[X86_FETCH_CACHE];
    struct x86_block_cache blocks;

    bool running; /* inside a block */
    /* The instruction whose handler x86_attention() replaced, and the
     * handler. */
    struct x86_insn *patched;
    x86_handler *patched_fn;

    struct x86_event current; /* the event being delivered */
    uint32_t db_held; /* db_pending when the instruction being stepped began */
    uint64_t stall_icount; /* icount at the last event... */
    uint32_t stalled;      /* ...and how many came since without progress */

    /* A copy of the head of a block, to run fewer instructions of it. */
    struct x86_insn part[X86_BLOCK_MAX + 1];
    /* A block that is not kept: code outside memory. */
    _Alignas(struct x86_block)
        uint8_t scratch[sizeof(struct x86_block) + 2 * sizeof(struct x86_insn)];
};

/* Key of the fetch caches: generation, code size and privilege. */
static inline uint64_t x86_fetch_key(const struct x86_cpu *c)
{
    return c->fetch_gen << 3 | (uint64_t)c->code_size << 1 |
           (uint64_t)(c->cpl == 3);
}

/* Guest-physical address (and host address, or NULL) of the code byte at lin,
 * for the current privilege. Raises #PF. */
uint64_t x86_fetch_translate(struct x86_cpu *c, uint64_t lin,
                             const uint8_t **host);

/* The entry that the last x86_fetch_translate() of lin filled or found. */
static inline const struct x86_fetch_entry *
x86_fetch_entry(const struct x86_cpu *c, uint64_t lin)
{
    return &c->interp->fetch[(lin >> PAGE_SHIFT) % X86_FETCH_CACHE];
}

/* The block at R_IP. May raise #PF, #GP. */
struct x86_block *x86_find_block(struct x86_cpu *c);

/* Run block b, which is the one at R_IP, at most `max` instructions of it. */
void x86_run_found(struct x86_cpu *c, struct x86_block *b, uint64_t max);

#endif
