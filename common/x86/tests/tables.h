/* tables.h: descriptor tables and a TSS in a bare vcpu's memory, to test
 * protection with. */
#ifndef COMMON_X86_TESTS_TABLES_H
#define COMMON_X86_TESTS_TABLES_H

#include "common/x86/seg.h"
#include "common/x86/tests/bare.h"

/* Where things are, in the first MiB of identity-mapped memory. */
#define TABLES_GDT    0x1000u
#define TABLES_IDT    0x2000u
#define TABLES_LDT    0x3000u
#define TABLES_TSS    0x4000u /* current; with an I/O map base of 0x88 */
#define TABLES_TASK   0x5000u
#define TABLES_CODE   0x8000u
#define TABLES_STACK0 0xa000u /* tops of stacks by privilege level */
#define TABLES_STACK1 0xb000u
#define TABLES_STACK3 0xd000u
#define TABLES_IST1   0xe000u

/* Selectors. Segments are flat unless said; all are present and accessed but
 * for DATA3, whose accessed bit is clear. */
enum tables_sel {
    T_CODE0 = 0x08,
    T_DATA0 = 0x10,
    T_CODE3 = 0x18,
    T_DATA3 = 0x20,
    T_CODE64 = 0x28,  /* DPL 0, L */
    T_CODE64U = 0x30, /* DPL 3, L */
    T_CONFORM = 0x38, /* conforming code, DPL 0 */
    T_CODE1 = 0x40,
    T_DATA1 = 0x48,
    T_TSS = 0x50,     /* 16 bytes: current; busy */
    T_LDT = 0x60,     /* 16 bytes: current; limit 0xf */
    T_GATE = 0x70,    /* 16 bytes: not filled */
    T_GATE2 = 0x80,   /* 16 bytes: not filled */
    T_TASK = 0x90,    /* available 32-bit TSS at TABLES_TASK */
    T_ABSENT = 0x98,  /* data, DPL 3, not present */
    T_ABSENTC = 0xa0, /* code, DPL 0, not present */
    T_RODATA = 0xa8,  /* DPL 3 */
    T_XONLY = 0xb0,   /* execute-only code, DPL 3 */
    T_CODE16 = 0xb8,  /* DPL 0, limit 0xffff */
    T_DATA16 = 0xc0,  /* DPL 0, limit 0xffff */
    T_DOWN = 0xc8,    /* expand-down data, DPL 0, limit 0xfff, B */
    T_SMALL = 0xd0,   /* code, DPL 0, limit 0xff */
    T_LD = 0xd8,      /* code, DPL 0, with both L and D */
    T_TASK16 = 0xe0,  /* available 16-bit TSS at TABLES_TASK */
    T_ABSENT_TSS = 0xe8,
    T_END = 0xf0,    /* the first beyond the table */
    T_LDATA3 = 0x0c, /* in the LDT: data, DPL 3 (use with RPL) */
};

/* Type fields of access bytes */
#define T_RW     0x13u
#define T_RX     0x1bu
#define T_P      0x80u
#define T_DPL(n) ((unsigned)(n) << 5)

uint64_t tables_desc(uint32_t base, uint32_t limit, unsigned access,
                     unsigned flags);
uint64_t tables_gate(uint16_t sel, uint32_t off, unsigned access,
                     unsigned params);

void tables_set(struct bare *b, unsigned sel, uint64_t desc);
uint64_t tables_get(struct bare *b, unsigned sel);
void tables_idt(struct bare *b, unsigned vector, uint64_t gate);
void tables_poke(struct bare *b, uint64_t at, uint64_t v, unsigned n);
uint64_t tables_peek(struct bare *b, uint64_t at, unsigned n);

/* Fill everything; 32-bit protected mode at privilege cpl (0, 1, 3), or 64-bit
 * mode at 0 or 3. SS:rSP is that level's stack, CS its code, the data segments
 * are DATA0 or DATA3. IDT gates: none. */
void tables_protected(struct bare *b, unsigned cpl);
void tables_long64(struct bare *b, unsigned cpl);

/* Virtual-8086 mode: CS 0x800, SS 0xc00, DS 0xd00, ES 0xe00, FS 0xf00,
 * GS 0x100, IP 0x10, SP 0x100, with this IOPL. */
void tables_v86(struct bare *b, unsigned iopl);

/* x86_deliver(): BARE_DONE, or the vector that it raised, with b->event. */
int tables_deliver(struct bare *b, const struct x86_event *ev, uint64_t ip);

/* RFLAGS with arithmetic flags. */
uint64_t tables_flags(const struct bare *b);

#endif
