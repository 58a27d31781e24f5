/* skidiff.h: a difference between Ski and the model, followed to the
 * instruction that makes it. */
#ifndef VTI_IA64_CPU_TESTS_SKIDIFF_H
#define VTI_IA64_CPU_TESTS_SKIDIFF_H

#include "vti-ia64/cpu/tests/skirun.h"

/* An instruction, what was in the registers before it, and after it. */
struct skidiff {
    const struct ia64_encoding *row;
    struct ia64_bundle bundle;
    unsigned nr;   /* bundle * 3 + slot */
    uint64_t slot; /* bundle.slot[nr % 3] */
    struct skiprog_block before, ours, theirs;
};

bool skidiff_equal(const struct skiprog_block *a,
                   const struct skiprog_block *b);

/* The first instruction of the program that makes a difference. 1: *d is it; 0:
 * there is none; -1: it could not be run. */
int skidiff_find(const struct skirun *k, const struct skiprog *p,
                 const struct skiprog_block *state, struct skidiff *d);

/* Instruction, operands and both results, to stderr. */
void skidiff_print(const struct skidiff *d);

/* f0 to f127 of a block. */
struct ia64_fr skidiff_fr(const struct skiprog_block *b, unsigned nr);

#endif
