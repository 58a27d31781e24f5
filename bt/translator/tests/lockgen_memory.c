/* lockgen_memory.c: random programs: strings, accesses off one base, stores
 * into code. */
#include "bt/translator/tests/lockgen_code.h"

/* ---- strings ---- */
static uint64_t string_count(struct lockgen *n)
{
    switch (lockgen_below(n, 8)) {
    case 0:
        return lockgen_below(n, 300);
    case 1:
        return lockgen_below(n, 4000);
    default:
        return lockgen_below(n, 20);
    }
}

/* Where rSI and rDI are: anywhere, close to each other, at one of the places
 * that code stores to, or at the same code, which stays what it is. */
static void aim_string(struct lockgen *n)
{
    uint32_t si = lockgen_data(n), di = lockgen_data(n);
    uint64_t count = string_count(n);
    unsigned form = (unsigned)lockgen_below(n, 12);

    if (form < 3) {
        di = si + (uint32_t)lockgen_below(n, 17) - 8;
    } else if (form == 3 && lockgen_wide(n) > 1) {
        si = LOCK_CODE + (uint32_t)lockgen_below(n, LOCKGEN_BYTES - 64);
        di = lockgen_one_in(n, 2) && n->g->mode >= LOCK_PAGED
                 ? si - LOCK_CODE + LOCK_ALIAS
                 : si;
        count = lockgen_below(n, 16);
    } else if (form == 4 && lockgen_wide(n) > 1 && n->nr_patch > 0) {
        di = LOCK_CODE + n->patch[lockgen_below(n, n->nr_patch)];
        count = 1;
    }
    lockgen_mov_imm(n, R_SI, si, lockgen_wide(n));
    lockgen_mov_imm(n, R_DI, di, lockgen_wide(n));
    lockgen_mov_imm(n, R_CX, count, lockgen_wide(n));
}

void lockgen_string(struct lockgen *n)
{
    static const uint8_t ops[] = {0xa4, 0xa5, 0xa4, 0xa5, 0xaa, 0xab, 0xaa,
                                  0xab, 0xac, 0xad, 0xa6, 0xa7, 0xae, 0xaf};
    unsigned rep = (unsigned)lockgen_below(n, 6);

    if (lockgen_one_in(n, 8))
        lockgen_put(n, 0xfd, 1);
    aim_string(n);
    if (lockgen_one_in(n, 3) && lockgen_wide(n) < 3)
        lockgen_put(n, 0x66, 1);
    if (rep < 5)
        lockgen_put(n, rep == 0 ? 0xf2 : 0xf3, 1);
    if (lockgen_wide(n) == 3 && lockgen_one_in(n, 2))
        lockgen_put(n, 0x48, 1);
    lockgen_put(n, ops[lockgen_below(n, sizeof(ops))], 1);
    if (!lockgen_one_in(n, 6))
        lockgen_put(n, 0xfc, 1);
}

/* ---- accesses off one base ---- */
/* Near the end of a page of data, in code, in the local APIC, anywhere. */
static uint32_t run_base(struct lockgen *n)
{
    switch (lockgen_below(n, 16)) {
    case 0:
        if (n->g->mode >= LOCK_PAGED)
            return 0x50030;
        break;
    case 1:
        if (lockgen_wide(n) > 1) /* read, mostly */
            return LOCK_CODE + (uint32_t)lockgen_below(n, LOCKGEN_BYTES - 64);
        break;
    case 2:
    case 3:
        break;
    default:
        return n->g->data + 0x1000 * (uint32_t)(1 + lockgen_below(n, 15)) -
               (uint32_t)lockgen_below(n, 40);
    }
    return lockgen_data(n);
}

/* Opcode of a load, or of a store too. */
static void run_opcode(struct lockgen *n, bool stores)
{
    static const uint8_t loads[] = {0x8b, 0x8b, 0x8a, 0x03, 0x2b,
                                    0x33, 0x3b, 0x39, 0x84, 0x85};
    static const uint8_t all[] = {0x89, 0x89, 0x88, 0x01, 0x29, 0x31, 0x87};

    if (lockgen_one_in(n, 6) && lockgen_wide(n) < 3)
        lockgen_put(n, 0x66, 1);
    if (lockgen_one_in(n, 8)) { /* MOVZX, MOVSX, MOVUPS */
        static const uint8_t two[] = {0xb6, 0xb7, 0xbe, 0xbf, 0x10, 0x11};

        lockgen_put(n, 0x0f, 1);
        lockgen_put(n, two[lockgen_below(n, stores ? 6 : 5)], 1);
        return;
    }
    if (lockgen_wide(n) == 3 && lockgen_one_in(n, 2))
        lockgen_put(n, 0x48, 1);
    if (stores && lockgen_one_in(n, 2))
        lockgen_put(n, all[lockgen_below(n, sizeof(all))], 1);
    else
        lockgen_put(n, loads[lockgen_below(n, sizeof(loads))], 1);
}

/* What may stand between two accesses: the base moves, or something else. */
static void run_between(struct lockgen *n, unsigned base)
{
    switch (lockgen_below(n, 4)) {
    case 0: /* ADD base, imm8 */
        if (lockgen_wide(n) == 3)
            lockgen_put(n, 0x48, 1);
        lockgen_put(n, 0x83, 1);
        lockgen_put(n, 0xc0 | base, 1);
        lockgen_put(n, lockgen_below(n, 17) - 8, 1);
        break;
    case 1:
        lockgen_put(n, 0x50 | lockgen_below(n, 3), 1);
        lockgen_put(n, 0x58 | lockgen_below(n, 3), 1);
        break;
    default:
        lockgen_put(n, 0x01, 1); /* ADD reg, reg */
        lockgen_put(n, 0xc0 | lockgen_below(n, 3) << 3 | lockgen_below(n, 3),
                    1);
        break;
    }
}

void lockgen_run(struct lockgen *n)
{
    static const uint8_t base[] = {R_BX, R_SI, R_DI};
    static const uint8_t rm16[] = {7, 4, 5};
    unsigned b = (unsigned)lockgen_below(n, 3),
             count = 2 + (unsigned)lockgen_below(n, 6);
    uint32_t at = run_base(n);
    bool stores = at >= n->g->data || n->g->mode <= LOCK_V86;
    unsigned rm = lockgen_wide(n) == 1 ? rm16[b] : base[b];

    lockgen_mov_imm(n, base[b], at, lockgen_wide(n));
    while (count-- > 0 && n->n < LOCK_CHUNK - 40) {
        run_opcode(n, stores);
        lockgen_put(n, 0x40 | lockgen_below(n, 3) << 3 | rm, 1);
        lockgen_put(n, lockgen_below(n, 80) - 24, 1);
        if (lockgen_one_in(n, 3))
            run_between(n, base[b]);
    }
}

/* Pushes and pops across the edge of a page; the stack is the chunk's again at
 * the end. Ring 0 must have one that is there. */
void lockgen_pushes(struct lockgen *n)
{
    uint32_t page = 0x1000 * (uint32_t)(1 + lockgen_below(n, 14));
    unsigned count = 2 + (unsigned)lockgen_below(n, 8);
    bool user = n->g->cpl == 3 && n->g->mode != LOCK_V86;

    if (n->chunk >= LOCK_FUNCTIONS)
        return;
    lockgen_mov_imm(n, R_SP,
                    (user ? n->g->data : n->g->stack) + page +
                        (uint32_t)lockgen_below(n, 32),
                    lockgen_wide(n));
    while (count-- > 0)
        lockgen_put(
            n, (lockgen_one_in(n, 3) ? 0x58 : 0x50) | lockgen_below(n, 4), 1);
    lockgen_mov_imm(n, R_SP, n->g->stack + LOCK_SP, lockgen_wide(n));
}

/* ---- self-modifying code ---- */
void lockgen_patchable(struct lockgen *n)
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

void lockgen_smc(struct lockgen *n)
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
    lockgen_patchable(n);
}
