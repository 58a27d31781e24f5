/* shadow_priv.h: shadow tables, and the lists that link them to guest pages. */
#ifndef COMMON_MMU_SHADOW_PRIV_H
#define COMMON_MMU_SHADOW_PRIV_H

#include "common/base/bits.h"
#include "common/base/cc.h"
#include "common/mmu/shadow.h"

#define SHADOW_ENTRIES 512u
#define SHADOW_HASH    4096u
#define SHADOW_PENDING 1024u
/* So many traced writes to a table of what is no entry, without a fill through
 * it, and it is taken for a page that has another use now. */
#define SHADOW_FLOOD 16u

/* Tables and entries by number. Entry n of table t is t * 512 + n; lists hold
 * number + 1, 0 ends them. Table 0 holds the PDPTEs of PAE paging. */
#define SHADOW_PDPT 0u

/* Which table: the guest page (low 12 bits clear; direct: where the mapping
 * begins) with what follows in those bits. */
#define SHADOW_LEVEL(key)       ((unsigned)(key)&7)
#define SHADOW_QUADRANT(n)      ((uint64_t)(n) << 3)
#define SHADOW_QUADRANT_OF(key) ((unsigned)(key) >> 3 & 3)
#define SHADOW_W                BITQ(5)  /* all levels above allow writes... */
#define SHADOW_U                BITQ(6)  /* ...user accesses... */
#define SHADOW_X                BITQ(7)  /* ...execution */
#define SHADOW_DIRECT           BITQ(8)  /* of a large page, or paging is off */
#define SHADOW_HALF             BITQ(9)  /* the guest's entries have 4 bytes */
#define SHADOW_GLOBAL           BITQ(10) /* direct: the large page is */
#define SHADOW_DIRTY            BITQ(11) /* direct: the large page's D is set */

struct shadow_table {
    uint64_t key;
    uint32_t next;    /* in its hash chain, or of free ones */
    uint32_t parents; /* entries that point to it */
    uint16_t writes;  /* traced, since a fill went through it */
    bool used;
    bool keep; /* may stand without parents: a root, or below the PDPTEs */
};

/* What is known of a guest page. */
struct shadow_frame {
    uint32_t entries; /* last entries that map it */
    uint32_t tables;  /* shadow tables that stand for it */
};

struct shadow_pending {
    uint32_t entry;
    uint64_t value;
};

struct shadow {
    struct shadow_config config;
    uint64_t *entry; /* the arena */
    struct shadow_table *table;
    uint32_t *next, *prev; /* of every entry: its list */
    struct shadow_frame *frame[GMEM_MAX_REGIONS];
    uint32_t hash[SHADOW_HASH];
    uint32_t free_table, hand;
    unsigned in_use, most;

    struct x86_walk_regs regs; /* in force */
    bool set;                  /* they are */
    uint32_t root;
    uint32_t path[4]; /* tables that a fill has in hand: not recycled */

    struct shadow_pending pending[SHADOW_PENDING];
    unsigned nr_pending;
    bool loose; /* the processor may keep write translations that no entry
                 * shows any more */
};

static inline void shadow_count(struct shadow *s, enum shadow_row row,
                                uint64_t sub)
{
    ledger_add(s->config.ledger, LEDGER_SHADOW, row, sub, 1);
}

static inline unsigned shadow_level(const struct shadow *s, uint32_t table)
{
    return SHADOW_LEVEL(s->table[table].key);
}

static inline uint64_t shadow_table_pa(const struct shadow *s, uint32_t table)
{
    return s->config.base + (uint64_t)table * PAGE_SIZE;
}

/* ---- shadow_table.c ---- */

/* NULL where there is no memory. */
struct shadow_frame *shadow_frame_at(struct shadow *s, uint64_t pa);

enum status shadow_tables_init(struct shadow *s, struct error *err);
void shadow_tables_fini(struct shadow *s);

/* The table of that key, made if there is none (then *made). */
uint32_t shadow_table_get(struct shadow *s, uint64_t key, bool *made);
/* Next table (number + 1) of the guest page, from `from` on; 0: none. */
uint32_t shadow_table_of(const struct shadow *s, uint64_t gpa, uint32_t from);
uint32_t shadow_chain(const struct shadow *s, uint64_t gpa);
void shadow_table_drop(struct shadow *s, uint32_t table);
void shadow_table_drop_all(struct shadow *s);

/* Entries: of a last level that map pa, or that point to a table. Both replace
 * what was there. */
void shadow_entry_map(struct shadow *s, uint32_t e, uint64_t value);
void shadow_entry_point(struct shadow *s, uint32_t e, uint32_t table,
                        uint64_t flags);
void shadow_entry_clear(struct shadow *s, uint32_t e);
uint32_t shadow_entry_table(const struct shadow *s, uint32_t e);

/* ---- shadow_trace.c ---- */

/* No entry may allow writes to the page any more. */
void shadow_trace_on(struct shadow *s, uint64_t gpa);
void shadow_trace_off(struct shadow *s, uint64_t gpa);
gmem_trace_fn shadow_traced;
/* Drop the shadows of entries that have changed; global ones too? */
void shadow_pending_drop(struct shadow *s, bool global_too);

#endif
