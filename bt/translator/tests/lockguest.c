/* lockguest.c: a small machine for random programs. */
#include "bt/translator/tests/lockguest.h"

#include <string.h>

#include "common/base/cc.h"
#include "common/x86/cpuid.h"
#include "common/x86/tests/guest_asm.h"

const char *const lock_mode_names[LOCK_MODES] = {
    "real", "v86",  "prot16",  "prot32", "paged", "paged3",
    "pae",  "pae3", "compat3", "long",   "long3"};

static bool is_long(enum lock_mode m)
{
    return m >= LOCK_COMPAT3;
}

static bool is_pae(enum lock_mode m)
{
    return m == LOCK_PAE || m == LOCK_PAE3;
}

static bool is_paged(enum lock_mode m)
{
    return m >= LOCK_PAGED || m == LOCK_V86;
}

static void put(struct lock_guest *g, uint32_t at, uint64_t v, unsigned n)
{
    gmem_load(&g->m->mem, at, &v, n);
}

/* ---- handlers ----
 * A fault's: IP to the next chunk, and further one time in eight; TF off, IF
 * on, data segments as they were at the start. Its error code is dropped
 * before. An interrupt's: end of interrupt to the first 8259; one in four goes
 * on as a fault's, which ends endless loops. The counts are at LOCK_OR. */
GUEST16(lock_fault16, "pushw %bp; movw %sp, %bp; pushw %ax;"
                      "incw %cs:0x180c; movw %cs:0x180c, %ax;"
                      "shlw $5, %ax; addw %ax, 2(%bp);"
                      "addw $0x100, 2(%bp); andw $0x3f00, 2(%bp);"
                      "movw $0x1000, 4(%bp);"
                      "andw $0xfeff, 6(%bp); orw $0x200, 6(%bp);"
                      "movw $0x2000, %ax; movw %ax, %ds; movw %ax, %es;"
                      "popw %ax; popw %bp; iretw");
GUEST32(lock_fault32, "pushl %ebp; movl %esp, %ebp; pushl %eax;"
                      "incl %ss:0xd80c; movl %ss:0xd80c, %eax;"
                      "shll $5, %eax; addl %eax, 4(%ebp);"
                      "addl $0x100, 4(%ebp); andl $0x3f00, 4(%ebp);"
                      "movl %ss:0xd800, %eax; orl %eax, 4(%ebp); popl %eax;"
                      "andl $0xfffffeff, 12(%ebp); orl $0x200, 12(%ebp);"
                      "testl $0x20000, 12(%ebp); jnz 1f;"
                      "pushl $0x23; popl %ds; pushl $0x23; popl %es;"
                      "1: popl %ebp; iretl");
GUEST64(lock_fault64, "pushq %rbp; movq %rsp, %rbp; pushq %rax;"
                      "incl 0xd80c; movl 0xd80c, %eax;"
                      "shll $5, %eax; addl %eax, 8(%rbp);"
                      "addl $0x100, 8(%rbp); andl $0x3f00, 8(%rbp);"
                      "orl $0x10000, 8(%rbp); movl $0, 12(%rbp);"
                      "andl $0xfffffeff, 24(%rbp); orl $0x200, 24(%rbp);"
                      "movl $0x23, %eax; movl %eax, %ds;"
                      "movl %eax, %es; popq %rax; popq %rbp; iretq");
GUEST16(lock_irq16, "pushw %ax; movb $0x20, %al; outb %al, $0x20;"
                    "incw %cs:0x1810; testb $3, %cs:0x1810; popw %ax;"
                    "jz .-0x100-(.-lock_irq16_code); iretw");
GUEST32(lock_irq32, "pushl %eax; movb $0x20, %al; outb %al, $0x20;"
                    "incl %ss:0xd810; testb $3, %ss:0xd810; popl %eax;"
                    "jz .-0x100-(.-lock_irq32_code); iretl");
GUEST64(lock_irq64, "pushq %rax; movb $0x20, %al; outb %al, $0x20;"
                    "incl 0xd810; testb $3, 0xd810; popq %rax;"
                    "jz .-0x100-(.-lock_irq64_code); iretq");
/* Software interrupts and traps: a little kernel work. */
GUEST16(lock_soft16, "incw %cs:0x1804; iretw");
GUEST32(lock_soft32, "pushl %eax; movl %ss:0xd804, %eax; addl $3, %eax;"
                     "movl %eax, %ss:0xd804; popl %eax; iretl");
GUEST64(lock_soft64, "pushq %rax; movl 0xd804, %eax; addl $3, %eax;"
                     "movl %eax, 0xd804; popq %rax; iretq");
/* Where SYSCALL and SYSENTER arrive. */
GUEST64(lock_syscall, "incl 0xd808; sysretq");
GUEST64(lock_syscallc, "incl 0xd808; sysretl");

#define PUT(g, at, name)                                                       \
    gmem_load(&(g)->m->mem, (at), name##_code,                                 \
              (uint64_t)(name##_end - name##_code))

enum {
    AT_FAULT = 0,
    AT_IRQ = 0x100,
    AT_SOFT = 0x200,
    AT_SYSCALL = 0x300,
    AT_SYSCALLC = 0x380
};

static bool has_error(const struct lock_guest *g, unsigned v)
{
    return g->mode != LOCK_REAL &&
           (v == VEC_DF || (v >= VEC_TS && v <= VEC_PF) || v == VEC_AC);
}

static unsigned handler(unsigned v)
{
    if (v >= 0x20 && v < 0x30)
        return AT_IRQ;
    if (v >= 0x30 || v == VEC_DB || v == VEC_BP || v == VEC_OF || v == VEC_NMI)
        return AT_SOFT;
    return AT_FAULT;
}

/* Drop the error code, jump to the common part. */
static void put_stub(struct lock_guest *g, unsigned v)
{
    uint32_t at = LOCK_STUBS + 16 * v, target = LOCK_COMMON + handler(v);
    uint8_t b[16] = {0};
    unsigned n = 0;

    if (has_error(g, v)) { /* lea, which leaves the flags alone */
        if (is_long(g->mode))
            b[n++] = 0x48;
        memcpy(b + n, "\x8d\x64\x24", 3);
        n += 3;
        b[n++] = is_long(g->mode) ? 8 : 4;
    }
    b[n++] = 0xe9;
    if (g->mode == LOCK_REAL)
        put_le16(b + n, (uint16_t)(target - (at + n + 2)));
    else
        put_le32(b + n, target - (at + n + 4));
    gmem_load(&g->m->mem, at, b, sizeof(b));
}

static void put_gate(struct lock_guest *g, unsigned v)
{
    uint32_t off = LOCK_STUBS + 16 * v;
    uint16_t sel = is_long(g->mode) ? LS_C0L : LS_C0;
    bool user = v >= 0x80 || v == VEC_BP || v == VEC_OF;
    uint32_t attr = SA_P | SYS_INT32 | (user ? 3u << 5 : 0);
    uint64_t gate = (off & 0xffff) | (uint64_t)sel << 16 |
                    (uint64_t)(is_long(g->mode) ? 1 : 0) << 32 |
                    (uint64_t)attr << 40 | (uint64_t)(off >> 16) << 48;

    if (g->mode == LOCK_REAL)
        put(g, 4 * v, (LOCK_STUBS >> 4) << 16 | 16 * v, 4);
    else
        put(g, LOCK_IDT + (is_long(g->mode) ? 16 : 8) * v, gate, 8);
}

static void put_handlers(struct lock_guest *g)
{
    for (unsigned v = 0; v < 256; v++) {
        put_stub(g, v);
        put_gate(g, v);
    }
    if (g->mode == LOCK_REAL) {
        PUT(g, LOCK_COMMON + AT_FAULT, lock_fault16);
        PUT(g, LOCK_COMMON + AT_IRQ, lock_irq16);
        PUT(g, LOCK_COMMON + AT_SOFT, lock_soft16);
    } else if (is_long(g->mode)) {
        PUT(g, LOCK_COMMON + AT_FAULT, lock_fault64);
        PUT(g, LOCK_COMMON + AT_IRQ, lock_irq64);
        PUT(g, LOCK_COMMON + AT_SOFT, lock_soft64);
        PUT(g, LOCK_COMMON + AT_SYSCALL, lock_syscall);
        PUT(g, LOCK_COMMON + AT_SYSCALLC, lock_syscallc);
    } else {
        PUT(g, LOCK_COMMON + AT_FAULT, lock_fault32);
        PUT(g, LOCK_COMMON + AT_IRQ, lock_irq32);
        PUT(g, LOCK_COMMON + AT_SOFT, lock_soft32);
    }
    put(g, LOCK_OR, g->code, 4);
}

/* ---- segments ---- */
#define CODE (SA_P | SA_S | SA_CODE | SA_WRITABLE | SA_ACCESSED)
#define DATA (SA_P | SA_S | SA_WRITABLE | SA_ACCESSED)
#define D3   (3u << 5)
#define FLAT (SA_G | SA_DB)

static void put_desc(struct lock_guest *g, unsigned sel, uint32_t base,
                     uint32_t limit, uint32_t attr)
{
    uint32_t lo = (limit & 0xffff) | base << 16;
    uint32_t hi = (base >> 16 & 0xff) | (attr & 0xf0ff) << 8 |
                  (limit & 0xf0000) | (base & 0xff000000);

    put(g, LOCK_GDT + sel, lo | (uint64_t)hi << 32, 8);
}

static void put_gdt(struct lock_guest *g)
{
    put_desc(g, LS_C0, 0, 0xfffff, CODE | FLAT);
    put_desc(g, LS_D0, 0, 0xfffff, DATA | FLAT);
    put_desc(g, LS_C3, 0, 0xfffff, CODE | FLAT | D3);
    put_desc(g, LS_D3, 0, 0xfffff, DATA | FLAT | D3);
    put_desc(g, LS_D0L, 0, 0xfffff, DATA | FLAT);
    put_desc(g, LS_C0L, 0, 0xfffff, CODE | SA_G | SA_L);
    put_desc(g, LS_C3L, 0, 0xfffff, CODE | SA_G | SA_L | D3);
    put_desc(g, LS_C0W, LOCK_CODE, 0xffff, CODE);
    put_desc(g, LS_D3RO, 0, 0xfffff, (DATA & ~SA_WRITABLE) | FLAT | D3);
    put_desc(g, LS_D3SMALL, 0, 0x23fff, DATA | SA_DB | D3);
    put_desc(g, LS_D3DOWN, 0, 0x21fff, DATA | SA_EXPDOWN | SA_DB | D3);
    put_desc(g, LS_D3BASE, 0x123, 0xfffff, DATA | FLAT | D3);
    put_desc(g, LS_ABSENT, 0, 0xfffff, (DATA & ~SA_P) | FLAT | D3);
    put_desc(g, LS_TSS, LOCK_TSS, 0xff, SA_P | SYS_TSS32_BUSY);
    put(g, LS_TSS + 8 + LOCK_GDT, 0, 8);
    if (is_long(g->mode)) {
        put(g, LOCK_TSS + 4, LOCK_STACK0, 8);
        put(g, LOCK_TSS + 36, LOCK_IST, 8);
    } else {
        put(g, LOCK_TSS + 4, LOCK_STACK0, 4);
        put(g, LOCK_TSS + 8, LS_D0, 2);
    }
    put(g, LOCK_TSS + 0x66, 0x88, 2);
    put(g, LOCK_TSS + 0x88 + 0x40 / 8, 0, 1); /* the 8254 may be read */
    for (unsigned k = 0x68; k < 0x88; k++)
        put(g, LOCK_TSS + k, 0, 1); /* V86: vectors redirected to its IVT */
    for (unsigned k = 0x88; k < 0x100; k++)
        put(g, LOCK_TSS + k, k == 0x88 + 8 ? 0 : 0xff, 1);
}

static void load(struct x86_seg *s, unsigned sel, uint32_t base, uint32_t limit,
                 uint32_t attr)
{
    *s = (struct x86_seg){
        .sel = (uint16_t)sel, .base = base, .limit = limit, .attr = attr};
}

static void load_8086(struct lock_guest *g, struct x86_state *s)
{
    static const uint16_t sel[SEG_COUNT] = {0x2000, 0x1000, 0x3000,
                                            0x2000, 0x2100, 0x1f80};
    uint32_t dpl = g->mode == LOCK_V86 ? D3 : 0;

    for (unsigned k = 0; k < SEG_COUNT; k++)
        load(&s->seg[k], sel[k], (uint32_t)sel[k] << 4, 0xffff,
             DATA | dpl | (k == SEG_CS && dpl == 0 ? SA_CODE : 0u));
}

static void load_segments(struct lock_guest *g, struct x86_state *s)
{
    unsigned rpl = g->cpl;
    uint32_t dpl = rpl << 5;

    for (unsigned k = 0; k < SEG_COUNT; k++)
        load(&s->seg[k], LS_D3 | 3, 0, 0xffffffff, DATA | FLAT | D3);
    load(&s->seg[SEG_SS], rpl ? LS_D3 | 3 : LS_D0, 0, 0xffffffff,
         DATA | FLAT | dpl);
    load(&s->seg[SEG_CS], (rpl ? LS_C3 : LS_C0) | rpl, 0, 0xffffffff,
         CODE | FLAT | dpl);
    if (g->code_size == 3)
        load(&s->seg[SEG_CS], (rpl ? LS_C3L : LS_C0L) | rpl, 0, 0xffffffff,
             CODE | SA_G | SA_L | dpl);
    if (g->mode == LOCK_PROT16)
        load(&s->seg[SEG_CS], LS_C0W, LOCK_CODE, 0xffff, CODE);
    s->seg[SEG_FS].base = 0x100;
    s->seg[SEG_GS].base = 0x2003;
    s->kernel_gs_base = 0x1000;
}

/* ---- paging ---- */
unsigned lock_pte_bytes(enum lock_mode mode)
{
    return is_pae(mode) || is_long(mode) ? 8 : 4;
}

uint32_t lock_pte_at(enum lock_mode mode, uint32_t lin)
{
    return LOCK_TABLES + 0x3000 + lin / PAGE_SIZE * lock_pte_bytes(mode);
}

/* Rights of a data page: mostly all, else one of what there is. */
static uint64_t data_rights(struct lock_guest *g, struct rng *r)
{
    static const uint8_t rights[] = {0x67, 0x07, 0x27, 0x05, 0x65,
                                     0x03, 0x63, 0x01, 0x06, 0x00};
    uint64_t e = 0x67;

    if (rng_below(r, 3) == 0)
        e = rights[rng_below(r, sizeof(rights))];
    if (lock_pte_bytes(g->mode) == 8 && rng_below(r, 12) == 0)
        e |= BITQ(63);
    if (lock_pte_bytes(g->mode) == 8 && rng_below(r, 40) == 0)
        e |= BITQ(50); /* reserved */
    if (rng_below(r, 4) == 0)
        e |= 0x100; /* global */
    return e;
}

static void put_pages(struct lock_guest *g, struct rng *r)
{
    unsigned bytes = lock_pte_bytes(g->mode);

    for (uint32_t lin = 0; lin < LOCK_RAM; lin += PAGE_SIZE) {
        uint64_t e = lin | 0x67;

        if (lin < LOCK_CODE)
            e = lin | 0x63; /* the kernel's */
        if (lin >= LOCK_DATA && lin < LOCK_DATA + LOCK_DATA_BYTES)
            e = lin | (lin < LOCK_DATA + 0x4000 ? 0x67 : data_rights(g, r));
        if (lin >= LOCK_ALIAS && lin < LOCK_ALIAS + 0x4000)
            e = (lin - LOCK_ALIAS + LOCK_CODE) | 0x67;
        if (lin == 0x50000) /* the local APIC */
            e = 0xfee00000u | 0x77;
        if (lin > 0x50000 && lin < 0x58000)
            e = 0; /* nothing there */
        put(g, lock_pte_at(g->mode, lin), e, bytes);
    }
    if (bytes == 4) {
        put(g, LOCK_TABLES, (LOCK_TABLES + 0x3000) | 0x67, 4);
    } else {
        put(g, LOCK_TABLES, (LOCK_TABLES + 0x1000) | 0x67, 8);
        put(g, LOCK_TABLES + 0x1000,
            (LOCK_TABLES + 0x2000) | (is_long(g->mode) ? 0x67 : 1), 8);
        put(g, LOCK_TABLES + 0x2000, (LOCK_TABLES + 0x3000) | 0x67, 8);
    }
}

static void load_paging(struct lock_guest *g, struct x86_state *s,
                        struct rng *r)
{
    s->cr0 |= CR0_PG | (rng_below(r, 4) ? CR0_WP : 0);
    s->cr3 = LOCK_TABLES;
    if (rng_below(r, 2))
        s->cr4 |= CR4_PGE;
    if (lock_pte_bytes(g->mode) == 8) {
        s->cr4 |= CR4_PAE;
        s->efer |= EFER_NXE;
    }
    if (is_pae(g->mode)) {
        s->cr3 = LOCK_TABLES + 0x1000;
        s->pdpte[0] = (LOCK_TABLES + 0x2000) | 1;
    }
    if (is_long(g->mode))
        s->efer |= EFER_LME | EFER_LMA | EFER_SCE;
}

/* ---- registers ---- */
static void load_state(struct lock_guest *g, struct rng *r)
{
    struct x86_state *s = g->v->state;

    s->cr0 = CR0_ET | CR0_NE | (g->mode == LOCK_REAL ? 0 : CR0_PE);
    s->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
    s->gdtr = (struct x86_dtable){LOCK_GDT, LS_END - 1};
    s->idtr = (struct x86_dtable){LOCK_IDT, 0xfff};
    if (g->mode == LOCK_REAL)
        s->idtr = (struct x86_dtable){0, 0x3ff};
    load(&s->tr, LS_TSS, LOCK_TSS, 0xff, SA_P | SYS_TSS32_BUSY);
    if (g->mode <= LOCK_V86)
        load_8086(g, s);
    else
        load_segments(g, s);
    if (is_paged(g->mode))
        load_paging(g, s, r);
    s->star = (uint64_t)LS_C0L << 32 | (uint64_t)(LS_C3 | 3) << 48;
    s->lstar = LOCK_COMMON + AT_SYSCALL;
    s->cstar = LOCK_COMMON + AT_SYSCALLC;
    s->fmask = FL_TF | FL_IF;
    for (unsigned k = 0; k < (g->code_size == 3 ? 16u : 8u); k++)
        s->r[k] = g->data + 0x111u * k;
    s->r[R_SP] = g->stack + LOCK_SP;
    s->r[R_IP] = g->code;
    s->rflags = FL_ONE | FL_IF | (g->mode == LOCK_V86 ? FL_VM | FL_IOPL : 0);
    s->xs.fcw = 0x37f;
    s->xs.mxcsr = 0x1f80;
}

/* The 8259s at vectors 20H to 2FH; the 8254 every few microseconds. */
static void start_devices(struct lock_guest *g, struct rng *r)
{
    static const uint8_t init[][2] = {{0x20, 0x11}, {0x21, 0x20}, {0x21, 4},
                                      {0x21, 1},    {0xa0, 0x11}, {0xa1, 0x28},
                                      {0xa1, 2},    {0xa1, 1},    {0x21, 0xfe},
                                      {0xa1, 0xff}, {0x43, 0x34}};
    static const uint32_t apic[][2] = {{0xf0, 0x1ff}, {0x350, 0x700}};
    struct bus *b = &g->m->bus;

    for (unsigned k = 0; k < ARRAY_LEN(init); k++)
        bus_write(b, BUS_PORT, init[k][0], 1, init[k][1]);
    for (unsigned k = 0; k < ARRAY_LEN(apic); k++) /* LINT0: the 8259s */
        bus_write(b, BUS_MMIO, 0xfee00000u + apic[k][0], 4, apic[k][1]);
    bus_write(b, BUS_PORT, 0x40, 1, 2 + rng_below(r, 30));
    bus_write(b, BUS_PORT, 0x40, 1, 0);
}

static void put_data(struct lock_guest *g, struct rng *r)
{
    uint64_t page[PAGE_SIZE / 8];

    for (uint32_t at = LOCK_DATA; at < LOCK_STACK + 0x10000; at += PAGE_SIZE) {
        for (unsigned k = 0; k < ARRAY_LEN(page); k++)
            page[k] = rng_next(r);
        gmem_load(&g->m->mem, at, page, sizeof(page));
    }
    for (unsigned k = 0; k < ARRAY_LEN(page); k++) /* undefined */
        page[k] = 0xff0fff0fff0fff0full;
    for (uint32_t at = LOCK_CODE + 0x4000; at < LOCK_DATA; at += PAGE_SIZE)
        gmem_load(&g->m->mem, at, page, sizeof(page));
}

enum status lock_guest_init(struct lock_guest *g, enum lock_mode mode,
                            const struct processor_ops *p, uint64_t seed,
                            struct error *err)
{
    struct machine_config config = {
        .ram_bytes = LOCK_RAM, .clock = CLOCK_VIRTUAL, .ips = 100000000};
    struct processor_config cpu = {.cpu = cpuid_model_default(),
                                   .trace_from = UINT64_MAX};
    struct rng r = {seed};
    enum status st;

    memset(g, 0, sizeof(*g));
    g->mode = mode;
    g->cpl = mode == LOCK_V86 || mode == LOCK_PAGED3 || mode == LOCK_PAE3 ||
                     mode == LOCK_COMPAT3 || mode == LOCK_LONG3
                 ? 3
                 : 0;
    g->code_size = mode >= LOCK_LONG ? 3 : mode >= LOCK_PROT32 ? 2 : 1;
    g->code = g->code_size == 1 ? 0 : LOCK_CODE;
    g->data = mode <= LOCK_V86 ? 0 : LOCK_DATA;
    g->stack = mode <= LOCK_V86 ? 0 : LOCK_STACK;
    st = machine_create(&config, &g->m, err);
    if (st == ST_OK)
        st = p->create(g->m, &native_engine_ops, &cpu, &g->v, err);
    if (st != ST_OK) {
        lock_guest_fini(g);
        return st;
    }
    put_gdt(g);
    put_handlers(g);
    if (is_paged(mode))
        put_pages(g, &r);
    put_data(g, &r);
    start_devices(g, &r);
    load_state(g, &r);
    p->state_changed(g->v);
    memcpy(&g->start, g->v->state, sizeof(g->start));
    gmem_read(&g->m->mem, 0, g->low, sizeof(g->low));
    return ST_OK;
}

void lock_guest_restart(struct lock_guest *g, unsigned chunk)
{
    struct x86_state *s = g->v->state, now = *s;

    *s = g->start;
    memcpy(s->r, now.r, 16 * sizeof(s->r[0]));
    s->xs = now.xs;
    s->r[R_SP] = g->start.r[R_SP];
    s->r[R_IP] = g->code + chunk * LOCK_CHUNK;
    s->intr_line = now.intr_line;
    s->tsc_offset = now.tsc_offset;
    for (uint32_t at = 0; at < LOCK_CODE; at += PAGE_SIZE)
        if (memcmp(gmem_host(&g->m->mem, at, PAGE_SIZE), g->low + at,
                   PAGE_SIZE) != 0)
            gmem_write(&g->m->mem, at, g->low + at, PAGE_SIZE);
    g->v->processor->state_changed(g->v);
}

void lock_guest_fini(struct lock_guest *g)
{
    if (g->v != NULL)
        g->v->processor->destroy(g->v);
    machine_destroy(g->m);
    memset(g, 0, sizeof(*g));
}
