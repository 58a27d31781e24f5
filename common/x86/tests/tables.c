/* tables.c: descriptor tables and a TSS in a bare vcpu's memory. */
#include "common/x86/tests/tables.h"

#include <check.h>

#include "common/x86/flags.h"

#define FLAT 0xfffffu
#define GB   0xcu /* G, D/B */
#define GL   0xau /* G, L */

uint64_t tables_desc(uint32_t base, uint32_t limit, unsigned access,
                     unsigned flags)
{
    return (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 |
           (uint64_t)access << 40 | (uint64_t)(limit >> 16 & 15) << 48 |
           (uint64_t)flags << 52 | (uint64_t)(base >> 24) << 56;
}

uint64_t tables_gate(uint16_t sel, uint32_t off, unsigned access,
                     unsigned params)
{
    return (off & 0xffff) | (uint64_t)sel << 16 | (uint64_t)params << 32 |
           (uint64_t)access << 40 | (uint64_t)(off >> 16) << 48;
}

void tables_poke(struct bare *b, uint64_t at, uint64_t v, unsigned n)
{
    ck_assert(gmem_write(&b->m.mem, at, &v, n));
}

uint64_t tables_peek(struct bare *b, uint64_t at, unsigned n)
{
    uint64_t v = 0;

    ck_assert(gmem_read(&b->m.mem, at, &v, n));
    return v;
}

void tables_set(struct bare *b, unsigned sel, uint64_t desc)
{
    tables_poke(b, ((sel & 4) ? TABLES_LDT : TABLES_GDT) + (sel & 0xfff8), desc,
                8);
}

uint64_t tables_get(struct bare *b, unsigned sel)
{
    return tables_peek(
        b, ((sel & 4) ? TABLES_LDT : TABLES_GDT) + (sel & 0xfff8), 8);
}

void tables_idt(struct bare *b, unsigned vector, uint64_t gate)
{
    unsigned step = b->c->long_mode ? 16 : 8;

    tables_poke(b, TABLES_IDT + step * vector, gate, 8);
}

static const struct {
    unsigned sel;
    uint32_t base, limit;
    unsigned access, flags;
} descs[] = {
    {T_CODE0, 0, FLAT, T_P | T_RX, GB},
    {T_DATA0, 0, FLAT, T_P | T_RW, GB},
    {T_CODE3, 0, FLAT, T_P | T_RX | T_DPL(3), GB},
    {T_DATA3, 0, FLAT, T_P | 0x12 | T_DPL(3), GB},
    {T_CODE64, 0, FLAT, T_P | T_RX, GL},
    {T_CODE64U, 0, FLAT, T_P | T_RX | T_DPL(3), GL},
    {T_CONFORM, 0, FLAT, T_P | 0x1f, GB},
    {T_CODE1, 0, FLAT, T_P | T_RX | T_DPL(1), GB},
    {T_DATA1, 0, FLAT, T_P | T_RW | T_DPL(1), GB},
    {T_TSS, TABLES_TSS, 0xff, T_P | SYS_TSS32_BUSY, 0},
    {T_LDT, TABLES_LDT, 0xf, T_P | SYS_LDT, 0},
    {T_TASK, TABLES_TASK, 0x67, T_P | SYS_TSS32_AVAIL, 0},
    {T_ABSENT, 0, FLAT, T_RW | T_DPL(3), GB},
    {T_ABSENTC, 0, FLAT, T_RX, GB},
    {T_RODATA, 0, FLAT, T_P | 0x11 | T_DPL(3), GB},
    {T_XONLY, 0, FLAT, T_P | 0x19 | T_DPL(3), GB},
    {T_CODE16, 0, 0xffff, T_P | T_RX, 0},
    {T_DATA16, 0, 0xffff, T_P | T_RW, 0},
    {T_DOWN, 0, 0xfff, T_P | 0x17, 4},
    {T_SMALL, 0, 0xff, T_P | T_RX, 4},
    {T_LD, 0, FLAT, T_P | T_RX, GL | GB},
    {T_TASK16, TABLES_TASK, 0x2b, T_P | SYS_TSS16_AVAIL, 0},
    {T_ABSENT_TSS, TABLES_TASK, 0x67, SYS_TSS32_AVAIL, 0},
    {T_LDATA3, 0, FLAT, T_P | T_RW | T_DPL(3), GB},
};

static void fill(struct bare *b)
{
    struct x86_state *s = &b->c->s;

    for (unsigned k = 0; k < sizeof(descs) / sizeof(descs[0]); k++)
        tables_set(b, descs[k].sel,
                   tables_desc(descs[k].base, descs[k].limit, descs[k].access,
                               descs[k].flags));
    s->gdtr = (struct x86_dtable){TABLES_GDT, T_END - 1};
    s->idtr = (struct x86_dtable){TABLES_IDT, 0xfff};
    s->ldtr = (struct x86_seg){
        .sel = T_LDT, .base = TABLES_LDT, .limit = 0xf, .attr = SA_P | SYS_LDT};
    s->tr = (struct x86_seg){.sel = T_TSS,
                             .base = TABLES_TSS,
                             .limit = 0xff,
                             .attr = SA_P | SYS_TSS32_BUSY};
    tables_poke(b, TABLES_TSS + 0x66, 0x88, 2);
}

static void set(struct bare *b, enum x86_segreg seg, uint16_t sel)
{
    const struct x86_desc d = {.lo = (uint32_t)tables_get(b, sel),
                               .hi = (uint32_t)(tables_get(b, sel) >> 32)};

    x86_desc_parse(&d, sel, &b->c->s.seg[seg]);
}

static const uint16_t code_of[] = {T_CODE0, T_CODE1 | 1, 0, T_CODE3 | 3};
static const uint16_t data_of[] = {T_DATA0, T_DATA1 | 1, 0, T_DATA3 | 3};
static const uint32_t stack_of[] = {TABLES_STACK0, TABLES_STACK1, 0,
                                    TABLES_STACK3};

static void enter(struct bare *b, unsigned cpl, uint16_t code)
{
    set(b, SEG_CS, code);
    for (unsigned k = 0; k < SEG_COUNT; k++) {
        if (k != SEG_CS)
            set(b, (enum x86_segreg)k, data_of[cpl]);
    }
    b->c->s.r[R_SP] = stack_of[cpl];
    b->c->s.r[R_IP] = TABLES_CODE;
    x86_update_mode(b->c);
    ck_assert_uint_eq(b->c->cpl, cpl);
}

void tables_protected(struct bare *b, unsigned cpl)
{
    b->c->s.rflags = FL_ONE;
    bare_protected(b, 0);
    fill(b);
    tables_poke(b, TABLES_TSS + 4, TABLES_STACK0, 4);
    tables_poke(b, TABLES_TSS + 8, T_DATA0, 2);
    tables_poke(b, TABLES_TSS + 12, TABLES_STACK1, 4);
    tables_poke(b, TABLES_TSS + 16, T_DATA1 | 1, 2);
    enter(b, cpl, code_of[cpl]);
}

void tables_long64(struct bare *b, unsigned cpl)
{
    b->c->s.rflags = FL_ONE;
    bare_long64(b, 0);
    fill(b);
    tables_poke(b, TABLES_TSS + 4, TABLES_STACK0, 8);
    tables_poke(b, TABLES_TSS + 12, TABLES_STACK1, 8);
    tables_poke(b, TABLES_TSS + 36, TABLES_IST1, 8);
    enter(b, cpl, cpl == 0 ? T_CODE64 : T_CODE64U | 3);
}

void tables_v86(struct bare *b, unsigned iopl)
{
    static const uint16_t sel[SEG_COUNT] = {0xe00, 0x800, 0xc00,
                                            0xd00, 0xf00, 0x100};
    struct x86_state *s = &b->c->s;

    tables_protected(b, 0);
    s->rflags = FL_ONE | FL_VM | iopl << 12;
    b->c->v86 = true;
    for (unsigned k = 0; k < SEG_COUNT; k++)
        x86_load_seg_real(b->c, (enum x86_segreg)k, sel[k]);
    s->r[R_SP] = 0x100;
    s->r[R_IP] = 0x10;
    x86_update_mode(b->c);
}

int tables_deliver(struct bare *b, const struct x86_event *ev, uint64_t ip)
{
    struct x86_cpu *c = b->c;

    b->insn[0].off = 0;
    c->insn = c->insn0 = b->insn;
    if (setjmp(c->leave) == 0) {
        x86_deliver(c, ev, ip);
        return BARE_DONE;
    }
    b->event = c->event;
    return c->event.vector;
}

uint64_t tables_flags(const struct bare *b)
{
    return x86_rflags(b->c);
}
