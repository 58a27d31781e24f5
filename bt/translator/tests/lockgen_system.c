/* lockgen_system.c: random programs: interrupts, pages, segments and other
 * system instructions. */
#include "bt/translator/tests/lockgen_code.h"

void lockgen_if(struct lockgen *n)
{
    switch (lockgen_below(n, 4)) {
    case 0:
        lockgen_put(n, 0xfa, 1);
        break;
    case 1:
        lockgen_put(n, 0x9c, 1); /* PUSHF; POP reg */
        lockgen_put(n, 0x58 | lockgen_below(n, 4), 1);
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

/* Change a page's entry, forget the translation. */
static void gen_page(struct lockgen *n)
{
    uint32_t lin = LOCK_DATA + 0x1000 * (4 + (uint32_t)lockgen_below(n, 12));
    static const uint8_t bits[] = {1, 2, 4, 0x20, 0x40, 0x60};

    if (n->g->cpl != 0 || n->g->mode < LOCK_PAGED)
        return;
    lockgen_put(n, 0x80, 1); /* XOR byte [entry], bits */
    lockgen_abs_mem(n, 6, lock_pte_at(n->g->mode, lin));
    lockgen_put(n, bits[lockgen_below(n, sizeof(bits))], 1);
    if (lockgen_one_in(n, 3)) {
        LOCKGEN_TEXT(n, "\x0f\x20\xd8\x0f\x22\xd8"); /* CR3 to and from rAX */
        if (lockgen_one_in(n, 2))
            return; /* global pages stay */
    }
    lockgen_put(n, 0x0f, 1);
    lockgen_put(n, 0x01, 1);
    lockgen_abs_mem(n, 7, lin);
}

static void gen_segment(struct lockgen *n)
{
    static const uint8_t sel[] = {LS_D3 | 3,
                                  LS_D3 | 3,
                                  LS_D3 | 3,
                                  LS_D3RO | 3,
                                  LS_D3SMALL | 3,
                                  LS_D3DOWN | 3,
                                  LS_D3BASE | 3,
                                  LS_ABSENT | 3,
                                  LS_C3 | 3,
                                  LS_D0,
                                  0,
                                  LS_END};
    static const uint8_t regs[] = {0, 3, 4, 5}; /* ES, DS, FS, GS */
    uint32_t v = sel[lockgen_below(n, sizeof(sel))];

    if (n->g->mode <= LOCK_V86)
        v = 0x1f00 + (uint32_t)lockgen_below(n, 0x200);
    lockgen_mov_imm(n, R_AX, v, lockgen_wide(n) == 1 ? 1 : 2);
    lockgen_put(n, 0x8e, 1);
    lockgen_put(n, 0xc0 | regs[lockgen_below(n, sizeof(regs))] << 3, 1);
}

void lockgen_system(struct lockgen *n)
{
    switch (lockgen_below(n, 8)) {
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
        gen_int(n);
        break;
    case 5:
        gen_segment(n);
        break;
    case 6:
        gen_page(n);
        break;
    case 7:
        if (n->g->mode >= LOCK_PAGED) { /* the local APIC's version */
            lockgen_put(n, 0x8b, 1);
            lockgen_abs_mem(n, (unsigned)lockgen_below(n, 3), 0x50030);
        } else {
            lockgen_put(n, 0xfb, 1);
        }
        break;
    }
}
