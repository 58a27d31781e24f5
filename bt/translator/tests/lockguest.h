/* lockguest.h: a small machine for random programs: tables, paging, handlers
 * that always find a way on.
 *
 * Code is cut into chunks. A fault's handler returns to the next chunk, at CPL
 * and CS of the interrupted code; interrupts of the 8254 come through the 8259
 * and return where they came from. */
#ifndef BT_TRANSLATOR_TESTS_LOCKGUEST_H
#define BT_TRANSLATOR_TESTS_LOCKGUEST_H

#include "common/base/rng.h"
#include "common/engine/engine.h"
#include "common/machine/machine.h"
#include "common/x86/state.h"

enum lock_mode {
    LOCK_REAL,
    LOCK_V86,
    LOCK_PROT16,
    LOCK_PROT32, /* CPL 0, no paging */
    LOCK_PAGED,  /* CPL 0, 32-bit paging */
    LOCK_PAGED3,
    LOCK_PAE, /* CPL 0 */
    LOCK_PAE3,
    LOCK_COMPAT3,
    LOCK_LONG, /* CPL 0 */
    LOCK_LONG3,
    LOCK_MODES
};

extern const char *const lock_mode_names[LOCK_MODES];

/* Linear addresses, physical too but for the aliases. */
#define LOCK_GDT            0x01000u
#define LOCK_IDT            0x02000u
#define LOCK_TSS            0x03000u
#define LOCK_TABLES         0x04000u /* two sets of page tables, LOCK_SET apart */
#define LOCK_SET            0x04000u
#define LOCK_STUBS          0x0c000u
#define LOCK_COMMON         0x0d000u
#define LOCK_SYSCALL        0x0d300u
#define LOCK_SYSCALLC       0x0d340u
#define LOCK_SYSENTER       0x0d380u
#define LOCK_OR             0x0d800u /* what a fault's handler ORs into IP */
#define LOCK_STACK0         0x0f000u
#define LOCK_IST            0x10000u
#define LOCK_CODE           0x10000u
#define LOCK_CHUNK          0x100u
#define LOCK_CHUNKS         64u /* the last quarter are functions */
#define LOCK_FUNCTIONS      48u
#define LOCK_FUNCTIONS_PAGE (LOCK_CODE + LOCK_FUNCTIONS * LOCK_CHUNK)
#define LOCK_DATA           0x20000u /* 16 pages, of mixed rights where paged */
#define LOCK_DATA_BYTES     0x10000u
#define LOCK_STACK          0x30000u /* user's or the only one: 64 KiB */
#define LOCK_SP             0xf000u  /* in it */
#define LOCK_ALIAS          0x44000u /* linear: the chunks again, writable */
#define LOCK_OTHER          0x60000u /* the functions in the second set */
/* Linear: the tables. They are nowhere else, so that code that lost its way and
 * fills all memory does not change them: what processors then have in their
 * TLBs is their own business. */
#define LOCK_TABLES_AT 0x70000u
/* Linear: in the upper half of 64-bit addresses all is as in the lower one. */
#define LOCK_HIGH 0xffff800000000000u
/* Physical: the large page, with a copy of the code; not the tables either. */
#define LOCK_LARGE  0x400000u
#define LOCK_MAPPED 0x200000u /* linear: what the page tables map */
#define LOCK_RAM    0x800000u

/* Vectors: of the local APIC's timer; that brings ring 3 back to ring 0. */
#define LOCK_APIC_TIMER 0x48u
#define LOCK_TO_KERNEL  0x9fu

struct lock_guest {
    enum lock_mode mode;
    unsigned cpl;
    unsigned code_size;  /* 1: 16-bit, 2: 32, 3: 64 */
    uint32_t code, data; /* what its addresses of LOCK_CODE, LOCK_DATA are */
    uint32_t stack;
    struct machine *m;
    struct vcpu *v;
    struct x86_state start;
    uint8_t low[LOCK_CODE]; /* memory below the code, at the start */
    unsigned wall;          /* accesses past the RAM */
};

/* A machine with this processor, at the start of the first chunk, everything
 * but the chunks' code in place. `seed` decides on rights of pages and the
 * like. ST_OK or the error. */
enum status lock_guest_init(struct lock_guest *g, enum lock_mode mode,
                            const struct processor_ops *p, uint64_t seed,
                            struct error *err);

/* Back to chunk `chunk`: system state, tables and handlers are as at the start,
 * general and vector registers stay. For programs that lost their way. */
void lock_guest_restart(struct lock_guest *g, unsigned chunk);

void lock_guest_fini(struct lock_guest *g);

static inline bool lock_is_long(enum lock_mode m)
{
    return m >= LOCK_COMPAT3;
}

static inline bool lock_is_pae(enum lock_mode m)
{
    return m == LOCK_PAE || m == LOCK_PAE3;
}

static inline bool lock_is_paged(enum lock_mode m)
{
    return m >= LOCK_PAGED || m == LOCK_V86;
}

/* ---- lockmem.c: what is in low memory ---- */
/* Handlers, descriptors, tables; `r` decides on rights of pages. */
void lock_memory_put(struct lock_guest *g, struct rng *r);

/* Where the pages' entries are in the first set: bytes of each, and the
 * physical address of the one of linear address lin. */
unsigned lock_pte_bytes(enum lock_mode mode);
uint32_t lock_pte_at(enum lock_mode mode, uint32_t lin);
/* The same of the large page's entry; where the page is. */
uint32_t lock_large_at(enum lock_mode mode);
static inline uint32_t lock_large(enum lock_mode mode)
{
    return lock_pte_bytes(mode) == 4 ? 0x400000 : 0x200000;
}
/* What CR3 is for the first set. */
uint32_t lock_root(enum lock_mode mode);

/* Selectors (RPL 0; those for CPL 3 are to be used with 3). The order of the
 * first ones is what SYSCALL and SYSRET want. */
enum {
    LS_C0 = 0x08,
    LS_D0 = 0x10,
    LS_C3 = 0x18,
    LS_D3 = 0x20,
    LS_C3L = 0x28,
    LS_C0L = 0x30,
    LS_D0L = 0x38,
    LS_D3RO = 0x40,
    LS_D3SMALL = 0x48,
    LS_D3DOWN = 0x50,
    LS_D3BASE = 0x58,
    LS_ABSENT = 0x60,
    LS_C0W = 0x68,
    LS_TSS = 0x70,
    LS_SE = 0x80,      /* six in the order that SYSENTER and SYSEXIT want */
    LS_D3FRESH = 0xb0, /* not accessed yet */
    LS_END = 0xb8
};

#define LS_CODE (SA_P | SA_S | SA_CODE | SA_WRITABLE | SA_ACCESSED)
#define LS_DATA (SA_P | SA_S | SA_WRITABLE | SA_ACCESSED)
#define LS_DPL3 (3u << 5)
#define LS_FLAT (SA_G | SA_DB)

#endif
