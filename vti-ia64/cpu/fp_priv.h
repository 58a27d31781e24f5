/* fp_priv.h: what the files of floating point share. */
#ifndef VTI_IA64_CPU_FP_PRIV_H
#define VTI_IA64_CPU_FP_PRIV_H

#include "vti-ia64/cpu/fp.h"

enum fp_kind {
    FP_ZERO,
    FP_NUMBER,
    FP_INF,
    FP_QNAN,
    FP_SNAN,
    FP_UNSUPPORTED, /* a NaN or infinity without its integer bit */
    FP_NATVAL,
};

/* sig is normalized: bit 63 is set and weighs 2^exp. */
struct fp_num {
    enum fp_kind kind;
    bool sign;
    bool unnormal; /* the register was not normalized, or denormal */
    int exp;
    uint64_t sig;
};

struct fp_num fp_unpack(struct ia64_fr a);
struct ia64_fr fp_special(bool sign, uint64_t exp, uint64_t sig);

/* hi:lo, MSB at bit 63 of hi, lo with all lower bits jammed into it, is rounded
 * to the environment. Returns O, U, I, FPA. */
unsigned fp_round(const struct fp_env *env, bool sign, int exp, uint64_t hi,
                  uint64_t lo, struct ia64_fr *r);

#endif
