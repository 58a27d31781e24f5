/* kvmguest.c: a small machine full of descriptors. */
#include "common/x86/tests/kvmguest.h"

#include <string.h>

#include "common/base/cc.h"
#include "common/x86/mem.h"

#define CODE    (SA_P | SA_S | SA_CODE | SA_WRITABLE | SA_ACCESSED)
#define DATA    (SA_P | SA_S | SA_WRITABLE | SA_ACCESSED)
#define DPL(n)  ((uint32_t)(n) << 5)
#define FLAT    (SA_G | SA_DB)
#define ALL     0xfffffu
#define PTE_ALL 0x67u /* P, RW, US, A, D */

const char *const kvmguest_mode_names[GUEST_MODES] = {
    "real",  "v86", "16-bit",        "32-bit",
    "paged", "pae", "compatibility", "64-bit"};

/* ---- descriptors ---- */
uint64_t kvmguest_desc(uint32_t base, uint32_t limit, uint32_t attr)
{
    uint32_t lo = (limit & 0xffff) | base << 16;
    uint32_t hi = (base >> 16 & 0xff) | (attr & 0xf0ff) << 8 |
                  (limit & 0xf0000) | (base & 0xff000000);

    return lo | (uint64_t)hi << 32;
}

uint64_t kvmguest_gate(uint16_t sel, uint32_t off, uint32_t attr,
                       unsigned params)
{
    uint32_t lo = (off & 0xffff) | (uint32_t)sel << 16;
    uint32_t hi = (params & 0xff) | (attr & 0xff) << 8 | (off & 0xffff0000);

    return lo | (uint64_t)hi << 32;
}

void kvmguest_put(struct kvmguest *g, uint32_t at, uint64_t v, unsigned n)
{
    memcpy(g->ram + at, &v, n);
}

static uint32_t desc_at(uint16_t sel)
{
    return (SEL_TI(sel) ? AT_LDT : AT_GDT) + SEL_INDEX(sel);
}

void kvmguest_set_desc(struct kvmguest *g, uint16_t sel, uint64_t desc)
{
    kvmguest_put(g, desc_at(sel), desc, 8);
}

static void set_system(struct kvmguest *g, uint16_t sel, uint64_t desc)
{
    kvmguest_set_desc(g, sel, desc);
    if (kvmguest_long(g))
        kvmguest_put(g, desc_at(sel) + 8, 0, 8);
}

void kvmguest_set_idt(struct kvmguest *g, unsigned vec, uint16_t sel,
                      uint32_t off, uint32_t attr, unsigned ist)
{
    uint64_t gate = kvmguest_gate(sel, off, attr, ist);

    if (kvmguest_long(g)) {
        kvmguest_put(g, AT_IDT + 16 * vec, gate, 8);
        kvmguest_put(g, AT_IDT + 16 * vec + 8, 0, 8);
    } else {
        kvmguest_put(g, AT_IDT + 8 * vec, gate, 8);
    }
}

static void set_gdt(struct kvmguest *g)
{
    bool wide = kvmguest_long(g);

    kvmguest_put(g, AT_GDT, 0, 8);
    kvmguest_set_desc(g, SEL_C0, kvmguest_desc(0, ALL, CODE | FLAT));
    kvmguest_set_desc(g, SEL_D0, kvmguest_desc(0, ALL, DATA | FLAT));
    kvmguest_set_desc(g, SEL_C3, kvmguest_desc(0, ALL, CODE | FLAT | DPL(3)));
    kvmguest_set_desc(g, SEL_D3, kvmguest_desc(0, ALL, DATA | FLAT | DPL(3)));
    kvmguest_set_desc(g, SEL_C0L, kvmguest_desc(0, ALL, CODE | SA_G | SA_L));
    kvmguest_set_desc(g, SEL_C3L,
                      kvmguest_desc(0, ALL, CODE | SA_G | SA_L | DPL(3)));
    kvmguest_set_desc(g, SEL_C0W, kvmguest_desc(0, 0xffff, CODE));
    kvmguest_set_desc(g, SEL_D0W, kvmguest_desc(0, 0xffff, DATA));
    kvmguest_set_desc(g, SEL_C1, kvmguest_desc(0, ALL, CODE | FLAT | DPL(1)));
    kvmguest_set_desc(g, SEL_D1, kvmguest_desc(0, ALL, DATA | FLAT | DPL(1)));
    kvmguest_set_desc(g, SEL_C2, kvmguest_desc(0, ALL, CODE | FLAT | DPL(2)));
    kvmguest_set_desc(g, SEL_D2, kvmguest_desc(0, ALL, DATA | FLAT | DPL(2)));
    kvmguest_set_desc(g, SEL_CONF,
                      kvmguest_desc(0, ALL, CODE | FLAT | SA_EXPDOWN));
    kvmguest_set_desc(g, SEL_C3W, kvmguest_desc(0, 0xffff, CODE | DPL(3)));
    kvmguest_set_desc(g, SEL_D3W, kvmguest_desc(0, 0xffff, DATA | DPL(3)));
    set_system(g, SEL_LDT, kvmguest_desc(AT_LDT, LDT_LIMIT, SA_P | SYS_LDT));
    set_system(g, SEL_TSS,
               kvmguest_desc(AT_TSS, TSS_LIMIT, SA_P | SYS_TSS32_BUSY));
    set_system(g, SEL_TSS32,
               kvmguest_desc(AT_TSS32, 0x67, SA_P | SYS_TSS32_AVAIL));
    set_system(g, SEL_TSS16,
               kvmguest_desc(AT_TSS16, 0x2b, SA_P | SYS_TSS16_AVAIL));
    set_system(g, SEL_CALL,
               kvmguest_gate(wide ? SEL_C0L : SEL_C0, AT_FAR,
                             SA_P | SYS_CALL32 | DPL(3), 0));
    set_system(g, SEL_TASK,
               kvmguest_gate(SEL_TSS32, 0, SA_P | SYS_TASKGATE | DPL(3), 0));
    for (uint16_t sel = SEL_T0; sel < GDT_LIMIT; sel += 8)
        kvmguest_set_desc(g, sel, kvmguest_desc(0, ALL, DATA | FLAT | DPL(3)));
    for (uint16_t sel = SEL_L0; sel < LDT_LIMIT; sel += 8)
        kvmguest_set_desc(g, sel, kvmguest_desc(0, ALL, DATA | FLAT | DPL(3)));
}

static void set_vectors(struct kvmguest *g)
{
    for (unsigned v = 0; v < 256; v++) {
        bool user = v == VEC_BP || v == VEC_OF || (v >= 0x80 && v < 0x90);

        kvmguest_put(g, 4 * v, AT_HANDLERS + 4 * v, 4);
        kvmguest_set_idt(g, v, kvmguest_long(g) ? SEL_C0L : SEL_C0,
                         AT_HANDLERS + 4 * v,
                         SA_P | SYS_INT32 | (user ? DPL(3) : 0), 0);
    }
}

/* ---- tasks ---- */
static void set_tss32(struct kvmguest *g)
{
    static const uint16_t stack[3] = {AT_STACK0, AT_STACK1, AT_STACK2};
    static const uint16_t ss[3] = {SEL_D0, SEL_D1 | 1, SEL_D2 | 2};

    memset(g->ram + AT_TSS, 0, TSS_IOMAP);
    for (unsigned k = 0; k < 3; k++) {
        kvmguest_put(g, AT_TSS + 4 + 8 * k, stack[k], 4);
        kvmguest_put(g, AT_TSS + 8 + 8 * k, ss[k], 4);
    }
}

static void set_tss64(struct kvmguest *g)
{
    static const uint16_t stack[3] = {AT_STACK0, AT_STACK1, AT_STACK2};

    memset(g->ram + AT_TSS, 0, TSS_IOMAP);
    for (unsigned k = 0; k < 3; k++)
        kvmguest_put(g, AT_TSS + 4 + 8 * k, stack[k], 8);
    for (unsigned k = 1; k < 8; k++)
        kvmguest_put(g, AT_TSS + 28 + 8 * k, AT_IST + 0x100 * k, 8);
}

/* Ports 10H to 1FH may be used, others not; interrupts of virtual-8086 mode go
 * to the IDT. */
static void set_maps(struct kvmguest *g)
{
    memset(g->ram + AT_TSS + TSS_REDIRECT, 0xff, TSS_IOMAP - TSS_REDIRECT);
    memset(g->ram + AT_TSS + TSS_IOMAP, 0xff, TSS_LIMIT + 1 - TSS_IOMAP);
    memset(g->ram + AT_TSS + TSS_IOMAP + 2, 0, 2);
    kvmguest_put(g, AT_TSS + 0x66, TSS_IOMAP, 2);
}

/* The tasks to switch to, which begin at AT_FAR. */
static void set_tasks(struct kvmguest *g)
{
    static const uint16_t sel[6] = {SEL_D3 | 3, SEL_C0, SEL_D0,
                                    SEL_D0,     0,      SEL_D3 | 3};
    uint32_t cr3 = kvmguest_paged(g) ? (uint32_t)g->s.cr3 : 0;

    memset(g->ram + AT_TSS32, 0, 0x68);
    memset(g->ram + AT_TSS16, 0, 0x2c);
    kvmguest_put(g, AT_TSS32 + 0x1c, cr3, 4);
    kvmguest_put(g, AT_TSS32 + 0x20, AT_FAR, 4);
    kvmguest_put(g, AT_TSS32 + 0x24, FL_ONE, 4);
    kvmguest_put(g, AT_TSS16 + 0x0e, AT_FAR, 2);
    kvmguest_put(g, AT_TSS16 + 0x10, FL_ONE, 2);
    for (unsigned k = 0; k < 8; k++) {
        kvmguest_put(g, AT_TSS32 + 0x28 + 4 * k,
                     k == R_SP ? AT_STACK - 0x100 : 0x11111111u * (k + 1), 4);
        kvmguest_put(g, AT_TSS16 + 0x12 + 2 * k,
                     k == R_SP ? AT_STACK - 0x100 : 0x1111u * (k + 1), 2);
    }
    for (unsigned k = 0; k < 6; k++) {
        kvmguest_put(g, AT_TSS32 + 0x48 + 4 * k, sel[k], 4);
        if (k < 4)
            kvmguest_put(g, AT_TSS16 + 0x22 + 2 * k, sel[k], 2);
    }
    kvmguest_put(g, AT_TSS32 + 0x60, SEL_LDT, 2);
    kvmguest_put(g, AT_TSS16 + 0x2a, SEL_LDT, 2);
    kvmguest_put(g, AT_TSS32 + 0x64, 0x680000, 4);
}

/* ---- paging ---- */
enum {
    AT_PML4 = AT_TABLES,
    AT_PDPT = AT_TABLES + 0x1000,
    AT_PD = AT_TABLES + 0x2000,
    AT_PT = AT_TABLES + 0x3000,
    AT_PDPT_PAE = AT_TABLES + 0x4000,
    AT_PD_PAE = AT_TABLES + 0x5000,
    AT_PT_PAE = AT_TABLES + 0x6000,
    AT_PD32 = AT_TABLES + 0x7000,
    AT_PT32 = AT_TABLES + 0x8000
};

/* All three trees are always there. */
static void set_tables(struct kvmguest *g)
{
    memset(g->ram + AT_TABLES, 0, AT_TABLES_END - AT_TABLES);
    kvmguest_put(g, AT_PML4, AT_PDPT | PTE_ALL, 8);
    kvmguest_put(g, AT_PDPT, AT_PD | PTE_ALL, 8);
    kvmguest_put(g, AT_PD, AT_PT | PTE_ALL, 8);
    kvmguest_put(g, AT_PDPT_PAE, AT_PD_PAE | 1, 8);
    kvmguest_put(g, AT_PD_PAE, AT_PT_PAE | PTE_ALL, 8);
    kvmguest_put(g, AT_PD32, AT_PT32 | PTE_ALL, 4);
    for (uint32_t at = 0; at < KVMGUEST_RAM; at += PAGE_SIZE) {
        kvmguest_put(g, AT_PT + at / PAGE_SIZE * 8, at | PTE_ALL, 8);
        kvmguest_put(g, AT_PT_PAE + at / PAGE_SIZE * 8, at | PTE_ALL, 8);
        kvmguest_put(g, AT_PT32 + at / PAGE_SIZE * 4, at | PTE_ALL, 4);
    }
}

void kvmguest_map(struct kvmguest *g, uint32_t lin, uint64_t entry)
{
    uint32_t n = lin / PAGE_SIZE;

    if (g->mode == GUEST_PAGED)
        kvmguest_put(g, AT_PT32 + 4 * n, entry, 4);
    else
        kvmguest_put(g, (kvmguest_long(g) ? AT_PT : AT_PT_PAE) + 8 * n, entry,
                     8);
}

void kvmguest_load_pdptes(struct kvmguest *g)
{
    bool pae = (g->s.cr0 & CR0_PG) && (g->s.cr4 & CR4_PAE) &&
               !(g->s.efer & EFER_LMA) && g->s.cr3 < KVMGUEST_RAM;

    for (unsigned k = 0; k < 4; k++)
        g->s.pdpte[k] =
            pae ? get_le64(g->ram + (g->s.cr3 & 0xffffffe0) + 8 * k) : 0;
}

/* ---- registers ---- */
void kvmguest_load(struct kvmguest *g, enum x86_segreg seg, uint16_t sel)
{
    uint64_t d = get_le64(g->ram + desc_at(sel));
    uint32_t hi = (uint32_t)(d >> 32);
    struct x86_seg *s = &g->s.seg[seg];

    *s = (struct x86_seg){.sel = sel,
                          .attr = hi >> 8 & 0xf0ff,
                          .limit = (d & 0xffff) | (hi & 0xf0000),
                          .base = (d >> 16 & 0xffffff) | (hi & 0xff000000)};
    if (s->attr & SA_G)
        s->limit = s->limit << 12 | 0xfff;
}

static void set_segments(struct kvmguest *g, unsigned cpl)
{
    static const uint16_t code[GUEST_MODES][2] = {
        [GUEST_PROT16] = {SEL_C0W, SEL_C3W}, [GUEST_PROT32] = {SEL_C0, SEL_C3},
        [GUEST_PAGED] = {SEL_C0, SEL_C3},    [GUEST_PAE] = {SEL_C0, SEL_C3},
        [GUEST_COMPAT] = {SEL_C0, SEL_C3},   [GUEST_LONG] = {SEL_C0L, SEL_C3L}};
    bool w = g->mode == GUEST_PROT16;
    uint16_t data =
        cpl == 3 ? (w ? SEL_D3W : SEL_D3) | 3 : (w ? SEL_D0W : SEL_D0);

    for (unsigned k = 0; k < SEG_COUNT; k++)
        kvmguest_load(g, (enum x86_segreg)k, data);
    kvmguest_load(g, SEG_CS, (uint16_t)(code[g->mode][cpl == 3] | cpl));
}

static void set_8086(struct kvmguest *g)
{
    static const uint16_t v86[SEG_COUNT] = {0x700, 0x800, 0x600,
                                            0x700, 0x10,  0x20};

    for (unsigned k = 0; k < SEG_COUNT; k++) {
        uint16_t sel = g->mode == GUEST_V86 ? v86[k] : 0;

        g->s.seg[k] = (struct x86_seg){.sel = sel,
                                       .base = (uint64_t)sel << 4,
                                       .limit = 0xffff,
                                       .attr = DATA};
        if (g->mode == GUEST_V86)
            g->s.seg[k].attr |= DPL(3);
        else if (k == SEG_CS)
            g->s.seg[k].attr |= SA_CODE;
    }
}

static void set_system_registers(struct kvmguest *g)
{
    struct x86_state *s = &g->s;

    s->gdtr = (struct x86_dtable){AT_GDT, GDT_LIMIT};
    s->idtr = (struct x86_dtable){AT_IDT, kvmguest_long(g) ? 0xfff : 0x7ff};
    if (g->mode == GUEST_REAL)
        s->idtr = (struct x86_dtable){AT_IVT, 0x3ff};
    s->ldtr = (struct x86_seg){.sel = SEL_LDT,
                               .base = AT_LDT,
                               .limit = LDT_LIMIT,
                               .attr = SA_P | SYS_LDT};
    s->tr = (struct x86_seg){.sel = SEL_TSS,
                             .base = AT_TSS,
                             .limit = TSS_LIMIT,
                             .attr = SA_P | SYS_TSS32_BUSY};
    s->dr[6] = 0xffff0ff0;
    s->dr[7] = 0x400;
    s->pat = 0x0007040600070406ull;
    s->star = (uint64_t)SEL_C0L << 32 | (uint64_t)SEL_C3 << 48;
    s->lstar = AT_FAR;
    s->cstar = AT_FAR + 0x100;
    s->fmask = FL_TF | FL_IF | FL_DF | FL_AC | FL_NT;
    s->kernel_gs_base = 0x7100;
    s->sysenter_cs = SEL_C0;
    s->sysenter_esp = AT_STACK0;
    s->sysenter_eip = AT_FAR;
}

static void set_control(struct kvmguest *g)
{
    struct x86_state *s = &g->s;

    s->cr0 = CR0_ET | CR0_NE | (g->mode == GUEST_REAL ? 0 : CR0_PE);
    s->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
    if (!kvmguest_paged(g))
        return;
    s->cr0 |= CR0_PG | CR0_WP;
    s->cr3 = AT_PD32;
    if (g->mode == GUEST_PAGED)
        return;
    s->cr4 |= CR4_PAE;
    s->efer = EFER_NXE;
    s->cr3 = AT_PDPT_PAE;
    if (kvmguest_long(g)) {
        s->efer |= EFER_LME | EFER_LMA | EFER_SCE;
        s->cr3 = AT_PML4;
    }
}

static void set_general(struct kvmguest *g, unsigned cpl)
{
    struct x86_state *s = &g->s;

    for (unsigned k = 0; k < (g->mode == GUEST_LONG ? 16u : 8u); k++)
        s->r[k] = 0x01010101u * (k + 1);
    s->r[R_SP] = cpl == 3 ? AT_USER_STACK : AT_STACK;
    s->r[R_BX] = s->r[R_SI] = s->r[R_DI] = AT_DATA;
    s->r[R_IP] = AT_CODE;
    s->rflags = FL_ONE;
    if (g->mode == GUEST_V86) {
        s->r[R_IP] = 0;
        s->r[R_SP] = 0xf00;
        s->r[R_BX] = s->r[R_SI] = s->r[R_DI] = 0x10;
        s->rflags |= FL_VM;
    }
    s->xs.fcw = 0x37f;
    s->xs.mxcsr = 0x1f80;
}

void kvmguest_init(struct kvmguest *g, enum kvmguest_mode mode, unsigned cpl)
{
    memset(&g->s, 0, sizeof(g->s));
    memset(g->ram, 0xf4, sizeof(g->ram));
    g->mode = mode;
    set_control(g);
    set_gdt(g);
    set_vectors(g);
    if (kvmguest_long(g))
        set_tss64(g);
    else
        set_tss32(g);
    set_maps(g);
    set_tasks(g);
    set_tables(g);
    for (unsigned k = 0; k < 0x800; k++)
        g->ram[AT_DATA + k] = (uint8_t)(k * 37 + (k >> 8) * 11);
    if (mode == GUEST_REAL || mode == GUEST_V86)
        set_8086(g);
    else
        set_segments(g, cpl);
    set_system_registers(g);
    set_general(g, cpl);
    kvmguest_load_pdptes(g);
}
