/* op_mov.c: translates moves, with and without conditions. */
#include "bt/translator/ops.h"

void trans_mov_E_G(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src, dst;
    struct emit_mem m;

    (void)arg;
    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        src = trans_get(t, t->i->reg, size, HR_S2);
        emit_mr(&t->e, EO_MOV, size, m, src);
        return;
    }
    src = trans_get(t, t->i->reg, size, HR_S2);
    if (trans_high(t->i->rm, size)) {
        if (src != HR_S2)
            emit_rr(&t->e, EO_MOVZX8, E32, HR_S2, src);
        src = HR_S2;
    }
    dst = trans_begin(t, t->i->rm, size, HR_S1, false);
    emit_rr(&t->e, EO_MOV, size, dst, src);
    trans_end(t, t->i->rm, size, dst);
}

void trans_mov_G_E(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src, dst;
    struct emit_mem m;

    (void)arg;
    if (trans_is_mem(t)) {
        m = trans_mem(t, false, trans_bytes(t));
        if (trans_high(t->i->reg, size)) {
            emit_rm(&t->e, EO_MOVZX8, E32, HR_S2, m);
            dst = trans_begin(t, t->i->reg, size, HR_S1, false);
            emit_rr(&t->e, EO_MOV, size, dst, HR_S2);
        } else {
            dst = trans_begin(t, t->i->reg, size, HR_S2, false);
            emit_rm(&t->e, EO_MOV, size, dst, m);
        }
    } else {
        src = trans_get(t, t->i->rm, size, HR_S2);
        if (trans_high(t->i->reg, size) && src != HR_S2) {
            emit_rr(&t->e, EO_MOVZX8, E32, HR_S2, src);
            src = HR_S2;
        }
        dst = trans_begin(t, t->i->reg, size, HR_S1, false);
        emit_rr(&t->e, EO_MOV, size, dst, src);
    }
    trans_end(t, t->i->reg, size, dst);
}

void trans_mov_E_I(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    enum emit_reg dst;

    (void)arg;
    if (trans_is_mem(t)) {
        struct emit_mem m = trans_mem(t, true, trans_bytes(t));

        emit_mi(&t->e, EO_MOV, size, m, t->i->imm);
        return;
    }
    dst = trans_begin(t, t->i->rm, size, HR_S1, false);
    if (size == E32)
        emit_mov_imm(&t->e, dst, (uint32_t)t->i->imm);
    else
        emit_ri(&t->e, EO_MOV, size, dst, t->i->imm);
    trans_end(t, t->i->rm, size, dst);
}

void trans_mov_E_I64(struct trans *t, unsigned arg)
{
    enum emit_reg dst = trans_begin(t, t->i->rm, E64, HR_S1, false);

    (void)arg;
    emit_mov_imm(&t->e, dst, t->i->imm64);
    trans_end(t, t->i->rm, E64, dst);
}

static enum emit_size from_size(unsigned op)
{
    if (op == EO_MOVZX8 || op == EO_MOVSX8)
        return E8;
    return op == EO_MOVSXD ? E32 : E16;
}

void trans_extend(struct trans *t, unsigned op)
{
    trans_G_E(t, (enum emit_op)op, from_size(op), false);
}

void trans_lea(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    bool spilled = bank_host(t->i->reg) == HR_NONE;
    enum emit_reg dst = spilled ? HR_S1 : bank_host(t->i->reg);

    (void)arg;
    if (spilled && size == E16) { /* the rest of the register stays */
        trans_address(t, HR_S1, E32);
        emit_mr(&t->e, EO_MOV, E16, at_guest(t->i->reg), HR_S1);
        return;
    }
    trans_address(t, dst, size);
    trans_end(t, t->i->reg, size, dst);
}

void trans_xchg(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    enum emit_reg a, b;
    struct emit_mem m;

    (void)arg;
    if (trans_is_mem(t)) {
        m = trans_mem(t, true, trans_bytes(t));
        a = trans_begin(t, t->i->reg, size, HR_S2, true);
        if (a == HR_S2) {
            emit_mr(&t->e, EO_XCHG, size, m, HR_S2);
        } else {
            emit_rm(&t->e, EO_MOV, size, HR_S2, m);
            emit_mr(&t->e, EO_MOV, size, m, a);
            emit_rr(&t->e, EO_MOV, size, a, HR_S2);
        }
        trans_end(t, t->i->reg, size, a);
        return;
    }
    a = trans_begin(t, t->i->rm, size, HR_S1, true);
    if (t->i->rm == t->i->reg || (size == E8 && t->i->rm / 8 == t->i->reg / 8))
        b = a;
    else
        b = trans_begin(t, t->i->reg, size, HR_S2, true);
    emit_rr(&t->e, EO_XCHG, size, a, b);
    trans_end(t, t->i->rm, size, a);
    if (b != a)
        trans_end(t, t->i->reg, size, b);
}

void trans_bswap(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    enum emit_reg dst = trans_begin(t, t->i->rm, size, HR_S1, true);

    (void)arg;
    emit_bswap(&t->e, size, dst);
    trans_end(t, t->i->rm, size, dst);
}

/* CBW, CWDE, CDQE */
void trans_cbw(struct trans *t, unsigned arg)
{
    static const enum emit_op op[4] = {EO_MOVSX8, EO_MOVSX8, EO_MOVSX16,
                                       EO_MOVSXD};
    enum emit_size size = trans_size(t);

    (void)arg;
    emit_rr(&t->e, op[size], size, HR_BX, HR_BX);
}

/* CWD, CDQ, CQO, with the accumulator where the host wants it */
void trans_cwd(struct trans *t, unsigned arg)
{
    static const enum emit_plain op[4] = {EP_CWD, EP_CWD, EP_CDQ, EP_CQO};

    (void)arg;
    emit_rr(&t->e, EO_XCHG, E64, HR_AX, HR_BX);
    emit_plain(&t->e, op[trans_size(t)]);
    emit_rr(&t->e, EO_XCHG, E64, HR_AX, HR_BX);
}

void trans_nop(struct trans *t, unsigned arg)
{
    (void)t;
    (void)arg;
}

/* ---- conditions ---- */
void trans_cmov(struct trans *t, unsigned cc)
{
    enum emit_size size = trans_size(t);
    enum emit_reg src, dst;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, false, trans_bytes(t));
        trans_flags_host(t);
        dst = trans_begin(t, t->i->reg, size, HR_S2, true);
        emit_cmov_rm(&t->e, (enum emit_cc)cc, size, dst, m);
    } else {
        trans_flags_host(t);
        src = trans_get(t, t->i->rm, size, HR_S1);
        dst = trans_begin(t, t->i->reg, size, HR_S2, true);
        emit_cmov_rr(&t->e, (enum emit_cc)cc, size, dst, src);
    }
    trans_end(t, t->i->reg, size, dst);
}

void trans_setcc(struct trans *t, unsigned cc)
{
    enum emit_reg dst;
    struct emit_mem m;

    if (trans_is_mem(t)) {
        m = trans_mem(t, true, 1);
        trans_flags_host(t);
        emit_setcc_m(&t->e, (enum emit_cc)cc, m);
        return;
    }
    trans_flags_host(t);
    dst = trans_begin(t, t->i->rm, E8, HR_S1, true);
    emit_setcc_r(&t->e, (enum emit_cc)cc, dst);
    trans_end(t, t->i->rm, E8, dst);
}
