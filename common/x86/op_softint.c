/* op_softint.c: INT n, INT3, INT1, INTO, BOUND. [SDM2] */
#include "common/x86/operand.h"
#include "common/x86/seg.h"

/* What SENS_INT_N has as its qualification */
enum { QUAL_INT_N, QUAL_INT3_INTO };

/* INT n in virtual-8086 mode has checks and a way of its own; INT3 and INTO
 * have not. */
static void int_n(struct x86_cpu *c, const struct x86_insn *i)
{
    uint8_t vec = (uint8_t)i->imm;
    uint64_t next = x86_next_ip(c, i);

    if (c->v86 && x86_int_v86(c, vec, next)) {
        c->insn = i + 1; /* RIP is the handler's */
        return;
    }
    x86_sensitive(c, SENS_INT_N, vec, QUAL_INT_N);
    x86_soft_int(c, vec, X86_EV_SOFT, next);
}

static void int3(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_sensitive(c, SENS_INT_N, VEC_BP, QUAL_INT3_INTO);
    x86_soft_exception(c, VEC_BP, x86_next_ip(c, i));
}

static void into(struct x86_cpu *c, const struct x86_insn *i)
{
    if (!(c->arith & AR_OF))
        X86_END(c, i);
    x86_sensitive(c, SENS_INT_N, VEC_OF, QUAL_INT3_INTO);
    x86_soft_exception(c, VEC_OF, x86_next_ip(c, i));
}

/* A #DB trap: no check of the gate's DPL, nothing in DR6. */
static void int1(struct x86_cpu *c, const struct x86_insn *i)
{
    x86_soft_int(c, VEC_DB, X86_EV_TRAP, x86_next_ip(c, i));
}

const struct x86_impl x86_op_int_I = X86_IMPL_ANY(int_n, NULL);
const struct x86_impl x86_op_int3 = X86_IMPL_ANY(int3, NULL);
const struct x86_impl x86_op_into = X86_IMPL_ANY(into, NULL);
const struct x86_impl x86_op_int1 = X86_IMPL_ANY(int1, NULL);

/* ---- BOUND: signed, both bounds included; the second follows the first,
 * wrapped as the offset of any operand is ---- */
#define BOUND_SIZE(bits)                                                       \
    static void bound##bits(struct x86_cpu *c, const struct x86_insn *i)       \
    {                                                                          \
        uint64_t off = x86_ea(c, i);                                           \
        int##bits##_t v = (int##bits##_t)X86_GET##bits(c, i->reg);             \
        int##bits##_t low = (int##bits##_t)x86_ld##bits(c, xi_seg(i), off);    \
        int##bits##_t high = (int##bits##_t)x86_ld##bits(                      \
            c, xi_seg(i), (off + (bits) / 8) & x86_amask(i));                  \
                                                                               \
        if (v < low || v > high)                                               \
            x86_raise(c, VEC_BR);                                              \
        X86_NEXT(c, i);                                                        \
    }

BOUND_SIZE(16)
BOUND_SIZE(32)
const struct x86_impl x86_op_bound = {.m = {NULL, bound16, bound32, NULL}};
