/* lockgen_code.h: a random program while it is made: what the parts of the
 * generator share. */
#ifndef BT_TRANSLATOR_TESTS_LOCKGEN_CODE_H
#define BT_TRANSLATOR_TESTS_LOCKGEN_CODE_H

#include <string.h>

#include "bt/translator/tests/lockgen.h"
#include "common/base/cc.h"

#define LOCKGEN_JUMPS 8u

struct lockgen {
    const struct lock_guest *g;
    struct rng rng;
    uint8_t *at;    /* the chunk */
    unsigned chunk; /* number */
    unsigned n;     /* bytes in it */
    unsigned room;  /* where it ends: LOCK_CHUNK, or a little further... */
    unsigned spill; /* ...and as much of the next one is used already */
    struct {
        uint8_t pos;   /* of the displacement */
        uint8_t bytes; /* 1, 2, 4 */
        uint8_t left;  /* instructions until its target */
    } jump[LOCKGEN_JUMPS];
    unsigned nr_jumps;
    uint32_t patch[64]; /* bytes of code that may be stored to */
    unsigned nr_patch;
};

/* A number below k; true once in k times. */
static inline uint64_t lockgen_below(struct lockgen *n, uint64_t k)
{
    return rng_below(&n->rng, k);
}

static inline bool lockgen_one_in(struct lockgen *n, unsigned k)
{
    return lockgen_below(n, k) == 0;
}

/* The next bytes of the chunk. */
static inline void lockgen_put(struct lockgen *n, uint64_t v, unsigned bytes)
{
    if (n->n + bytes <= n->room)
        memcpy(n->at + n->n, &v, bytes);
    n->n += bytes;
}

static inline void lockgen_text(struct lockgen *n, const char *bytes,
                                unsigned len)
{
    for (unsigned k = 0; k < len; k++)
        lockgen_put(n, (uint8_t)bytes[k], 1);
}

#define LOCKGEN_TEXT(n, s) lockgen_text((n), (s), sizeof(s) - 1)

/* Size of the code: 1, 2, 3 for 16, 32, 64 bits. */
static inline unsigned lockgen_wide(const struct lockgen *n)
{
    return n->g->code_size;
}

/* ---- lockgen_insn.c ---- */
/* ModRM for an absolute address. */
void lockgen_abs_mem(struct lockgen *n, unsigned reg, uint32_t address);
/* MOV reg, v, of size asize (1: 16 bits, 2: 32, 3: 64) */
void lockgen_mov_imm(struct lockgen *n, unsigned reg, uint64_t v,
                     unsigned asize);
uint64_t lockgen_value(struct lockgen *n);
/* An address for data, as the guest's code gives it. */
uint32_t lockgen_data(struct lockgen *n);
/* An instruction made of random bytes, with operands aimed at the data. */
void lockgen_insn(struct lockgen *n);

/* ---- lockgen_memory.c ---- */
void lockgen_string(struct lockgen *n);
/* Some accesses off one base. */
void lockgen_run(struct lockgen *n);
void lockgen_pushes(struct lockgen *n);
/* MOV of a byte that others may store to. */
void lockgen_patchable(struct lockgen *n);
/* A store into code. */
void lockgen_smc(struct lockgen *n);

/* ---- lockgen_system.c ---- */
/* What a chunk begins with: back to the kernel, STI... */
void lockgen_begin(struct lockgen *n);
/* The interrupt flag, and the shadow over what comes after STI. */
void lockgen_if(struct lockgen *n);
/* Anything else that the kernel is for. */
void lockgen_system(struct lockgen *n);

#endif
