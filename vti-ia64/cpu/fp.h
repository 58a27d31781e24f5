/* fp.h: 82-bit floating point in software, correctly rounded. It knows no
 * processor: registers in, a register and flags out. [ISDM1 "Floating-Point
 * Programming Model"], [ISDM1 "IEEE Considerations"] */
#ifndef VTI_IA64_CPU_FP_H
#define VTI_IA64_CPU_FP_H

#include <stdbool.h>

#include "vti-ia64/cpu/state.h"

#define FP_BIAS  0xffff
#define FP_EXP   0x1ffffull /* exponent of infinities and NaNs */
#define FP_NAT   0x1fffeull /* with significand 0: NaTVal */
#define FP_INT   0x1003eull /* exponent of integers and SIMD pairs */
#define FP_SIGN  0x20000ull
#define FP_MSB   (1ull << 63)
#define FP_QUIET (1ull << 62)

/* FPSR.sf flags, and faults and traps in the same bits. */
enum {
    FPF_V = 1,
    FPF_D = 2,
    FPF_Z = 4,
    FPF_O = 8,
    FPF_U = 16,
    FPF_I = 32,
    FPF_SWA = 64,  /* the processor wants software's help */
    FPF_FPA = 128, /* the significand was rounded up */
};

/* How to compute: from FPSR and the instruction. */
struct fp_env {
    unsigned prec;   /* bits of the significand: 24, 53, 64 */
    int emin, emax;  /* of normal numbers, unbiased */
    unsigned denorm; /* register exponent of denormal results */
    unsigned rc;     /* 0 nearest even, 1 down, 2 up, 3 to zero */
    bool ftz;
    unsigned masked; /* exceptions that do not trap: FPF_V.. FPF_I */
};

/* Exceptions that do not trap in status field sf. */
static inline unsigned fp_masked(uint64_t fpsr, unsigned sf)
{
    bool td = sf != 0 && (fpsr >> (6 + 13 * sf + 6) & 1);

    return td ? 63 : fpsr & 63;
}

/* Environment for status field sf of an instruction with precision completer pc
 * (0 dynamic, 1 single, 2 double, 3 SIMD pair). */
struct fp_env fp_env(uint64_t fpsr, unsigned sf, unsigned pc);

/* Results. `flags` are those raised; if any of V, D, Z or SWA is unmasked or
 * SWA is set, *r is not valid and the instruction faults; unmasked O, U, I trap
 * after *r was written. */

/* a * b + c, with the signs of the product and of c flipped as asked. */
unsigned fp_fma(const struct ia64_fr *a, const struct ia64_fr *b,
                const struct ia64_fr *c, bool neg_product, bool neg_c,
                const struct fp_env *env, struct ia64_fr *r);

/* Comparisons: relation 0 eq, 1 lt, 2 le, 3 unord. NaTVal is the caller's. */
unsigned fp_compare(struct ia64_fr a, struct ia64_fr b, unsigned relation,
                    bool *yes);
/* 0 min, 1 max, 2 amin, 3 amax. */
unsigned fp_minmax(struct ia64_fr a, struct ia64_fr b, unsigned which,
                   struct ia64_fr *r);
/* To a 64-bit (or bits = 32) integer. */
unsigned fp_to_int(struct ia64_fr a, bool is_unsigned, bool truncate,
                   unsigned bits, const struct fp_env *env, uint64_t *v);
struct ia64_fr fp_from_int(int64_t v);
/* Approximations; *p tells whether software is to refine the result. The
 * _single forms are those of pairs. */
unsigned fp_recip(struct ia64_fr num, struct ia64_fr den, struct ia64_fr *r,
                  bool *p);
unsigned fp_rsqrt(struct ia64_fr a, struct ia64_fr *r, bool *p);
unsigned fp_recip_single(struct ia64_fr num, struct ia64_fr den,
                         struct ia64_fr *r, bool *p);
unsigned fp_rsqrt_single(struct ia64_fr a, struct ia64_fr *r, bool *p);

/* Members of fclass's set: bit per class as in the instruction's immediate. */
unsigned fp_class(struct ia64_fr a);

static inline bool fp_is_natval(struct ia64_fr a)
{
    return (a.se & FP_EXP) == FP_NAT && a.sig == 0;
}

static inline struct ia64_fr fp_natval(void)
{
    return (struct ia64_fr){0, FP_NAT};
}

/* ---- memory formats ---- */
struct ia64_fr fp_from_single(uint32_t v);
struct ia64_fr fp_from_double(uint64_t v);
struct ia64_fr fp_from_extended(uint64_t sig, uint16_t se);
uint32_t fp_to_single(struct ia64_fr a);
uint64_t fp_to_double(struct ia64_fr a);
uint16_t fp_to_extended(struct ia64_fr a); /* sign and exponent */

#endif
