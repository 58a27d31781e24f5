/* op_muldiv.c: translates MUL, IMUL, DIV, IDIV. The host's accumulator holds
 * the guest's flags, which are in the host's flags while it is used. */
#include "bt/translator/ops.h"

static void accumulator_in(struct trans *t)
{
    emit_rr(&t->e, EO_MOV, E64, HR_AX, HR_BX);
}

static void accumulator_out(struct trans *t, enum emit_size size)
{
    emit_rr(&t->e, EO_MOV, size, HR_BX, HR_AX);
    t->fl = TF_HOST;
}

void trans_mul(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    struct emit_mem m;
    enum emit_reg src;

    if (trans_is_mem(t)) {
        m = trans_mem(t, false, trans_bytes(t));
        trans_flags_in(t);
        accumulator_in(t);
        emit_m(&t->e, (enum emit_op)op, size, m);
    } else {
        trans_flags_in(t);
        src = trans_get(t, t->i->rm, size, HR_S1);
        accumulator_in(t);
        emit_r(&t->e, (enum emit_op)op, size, src);
    }
    accumulator_out(t, size == E8 ? E16 : size);
}

void trans_imul(struct trans *t, unsigned arg)
{
    (void)arg;
    trans_G_E(t, EO_IMUL, trans_size(t), true);
    t->fl = TF_HOST;
}

void trans_imul_I(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src, dst;
    struct emit_mem m;

    (void)arg;
    if (trans_is_mem(t)) {
        m = trans_mem(t, false, trans_bytes(t));
        trans_flags_in(t);
        dst = trans_begin(t, t->i->reg, size, HR_S2, false);
        emit_rmi(&t->e, EO_IMUL, size, dst, m, t->i->imm);
    } else {
        trans_flags_in(t);
        src = trans_get(t, t->i->rm, size, HR_S1);
        dst = trans_begin(t, t->i->reg, size, HR_S2, false);
        emit_rri(&t->e, EO_IMUL, size, dst, src, t->i->imm);
    }
    trans_end(t, t->i->reg, size, dst);
    t->fl = TF_HOST;
}

/* The divisor, in S2. */
static void divisor(struct trans *t)
{
    enum emit_size size = trans_size(t);
    enum emit_reg r;

    if (trans_is_mem(t)) {
        emit_rm(&t->e, EO_MOV, size, HR_S2,
                trans_mem(t, false, trans_bytes(t)));
        return;
    }
    trans_flags_clobber(t);
    r = trans_get(t, t->i->rm, size, HR_S2);
    if (r != HR_S2)
        emit_rr(&t->e, EO_MOV, size, HR_S2, r);
}

/* hi:lo / b has a quotient of the size of b exactly if hi < b. */
void trans_div(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);

    (void)arg;
    divisor(t);
    emit_rr(&t->e, EO_CMP, size, HR_DX, HR_S2);
    trans_cold_if(t, CC_AE);
    trans_flags_in(t);
    accumulator_in(t);
    emit_r(&t->e, EO_DIV, size, HR_S2);
    accumulator_out(t, size);
}

/* Inline only for a dividend that is sign-extended and a divisor that is
 * neither 0 nor -1: the quotient fits. */
void trans_idiv(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);

    (void)arg;
    divisor(t);
    emit_rr(&t->e, EO_MOV, size, HR_S1, HR_S2);
    emit_ri(&t->e, EO_ADD, size, HR_S1, 1);
    emit_ri(&t->e, EO_CMP, size, HR_S1, 1);
    trans_cold_if(t, CC_BE);
    emit_rr(&t->e, EO_MOV, size, HR_S1, HR_BX);
    emit_ri(&t->e, EO_SAR, size, HR_S1, (int64_t)(8u << size) - 1);
    emit_rr(&t->e, EO_CMP, size, HR_S1, HR_DX);
    trans_cold_if(t, CC_NE);
    trans_flags_in(t);
    accumulator_in(t);
    emit_r(&t->e, EO_IDIV, size, HR_S2);
    accumulator_out(t, size);
}
