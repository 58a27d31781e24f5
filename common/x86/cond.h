/* cond.h: the sixteen conditions as bit tests on the flags.
 * [SDM1 "EFLAGS Condition Codes"] */
#ifndef COMMON_X86_COND_H
#define COMMON_X86_COND_H

#include "common/x86/flags.h"

/* SF differs from OF */
#define COND_LESS(ar) ((((uint32_t)(ar) >> 15) ^ (ar)) & 1u)

#define COND_o(ar)  (((ar)&AR_OF) != 0)
#define COND_b(ar)  (((ar)&AR_CF) != 0)
#define COND_e(ar)  (((ar)&AR_ZF) != 0)
#define COND_be(ar) (((ar) & (AR_CF | AR_ZF)) != 0)
#define COND_s(ar)  (((ar)&AR_SF) != 0)
#define COND_p(ar)  (((ar)&AR_PF) != 0)
#define COND_l(ar)  (COND_LESS(ar) != 0)
#define COND_le(ar) ((COND_LESS(ar) | ((uint32_t)(ar)&AR_ZF)) != 0)
#define COND_no(ar) (!COND_o(ar))
#define COND_ae(ar) (!COND_b(ar))
#define COND_ne(ar) (!COND_e(ar))
#define COND_a(ar)  (!COND_be(ar))
#define COND_ns(ar) (!COND_s(ar))
#define COND_np(ar) (!COND_p(ar))
#define COND_ge(ar) (!COND_l(ar))
#define COND_g(ar)  (!COND_le(ar))

/* X(o) X(no) ... X(g), in the order of the opcodes */
#define COND_EACH(X)                                                           \
    X(o)                                                                       \
    X(no)                                                                      \
    X(b)                                                                       \
    X(ae)                                                                      \
    X(e)                                                                       \
    X(ne)                                                                      \
    X(be)                                                                      \
    X(a)                                                                       \
    X(s)                                                                       \
    X(ns)                                                                      \
    X(p)                                                                       \
    X(np)                                                                      \
    X(l)                                                                       \
    X(ge)                                                                      \
    X(le)                                                                      \
    X(g)

#endif
