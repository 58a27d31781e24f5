/* op_system.c: translates sensitive operations that only touch the vcpu, where
 * their disposition is to execute. */
#include "bt/translator/ops.h"

#include "common/engine/ledger.h"

/* Rows stay where they are, and are there once an instruction has run. */
static int row_of(const struct trans *t, unsigned op)
{
    const struct ledger *l = &t->c->v.ledger;

    for (uint32_t k = 0; k < l->nr; k++) {
        if (l->row[k].kind == LEDGER_SENSITIVE && l->row[k].reason == op &&
            l->row[k].sub == 0)
            return (int)k;
    }
    return -1;
}

bool trans_sensitive_possible(const struct trans *t, unsigned op)
{
    return t->c->ext == NULL && t->c->v.disp.at[op] == DISP_EXECUTE &&
           row_of(t, op) >= 0;
}

static void count(struct trans *t, unsigned op)
{
    int32_t at = row_of(t, op) * (int32_t)sizeof(struct ledger_row);

    trans_flags_clobber(t);
    emit_rm(&t->e, EO_MOV, E64, HR_S1, AT_CPU(v.ledger.row));
    emit_mi(&t->e, EO_ADD, E64,
            emit_at(HR_S1, at + (int32_t)offsetof(struct ledger_row, count)),
            1);
}

void trans_cli(struct trans *t, unsigned op)
{
    count(t, op);
    emit_mi(&t->e, EO_AND, E32, AT_CPU(s.rflags), ~(int64_t)FL_IF);
}

void trans_swapgs(struct trans *t, unsigned op)
{
    count(t, op);
    emit_rm(&t->e, EO_MOV, E64, HR_S1, AT_CPU(s.seg[SEG_GS].base));
    emit_rm(&t->e, EO_MOV, E64, HR_S2, AT_CPU(s.kernel_gs_base));
    emit_mr(&t->e, EO_MOV, E64, AT_CPU(s.kernel_gs_base), HR_S1);
    emit_mr(&t->e, EO_MOV, E64, AT_CPU(s.seg[SEG_GS].base), HR_S2);
    emit_mr(&t->e, EO_MOV, E64, AT_CPU(sc[SEG_GS].base), HR_S2);
}

void trans_pause(struct trans *t, unsigned op)
{
    count(t, op);
}
