/* kvmgen.h: what the files behind kvmrandom share: the case that is made, dice,
 * values that are likely to matter. */
#ifndef COMMON_X86_TESTS_KVMGEN_H
#define COMMON_X86_TESTS_KVMGEN_H

#include "common/base/cc.h"
#include "common/x86/mem.h"
#include "common/x86/tests/kvmrandom.h"

struct kvmgen {
    struct rng *r;
    struct kvmguest *g;
    uint32_t at; /* physical address of the next code byte */
    unsigned cpl;
};

static inline uint64_t rnd(struct kvmgen *n, uint64_t below)
{
    return rng_below(n->r, below);
}

static inline bool one_in(struct kvmgen *n, unsigned k)
{
    return rnd(n, k) == 0;
}

static inline bool wide(const struct kvmgen *n)
{
    return n->g->mode == GUEST_LONG;
}

/* Real and virtual-8086 mode: no descriptors. */
static inline bool is_8086(const struct kvmgen *n)
{
    return n->g->mode == GUEST_REAL || n->g->mode == GUEST_V86;
}

static inline bool code16(const struct kvmgen *n)
{
    return is_8086(n) || n->g->mode == GUEST_PROT16;
}

uint64_t kvmgen_value(struct kvmgen *n);
uint16_t kvmgen_sel(struct kvmgen *n);

/* Tables and registers. pvm: what PVM does not do is left out. */
void kvmgen_state(struct kvmgen *n, bool pvm);

/* The instruction, with what it reads; its name is static text. */
const char *kvmgen_insn(struct kvmgen *n, bool pvm);

#endif
