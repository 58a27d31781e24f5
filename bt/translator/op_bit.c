/* op_bit.c: translates bit tests and scans, XADD, CMPXCHG, and instructions on
 * single flags. */
#include "bt/translator/ops.h"

static void flags_in(struct trans *t)
{
    if (t->live[t->k])
        trans_flags_host(t);
}

/* The register gets the old value first, then the destination the sum. */
void trans_xadd(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    enum emit_reg a, b;
    struct emit_mem m;

    (void)arg;
    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        a = trans_begin(t, t->i->reg, size, HR_S2, true);
        if (a != HR_S2) /* it may be part of the address */
            emit_rr(&t->e, EO_MOV, E64, HR_S2, a);
        emit_mr(&t->e, EO_XADD, size, m, HR_S2);
        if (a != HR_S2)
            emit_rr(&t->e, EO_MOV, size, a, HR_S2);
        trans_end(t, t->i->reg, size, a);
    } else {
        a = trans_begin(t, t->i->rm, size, HR_S1, true);
        b = t->i->rm == t->i->reg
                ? a
                : trans_begin(t, t->i->reg, size, HR_S2, true);
        emit_rr(&t->e, EO_XADD, size, a, b);
        if (b != a)
            trans_end(t, t->i->reg, size, b);
        trans_end(t, t->i->rm, size, a);
    }
    t->fl = TF_HOST;
}

void trans_cmpxchg(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    enum emit_reg dst, src;
    struct emit_mem m;

    (void)arg;
    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        src = trans_get(t, t->i->reg, size, HR_S2);
        emit_rr(&t->e, EO_MOV, E64, HR_AX, HR_BX);
        emit_mr(&t->e, EO_CMPXCHG, size, m, src);
        emit_rr(&t->e, EO_MOV, E64, HR_BX, HR_AX);
    } else {
        src = trans_get(t, t->i->reg, size, HR_S2);
        dst = trans_begin(t, t->i->rm, size, HR_S1, true);
        emit_rr(&t->e, EO_MOV, E64, HR_AX, HR_BX);
        emit_rr(&t->e, EO_CMPXCHG, size, dst, src);
        if (dst == HR_BX) /* the destination wins */
            emit_rr(&t->e, EO_MOV, E64, HR_BX, HR_BX);
        else
            emit_rr(&t->e, EO_MOV, E64, HR_BX, HR_AX);
        trans_end(t, t->i->rm, size, dst);
    }
    t->fl = TF_HOST;
}

/* ---- bit tests ---- */
static void bit_end(struct trans *t, unsigned op, enum emit_reg dst)
{
    if (op != EO_BT)
        trans_end(t, t->i->rm, trans_size(t), dst);
    t->fl = TF_HOST;
}

void trans_bt_E_G(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src, dst;

    flags_in(t);
    src = trans_get(t, t->i->reg, size, HR_S2);
    dst = trans_begin(t, t->i->rm, size, HR_S1, true);
    emit_rr(&t->e, (enum emit_op)op, size, dst, src);
    bit_end(t, op, dst);
}

void trans_bt_E_I(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    uint8_t bit = (uint8_t)t->i->imm;
    enum emit_reg dst;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, op != EO_BT, trans_bytes(t));
        flags_in(t);
        emit_mi(&t->e, (enum emit_op)op, size, m, bit);
        t->fl = TF_HOST;
        return;
    }
    flags_in(t);
    dst = trans_begin(t, t->i->rm, size, HR_S1, true);
    emit_ri(&t->e, (enum emit_op)op, size, dst, bit);
    bit_end(t, op, dst);
}

void trans_scan(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src, dst;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, false, trans_bytes(t));
        flags_in(t);
        dst = trans_begin(t, t->i->reg, size, HR_S2, true);
        emit_rm(&t->e, (enum emit_op)op, size, dst, m);
    } else {
        flags_in(t);
        src = trans_get(t, t->i->rm, size, HR_S1);
        dst = trans_begin(t, t->i->reg, size, HR_S2, true);
        emit_rr(&t->e, (enum emit_op)op, size, dst, src);
    }
    trans_end(t, t->i->reg, size, dst);
    t->fl = TF_HOST;
}

/* ---- single flags ---- */
void trans_carry(struct trans *t, unsigned op)
{
    flags_in(t);
    emit_plain(&t->e, (enum emit_plain)op);
    t->fl = TF_HOST;
}

void trans_direction(struct trans *t, unsigned set)
{
    trans_flags_clobber(t);
    if (set)
        emit_mi(&t->e, EO_OR, E32, AT_CPU(s.rflags), FL_DF);
    else
        emit_mi(&t->e, EO_AND, E32, AT_CPU(s.rflags), ~(int64_t)FL_DF);
}
