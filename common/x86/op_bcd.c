/* op_bcd.c: DAA, DAS, AAA, AAS, AAM, AAD. [SDM2]
 *
 * They do not exist in 64-bit code, so that the host cannot execute them where
 * handlers run. The flags that the manual leaves undefined follow what AMD
 * processors do (found by executing all inputs in a 32-bit segment; a test
 * does that again): they are those of the addition that the correction is.
 * AAA and AAS correct AX as 16 bits. */
#include "common/x86/alu_asm.h"
#include "common/x86/operand.h"

static uint8_t al(const struct x86_cpu *c)
{
    return (uint8_t)c->s.r[R_AX];
}

static void set_carries(struct x86_cpu *c, bool af, bool cf)
{
    c->arith = (uint16_t)((c->arith & ~(AR_AF | AR_CF)) | (af ? AR_AF : 0u) |
                          (cf ? AR_CF : 0u));
}

static bool low_digit_over(const struct x86_cpu *c)
{
    return (al(c) & 15) > 9 || (c->arith & AR_AF) != 0;
}

/* What DAA and DAS add or subtract; *af and *cf are the flags after DAA. */
static uint8_t decimal_correction(const struct x86_cpu *c, bool *af, bool *cf)
{
    *af = low_digit_over(c);
    *cf = al(c) > 0x99 || (c->arith & AR_CF) != 0;
    return (uint8_t)((*af ? 6 : 0) + (*cf ? 0x60 : 0));
}

static void daa(struct x86_cpu *c, const struct x86_insn *i)
{
    bool af, cf;
    uint8_t by = decimal_correction(c, &af, &cf);

    *x86_r8(c, 0) = host_add8(&c->arith, al(c), by);
    set_carries(c, af, cf);
    X86_NEXT(c, i);
}

static void das(struct x86_cpu *c, const struct x86_insn *i)
{
    bool af, cf, borrow;
    uint8_t by = decimal_correction(c, &af, &cf);

    borrow = af && al(c) < 6;
    *x86_r8(c, 0) = host_sub8(&c->arith, al(c), by);
    set_carries(c, af, cf || borrow);
    X86_NEXT(c, i);
}

static void aaa(struct x86_cpu *c, const struct x86_insn *i)
{
    bool over = low_digit_over(c);
    uint16_t v = host_add16(&c->arith, x86_get16(c, R_AX), over ? 0x106 : 0);

    x86_set16(c, R_AX, v & 0xff0f);
    set_carries(c, over, over);
    X86_NEXT(c, i);
}

static void aas(struct x86_cpu *c, const struct x86_insn *i)
{
    bool over = low_digit_over(c);
    uint16_t v = host_sub16(&c->arith, x86_get16(c, R_AX), over ? 0x106 : 0);

    x86_set16(c, R_AX, v & 0xff0f);
    set_carries(c, over, over);
    X86_NEXT(c, i);
}

static void aam(struct x86_cpu *c, const struct x86_insn *i)
{
    uint8_t base = (uint8_t)i->imm, v = al(c);

    if (base == 0)
        x86_raise(c, VEC_DE);
    x86_set16(c, R_AX, (uint16_t)(v / base << 8 | v % base));
    host_test8(&c->arith, al(c), 0xff);
    X86_NEXT(c, i);
}

static void aad(struct x86_cpu *c, const struct x86_insn *i)
{
    uint8_t high = (uint8_t)(*x86_r8(c, 1) * (uint8_t)i->imm);

    x86_set16(c, R_AX, host_add8(&c->arith, al(c), high));
    X86_NEXT(c, i);
}

const struct x86_impl x86_op_daa = X86_IMPL_ANY(daa, NULL);
const struct x86_impl x86_op_das = X86_IMPL_ANY(das, NULL);
const struct x86_impl x86_op_aaa = X86_IMPL_ANY(aaa, NULL);
const struct x86_impl x86_op_aas = X86_IMPL_ANY(aas, NULL);
const struct x86_impl x86_op_aam_I = X86_IMPL_ANY(aam, NULL);
const struct x86_impl x86_op_aad_I = X86_IMPL_ANY(aad, NULL);
