/* op_bit.c: translates bit tests and scans, XADD, CMPXCHG, and instructions on
 * single flags. */
#include "bt/translator/ops.h"

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

/* CMPXCHG16B, of whose operands only the accumulator and rBX are not where the
 * host wants them. Of the flags ZF changes. */
void trans_cmpxchg16b(struct trans *t, unsigned arg)
{
    struct emit_generic g = {.w = true, .opcode = 0x0fc7};
    struct emit_mem m = trans_mem_aligned(t, true);

    (void)arg;
    trans_flags_in(t);
    emit_rr(&t->e, EO_MOV, E64, HR_AX, HR_BX);
    emit_rr(&t->e, EO_MOV, E64, HR_BX, bank_host(R_BX));
    emit_generic_m(&t->e, &g, 1, m);
    emit_rr(&t->e, EO_MOV, E64, HR_BX, HR_AX);
    t->fl = TF_HOST;
}

/* ---- bit tests ---- */
/* A bit outside the operand itself is in another place: interp's. */
static void bit_string(struct trans *t, enum emit_op op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src;
    struct emit_mem m;

    trans_flags_clobber(t);
    src = trans_get(t, t->i->reg, size, HR_S2);
    emit_ri(&t->e, EO_CMP, size, src, 8 << size);
    trans_cold_if(t, CC_AE);
    m = trans_mem(t, op != EO_BT, trans_bytes(t));
    trans_flags_in(t);
    src = trans_get(t, t->i->reg, size, HR_S2);
    emit_mr(&t->e, op, size, m, src);
}

void trans_bt_E_G(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src, dst;

    if (trans_is_mem(t)) {
        bit_string(t, (enum emit_op)op);
    } else {
        trans_flags_in(t);
        src = trans_get(t, t->i->reg, size, HR_S2);
        dst = trans_begin(t, t->i->rm, size, HR_S1, true);
        emit_rr(&t->e, (enum emit_op)op, size, dst, src);
        if (op != EO_BT)
            trans_end(t, t->i->rm, size, dst);
    }
    t->fl = TF_HOST;
}

void trans_bt_E_I(struct trans *t, unsigned op)
{
    trans_E_imm8(t, (enum emit_op)op);
    t->fl = TF_HOST;
}

void trans_scan(struct trans *t, unsigned op)
{
    trans_G_E(t, (enum emit_op)op, trans_size(t), true);
    t->fl = TF_HOST;
}

/* ---- single flags ---- */
void trans_carry(struct trans *t, unsigned op)
{
    trans_flags_in(t);
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
