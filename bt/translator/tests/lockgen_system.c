/* lockgen_system.c: random programs: interrupts, pages, segments and other
 * system instructions. */
#include "bt/translator/tests/lockgen_code.h"

void lockgen_if(struct lockgen *n)
{
    switch (lockgen_below(n, 6)) {
    case 0:
        lockgen_put(n, 0xfa, 1);
        break;
    case 1:
        lockgen_put(n, 0x9c, 1); /* PUSHF; POP reg */
        lockgen_put(n, 0x58 | lockgen_below(n, 4), 1);
        break;
    case 2: /* PUSH imm; POPF, with IF or without */
        lockgen_put(n, 0x68, 1);
        lockgen_put(n, (rng_next(&n->rng) & 0xad5) | 2,
                    lockgen_wide(n) == 1 ? 2 : 4);
        lockgen_put(n, 0x9d, 1);
        break;
    case 3: /* PUSHF; CLI; POPF */
        lockgen_put(n, 0x9c, 1);
        lockgen_put(n, 0xfa, 1);
        lockgen_insn(n);
        lockgen_put(n, 0x9d, 1);
        break;
    default:
        lockgen_put(n, 0xfb, 1);
        lockgen_insn(n);
        break;
    }
}

static void gen_int(struct lockgen *n)
{
    if (lockgen_one_in(n, 4)) {
        lockgen_put(n, 0xcc, 1);
    } else {
        lockgen_put(n, 0xcd, 1);
        lockgen_put(n, 0x80 | lockgen_below(n, 16), 1);
    }
}

/* MOV to CR3: this set of tables or the other, from rAX. */
static void gen_cr3(struct lockgen *n)
{
    if (lockgen_one_in(n, 2)) {
        LOCKGEN_TEXT(n, "\x0f\x20\xd8"); /* the same: MOV rAX, CR3 */
    } else {
        lockgen_mov_imm(
            n, R_AX,
            lock_root(n->g->mode) + (lockgen_one_in(n, 2) ? LOCK_SET : 0), 2);
    }
    LOCKGEN_TEXT(n, "\x0f\x22\xd8");
}

/* XOR these bits of the entry at physical `entry`, of one set. */
static void gen_entry(struct lockgen *n, uint32_t entry, unsigned bits)
{
    lockgen_put(n, 0x80, 1);
    lockgen_abs_mem(n, 6,
                    entry - LOCK_TABLES + LOCK_TABLES_AT +
                        (lockgen_one_in(n, 3) ? LOCK_SET : 0));
    lockgen_put(n, bits, 1);
}

/* Of the large page: accessed, dirty, write-through; INVLPG somewhere in it. */
static void gen_large(struct lockgen *n)
{
    static const uint8_t bits[] = {0x08, 0x20, 0x40};

    if (lockgen_one_in(n, 2))
        gen_entry(n, lock_large_at(n->g->mode),
                  bits[lockgen_below(n, sizeof(bits))]);
    LOCKGEN_TEXT(n, "\x0f\x01");
    lockgen_abs_mem(
        n, 7, lock_large(n->g->mode) + (uint32_t)lockgen_below(n, LOCK_MAPPED));
}

/* Change a page's entry, forget the translation; or go to another set. */
static void gen_page(struct lockgen *n)
{
    uint32_t lin = LOCK_DATA + 0x1000 * (4 + 2 * (uint32_t)lockgen_below(n, 6));
    static const uint8_t bits[] = {1, 2, 4, 0x20, 0x40, 0x60};

    if (n->g->cpl != 0 || n->g->mode < LOCK_PAGED)
        return;
    if (lockgen_one_in(n, 3)) {
        gen_cr3(n);
        return;
    }
    if (lockgen_one_in(n, 4)) {
        gen_large(n);
        return;
    }
    gen_entry(n, lock_pte_at(n->g->mode, lin),
              bits[lockgen_below(n, sizeof(bits))]);
    if (lockgen_one_in(n, 3))
        gen_cr3(n);
    lockgen_put(n, 0x0f, 1); /* INVLPG */
    lockgen_put(n, 0x01, 1);
    lockgen_abs_mem(n, 7, lin);
}

static void gen_pop_segment(struct lockgen *n, unsigned seg)
{
    if (seg >= 4) { /* FS, GS */
        lockgen_put(n, 0x0f, 1);
        lockgen_put(n, seg == 4 ? 0xa1 : 0xa9, 1);
    } else if (lockgen_wide(n) == 3) {
        lockgen_put(n, 0x58, 1); /* there is none */
    } else {
        lockgen_put(n, seg == 0 ? 0x07 : 0x1f, 1);
    }
}

/* MOV rDX, seg:[data] */
static void gen_by_segment(struct lockgen *n, unsigned seg)
{
    static const uint8_t prefix[] = {0x26, 0, 0, 0x3e, 0x64, 0x65};

    lockgen_put(n, prefix[seg], 1);
    lockgen_put(n, 0x8b, 1);
    lockgen_abs_mem(n, R_DX, lockgen_data(n));
}

static void gen_segment(struct lockgen *n)
{
    static const uint8_t regs[] = {0, 3, 4, 5}; /* ES, DS, FS, GS */
    static const uint8_t sel[] = {LS_D3 | 3,     LS_D3 | 3,      LS_D3 | 3,
                                  LS_D3RO | 3,   LS_D3SMALL | 3, LS_D3DOWN | 3,
                                  LS_D3BASE | 3, LS_ABSENT | 3,  LS_D3FRESH | 3,
                                  LS_C3 | 3,     LS_D0,          0,
                                  LS_END};
    uint32_t v = sel[lockgen_below(n, sizeof(sel))];
    unsigned seg = regs[lockgen_below(n, sizeof(regs))];

    if (n->g->mode <= LOCK_V86)
        v = 0x1f00 + (uint32_t)lockgen_below(n, 0x200);
    lockgen_mov_imm(n, R_AX, v, lockgen_wide(n) == 1 ? 1 : 2);
    if (lockgen_one_in(n, 3)) { /* PUSH rAX; POP seg */
        lockgen_put(n, 0x50, 1);
        gen_pop_segment(n, seg);
    } else {
        if (lockgen_wide(n) == 3 && lockgen_one_in(n, 4))
            lockgen_put(n, 0x48, 1);
        lockgen_put(n, 0x8e, 1);
        lockgen_put(n, 0xc0 | seg << 3, 1);
    }
    if (lockgen_one_in(n, 2)) /* and an access by it */
        gen_by_segment(n, seg);
}

/* SS gets what it has, which makes a shadow. */
static void gen_ss(struct lockgen *n)
{
    LOCKGEN_TEXT(n, "\x8c\xd0"); /* MOV rAX, SS */
    if (lockgen_one_in(n, 2) || lockgen_wide(n) == 3)
        LOCKGEN_TEXT(n, "\x8e\xd0");
    else
        LOCKGEN_TEXT(n, "\x50\x17"); /* PUSH rAX; POP SS */
    lockgen_insn(n);
}

/* XOR a bit of a descriptor that no handler needs. */
static void gen_descriptor(struct lockgen *n)
{
    static const uint8_t sel[] = {LS_D3RO,   LS_D3SMALL, LS_D3DOWN,
                                  LS_D3BASE, LS_ABSENT,  LS_D3FRESH};

    if (n->g->cpl != 0 || lockgen_wide(n) == 1)
        return;
    lockgen_put(n, 0x80, 1);
    lockgen_abs_mem(n, 6,
                    LOCK_GDT + sel[lockgen_below(n, sizeof(sel))] +
                        (uint32_t)lockgen_below(n, 8));
    lockgen_put(n, 1u << lockgen_below(n, 8), 1);
}

/* ---- from ring to ring ---- */
static uint32_t here(struct lockgen *n, unsigned bytes)
{
    return n->g->code + n->chunk * LOCK_CHUNK + n->n + bytes;
}

static void gen_sysenter(struct lockgen *n)
{
    lockgen_mov_imm(n, R_CX, n->g->stack + LOCK_SP, 2);
    lockgen_mov_imm(n, R_DX, here(n, 7), 2);
    LOCKGEN_TEXT(n, "\x0f\x34");
}

/* From ring 3: a system call. */
static void gen_call_kernel(struct lockgen *n)
{
    if (lockgen_wide(n) > 1 && lockgen_one_in(n, 3))
        gen_sysenter(n);
    else if (lockgen_wide(n) == 3 || lockgen_one_in(n, 8))
        LOCKGEN_TEXT(n, "\x0f\x05"); /* SYSCALL */
    else
        gen_int(n);
}

/* IRET's frame for ring 3 in 32-bit or 64-bit code, and IRET. */
static void gen_iret(struct lockgen *n)
{
    bool wide = lockgen_wide(n) == 3;

    lockgen_put(n, 0x6a, 1);
    lockgen_put(n, LS_D3 | 3, 1);
    LOCKGEN_TEXT(n, "\x54\x9c\x6a"); /* PUSH rSP; PUSHF; PUSH CS, target */
    lockgen_put(n, (wide ? LS_C3L : LS_C3) | 3, 1);
    lockgen_put(n, 0x68, 1);
    lockgen_put(n, here(n, wide ? 6 : 5), 4);
    if (wide)
        lockgen_put(n, 0x48, 1);
    lockgen_put(n, 0xcf, 1);
}

/* From ring 0 to 3, some instructions there, back by an interrupt. */
static void gen_rings(struct lockgen *n)
{
    unsigned form = (unsigned)lockgen_below(n, 4),
             count = (unsigned)lockgen_below(n, 4);
    bool wide = lockgen_wide(n) == 3, sti = lockgen_one_in(n, 2);

    if (n->g->cpl != 0 || n->g->mode == LOCK_PROT16 || lockgen_wide(n) == 1 ||
        n->n > LOCK_CHUNK - 120)
        return;
    if (form == 0) {
        lockgen_mov_imm(n, R_CX, n->g->stack + LOCK_SP, 2);
        lockgen_mov_imm(n, R_DX, here(n, (wide ? 8 : 7) + sti), 2);
        if (sti)
            lockgen_put(n, 0xfb, 1);
        if (wide)
            lockgen_put(n, 0x48, 1);
        LOCKGEN_TEXT(n, "\x0f\x35"); /* SYSEXIT */
    } else if (form == 1 && wide) {
        lockgen_mov_imm(n, 11, (rng_next(&n->rng) & 0x8d5) | 0x202, 2);
        lockgen_mov_imm(n, R_CX, here(n, 8), 2);
        LOCKGEN_TEXT(n, "\x48\x0f\x07"); /* SYSRET */
    } else {
        gen_iret(n);
    }
    while (count-- > 0)
        lockgen_insn(n);
    if (lockgen_one_in(n, 2))
        gen_call_kernel(n);
    lockgen_put(n, 0xcd, 1);
    lockgen_put(n, LOCK_TO_KERNEL, 1);
}

/* SWAPGS, an access by GS, and back. */
static void gen_swapgs(struct lockgen *n)
{
    LOCKGEN_TEXT(n, "\x0f\x01\xf8");
    gen_by_segment(n, SEG_GS);
    LOCKGEN_TEXT(n, "\x0f\x01\xf8");
}

/* MOV to and from CR8: what the local APIC holds back. Sometimes it is an
 * interrupt that the processor has sent itself, or one ends. */
static void gen_cr8(struct lockgen *n)
{
    bool send = lockgen_one_in(n, 2);

    if (lockgen_one_in(n, 3)) {
        lockgen_put(n, 0xc7, 1);
        lockgen_abs_mem(n, 0, send ? 0x50300 : 0x500b0);
        lockgen_put(n, send ? 0x44030 + lockgen_below(n, 0xd0) : 0, 4);
    }
    lockgen_mov_imm(n, R_AX, lockgen_one_in(n, 2) ? 0 : lockgen_below(n, 17),
                    2);
    LOCKGEN_TEXT(n, "\x44\x0f\x22\xc0");
    lockgen_insn(n);
    if (lockgen_one_in(n, 3))
        LOCKGEN_TEXT(n, "\x44\x0f\x20\xc1"); /* to rCX */
}

void lockgen_begin(struct lockgen *n)
{
    if (n->g->cpl != 0)
        return;
    if (n->g->mode >= LOCK_PROT32 && lockgen_one_in(n, 2)) {
        lockgen_put(n, 0xcd, 1);
        lockgen_put(n, LOCK_TO_KERNEL, 1);
    }
    if (lockgen_one_in(n, 3))
        lockgen_put(n, 0xfb, 1); /* STI */
}

void lockgen_system(struct lockgen *n)
{
    switch (lockgen_below(n, 16)) {
    case 0:
        LOCKGEN_TEXT(n, "\x0f\x31"); /* RDTSC */
        break;
    case 1:
        lockgen_mov_imm(n, R_AX, lockgen_below(n, 5), 2);
        LOCKGEN_TEXT(n, "\x0f\xa2"); /* CPUID */
        break;
    case 2:
        LOCKGEN_TEXT(n, "\xe4\x40"); /* IN AL, 40H */
        break;
    case 3:
        LOCKGEN_TEXT(n, "\xfa\x90\x90\xfb"); /* CLI; STI */
        break;
    case 4:
    case 5:
        if (n->g->cpl == 3 && n->g->mode >= LOCK_PAGED)
            gen_call_kernel(n);
        else
            gen_int(n);
        break;
    case 6:
    case 7:
        gen_segment(n);
        break;
    case 8:
        gen_ss(n);
        break;
    case 9:
        gen_descriptor(n);
        break;
    case 10:
        if (lockgen_wide(n) != 3 || n->g->cpl != 0)
            break;
        if (lockgen_one_in(n, 3))
            gen_swapgs(n);
        else
            gen_cr8(n);
        break;
    case 11:
    case 12:
        gen_rings(n);
        break;
    case 13:
        if (n->g->mode >= LOCK_PAGED) { /* the local APIC's version */
            lockgen_put(n, 0x8b, 1);
            lockgen_abs_mem(n, (unsigned)lockgen_below(n, 3), 0x50030);
        } else {
            lockgen_put(n, 0xfb, 1);
        }
        break;
    default:
        gen_page(n);
        break;
    }
}
