/* op_alu.c: translates ADD ... TEST, INC, DEC, NEG, NOT. */
#include "bt/translator/ops.h"

static void carry_in(struct trans *t, unsigned op)
{
    if (op == EO_ADC || op == EO_SBB)
        trans_flags_carry(t);
}

/* Register `from` as a source beside destination `to`, whose high byte may be
 * exchanged with its low one. */
static enum emit_reg source(struct trans *t, unsigned from, unsigned to)
{
    enum emit_size size = trans_size(t);
    enum emit_reg r = trans_get(t, from, size, HR_S2);

    if (trans_high(to, size) && from / 8 == to / 8 && r != HR_S2) {
        emit_rr(&t->e, EO_MOVZX8, E32, HR_S2, r);
        r = HR_S2;
    }
    return r;
}

void trans_alu_E_G(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src, dst;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        carry_in(t, op);
        src = trans_get(t, t->i->reg, size, HR_S2);
        emit_mr(&t->e, (enum emit_op)op, size, m, src);
    } else {
        carry_in(t, op);
        src = source(t, t->i->reg, t->i->rm);
        dst = trans_begin(t, t->i->rm, size, HR_S1, true);
        emit_rr(&t->e, (enum emit_op)op, size, dst, src);
        trans_end(t, t->i->rm, size, dst);
    }
    t->fl = TF_HOST;
}

/* From memory, to a register whose high byte may be exchanged: that register
 * may be part of the address. */
static void load_alu(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    struct emit_mem m = trans_mem(t, false, trans_bytes(t));
    enum emit_reg dst;

    carry_in(t, op);
    if (trans_high(t->i->reg, size)) {
        emit_rm(&t->e, EO_MOVZX8, E32, HR_S2, m);
        dst = trans_begin(t, t->i->reg, size, HR_S1, true);
        emit_rr(&t->e, (enum emit_op)op, size, dst, HR_S2);
    } else {
        dst = trans_begin(t, t->i->reg, size, HR_S2, true);
        emit_rm(&t->e, (enum emit_op)op, size, dst, m);
    }
    trans_end(t, t->i->reg, size, dst);
}

void trans_alu_G_E(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src, dst;

    if (trans_is_mem(t)) {
        load_alu(t, op);
    } else {
        carry_in(t, op);
        src = source(t, t->i->rm, t->i->reg);
        dst = trans_begin(t, t->i->reg, size, HR_S1, true);
        emit_rr(&t->e, (enum emit_op)op, size, dst, src);
        trans_end(t, t->i->reg, size, dst);
    }
    t->fl = TF_HOST;
}

void trans_alu_E_I(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg dst;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        carry_in(t, op);
        emit_mi(&t->e, (enum emit_op)op, size, m, t->i->imm);
    } else {
        carry_in(t, op);
        dst = trans_begin(t, t->i->rm, size, HR_S1, true);
        emit_ri(&t->e, (enum emit_op)op, size, dst, t->i->imm);
        trans_end(t, t->i->rm, size, dst);
    }
    t->fl = TF_HOST;
}

/* ---- flags only ---- */
void trans_cmp_E_G(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg a, b;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, false, trans_bytes(t));
        b = trans_get(t, t->i->reg, size, HR_S2);
        emit_mr(&t->e, (enum emit_op)op, size, m, b);
    } else {
        a = trans_get(t, t->i->rm, size, HR_S1);
        b = trans_get(t, t->i->reg, size, HR_S2);
        emit_rr(&t->e, (enum emit_op)op, size, a, b);
    }
    t->fl = TF_HOST;
}

void trans_cmp_G_E(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg a, b;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, false, trans_bytes(t));
        a = trans_get(t, t->i->reg, size, HR_S2);
        emit_rm(&t->e, (enum emit_op)op, size, a, m);
    } else {
        a = trans_get(t, t->i->reg, size, HR_S1);
        b = trans_get(t, t->i->rm, size, HR_S2);
        emit_rr(&t->e, (enum emit_op)op, size, a, b);
    }
    t->fl = TF_HOST;
}

void trans_cmp_E_I(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, false, trans_bytes(t));
        emit_mi(&t->e, (enum emit_op)op, size, m, t->i->imm);
    } else {
        emit_ri(&t->e, (enum emit_op)op, size,
                trans_get(t, t->i->rm, size, HR_S1), t->i->imm);
    }
    t->fl = TF_HOST;
}

/* ---- one operand ---- */
static void unary(struct trans *t, unsigned op, bool carry)
{
    enum emit_size size = trans_size(t);
    enum emit_reg dst;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        if (carry)
            trans_flags_carry(t);
        emit_m(&t->e, (enum emit_op)op, size, m);
    } else {
        if (carry)
            trans_flags_carry(t);
        dst = trans_begin(t, t->i->rm, size, HR_S1, true);
        emit_r(&t->e, (enum emit_op)op, size, dst);
        trans_end(t, t->i->rm, size, dst);
    }
}

void trans_inc(struct trans *t, unsigned op)
{
    unary(t, op, t->live[t->k]);
    t->fl = TF_HOST;
}

void trans_neg(struct trans *t, unsigned op)
{
    unary(t, op, false);
    t->fl = TF_HOST;
}

void trans_not(struct trans *t, unsigned op)
{
    unary(t, op, false);
}
