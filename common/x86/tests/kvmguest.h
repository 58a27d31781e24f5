/* kvmguest.h: a small machine full of descriptors: memory and state in which
 * snippets of privileged code run.
 *
 * Every exception and interrupt has a handler that is one HLT, at an address of
 * its own: RIP tells the vector, the stack its frame. All memory that is
 * nothing else is HLT, too. */
#ifndef COMMON_X86_TESTS_KVMGUEST_H
#define COMMON_X86_TESTS_KVMGUEST_H

#include "common/x86/state.h"

#define KVMGUEST_RAM 0x20000u

/* Physical addresses, which are linear ones, too. */
enum {
    AT_IVT = 0,
    AT_GDT = 0x1000,
    AT_LDT = 0x1800,
    AT_IDT = 0x2000,
    AT_HANDLERS = 0x3000, /* 4 bytes a vector */
    AT_TSS = 0x3400,
    AT_TSS32 = 0x3800, /* another task, 32-bit */
    AT_TSS16 = 0x3a00, /* and a 16-bit one */
    AT_IST = 0x5000,   /* stack n ends at + 0x100 n */
    AT_STACK2 = 0x5800,
    AT_STACK1 = 0x5a00,
    AT_STACK0 = 0x5c00, /* in the TSS */
    AT_STACK = 0x5f00,  /* where code at CPL 0..2 starts */
    AT_USER_STACK = 0x6f00,
    AT_DATA = 0x7000,
    AT_CODE = 0x8000,
    AT_FAR = 0x9000, /* where far transfers go */
    AT_TABLES = 0x10000,
    AT_TABLES_END = 0x19000,
    AT_WINDOW = 0x30000, /* linear: 16 pages for tests to map */
    AT_HOLE = 0x50000    /* linear: mapped by nothing */
};

/* Offsets in AT_TSS. */
enum { TSS_REDIRECT = 0x68, TSS_IOMAP = 0x88, TSS_LIMIT = 0xc8 };

/* Selectors, without RPL. */
enum {
    SEL_C0 = 0x08, /* code, 32-bit, DPL 0 */
    SEL_D0 = 0x10, /* data */
    SEL_C3 = 0x18,
    SEL_D3 = 0x20,
    SEL_C0L = 0x28, /* code, 64-bit */
    SEL_C3L = 0x30,
    SEL_C0W = 0x38, /* code, 16-bit */
    SEL_D0W = 0x40,
    SEL_C1 = 0x48,
    SEL_D1 = 0x50,
    SEL_C2 = 0x58,
    SEL_D2 = 0x60,
    SEL_CONF = 0x68, /* conforming code, DPL 0 */
    SEL_LDT = 0x70,  /* 16 bytes in IA-32e mode, as the next ones */
    SEL_TSS = 0x80,
    SEL_TSS32 = 0x90,
    SEL_TSS16 = 0xa0,
    SEL_C3W = 0xb0,
    SEL_D3W = 0xb8,
    SEL_CALL = 0xc0, /* call gate, DPL 3, to SEL_C0 or SEL_C0L, AT_FAR */
    SEL_TASK = 0xd0, /* task gate, DPL 3, to SEL_TSS32 */
    SEL_T0 = 0xe0,   /* for the case: 16 entries of 16 bytes */
    SEL_L0 = 0x04,   /* in the LDT: data, DPL 3; then for the case */
    GDT_LIMIT = 0x1df,
    LDT_LIMIT = 0x3f
};

enum kvmguest_mode {
    GUEST_REAL,
    GUEST_V86,
    GUEST_PROT16,
    GUEST_PROT32,
    GUEST_PAGED, /* 32-bit paging */
    GUEST_PAE,
    GUEST_COMPAT,
    GUEST_LONG,
    GUEST_MODES
};

extern const char *const kvmguest_mode_names[GUEST_MODES];

struct kvmguest {
    enum kvmguest_mode mode;
    struct x86_state s;
    uint8_t ram[KVMGUEST_RAM];
};

/* A guest in `mode` at CPL 0 or 3 that is about to execute at AT_CODE. */
void kvmguest_init(struct kvmguest *g, enum kvmguest_mode mode, unsigned cpl);

/* Have s->pdpte as a load of CR3 would; after changes to tables or CR3. */
void kvmguest_load_pdptes(struct kvmguest *g);

static inline bool kvmguest_long(const struct kvmguest *g)
{
    return g->mode == GUEST_LONG || g->mode == GUEST_COMPAT;
}

static inline bool kvmguest_paged(const struct kvmguest *g)
{
    return g->mode == GUEST_PAGED || g->mode == GUEST_PAE || kvmguest_long(g);
}

/* ---- what tests change ---- */

/* Code or data segment or system descriptor of 8 bytes: attr is SA_*. */
uint64_t kvmguest_desc(uint32_t base, uint32_t limit, uint32_t attr);
uint64_t kvmguest_gate(uint16_t sel, uint32_t off, uint32_t attr,
                       unsigned params);
void kvmguest_put(struct kvmguest *g, uint32_t at, uint64_t v, unsigned n);
void kvmguest_set_desc(struct kvmguest *g, uint16_t sel, uint64_t desc);

/* An entry of the IDT, in the form of the mode. */
void kvmguest_set_idt(struct kvmguest *g, unsigned vec, uint16_t sel,
                      uint32_t off, uint32_t attr, unsigned ist);

/* Leaf entry of the linear page at lin: 4 or 8 bytes by mode. */
void kvmguest_map(struct kvmguest *g, uint32_t lin, uint64_t entry);

/* Load seg as if from the descriptor that sel names, without checks. */
void kvmguest_load(struct kvmguest *g, enum x86_segreg seg, uint16_t sel);

#endif
