/* lockgen.c: random guest programs: mostly instructions made of random bytes
 * (lockgen_insn.c); between them loops, calls, strings and stores into code
 * (lockgen_memory.c), system instructions (lockgen_system.c). */
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
    while (count-- > 0 && n->n < top + 70) {
        if (lockgen_one_in(n, 3))
            gen_forward(n);
        body(n);
        step_jumps(n);
    }
    if (n->n - top > 120) /* too far for the jump back */
        return;
    lockgen_put(n, 0xff, 1);
    lockgen_abs_mem(n, 1, counter);
    lockgen_put(n, 0x75, 1);
    lockgen_put(n, top - (n->n + 1), 1);
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

    if (k < 58)
        lockgen_insn(n);
    else if (k < 62)
        lockgen_run(n);
    else if (k < 64)
        lockgen_pushes(n);
    else if (k < 74)
        gen_flags(n);
    else if (k < 80)
        gen_stack(n);
    else if (k < 84)
        lockgen_patchable(n);
    else if (k < 88)
        gen_call(n);
    else if (k < 90)
        lockgen_string(n);
    else if (k < 92)
        lockgen_smc(n);
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
    n->n = n->spill;
    n->spill = 0;
    n->room = LOCK_CHUNK;
    n->nr_jumps = 0;
    if (n->chunk >= LOCK_FUNCTIONS)
        return;
    lockgen_mov_imm(n, R_SP, n->g->stack + LOCK_SP - 8 * lockgen_below(n, 3),
                    lockgen_wide(n));
    lockgen_begin(n);
}

/* Code goes on into the next page, one instruction in both. */
static void end_in_next(struct lockgen *n)
{
    n->room = LOCK_CHUNK + 8;
    while (n->n < LOCK_CHUNK - 1) {
        if (n->n < LOCK_CHUNK - 5)
            lockgen_mov_imm(n, (unsigned)lockgen_below(n, 4), lockgen_value(n),
                            1);
        else if (lockgen_one_in(n, 3))
            lockgen_put(n, 0x90, 1);
        else
            lockgen_mov_imm(n, (unsigned)lockgen_below(n, 4),
                            rng_next(&n->rng) & 0xffffffff, lockgen_wide(n));
    }
    if (n->n == LOCK_CHUNK - 1)
        lockgen_patchable(n);
    n->spill = n->n - LOCK_CHUNK;
}

/* Where the code is, or where it is too: on a large page, in the upper half. */
static uint64_t code_at(struct lockgen *n)
{
    uint64_t at = n->g->code;

    if (n->g->mode >= LOCK_PAGED && lockgen_one_in(n, 3))
        at += lock_large(n->g->mode);
    if (lockgen_wide(n) == 3 && lockgen_one_in(n, 3))
        at |= LOCK_HIGH;
    return at;
}

static void end_chunk(struct lockgen *n)
{
    while (n->nr_jumps > 0)
        forget_jump(n, 0);
    if (n->chunk >= LOCK_FUNCTIONS) {
        lockgen_put(n, 0xc3, 1);
        return;
    }
    if ((n->chunk + 1) % (PAGE_SIZE / LOCK_CHUNK) == 0 &&
        n->chunk + 1 < LOCK_FUNCTIONS && lockgen_one_in(n, 2)) {
        end_in_next(n);
        return;
    }
    /* on, or through rBX, or once in a while over one */
    if (lockgen_one_in(n, 6)) {
        lockgen_mov_imm(
            n, R_BX, code_at(n) + (n->chunk + 1) % LOCK_FUNCTIONS * LOCK_CHUNK,
            lockgen_wide(n));
        LOCKGEN_TEXT(n, "\xff\xe3");
    } else {
        to_chunk(n, 0xe9,
                 (n->chunk + 1 + (lockgen_one_in(n, 8) ? 1u : 0)) %
                     LOCK_FUNCTIONS);
    }
}

static void gen_chunk(struct lockgen *n, uint8_t *at)
{
    n->at = at;
    begin_chunk(n);
    while (n->n < FULL - 24) {
        if (lockgen_one_in(n, 8))
            gen_forward(n);
        else if (lockgen_one_in(n, 16) && n->nr_jumps == 0)
            gen_loop(n, lockgen_one_in(n, 3) ? gen_one : lockgen_insn);
        else
            gen_one(n);
        step_jumps(n);
    }
    end_chunk(n);
}

void lockgen_make(const struct lock_guest *g, uint64_t seed,
                  struct lockgen_image *image)
{
    struct lockgen n = {.g = g, .rng = {seed}};

    memset(image, 0x90, sizeof(*image));
    for (n.chunk = 0; n.chunk < LOCK_CHUNKS; n.chunk++)
        gen_chunk(&n, image->code + n.chunk * LOCK_CHUNK);
    for (n.chunk = LOCK_FUNCTIONS; n.chunk < LOCK_CHUNKS; n.chunk++)
        gen_chunk(&n, image->other + (n.chunk - LOCK_FUNCTIONS) * LOCK_CHUNK);
}
