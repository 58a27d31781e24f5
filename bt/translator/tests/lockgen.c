/* lockgen.c: random guest programs: mostly instructions made of random bytes
 * (lockgen_insn.c); between them loops, calls, strings, stores into code,
 * system instructions (lockgen_system.c). */
#include "bt/translator/tests/lockgen_code.h"

/* A chunk is full here; what remains is for its end. */
#define FULL (LOCK_CHUNK - 40u)

/* ---- branches ---- */
static void forget_jump(struct lockgen *n, unsigned k)
{
    uint8_t *field = n->at + n->jump[k].pos;
    unsigned rel = n->n - (n->jump[k].pos + n->jump[k].bytes);

    if (n->jump[k].bytes == 1 && rel > 127)
        rel = 0;
    memcpy(field, &rel, n->jump[k].bytes);
    n->jump[k] = n->jump[--n->nr_jumps];
}

/* One more instruction stands: jumps whose distance is used up end here. */
static void step_jumps(struct lockgen *n)
{
    for (unsigned k = 0; k < n->nr_jumps;) {
        if (n->jump[k].left-- == 0)
            forget_jump(n, k);
        else
            k++;
    }
}

static void gen_forward(struct lockgen *n)
{
    unsigned cc = (unsigned)lockgen_below(n, 16),
             form = (unsigned)lockgen_below(n, 4);
    unsigned bytes = form ? 1 : lockgen_wide(n) == 1 ? 2 : 4;

    if (n->nr_jumps == LOCKGEN_JUMPS)
        return;
    if (form == 0) {
        lockgen_put(n, 0x0f, 1);
        lockgen_put(n, 0x80 | cc, 1);
    } else if (form == 1 && lockgen_one_in(n, 4)) {
        lockgen_put(n, lockgen_one_in(n, 4) ? 0xeb : 0xe0 + lockgen_below(n, 4),
                    1); /* LOOP, JCXZ */
    } else {
        lockgen_put(n, 0x70 | cc, 1);
    }
    n->jump[n->nr_jumps].pos = (uint8_t)n->n;
    n->jump[n->nr_jumps].bytes = (uint8_t)bytes;
    n->jump[n->nr_jumps++].left = (uint8_t)(lockgen_below(n, 5) + 1);
    lockgen_put(n, 0, bytes);
}

/* A relative branch with a full displacement to a chunk. */
static void to_chunk(struct lockgen *n, unsigned opcode, unsigned chunk)
{
    unsigned bytes = lockgen_wide(n) == 1 ? 2 : 4;

    lockgen_put(n, opcode, 1);
    lockgen_put(n, chunk * LOCK_CHUNK - (n->chunk * LOCK_CHUNK + n->n + bytes),
                bytes);
}

static unsigned function(struct lockgen *n)
{
    return LOCK_FUNCTIONS +
           (unsigned)lockgen_below(n, LOCK_CHUNKS - LOCK_FUNCTIONS);
}

/* CALL: direct, through a register, through memory */
static void gen_call(struct lockgen *n)
{
    uint32_t to = n->g->code + function(n) * LOCK_CHUNK;
    uint32_t slot = n->g->data + 0x20 + 8 * (uint32_t)lockgen_below(n, 4);
    unsigned form = (unsigned)lockgen_below(n, 4),
             r = (unsigned)lockgen_below(n, 3);

    if (n->chunk >= LOCK_FUNCTIONS && !lockgen_one_in(n, 8))
        return; /* calls nest, a little */
    if (form < 2) {
        to_chunk(n, 0xe8, (to - n->g->code) / LOCK_CHUNK);
    } else if (form == 2) {
        lockgen_mov_imm(n, r, to, lockgen_wide(n));
        lockgen_put(n, 0xff, 1);
        lockgen_put(n, 0xd0 | r, 1);
    } else {
        lockgen_put(n, 0xc7, 1); /* MOV [slot], to */
        if (lockgen_wide(n) == 3)
            n->at[n->n - 1] = 0x48, lockgen_put(n, 0xc7, 1);
        lockgen_abs_mem(n, 0, slot);
        lockgen_put(n, to, lockgen_wide(n) == 1 ? 2 : 4);
        lockgen_put(n, 0xff, 1);
        lockgen_abs_mem(n, 2, slot);
    }
}

/* DEC [counter]; JNZ back, over what `body` makes */
static void gen_loop(struct lockgen *n, void (*body)(struct lockgen *))
{
    uint32_t counter = n->g->data + 8 * (n->chunk & 3);
    unsigned top, count = (unsigned)lockgen_below(n, 5) + 1;

    if (n->n > FULL - 120)
        return;
    lockgen_put(n, 0xc7, 1);
    lockgen_abs_mem(n, 0, counter);
    lockgen_put(n, lockgen_below(n, 20) + 1, lockgen_wide(n) == 1 ? 2 : 4);
    top = n->n;
    while (count-- > 0 && n->n < top + 70)
        body(n);
    lockgen_put(n, 0xff, 1);
    lockgen_abs_mem(n, 1, counter);
    lockgen_put(n, 0x75, 1);
    lockgen_put(n, top - (n->n + 1), 1);
}

/* ---- strings ---- */
static void gen_string(struct lockgen *n)
{
    static const uint8_t ops[] = {0xa4, 0xa5, 0xaa, 0xab, 0xac,
                                  0xad, 0xa6, 0xa7, 0xae, 0xaf};
    unsigned rep = (unsigned)lockgen_below(n, 4);

    if (lockgen_one_in(n, 5))
        lockgen_put(n, 0xfd, 1);
    lockgen_mov_imm(n, R_SI, lockgen_data(n), lockgen_wide(n));
    lockgen_mov_imm(n, R_DI, lockgen_data(n), lockgen_wide(n));
    lockgen_mov_imm(n, R_CX,
                    lockgen_one_in(n, 6) ? lockgen_below(n, 300)
                                         : lockgen_below(n, 9),
                    lockgen_wide(n));
    if (lockgen_one_in(n, 3) && lockgen_wide(n) < 3)
        lockgen_put(n, 0x66, 1);
    if (rep < 3)
        lockgen_put(n, rep == 0 ? 0xf2 : 0xf3, 1);
    if (lockgen_wide(n) == 3 && lockgen_one_in(n, 2))
        lockgen_put(n, 0x48, 1);
    lockgen_put(n, ops[lockgen_below(n, sizeof(ops))], 1);
    if (!lockgen_one_in(n, 6))
        lockgen_put(n, 0xfc, 1);
}

/* ---- self-modifying code ---- */
static void gen_patchable(struct lockgen *n)
{
    uint32_t here = n->chunk * LOCK_CHUNK + n->n + 1;

    if (n->nr_patch < ARRAY_LEN(n->patch))
        n->patch[n->nr_patch++] = here;
    else
        n->patch[lockgen_below(n, ARRAY_LEN(n->patch))] = here;
    lockgen_put(n, 0xb0 | lockgen_below(n, 4), 1); /* MOV AL.., imm8 */
    lockgen_put(n, rng_next(&n->rng), 1);
}

/* Store to byte `off` of the code: opcode (C6 /0 ib, FE /0...) */
static void store_code(struct lockgen *n, uint32_t off)
{
    unsigned form = (unsigned)lockgen_below(n, 4);
    bool alias = n->g->mode >= LOCK_PAGED && lockgen_one_in(n, 3);
    uint32_t lin = (alias ? LOCK_ALIAS : LOCK_CODE) + off;

    if (n->g->mode <= LOCK_V86)
        lockgen_put(n, 0x2e, 1);
    else if (lockgen_wide(n) == 1)
        lockgen_put(n, 0x67, 1);
    lockgen_put(n, form == 0 ? 0xfe : form == 1 ? 0x00 : 0xc6, 1);
    if (n->g->mode <= LOCK_V86) {
        lockgen_put(n, 6, 1);
        lockgen_put(n, off, 2);
    } else if (lockgen_wide(n) == 1) {
        lockgen_put(n, 5, 1);
        lockgen_put(n, lin, 4);
    } else {
        lockgen_abs_mem(n, 0, lin);
    }
    if (form > 1)
        lockgen_put(n, rng_next(&n->rng), 1);
}

static void gen_smc(struct lockgen *n)
{
    unsigned start;

    if (lockgen_one_in(n, 2) && n->nr_patch > 0) {
        store_code(n, n->patch[lockgen_below(n, n->nr_patch)]);
        return;
    }
    /* the very next instruction, after as many NOPs as the forms differ by */
    start = n->n;
    store_code(n, n->chunk * LOCK_CHUNK + start + 12);
    while (n->n < start + 11)
        lockgen_put(n, 0x90, 1);
    gen_patchable(n);
}

/* ---- flags, stack ---- */
static void gen_flags(struct lockgen *n)
{
    switch (lockgen_below(n, 6)) {
    case 0: /* PUSHF; POP reg */
        lockgen_put(n, 0x9c, 1);
        lockgen_put(n, 0x58 | lockgen_below(n, 4), 1);
        break;
    case 1: /* SETcc reg8 */
        lockgen_put(n, 0x0f, 1);
        lockgen_put(n, 0x90 | lockgen_below(n, 16), 1);
        lockgen_put(n, 0xc0 | lockgen_below(n, 4), 1);
        break;
    case 2:
        lockgen_put(n, 0x9f, 1);
        break;
    case 3: /* PUSH imm; POPF, with arithmetic flags and DF */
        lockgen_put(n, 0x68, 1);
        lockgen_put(n,
                    (rng_next(&n->rng) & 0x4d5) |
                        (lockgen_one_in(n, 100) ? 0x100 : 0) | 0x202,
                    lockgen_wide(n) == 1 ? 2 : 4);
        lockgen_put(n, 0x9d, 1);
        lockgen_put(n, 0xfc, 1);
        break;
    case 4: /* ADC, SBB reg, reg */
        if (lockgen_wide(n) == 3 && lockgen_one_in(n, 2))
            lockgen_put(n, 0x48, 1);
        lockgen_put(n, lockgen_one_in(n, 2) ? 0x11 : 0x19, 1);
        lockgen_put(n, 0xc0 | lockgen_below(n, 4) << 3 | lockgen_below(n, 4),
                    1);
        break;
    case 5: /* CMOVcc */
        lockgen_put(n, 0x0f, 1);
        lockgen_put(n, 0x40 | lockgen_below(n, 16), 1);
        lockgen_put(n, 0xc0 | lockgen_below(n, 4) << 3 | lockgen_below(n, 4),
                    1);
        break;
    }
}

static void gen_stack(struct lockgen *n)
{
    unsigned r = (unsigned)lockgen_below(n, 4);

    lockgen_put(n, 0x50 | r, 1);
    if (lockgen_one_in(n, 2))
        gen_flags(n);
    lockgen_put(n, 0x58 | lockgen_below(n, 4), 1);
}

/* ---- chunks ---- */
static void gen_one(struct lockgen *n)
{
    unsigned k = (unsigned)lockgen_below(n, 100);

    if (k < 64)
        lockgen_insn(n);
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
        lockgen_system(n);
    else if (k < 97 && n->g->cpl == 0)
        lockgen_if(n);
    else
        lockgen_mov_imm(n, (unsigned)lockgen_below(n, 4), lockgen_value(n),
                        lockgen_wide(n));
}

static void begin_chunk(struct lockgen *n)
{
    memset(n->at, 0x90, LOCK_CHUNK);
    n->n = 0;
    n->nr_jumps = 0;
    if (n->chunk >= LOCK_FUNCTIONS)
        return;
    lockgen_mov_imm(n, R_SP, n->g->stack + LOCK_SP - 8 * lockgen_below(n, 3),
                    lockgen_wide(n));
    if (n->g->cpl == 0 && lockgen_one_in(n, 3))
        lockgen_put(n, 0xfb, 1); /* STI */
}

static void end_chunk(struct lockgen *n)
{
    while (n->nr_jumps > 0)
        forget_jump(n, 0);
    if (n->chunk >= LOCK_FUNCTIONS) {
        lockgen_put(n, 0xc3, 1);
        return;
    }
    /* on, or through rBX, or once in a while over one */
    if (lockgen_one_in(n, 6)) {
        lockgen_mov_imm(
            n, R_BX, n->g->code + (n->chunk + 1) % LOCK_FUNCTIONS * LOCK_CHUNK,
            lockgen_wide(n));
        LOCKGEN_TEXT(n, "\xff\xe3");
    } else {
        to_chunk(n, 0xe9,
                 (n->chunk + 1 + (lockgen_one_in(n, 8) ? 1u : 0)) %
                     LOCK_FUNCTIONS);
    }
}

void lockgen_make(const struct lock_guest *g, uint64_t seed,
                  uint8_t image[LOCKGEN_BYTES])
{
    struct lockgen n = {.g = g, .rng = {seed}, .image = image};

    for (n.chunk = 0; n.chunk < LOCK_CHUNKS; n.chunk++) {
        n.at = image + n.chunk * LOCK_CHUNK;
        begin_chunk(&n);
        while (n.n < FULL - 24) {
            if (lockgen_one_in(&n, 8))
                gen_forward(&n);
            else if (lockgen_one_in(&n, 16) && n.nr_jumps == 0)
                gen_loop(&n, lockgen_insn);
            else
                gen_one(&n);
            step_jumps(&n);
        }
        end_chunk(&n);
    }
}
