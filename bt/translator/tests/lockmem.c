/* lockmem.c: what guests of random programs have in low memory: handlers,
 * descriptors, page tables. */
#include <string.h>

#include "bt/translator/tests/lockguest.h"
#include "common/base/bits.h"
#include "common/base/cc.h"
#include "common/x86/cpuid.h"
#include "common/x86/tests/guest_asm.h"

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
/* Software interrupts and traps: a little kernel work. The base of LS_D3BASE
 * moves. */
GUEST16(lock_soft16, "incw %cs:0x1804; iretw");
GUEST32(lock_soft32, "pushl %eax; movl %ss:0xd804, %eax; addl $3, %eax;"
                     "movl %eax, %ss:0xd804; incb %ss:0x105a;"
                     "popl %eax; iretl");
GUEST64(lock_soft64, "pushq %rax; movl 0xd804, %eax; addl $3, %eax;"
                     "movl %eax, 0xd804; incb 0x105a; popq %rax; iretq");
/* Of the local APIC's timer: end of interrupt. */
GUEST32(lock_apic32, "movl $0, %ss:0x500b0; incl %ss:0xd814; iretl");
GUEST64(lock_apic64, "movl $0, 0x500b0; incl 0xd814; iretq");
/* LOCK_TO_KERNEL: back to the interrupted code, in ring 0, on its stack. */
GUEST32(lock_ring32, "testb $3, %ss:4(%esp); jz 1f;"
                     "popl %eax; addl $4, %esp; popfl; popl %esp; jmp *%eax;"
                     "1: iretl");
GUEST64(lock_ring64, "movq $0x30, 8(%rsp); movq $0x10, 32(%rsp); iretq");
/* Where SYSCALL and SYSENTER arrive. */
GUEST64(lock_syscall, "incl 0xd808; sysretq");
GUEST64(lock_syscallc, "incl 0xd808; sysretl");
GUEST32(lock_sysenter32, "incl %ss:0xd808; sti; sysexit");
GUEST64(lock_sysenter64, "incl 0xd808; sti; .byte 0x48; sysexitl");
GUEST64(lock_sysenterc, "incl 0xd808; sti; sysexitl");

#define PUT(g, at, name)                                                       \
    gmem_load(&(g)->m->mem, (at), name##_code,                                 \
              (uint64_t)(name##_end - name##_code))

enum {
    AT_FAULT = 0,
    AT_IRQ = 0x100,
    AT_SOFT = 0x200,
    AT_APIC = 0x280,
    AT_RING = 0x2c0
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
    if (v == LOCK_APIC_TIMER)
        return AT_APIC;
    if (v == LOCK_TO_KERNEL)
        return AT_RING;
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
        if (lock_is_long(g->mode))
            b[n++] = 0x48;
        memcpy(b + n, "\x8d\x64\x24", 3);
        n += 3;
        b[n++] = lock_is_long(g->mode) ? 8 : 4;
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
    uint16_t sel = lock_is_long(g->mode) ? LS_C0L : LS_C0;
    bool user = v >= 0x80 || v == VEC_BP || v == VEC_OF;
    uint32_t attr = SA_P | SYS_INT32 | (user ? 3u << 5 : 0);
    uint64_t gate = (off & 0xffff) | (uint64_t)sel << 16 |
                    (uint64_t)(lock_is_long(g->mode) ? 1 : 0) << 32 |
                    (uint64_t)attr << 40 | (uint64_t)(off >> 16) << 48;

    if (g->mode == LOCK_REAL)
        put(g, 4 * v, (LOCK_STUBS >> 4) << 16 | 16 * v, 4);
    else
        put(g, LOCK_IDT + (lock_is_long(g->mode) ? 16 : 8) * v, gate, 8);
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
    } else if (lock_is_long(g->mode)) {
        PUT(g, LOCK_COMMON + AT_FAULT, lock_fault64);
        PUT(g, LOCK_COMMON + AT_IRQ, lock_irq64);
        PUT(g, LOCK_COMMON + AT_SOFT, lock_soft64);
        PUT(g, LOCK_COMMON + AT_APIC, lock_apic64);
        PUT(g, LOCK_COMMON + AT_RING, lock_ring64);
        PUT(g, LOCK_SYSCALL, lock_syscall);
        PUT(g, LOCK_SYSCALLC, lock_syscallc);
        if (g->code_size == 3)
            PUT(g, LOCK_SYSENTER, lock_sysenter64);
        else
            PUT(g, LOCK_SYSENTER, lock_sysenterc);
    } else {
        PUT(g, LOCK_COMMON + AT_FAULT, lock_fault32);
        PUT(g, LOCK_COMMON + AT_IRQ, lock_irq32);
        PUT(g, LOCK_COMMON + AT_SOFT, lock_soft32);
        PUT(g, LOCK_COMMON + AT_APIC, lock_apic32);
        PUT(g, LOCK_COMMON + AT_RING, lock_ring32);
        PUT(g, LOCK_SYSENTER, lock_sysenter32);
    }
    put(g, LOCK_OR, g->code, 4);
}

/* ---- segments ---- */
static void put_desc(struct lock_guest *g, unsigned sel, uint32_t base,
                     uint32_t limit, uint32_t attr)
{
    uint32_t lo = (limit & 0xffff) | base << 16;
    uint32_t hi = (base >> 16 & 0xff) | (attr & 0xf0ff) << 8 |
                  (limit & 0xf0000) | (base & 0xff000000);

    put(g, LOCK_GDT + sel, lo | (uint64_t)hi << 32, 8);
}

static void put_copy(struct lock_guest *g, unsigned sel, unsigned of)
{
    uint64_t desc;

    gmem_read(&g->m->mem, LOCK_GDT + of, &desc, 8);
    put(g, LOCK_GDT + sel, desc, 8);
}

static void put_gdt(struct lock_guest *g)
{
    put_desc(g, LS_C0, 0, 0xfffff, LS_CODE | LS_FLAT);
    put_desc(g, LS_D0, 0, 0xfffff, LS_DATA | LS_FLAT);
    put_desc(g, LS_C3, 0, 0xfffff, LS_CODE | LS_FLAT | LS_DPL3);
    put_desc(g, LS_D3, 0, 0xfffff, LS_DATA | LS_FLAT | LS_DPL3);
    put_desc(g, LS_D0L, 0, 0xfffff, LS_DATA | LS_FLAT);
    put_desc(g, LS_C0L, 0, 0xfffff, LS_CODE | SA_G | SA_L);
    put_desc(g, LS_C3L, 0, 0xfffff, LS_CODE | SA_G | SA_L | LS_DPL3);
    put_desc(g, LS_C0W, LOCK_CODE, 0xffff, LS_CODE);
    put_desc(g, LS_D3RO, 0, 0xfffff,
             (LS_DATA & ~SA_WRITABLE) | LS_FLAT | LS_DPL3);
    put_desc(g, LS_D3SMALL, 0, 0x23fff, LS_DATA | SA_DB | LS_DPL3);
    put_desc(g, LS_D3DOWN, 0, 0x21fff, LS_DATA | SA_EXPDOWN | SA_DB | LS_DPL3);
    put_desc(g, LS_D3BASE, 0x123, 0xfffff, LS_DATA | LS_FLAT | LS_DPL3);
    put_desc(g, LS_ABSENT, 0, 0xfffff, (LS_DATA & ~SA_P) | LS_FLAT | LS_DPL3);
    put_desc(g, LS_D3FRESH, 0, 0xfffff,
             (LS_DATA & ~SA_ACCESSED) | LS_FLAT | LS_DPL3);
    for (unsigned k = 0; k < 6; k++) /* the order that SYSENTER wants */
        put_copy(g, LS_SE + 8 * k,
                 k == 0 && lock_is_long(g->mode) ? LS_C0L : LS_C0 + 8 * k);
    put_desc(g, LS_TSS, LOCK_TSS, 0xff, SA_P | SYS_TSS32_BUSY);
    put(g, LS_TSS + 8 + LOCK_GDT, 0, 8);
    if (lock_is_long(g->mode)) {
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

/* ---- paging ---- */
unsigned lock_pte_bytes(enum lock_mode mode)
{
    return lock_is_pae(mode) || lock_is_long(mode) ? 8 : 4;
}

uint32_t lock_pte_at(enum lock_mode mode, uint32_t lin)
{
    return LOCK_TABLES + 0x3000 + lin / PAGE_SIZE * lock_pte_bytes(mode);
}

#define GLOBAL   0x100u
#define ALIAS_BY (LOCK_ALIAS - LOCK_CODE)

uint32_t lock_root(enum lock_mode mode)
{
    return LOCK_TABLES + (lock_is_pae(mode) ? 0x1000 : 0);
}

/* Rights of a data page: mostly all, else one of what there is. */
static uint64_t data_rights(struct lock_guest *g, struct rng *r, uint32_t lin)
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
    if ((lin & PAGE_SIZE) != 0 && rng_below(r, 2) == 0)
        e |= GLOBAL; /* never changed later: the other set has the same */
    return e;
}

/* Of the second set, where the first has e: code of functions is LOCK_OTHER's,
 * some data pages have other rights. */
static uint64_t other_entry(struct lock_guest *g, struct rng *r, uint32_t lin,
                            uint64_t e)
{
    if (lin == LOCK_FUNCTIONS_PAGE || lin == LOCK_FUNCTIONS_PAGE + ALIAS_BY)
        return LOCK_OTHER | 0x67;
    if (lin >= LOCK_DATA + 0x4000 && lin < LOCK_DATA + LOCK_DATA_BYTES &&
        !(e & GLOBAL) && rng_below(r, 3) == 0)
        return lin | (data_rights(g, r, lin) & ~(uint64_t)GLOBAL);
    return e;
}

static uint64_t entry(struct lock_guest *g, struct rng *r, uint32_t lin)
{
    if (lin >= LOCK_TABLES && lin < LOCK_TABLES + 2 * LOCK_SET)
        return 0; /* seen at LOCK_TABLES_AT only */
    if (lin >= LOCK_TABLES_AT && lin < LOCK_TABLES_AT + 2 * LOCK_SET)
        return (lin - LOCK_TABLES_AT + LOCK_TABLES) | 0x63;
    if (lin < LOCK_CODE)
        return lin | 0x63; /* the kernel's */
    if (lin >= LOCK_DATA + 0x4000 && lin < LOCK_DATA + LOCK_DATA_BYTES)
        return lin | data_rights(g, r, lin);
    if (lin >= LOCK_ALIAS && lin < LOCK_ALIAS + 0x4000)
        return (lin - ALIAS_BY) | 0x67;
    if (lin == 0x50000) /* the local APIC */
        return 0xfee00000u | 0x77;
    if (lin > 0x50000 && lin < 0x58000)
        return 0; /* nothing there */
    return lin | 0x67;
}

uint32_t lock_large_at(enum lock_mode mode)
{
    return LOCK_TABLES + (lock_pte_bytes(mode) == 4 ? 4 : 0x2008);
}

/* The tables above the one of pages, in set b. Long mode has all of it in the
 * upper half too. */
static void put_roots(struct lock_guest *g, unsigned b)
{
    uint32_t at = LOCK_TABLES + b * LOCK_SET;

    put(g, lock_large_at(g->mode) + b * LOCK_SET, LOCK_LARGE | 0xe7,
        lock_pte_bytes(g->mode));
    if (lock_is_long(g->mode))
        put(g, at + 0x800, (at + 0x1000) | 0x67, 8);
    if (lock_pte_bytes(g->mode) == 4) {
        put(g, at, (at + 0x3000) | 0x67, 4);
    } else {
        put(g, at, (at + 0x1000) | 0x67, 8);
        put(g, at + 0x1000, (at + 0x2000) | (lock_is_long(g->mode) ? 0x67 : 1),
            8);
        put(g, at + 0x2000, (at + 0x3000) | 0x67, 8);
    }
}

static void put_pages(struct lock_guest *g, struct rng *r)
{
    unsigned bytes = lock_pte_bytes(g->mode);

    for (uint32_t lin = 0; lin < LOCK_MAPPED; lin += PAGE_SIZE) {
        uint32_t at = lock_pte_at(g->mode, lin);
        uint64_t e = entry(g, r, lin);

        put(g, at, e, bytes);
        put(g, at + LOCK_SET, other_entry(g, r, lin, e), bytes);
    }
    put_roots(g, 0);
    put_roots(g, 1);
}

void lock_memory_put(struct lock_guest *g, struct rng *r)
{
    put_gdt(g);
    put_handlers(g);
    if (lock_is_paged(g->mode))
        put_pages(g, r);
}
