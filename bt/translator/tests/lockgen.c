/* lockgen.c: random guest programs: mostly instructions made of random bytes
 * that the decoder knows, with operands aimed at the data; between them loops,
 * calls, strings, stores into code, changed pages, system instructions. */
#include "bt/translator/tests/lockgen.h"

#include <string.h>

#include "common/base/cc.h"
#include "common/x86/cpuid.h"
#include "common/x86/decode.h"

/* A chunk is full here; what remains is for its end. */
#define FULL  (LOCK_CHUNK - 40u)
#define JUMPS 8u

struct gen {
    const struct lock_guest *g;
    struct rng rng;
    uint8_t *image;
    uint8_t *at;    /* the chunk */
    unsigned chunk; /* number */
    unsigned n;     /* bytes in it */
    struct {
        uint8_t pos;   /* of the displacement */
        uint8_t bytes; /* 1, 2, 4 */
        uint8_t left;  /* instructions until its target */
    } jump[JUMPS];
    unsigned nr_jumps;
    uint32_t patch[64]; /* bytes of code that may be stored to */
    unsigned nr_patch;
};

static uint64_t below(struct gen *n, uint64_t k)
{
    return rng_below(&n->rng, k);
}

static bool one_in(struct gen *n, unsigned k)
{
    return below(n, k) == 0;
}

static void put(struct gen *n, uint64_t v, unsigned bytes)
{
    if (n->n + bytes <= LOCK_CHUNK)
        memcpy(n->at + n->n, &v, bytes);
    n->n += bytes;
}

static void text(struct gen *n, const char *bytes, unsigned len)
{
    for (unsigned k = 0; k < len; k++)
        put(n, (uint8_t)bytes[k], 1);
}

#define TEXT(n, s) text((n), (s), sizeof(s) - 1)

static unsigned wide(const struct gen *n)
{
    return n->g->code_size;
}

/* ModRM for an absolute address. */
static void abs_mem(struct gen *n, unsigned reg, uint32_t address)
{
    if (wide(n) == 1) {
        put(n, reg << 3 | 6, 1);
        put(n, address, 2);
    } else if (wide(n) == 2) {
        put(n, reg << 3 | 5, 1);
        put(n, address, 4);
    } else {
        put(n, reg << 3 | 4, 1);
        put(n, 0x25, 1);
        put(n, address, 4);
    }
}

static void mov_imm(struct gen *n, unsigned reg, uint64_t v, unsigned asize)
{
    bool w = asize == 3 && (v >> 32) != 0;

    if ((asize == 2 || asize == 3) && wide(n) == 1)
        put(n, 0x66, 1);
    if (asize == 1 && wide(n) != 1)
        put(n, 0x66, 1);
    if (w || reg >= 8)
        put(n, 0x40 | (w ? 8u : 0) | (reg >= 8 ? 1u : 0), 1);
    put(n, 0xb8 | (reg & 7), 1);
    put(n, v, w ? 8 : asize == 1 ? 2 : 4);
}

/* ---- values and addresses ---- */
static uint64_t value(struct gen *n)
{
    uint64_t v = rng_next(&n->rng);

    switch (below(n, 6)) {
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

/* An address for data, as the guest's code gives it. */
static uint32_t data(struct gen *n)
{
    uint32_t off = (uint32_t)below(n, 0x2000) + 0x40;

    switch (below(n, 12)) {
    case 0: /* across pages */
        off = (uint32_t)(below(n, 15) + 1) * 0x1000 - (uint32_t)below(n, 16);
        break;
    case 1:
        off = (uint32_t)below(n, 0xfff0);
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

static unsigned prefixes(struct gen *n, uint8_t *b)
{
    static const uint8_t all[] = {0x66, 0x66, 0x66, 0xf2, 0xf3, 0xf3, 0xf0,
                                  0x67, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65};
    unsigned k = 0, count = (unsigned)below(n, 10);

    count = count < 6 ? 0 : count < 9 ? 1 : 2;
    while (k < count)
        b[k++] = all[below(n, sizeof(all))];
    if (wide(n) == 3 && one_in(n, 2))
        b[k++] = (uint8_t)(0x40 | below(n, 16));
    return k;
}

static void random_bytes(struct gen *n, uint8_t b[16])
{
    unsigned k, map = (unsigned)below(n, 16);

    for (k = 0; k < 16; k++)
        b[k] = (uint8_t)rng_next(&n->rng);
    k = prefixes(n, b);
    if (map < 7) {
        b[k++] = hot[below(n, sizeof(hot))];
    } else if (map < 10) {
        b[k++] = 0x0f;
        b[k++] = hot0f[below(n, sizeof(hot0f))];
    } else if (map == 10) {
        ; /* anything in the first map */
    } else if (map < 15) {
        b[k++] = 0x0f;
    } else {
        b[k++] = 0x66;
        b[k++] = 0x0f;
        if (one_in(n, 4)) { /* PALIGNR, else SSSE3 */
            b[k++] = 0x3a;
            b[k++] = 0x0f;
        } else {
            b[k++] = 0x38;
            b[k++] = (uint8_t)below(n, 0x20);
        }
    }
    /* Displacements of 32 bits rarely lead anywhere. */
    if (k < 14 && (b[k] >> 6) == 2 && !one_in(n, 4))
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
static bool allowed(struct gen *n, const struct x86_insn *i)
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
    if (in(name, rare) && !one_in(n, 30))
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
static bool operand_fits(struct gen *n, const struct x86_insn *i)
{
    bool flat = n->g->mode > LOCK_V86;

    if (!(i->flags & XI_MEM))
        return true;
    if (flat && xi_asize(i) == 1)
        return n->g->cpl == 3 && one_in(n, 20);
    if (i->base >= R_ZERO)
        return i->base == R_ZERO && (!flat || n->g->cpl == 3) &&
               (!flat || one_in(n, 20));
    if (i->base == R_SP)
        return i->disp >= -0x40 && i->disp < 0x400;
    return true;
}

/* Set base and index so that the operand is in the data. */
static void aim(struct gen *n, const struct x86_insn *i)
{
    unsigned asize = xi_asize(i);
    bool index = i->index < R_ZERO && i->index != i->base;
    uint64_t t = data(n), x = below(n, 0x40);

    if (!(i->flags & XI_MEM) || i->base >= R_ZERO || i->base == R_SP ||
        one_in(n, 100))
        return;
    if (i->index == i->base) { /* base * (1 + scale) */
        mov_imm(n, i->base, (t - (uint64_t)i->disp) / (1 + (1u << xi_scale(i))),
                asize);
        return;
    }
    if (index)
        mov_imm(n, i->index, x, asize);
    t -= (uint64_t)i->disp + (index ? x << xi_scale(i) : 0);
    if (asize < 3)
        t &= mask_low(8u << asize);
    mov_imm(n, i->base, t, asize);
}

static void gen_random(struct gen *n)
{
    const struct cpuid_model *model =
        one_in(n, 50) ? NULL
                      : cpuid_model_default(); /* NULL: hidden ones too */
    struct x86_insn i;
    uint8_t b[16];

    for (unsigned tries = 0; tries < 50; tries++) {
        random_bytes(n, b);
        if (x86_decode(b, 15, wide(n), model, &i) != X86_DEC_OK ||
            !allowed(n, &i) || !operand_fits(n, &i))
            continue;
        if (touches_sp(&i) && !one_in(n, 40))
            continue;
        aim(n, &i);
        if (i.flags & (XI_REP | XI_REPNE)) /* 2^32 repeats take minutes */
            mov_imm(n, R_CX, below(n, 40), wide(n) == 1 ? 2 : wide(n));
        text(n, (const char *)b, i.len);
        return;
    }
}

/* ---- branches ---- */
static void forget_jump(struct gen *n, unsigned k)
{
    uint8_t *field = n->at + n->jump[k].pos;
    unsigned rel = n->n - (n->jump[k].pos + n->jump[k].bytes);

    if (n->jump[k].bytes == 1 && rel > 127)
        rel = 0;
    memcpy(field, &rel, n->jump[k].bytes);
    n->jump[k] = n->jump[--n->nr_jumps];
}

/* One more instruction stands: jumps whose distance is used up end here. */
static void step_jumps(struct gen *n)
{
    for (unsigned k = 0; k < n->nr_jumps;) {
        if (n->jump[k].left-- == 0)
            forget_jump(n, k);
        else
            k++;
    }
}

static void gen_forward(struct gen *n)
{
    unsigned cc = (unsigned)below(n, 16), form = (unsigned)below(n, 4);
    unsigned bytes = form ? 1 : wide(n) == 1 ? 2 : 4;

    if (n->nr_jumps == JUMPS)
        return;
    if (form == 0) {
        put(n, 0x0f, 1);
        put(n, 0x80 | cc, 1);
    } else if (form == 1 && one_in(n, 4)) {
        put(n, one_in(n, 4) ? 0xeb : 0xe0 + below(n, 4), 1); /* LOOP, JCXZ */
    } else {
        put(n, 0x70 | cc, 1);
    }
    n->jump[n->nr_jumps].pos = (uint8_t)n->n;
    n->jump[n->nr_jumps].bytes = (uint8_t)bytes;
    n->jump[n->nr_jumps++].left = (uint8_t)(below(n, 5) + 1);
    put(n, 0, bytes);
}

/* A relative branch with a full displacement to a chunk. */
static void to_chunk(struct gen *n, unsigned opcode, unsigned chunk)
{
    unsigned bytes = wide(n) == 1 ? 2 : 4;

    put(n, opcode, 1);
    put(n, chunk * LOCK_CHUNK - (n->chunk * LOCK_CHUNK + n->n + bytes), bytes);
}

static unsigned function(struct gen *n)
{
    return LOCK_FUNCTIONS + (unsigned)below(n, LOCK_CHUNKS - LOCK_FUNCTIONS);
}

/* CALL: direct, through a register, through memory */
static void gen_call(struct gen *n)
{
    uint32_t to = n->g->code + function(n) * LOCK_CHUNK;
    uint32_t slot = n->g->data + 0x20 + 8 * (uint32_t)below(n, 4);
    unsigned form = (unsigned)below(n, 4), r = (unsigned)below(n, 3);

    if (n->chunk >= LOCK_FUNCTIONS && !one_in(n, 8))
        return; /* calls nest, a little */
    if (form < 2) {
        to_chunk(n, 0xe8, (to - n->g->code) / LOCK_CHUNK);
    } else if (form == 2) {
        mov_imm(n, r, to, wide(n));
        put(n, 0xff, 1);
        put(n, 0xd0 | r, 1);
    } else {
        put(n, 0xc7, 1); /* MOV [slot], to */
        if (wide(n) == 3)
            n->at[n->n - 1] = 0x48, put(n, 0xc7, 1);
        abs_mem(n, 0, slot);
        put(n, to, wide(n) == 1 ? 2 : 4);
        put(n, 0xff, 1);
        abs_mem(n, 2, slot);
    }
}

/* DEC [counter]; JNZ back, over what `body` makes */
static void gen_loop(struct gen *n, void (*body)(struct gen *))
{
    uint32_t counter = n->g->data + 8 * (n->chunk & 3);
    unsigned top, count = (unsigned)below(n, 5) + 1;

    if (n->n > FULL - 120)
        return;
    put(n, 0xc7, 1);
    abs_mem(n, 0, counter);
    put(n, below(n, 20) + 1, wide(n) == 1 ? 2 : 4);
    top = n->n;
    while (count-- > 0 && n->n < top + 70)
        body(n);
    put(n, 0xff, 1);
    abs_mem(n, 1, counter);
    put(n, 0x75, 1);
    put(n, top - (n->n + 1), 1);
}

/* ---- strings ---- */
static void gen_string(struct gen *n)
{
    static const uint8_t ops[] = {0xa4, 0xa5, 0xaa, 0xab, 0xac,
                                  0xad, 0xa6, 0xa7, 0xae, 0xaf};
    unsigned rep = (unsigned)below(n, 4);

    if (one_in(n, 5))
        put(n, 0xfd, 1);
    mov_imm(n, R_SI, data(n), wide(n));
    mov_imm(n, R_DI, data(n), wide(n));
    mov_imm(n, R_CX, one_in(n, 6) ? below(n, 300) : below(n, 9), wide(n));
    if (one_in(n, 3) && wide(n) < 3)
        put(n, 0x66, 1);
    if (rep < 3)
        put(n, rep == 0 ? 0xf2 : 0xf3, 1);
    if (wide(n) == 3 && one_in(n, 2))
        put(n, 0x48, 1);
    put(n, ops[below(n, sizeof(ops))], 1);
    if (!one_in(n, 6))
        put(n, 0xfc, 1);
}

/* ---- self-modifying code ---- */
static void gen_patchable(struct gen *n)
{
    uint32_t here = n->chunk * LOCK_CHUNK + n->n + 1;

    if (n->nr_patch < ARRAY_LEN(n->patch))
        n->patch[n->nr_patch++] = here;
    else
        n->patch[below(n, ARRAY_LEN(n->patch))] = here;
    put(n, 0xb0 | below(n, 4), 1); /* MOV AL.., imm8 */
    put(n, rng_next(&n->rng), 1);
}

/* Store to byte `off` of the code: opcode (C6 /0 ib, FE /0...) */
static void store_code(struct gen *n, uint32_t off)
{
    unsigned form = (unsigned)below(n, 4);
    bool alias = n->g->mode >= LOCK_PAGED && one_in(n, 3);
    uint32_t lin = (alias ? LOCK_ALIAS : LOCK_CODE) + off;

    if (n->g->mode <= LOCK_V86)
        put(n, 0x2e, 1);
    else if (wide(n) == 1)
        put(n, 0x67, 1);
    put(n, form == 0 ? 0xfe : form == 1 ? 0x00 : 0xc6, 1);
    if (n->g->mode <= LOCK_V86) {
        put(n, 6, 1);
        put(n, off, 2);
    } else if (wide(n) == 1) {
        put(n, 5, 1);
        put(n, lin, 4);
    } else {
        abs_mem(n, 0, lin);
    }
    if (form > 1)
        put(n, rng_next(&n->rng), 1);
}

static void gen_smc(struct gen *n)
{
    unsigned start;

    if (one_in(n, 2) && n->nr_patch > 0) {
        store_code(n, n->patch[below(n, n->nr_patch)]);
        return;
    }
    /* the very next instruction, after as many NOPs as the forms differ by */
    start = n->n;
    store_code(n, n->chunk * LOCK_CHUNK + start + 12);
    while (n->n < start + 11)
        put(n, 0x90, 1);
    gen_patchable(n);
}

/* ---- flags, stack ---- */
static void gen_flags(struct gen *n)
{
    switch (below(n, 6)) {
    case 0: /* PUSHF; POP reg */
        put(n, 0x9c, 1);
        put(n, 0x58 | below(n, 4), 1);
        break;
    case 1: /* SETcc reg8 */
        put(n, 0x0f, 1);
        put(n, 0x90 | below(n, 16), 1);
        put(n, 0xc0 | below(n, 4), 1);
        break;
    case 2:
        put(n, 0x9f, 1);
        break;
    case 3: /* PUSH imm; POPF, with arithmetic flags and DF */
        put(n, 0x68, 1);
        put(n,
            (rng_next(&n->rng) & 0x4d5) | (one_in(n, 100) ? 0x100 : 0) | 0x202,
            wide(n) == 1 ? 2 : 4);
        put(n, 0x9d, 1);
        put(n, 0xfc, 1);
        break;
    case 4: /* ADC, SBB reg, reg */
        if (wide(n) == 3 && one_in(n, 2))
            put(n, 0x48, 1);
        put(n, one_in(n, 2) ? 0x11 : 0x19, 1);
        put(n, 0xc0 | below(n, 4) << 3 | below(n, 4), 1);
        break;
    case 5: /* CMOVcc */
        put(n, 0x0f, 1);
        put(n, 0x40 | below(n, 16), 1);
        put(n, 0xc0 | below(n, 4) << 3 | below(n, 4), 1);
        break;
    }
}

static void gen_stack(struct gen *n)
{
    unsigned r = (unsigned)below(n, 4);

    put(n, 0x50 | r, 1);
    if (one_in(n, 2))
        gen_flags(n);
    put(n, 0x58 | below(n, 4), 1);
}

/* ---- system ---- */

/* The interrupt flag, and the shadow over what comes after STI. */
static void gen_if(struct gen *n)
{
    switch (below(n, 4)) {
    case 0:
        put(n, 0xfa, 1);
        break;
    case 1:
        put(n, 0x9c, 1); /* PUSHF; POP reg */
        put(n, 0x58 | below(n, 4), 1);
        break;
    default:
        put(n, 0xfb, 1);
        gen_random(n);
        break;
    }
}

static void gen_int(struct gen *n)
{
    if (one_in(n, 4)) {
        put(n, 0xcc, 1);
    } else {
        put(n, 0xcd, 1);
        put(n, 0x80 | below(n, 16), 1);
    }
}

/* Change a page's entry, forget the translation. */
static void gen_page(struct gen *n)
{
    uint32_t lin = LOCK_DATA + 0x1000 * (4 + (uint32_t)below(n, 12));
    static const uint8_t bits[] = {1, 2, 4, 0x20, 0x40, 0x60};

    if (n->g->cpl != 0 || n->g->mode < LOCK_PAGED)
        return;
    put(n, 0x80, 1); /* XOR byte [entry], bits */
    abs_mem(n, 6, lock_pte_at(n->g->mode, lin));
    put(n, bits[below(n, sizeof(bits))], 1);
    if (one_in(n, 3)) {
        TEXT(n, "\x0f\x20\xd8\x0f\x22\xd8"); /* CR3 to and from rAX */
        if (one_in(n, 2))
            return; /* global pages stay */
    }
    put(n, 0x0f, 1);
    put(n, 0x01, 1);
    abs_mem(n, 7, lin);
}

static void gen_segment(struct gen *n)
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
    uint32_t v = sel[below(n, sizeof(sel))];

    if (n->g->mode <= LOCK_V86)
        v = 0x1f00 + (uint32_t)below(n, 0x200);
    mov_imm(n, R_AX, v, wide(n) == 1 ? 1 : 2);
    put(n, 0x8e, 1);
    put(n, 0xc0 | regs[below(n, sizeof(regs))] << 3, 1);
}

static void gen_system(struct gen *n)
{
    switch (below(n, 8)) {
    case 0:
        TEXT(n, "\x0f\x31"); /* RDTSC */
        break;
    case 1:
        mov_imm(n, R_AX, below(n, 5), 2);
        TEXT(n, "\x0f\xa2"); /* CPUID */
        break;
    case 2:
        TEXT(n, "\xe4\x40"); /* IN AL, 40H */
        break;
    case 3:
        TEXT(n, "\xfa\x90\x90\xfb"); /* CLI; STI */
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
            put(n, 0x8b, 1);
            abs_mem(n, (unsigned)below(n, 3), 0x50030);
        } else {
            put(n, 0xfb, 1);
        }
        break;
    }
}

/* ---- chunks ---- */
static void gen_one(struct gen *n)
{
    unsigned k = (unsigned)below(n, 100);

    if (k < 64)
        gen_random(n);
    else if (k < 74)
        gen_flags(n);
    else if (k < 80)
        gen_stack(n);
    else if (k < 84)
        gen_patchable(n);
    else if (k < 88)
        gen_call(n);
    else if (k < 91)
        gen_string(n);
    else if (k < 93)
        gen_smc(n);
    else if (k < 95)
        gen_system(n);
    else if (k < 97 && n->g->cpl == 0)
        gen_if(n);
    else
        mov_imm(n, (unsigned)below(n, 4), value(n), wide(n));
}

static void begin_chunk(struct gen *n)
{
    memset(n->at, 0x90, LOCK_CHUNK);
    n->n = 0;
    n->nr_jumps = 0;
    if (n->chunk >= LOCK_FUNCTIONS)
        return;
    mov_imm(n, R_SP, n->g->stack + LOCK_SP - 8 * below(n, 3), wide(n));
    if (n->g->cpl == 0 && one_in(n, 3))
        put(n, 0xfb, 1); /* STI */
}

static void end_chunk(struct gen *n)
{
    while (n->nr_jumps > 0)
        forget_jump(n, 0);
    if (n->chunk >= LOCK_FUNCTIONS) {
        put(n, 0xc3, 1);
        return;
    }
    /* on, or through rBX, or once in a while over one */
    if (one_in(n, 6)) {
        mov_imm(n, R_BX,
                n->g->code + (n->chunk + 1) % LOCK_FUNCTIONS * LOCK_CHUNK,
                wide(n));
        TEXT(n, "\xff\xe3");
    } else {
        to_chunk(n, 0xe9,
                 (n->chunk + 1 + (one_in(n, 8) ? 1u : 0)) % LOCK_FUNCTIONS);
    }
}

void lockgen_make(const struct lock_guest *g, uint64_t seed,
                  uint8_t image[LOCKGEN_BYTES])
{
    struct gen n = {.g = g, .rng = {seed}, .image = image};

    for (n.chunk = 0; n.chunk < LOCK_CHUNKS; n.chunk++) {
        n.at = image + n.chunk * LOCK_CHUNK;
        begin_chunk(&n);
        while (n.n < FULL - 24) {
            if (one_in(&n, 8))
                gen_forward(&n);
            else if (one_in(&n, 16) && n.nr_jumps == 0)
                gen_loop(&n, gen_random);
            else
                gen_one(&n);
            step_jumps(&n);
        }
        end_chunk(&n);
    }
}
