/* block.h: predecoded blocks of guest code and exact detection of writes to
 * them.
 *
 * A block is a run of instructions within one guest-physical page, decoded for
 * one code size, ended by a branch, by an instruction that may change the
 * mode, by the page, or by X86_BLOCK_MAX. Its key is (guest-physical address,
 * code size): neither privilege nor segment bases are decoded in. An
 * instruction that crosses a page is a block of its own, entered in the lists
 * of both pages.
 *
 * Pages with blocks carry GMEM_PAGE_CODE; nobody holds a direct write
 * translation for them, so that every write comes through x86_code_write(). */
#ifndef COMMON_X86_BLOCK_H
#define COMMON_X86_BLOCK_H

#include "common/x86/cpu.h"

#define X86_BLOCK_MAX 32u

/* Where a block was left for: linear address, x86_fetch_key() at that time. */
struct x86_link {
    uint64_t lin, key;
    struct x86_block *to;
};

struct x86_block {
    struct x86_link link[2]; /* the last two successors, latest first */
    uint64_t pa;             /* of the first byte */
    uint64_t pa2;            /* of the second page of a crossing one, or 0 */
    uint16_t bytes;
    uint8_t n; /* instructions, without the end mark */
    uint8_t code_size;
    struct x86_block *hash_next;
    struct x86_block *page_next[2]; /* lists of the two pages */
    void *units;                    /* what a translator made of it, or NULL */
    uint32_t heat;                  /* the translator's: entries so far */
    uint32_t pad[5];                /* two instructions to a cache line */
    struct x86_insn insn[];         /* n instructions, then the end mark */
};

_Static_assert(sizeof(struct x86_block) == 128, "so that the arena aligns");

struct x86_code_page {
    uint64_t pa;
    uint64_t chunks; /* bit k: bytes 64k..64k+63 belong to some block */
    struct x86_block *blocks;
    struct x86_code_page *hash_next;
};

#define X86_BLOCK_HASH 32768u
#define X86_PAGE_HASH  8192u

struct x86_block_cache {
    uint8_t *arena;
    size_t arena_size, arena_used;
    struct x86_block *hash[X86_BLOCK_HASH];
    struct x86_code_page *page[X86_PAGE_HASH];
    struct x86_code_page *free_page;
    uint64_t built, invalidated, refilled;
};

enum status x86_block_cache_init(struct x86_block_cache *bc, struct error *err);
void x86_block_cache_fini(struct x86_block_cache *bc);

/* Forget all blocks and take the CODE flag off their pages. */
void x86_block_drop(struct x86_cpu *c);

/* The block at linear address lin, guest-physical pa, building it if needed
 * (which may raise #PF for the second page). `host` is the host address of the
 * byte at pa, or NULL where there is no memory. Blocks that cannot be kept come
 * back in scratch memory, valid until the next call. */
struct x86_block *x86_block_get(struct x86_cpu *c, uint64_t lin, uint64_t pa,
                                const uint8_t *host);

/* The guest (or a device) is about to change [pa, pa+len), within one page
 * whose CODE flag is set. */
void x86_code_write(struct x86_cpu *c, uint64_t pa, uint32_t len);

/* What a translator keeps of blocks and of the places of code must hear of
 * their ends. NULL in struct x86_cpu: there is none. */
struct x86_code_hooks {
    /* b, which has units, is no longer the code at its address. */
    void (*dead)(struct x86_cpu *c, struct x86_block *b);
    /* All blocks are gone. */
    void (*drop)(struct x86_cpu *c);
    /* Translations of linear addresses for fetches end: all, all but the
     * global ones, that of lin (in whatever page it was). */
    void (*flush)(struct x86_cpu *c, bool global_too);
    void (*invlpg)(struct x86_cpu *c, uint64_t lin);
};

/* The handler of end marks: RIP moves past the block, nothing retires. */
void x86_op_block_end(struct x86_cpu *c, const struct x86_insn *i);

/* The handler of undefined and hidden instructions: counts and raises #UD
 * (op_wait.c). */
void x86_op_undefined(struct x86_cpu *c, const struct x86_insn *i);

#endif
