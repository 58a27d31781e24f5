/* hostgen.h: random instructions and states for the host oracle, and which of
 * them cannot be compared. */
#ifndef COMMON_X86_TESTS_HOSTGEN_H
#define COMMON_X86_TESTS_HOSTGEN_H

#include "common/base/rng.h"
#include "common/x86/cpuid.h"
#include "common/x86/insn.h"
#include "common/x86/tests/hostcpu.h"

struct hostgen {
    struct rng rng;
    unsigned code_size;
    const struct cpuid_model *model;
    uint8_t bytes[16];    /* the instruction, then INT3 */
    struct x86_insn insn; /* decoded */
    struct hostcpu_state in;
};

/* A new instruction. False if it does not exist, is hidden by the model, or
 * cannot be compared. */
bool hostgen_insn(struct hostgen *g);

/* A new state that suits the instruction at `rip`. False if the case cannot be
 * compared. */
bool hostgen_state(struct hostgen *g, uint64_t rip);

/* A value that finds edges: small, a single bit, sign-extended, anything. */
uint64_t hostgen_value(struct hostgen *g);
uint64_t hostgen_below(struct hostgen *g, uint64_t n);

bool hostgen_is_string(const struct hostgen *g);
bool hostgen_name_in(const char *name, const char *const *list);

#endif
