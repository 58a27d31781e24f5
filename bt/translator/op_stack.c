/* op_stack.c: translates PUSH, POP, LEAVE. */
#include "bt/translator/ops.h"

/* The value is read before rSP moves. */
void trans_push_E(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    int32_t n = 1 << size;
    enum emit_reg src;
    struct emit_mem m;

    (void)arg;
    if (trans_is_mem(t)) {
        m = trans_mem(t, false, (unsigned)n);
        emit_rm(&t->e, EO_MOV, size, HR_S2, m);
        emit_mr(&t->e, EO_MOV, E64, AT_CPU(jit_go), HR_S2);
        m = trans_stack(t, -n, true, (unsigned)n);
        emit_rm(&t->e, EO_MOV, E64, HR_S2, AT_CPU(jit_go));
        src = HR_S2;
    } else {
        m = trans_stack(t, -n, true, (unsigned)n);
        src = trans_get(t, t->i->rm, size, HR_S2);
    }
    emit_mr(&t->e, EO_MOV, size, m, src);
    trans_move_sp(t, R_SP, -n);
}

void trans_push_I(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    int32_t n = 1 << size;
    struct emit_mem m = trans_stack(t, -n, true, (unsigned)n);

    (void)arg;
    emit_mi(&t->e, EO_MOV, size, m, t->i->imm);
    trans_move_sp(t, R_SP, -n);
}

void trans_pop_E(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    int32_t n = 1 << size;
    struct emit_mem m = trans_stack(t, 0, false, (unsigned)n);
    enum emit_reg dst;

    (void)arg;
    if (t->i->rm == R_SP) { /* the value wins */
        emit_rm(&t->e, EO_MOV, size, bank_host(R_SP), m);
        return;
    }
    dst = trans_begin(t, t->i->rm, size, HR_S2, false);
    emit_rm(&t->e, EO_MOV, size, dst, m);
    trans_end(t, t->i->rm, size, dst);
    trans_move_sp(t, R_SP, n);
}

/* rSP = rBP, then POP rBP */
void trans_leave(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    struct emit_mem m = trans_frame(t, false, 1u << size);

    (void)arg;
    emit_rm(&t->e, EO_MOV, size, HR_S2, m);
    trans_move_sp(t, R_BP, 1 << size);
    emit_rr(&t->e, EO_MOV, size, bank_host(R_BP), HR_S2);
}
