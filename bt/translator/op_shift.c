/* op_shift.c: translates shifts and rotates. The host gets the guest's flags
 * first if any flag matters afterwards (which ones stay is its business), or
 * if CF is an operand. */
#include "bt/translator/ops.h"

void trans_shift_I(struct trans *t, unsigned op)
{
    trans_E_imm8(t, (enum emit_op)op);
    t->fl = TF_HOST;
}

void trans_shift_CL(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg dst;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        trans_flags_in(t);
        emit_m(&t->e, (enum emit_op)op, size, m);
    } else {
        trans_flags_in(t);
        dst = trans_begin(t, t->i->rm, size, HR_S1, true);
        emit_r(&t->e, (enum emit_op)op, size, dst);
        trans_end(t, t->i->rm, size, dst);
    }
    t->fl = TF_HOST;
}

/* ---- SHLD, SHRD ---- */
void trans_double_I(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    uint8_t count = (uint8_t)t->i->imm;
    enum emit_reg dst, src;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        trans_flags_in(t);
        src = trans_get(t, t->i->reg, size, HR_S2);
        emit_mri(&t->e, (enum emit_op)op, size, m, src, count);
    } else {
        trans_flags_in(t);
        src = trans_get(t, t->i->reg, size, HR_S2);
        dst = trans_begin(t, t->i->rm, size, HR_S1, true);
        emit_rri(&t->e, (enum emit_op)op, size, dst, src, count);
        trans_end(t, t->i->rm, size, dst);
    }
    t->fl = TF_HOST;
}

void trans_double_CL(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg dst, src;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        trans_flags_in(t);
        src = trans_get(t, t->i->reg, size, HR_S2);
        emit_mr(&t->e, (enum emit_op)op, size, m, src);
    } else {
        trans_flags_in(t);
        src = trans_get(t, t->i->reg, size, HR_S2);
        dst = trans_begin(t, t->i->rm, size, HR_S1, true);
        emit_rr(&t->e, (enum emit_op)op, size, dst, src);
        trans_end(t, t->i->rm, size, dst);
    }
    t->fl = TF_HOST;
}
