/* skiprog.h: random programs for Ski and for the model, and the registers that
 * they begin with. */
#ifndef VTI_IA64_CPU_TESTS_SKIPROG_H
#define VTI_IA64_CPU_TESTS_SKIPROG_H

#include "common/base/rng.h"
#include "vti-ia64/cpu/encoding.h"
#include "vti-ia64/cpu/state.h"

/* A program's block, as experiments/guests/ia64/programs.s has it: all that a
 * program can see and change. Little-endian words. */
struct skiprog_block {
    uint64_t gr[128]; /* gr[0]: the entry */
    uint64_t nat[2];
    uint64_t pr, fpsr, unat, ccv, lc, ec, csd;
    uint64_t interruptions; /* a sum of vectors and ISRs */
    uint64_t last;          /* ISR, the vector's offset from bit 48 on */
    uint64_t br[8];
    uint64_t unused[13];
    struct ia64_fr fr[126]; /* f2 to f127 */
    uint64_t unused2[4];
    uint64_t data[64]; /* the words at SKIPROG_DATA */
    uint64_t unused3[32];
};

_Static_assert(sizeof(struct skiprog_block) == 4096, "one page");

#define SKIPROG_DATA    0x300000u
#define SKIPROG_END     0x1ffffu /* the last instruction: break of this */
#define SKIPROG_BUNDLES 200u

struct skiprog {
    struct ia64_bundle b[SKIPROG_BUNDLES];
    /* The bundle sets the address of a memory access in the next one. */
    bool address[SKIPROG_BUNDLES];
    unsigned n;
};

enum skiprog_mode { SKIPROG_INT, SKIPROG_FP };

/* At least `bundles` of them (addresses have bundles of their own), of A, M, I
 * and B slots, or with F slots. Nothing in it is system state, all addresses
 * are in the words at SKIPROG_DATA, branches lead forward. */
void skiprog_generate(struct rng *r, enum skiprog_mode mode, unsigned bundles,
                      struct skiprog *p);
void skiprog_state(struct rng *r, struct skiprog_block *b);

/* Make slot `nr` (bundle * 3 + slot; the last of an MLX for both) a nop. */
void skiprog_nop(struct skiprog *p, unsigned nr);
/* Bytes of the program with its end, and the program. */
unsigned skiprog_size(const struct skiprog *p);
void skiprog_put(const struct skiprog *p, uint8_t *bytes);

#endif
