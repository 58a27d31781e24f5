/* lockgen_insn.c: random programs: instructions of random bytes that the
 * decoder knows, with operands aimed at the data. */
#include "bt/translator/tests/lockgen_code.h"

#include "common/x86/cpuid.h"
#include "common/x86/decode.h"

void lockgen_abs_mem(struct lockgen *n, unsigned reg, uint32_t address)
{
    if (lockgen_wide(n) == 1) {
        lockgen_put(n, reg << 3 | 6, 1);
        lockgen_put(n, address, 2);
    } else if (lockgen_wide(n) == 2) {
        lockgen_put(n, reg << 3 | 5, 1);
        lockgen_put(n, address, 4);
    } else {
        lockgen_put(n, reg << 3 | 4, 1);
        lockgen_put(n, 0x25, 1);
        lockgen_put(n, address, 4);
    }
}

void lockgen_mov_imm(struct lockgen *n, unsigned reg, uint64_t v,
                     unsigned asize)
{
    bool w = asize == 3 && (v >> 32) != 0;

    if ((asize == 2 || asize == 3) && lockgen_wide(n) == 1)
        lockgen_put(n, 0x66, 1);
    if (asize == 1 && lockgen_wide(n) != 1)
        lockgen_put(n, 0x66, 1);
    if (w || reg >= 8)
        lockgen_put(n, 0x40 | (w ? 8u : 0) | (reg >= 8 ? 1u : 0), 1);
    lockgen_put(n, 0xb8 | (reg & 7), 1);
    lockgen_put(n, v, w ? 8 : asize == 1 ? 2 : 4);
}

/* ---- values and addresses ---- */
uint64_t lockgen_value(struct lockgen *n)
{
    uint64_t v = rng_next(&n->rng);

    switch (lockgen_below(n, 6)) {
    case 0:
        return (v & 1) - (v >> 1 & 1);
    case 1:
        return BITQ(v & 63);
    case 2:
        return v & 0xff;
    case 3:
        return (uint64_t)(int64_t)(int32_t)v;
    default:
        return v;
    }
}

uint32_t lockgen_data(struct lockgen *n)
{
    uint32_t off = (uint32_t)lockgen_below(n, 0x2000) + 0x40;

    switch (lockgen_below(n, 12)) {
    case 0: /* across pages */
        off = (uint32_t)(lockgen_below(n, 15) + 1) * 0x1000 -
              (uint32_t)lockgen_below(n, 16);
        break;
    case 1:
        off = (uint32_t)lockgen_below(n, 0xfff0);
        break;
    case 2:
    case 3:
        off &= ~15u;
        break;
    }
    return n->g->data + off;
}

/* ---- instructions of random bytes ---- */
static const uint8_t hot[] = {
    0x01, 0x03, 0x05, 0x09, 0x0b, 0x11, 0x13, 0x19, 0x1b, 0x21, 0x23, 0x29,
    0x2b, 0x31, 0x33, 0x39, 0x3b, 0x00, 0x02, 0x08, 0x0a, 0x28, 0x2a, 0x30,
    0x38, 0x3a, 0x3c, 0x3d, 0x40, 0x43, 0x48, 0x4b, 0x50, 0x53, 0x55, 0x56,
    0x58, 0x5b, 0x5e, 0x5f, 0x68, 0x6a, 0x69, 0x6b, 0x63, 0x80, 0x81, 0x83,
    0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x88,
    0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8d, 0x90, 0x91, 0x98, 0x99, 0x9c, 0x9e,
    0x9f, 0xa8, 0xa9, 0xb0, 0xb4, 0xb8, 0xb9, 0xbb, 0xc0, 0xc1, 0xc6, 0xc7,
    0xd0, 0xd1, 0xd2, 0xd3, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfc, 0xfe, 0xff};
static const uint8_t hot0f[] = {
    0x40, 0x41, 0x42, 0x44, 0x46, 0x48, 0x4a, 0x4c, 0x4e, 0x4f, 0x90,
    0x92, 0x94, 0x97, 0x98, 0x9c, 0x9f, 0xa3, 0xa4, 0xa5, 0xab, 0xac,
    0xad, 0xaf, 0xb0, 0xb1, 0xb3, 0xb6, 0xb7, 0xba, 0xbb, 0xbc, 0xbd,
    0xbe, 0xbf, 0xc0, 0xc1, 0xc7, 0xc8, 0xcb, 0x18, 0x1f, 0x0d, 0xae};
static const uint8_t hot_sse[] = {0x10, 0x11, 0x12, 0x13, 0x16, 0x17, 0x28,
                                  0x29, 0x50, 0x6e, 0x6f, 0x70, 0x71, 0x72,
                                  0x73, 0x7e, 0x7f, 0xc4, 0xc5, 0xc6, 0xd6,
                                  0xd7, 0xe7, 0xef, 0xf0};

static unsigned prefixes(struct lockgen *n, uint8_t *b)
{
    static const uint8_t all[] = {0x66, 0x66, 0x66, 0xf2, 0xf3, 0xf3, 0xf0,
                                  0x67, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65};
    unsigned k = 0, count = (unsigned)lockgen_below(n, 10);

    count = count < 6 ? 0 : count < 9 ? 1 : 2;
    while (k < count)
        b[k++] = all[lockgen_below(n, sizeof(all))];
    if (lockgen_wide(n) == 3 && lockgen_one_in(n, 2))
        b[k++] = (uint8_t)(0x40 | lockgen_below(n, 16));
    return k;
}

static void random_bytes(struct lockgen *n, uint8_t b[16])
{
    unsigned k, map = (unsigned)lockgen_below(n, 16);

    for (k = 0; k < 16; k++)
        b[k] = (uint8_t)rng_next(&n->rng);
    k = prefixes(n, b);
    if (map < 7) {
        b[k++] = hot[lockgen_below(n, sizeof(hot))];
    } else if (map < 10) {
        b[k++] = 0x0f;
        b[k++] = hot0f[lockgen_below(n, sizeof(hot0f))];
    } else if (map == 10) {
        ; /* anything in the first map */
    } else if (map < 13) {
        b[k++] = 0x0f;
    } else if (map < 15) { /* moves of SSE2, shifts by immediates */
        k = 0;
        if (!lockgen_one_in(n, 4))
            b[k++] = lockgen_one_in(n, 3) ? 0xf3 : 0x66;
        if (lockgen_wide(n) == 3 && lockgen_one_in(n, 2))
            b[k++] = (uint8_t)(0x40 | lockgen_below(n, 16));
        b[k++] = 0x0f;
        b[k++] = hot_sse[lockgen_below(n, sizeof(hot_sse))];
    } else {
        b[k++] = 0x66;
        b[k++] = 0x0f;
        if (lockgen_one_in(n, 4)) { /* PALIGNR, else SSSE3 */
            b[k++] = 0x3a;
            b[k++] = 0x0f;
        } else {
            b[k++] = 0x38;
            b[k++] = (uint8_t)lockgen_below(n, 0x20);
        }
    }
    /* Displacements of 32 bits rarely lead anywhere. */
    if (k < 14 && (b[k] >> 6) == 2 && !lockgen_one_in(n, 4))
        b[k] &= 0x7f;
}

static bool in(const char *name, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

/* Instructions that end the program or the machine, or leave it without a way
 * back. */
static bool allowed(struct lockgen *n, const struct x86_insn *i)
{
    static const char *const never[] = {
        "hlt",  "lgdt", "lidt", "lldt", "ltr", "lmsw",  "wrmsr",   "wbinvd",
        "invd", "out",  "outs", "in",   "ins", "mwait", "monitor", NULL};
    static const char *const rare[] = {
        "cli",    "iret", "retf",    "lcall",    "ljmp",    "leave", "enter",
        "ret",    "call", "jmp",     "sysret",   "sysexit", "popa",  "lss",
        "int",    "int1", "syscall", "sysenter", "swapgs",  "x87",   "fxrstor",
        "fxsave", "rsm",  "popf",    NULL};
    const char *name = x86_op_name(i->op);
    bool kernel = n->g->cpl == 0;

    if (kernel && in(name, never))
        return false;
    if (in(name, rare) && !lockgen_one_in(n, 30))
        return false;
    /* MOV to CR, DR */
    return !(kernel && strcmp(name, "mov") == 0 && x86_op_ends_block(i));
}

static bool touches_sp(const struct x86_insn *i)
{
    if (xi_osize(i) == 0)
        return i->reg == R_SP * 8 || i->rm == R_SP * 8;
    return i->reg == R_SP || i->rm == R_SP;
}

/* Does its memory operand lie where it should, or can be made to? */
static bool operand_fits(struct lockgen *n, const struct x86_insn *i)
{
    bool flat = n->g->mode > LOCK_V86;

    if (!(i->flags & XI_MEM))
        return true;
    if (flat && xi_asize(i) == 1)
        return n->g->cpl == 3 && lockgen_one_in(n, 20);
    if (i->base >= R_ZERO)
        return i->base == R_ZERO && (!flat || n->g->cpl == 3) &&
               (!flat || lockgen_one_in(n, 20));
    if (i->base == R_SP)
        return i->disp >= -0x40 && i->disp < 0x400;
    return true;
}

/* Set base and index so that the operand is in the data. */
static void aim(struct lockgen *n, const struct x86_insn *i)
{
    unsigned asize = xi_asize(i);
    bool index = i->index < R_ZERO && i->index != i->base;
    uint64_t t = lockgen_data(n), x = lockgen_below(n, 0x40);

    if (!(i->flags & XI_MEM) || i->base >= R_ZERO || i->base == R_SP ||
        lockgen_one_in(n, 100))
        return;
    if (i->index == i->base) { /* base * (1 + scale) */
        lockgen_mov_imm(n, i->base,
                        (t - (uint64_t)i->disp) / (1 + (1u << xi_scale(i))),
                        asize);
        return;
    }
    if (index)
        lockgen_mov_imm(n, i->index, x, asize);
    t -= (uint64_t)i->disp + (index ? x << xi_scale(i) : 0);
    if (asize < 3)
        t &= mask_low(8u << asize);
    lockgen_mov_imm(n, i->base, t, asize);
}

void lockgen_insn(struct lockgen *n)
{
    const struct cpuid_model *model =
        lockgen_one_in(n, 50)
            ? NULL
            : cpuid_model_default(); /* NULL: hidden ones too */
    struct x86_insn i;
    uint8_t b[16];

    for (unsigned tries = 0; tries < 50; tries++) {
        random_bytes(n, b);
        if (x86_decode(b, 15, lockgen_wide(n), model, &i) != X86_DEC_OK ||
            !allowed(n, &i) || !operand_fits(n, &i))
            continue;
        if (touches_sp(&i) && !lockgen_one_in(n, 40))
            continue;
        aim(n, &i);
        if (i.flags & (XI_REP | XI_REPNE)) /* 2^32 repeats take minutes */
            lockgen_mov_imm(n, R_CX, lockgen_below(n, 40),
                            lockgen_wide(n) == 1 ? 2 : lockgen_wide(n));
        lockgen_text(n, (const char *)b, i.len);
        return;
    }
}
