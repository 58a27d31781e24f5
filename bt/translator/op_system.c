/* op_system.c: translates sensitive operations that only touch the vcpu, where
 * their disposition is to execute, or to do so inline in translated code. */
#include "bt/translator/ops.h"

#include "common/dev/lapic.h"
#include "common/engine/ledger.h"
#include "common/x86/boundary.h"

/* What interp's handler gives as the sub-reason. */
static uint64_t sub_of(const struct x86_insn *i, unsigned op)
{
    return op == SENS_MOV_FROM_SEG || op == SENS_MOV_TO_CR ? i->reg : 0u;
}

/* Rows stay where they are, and are there once an instruction has run. */
static int row_of(const struct trans *t, enum ledger_kind kind, unsigned op,
                  uint64_t sub)
{
    const struct ledger *l = &t->c->v.ledger;

    for (uint32_t k = 0; k < l->nr; k++) {
        if (l->row[k].kind == kind && l->row[k].reason == op &&
            l->row[k].sub == sub)
            return (int)k;
    }
    return -1;
}

/* Is it a sequence of the VMM's, with a row of its own? */
static bool is_sequence(const struct trans *t, unsigned op)
{
    return t->c->v.disp.at[op] == DISP_INLINE ||
           (op == SENS_MOV_TO_CR && t->c->x.cr8_inline);
}

/* Of control registers, CR8. An extension may have it elsewhere. */
static bool cr8_possible(const struct trans *t, const struct x86_insn *i)
{
    return i->reg == 8 && t->c->v.m->lapic != NULL &&
           (t->c->ext == NULL || t->c->x.cr8_inline);
}

bool trans_sensitive_possible(const struct trans *t, const struct x86_insn *i,
                              unsigned op)
{
    uint64_t sub = sub_of(i, op);
    bool sets_if = op == SENS_STI || op == SENS_POPF;

    if (row_of(t, LEDGER_SENSITIVE, op, sub) < 0 ||
        (sets_if && x86_ext_at_boundary(t->c)))
        return false;
    if (op == SENS_MOV_TO_CR && !cr8_possible(t, i))
        return false;
    return is_sequence(t, op) ? row_of(t, LEDGER_BT_INLINE, op, sub) >= 0
                              : t->c->v.disp.at[op] == DISP_EXECUTE;
}

/* SYSEXIT, by which kernels leave right after STI: it completes or faults. */
static bool is_sysexit(const struct trans *t, const struct x86_insn *i)
{
    extern const struct x86_impl x86_op_sysexit;

    return x86_op_impl(i->op) == &x86_op_sysexit &&
           t->c->v.disp.at[SENS_SYSEXIT] != DISP_EXIT;
}

/* The next instruction runs before anybody looks at the shadow of STI: it is in
 * the unit and can leave it by a fault only. */
bool trans_shadow_possible(const struct trans *t, const struct x86_insn *i)
{
    return i + 1 < t->b->insn + t->n &&
           (trans_inline(t, i + 1) != NULL || is_sysexit(t, i + 1));
}

static void count_row(struct trans *t, int row, enum emit_reg scratch)
{
    int32_t at = row * (int32_t)sizeof(struct ledger_row);

    emit_rm(&t->e, EO_MOV, E64, scratch, AT_CPU(v.ledger.row));
    emit_mi(&t->e, EO_ADD, E64,
            emit_at(scratch, at + (int32_t)offsetof(struct ledger_row, count)),
            1);
}

/* As x86_sensitive() counts. After it nothing may fail. */
static void count(struct trans *t, unsigned op, enum emit_reg scratch)
{
    uint64_t sub = sub_of(t->i, op);

    trans_flags_clobber(t);
    count_row(t, row_of(t, LEDGER_SENSITIVE, op, sub), scratch);
    if (is_sequence(t, op))
        count_row(t, row_of(t, LEDGER_BT_INLINE, op, sub), scratch);
}

void trans_pause(struct trans *t, unsigned op)
{
    count(t, op, HR_S1);
}

void trans_swapgs(struct trans *t, unsigned op)
{
    count(t, op, HR_S1);
    emit_rm(&t->e, EO_MOV, E64, HR_S1, AT_CPU(s.seg[SEG_GS].base));
    emit_rm(&t->e, EO_MOV, E64, HR_S2, AT_CPU(s.kernel_gs_base));
    emit_mr(&t->e, EO_MOV, E64, AT_CPU(s.kernel_gs_base), HR_S1);
    emit_mr(&t->e, EO_MOV, E64, AT_CPU(s.seg[SEG_GS].base), HR_S2);
    emit_mr(&t->e, EO_MOV, E64, AT_CPU(sc[SEG_GS].base), HR_S2);
}

/* With an interrupt requested, interp does it: it may become deliverable. */
void trans_mov_cr8(struct trans *t, unsigned op)
{
    struct lapic_tpr at = lapic_tpr_place(t->c->v.m->lapic);
    struct emit *e = &t->e;
    enum emit_reg src;

    trans_flags_clobber(t);
    emit_mov_imm(e, HR_S1, (uint64_t)(uintptr_t)at.requests);
    emit_rm(e, EO_MOV, E64, HR_S2, emit_at(HR_S1, 0));
    for (int32_t n = 8; n < (int32_t)LAPIC_REQUESTS; n += 8)
        emit_rm(e, EO_OR, E64, HR_S2, emit_at(HR_S1, n));
    trans_cold_if(t, CC_NE);
    src = trans_get(t, t->i->rm, E64, HR_S2);
    emit_ri(e, EO_TEST, E64, src, ~15);
    trans_cold_if(t, CC_NE);
    count(t, op, HR_S1);
    emit_mov_imm(e, HR_S1, (uint64_t)(uintptr_t)at.tpr);
    if (src != HR_S2)
        emit_rr(e, EO_MOV, E32, HR_S2, src);
    emit_ri(e, EO_SHL, E32, HR_S2, 4);
    emit_mr(e, EO_MOV, E8, emit_at(HR_S1, 0), HR_S2);
}

/* ---- flags ---- */
void trans_cli(struct trans *t, unsigned op)
{
    count(t, op, HR_S1);
    emit_mi(&t->e, EO_AND, E32, AT_CPU(s.rflags), ~(int64_t)FL_IF);
}

/* With an interrupt waiting, interp does it. Without, the shadow would end
 * before one can come. */
void trans_sti(struct trans *t, unsigned op)
{
    trans_flags_clobber(t);
    emit_mi(&t->e, EO_CMP, E32, AT_CPU(s.intr_line), 0);
    trans_cold_if(t, CC_NE);
    count(t, op, HR_S1);
    emit_mi(&t->e, EO_OR, E32, AT_CPU(s.rflags), FL_IF);
}

/* AH and OF to where RFLAGS has them. VM and RF are clear. */
void trans_pushf(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    int32_t n = 1 << size;
    struct emit *e = &t->e;
    struct emit_mem m;

    trans_flags_save(t);
    m = trans_stack(t, -n, true, (unsigned)n);
    count(t, op, HR_S2);
    emit_rr(e, EO_MOV, E32, HR_S2, HR_AX);
    emit_ri(e, EO_ROR, E16, HR_S2, 8); /* OF is bit 8 */
    emit_ri(e, EO_ADD, E32, HR_S2, FL_OF - 0x100);
    emit_ri(e, EO_AND, E32, HR_S2, FL_ARITH);
    emit_rm(e, EO_OR, E32, HR_S2, AT_CPU(s.rflags));
    emit_mr(e, EO_MOV, size, m, HR_S2);
    trans_move_sp(t, R_SP, -n);
}

#define POPF_SIMPLE ((int64_t)(FL_IF | FL_DF)) /* beside FL_ARITH */
#define POPF_OTHER  ((int64_t)(FL_TF | FL_NT | FL_IOPL | FL_AC | FL_ID))

/* Other flags that change, and an interrupt that waits, are interp's. */
void trans_popf(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    struct emit *e = &t->e;

    emit_rm(e, EO_MOV, size, HR_S2, trans_stack(t, 0, false, 1u << size));
    emit_rr(e, EO_MOV, E32, HR_S1, HR_S2);
    emit_rm(e, EO_XOR, E32, HR_S1, AT_CPU(s.rflags));
    emit_ri(e, EO_TEST, E32, HR_S1, POPF_OTHER);
    trans_cold_if(t, CC_NE);
    emit_mi(e, EO_CMP, E32, AT_CPU(s.intr_line), 0);
    trans_cold_if(t, CC_NE);
    count(t, op, HR_S1);
    emit_rr(e, EO_MOV, E32, HR_AX, HR_S2); /* as arith_from_rflags() */
    emit_ri(e, EO_SHL, E32, HR_AX, 8);
    emit_ri(e, EO_AND, E32, HR_AX, (FL_ARITH & 0xff) << 8);
    emit_ri(e, EO_OR, E32, HR_AX, 0x200);
    emit_ri(e, EO_BT, E32, HR_S2, 11);
    emit_setcc_r(e, CC_B, HR_AX);
    emit_ri(e, EO_AND, E32, HR_S2, POPF_SIMPLE);
    emit_mi(e, EO_AND, E32, AT_CPU(s.rflags), ~POPF_SIMPLE);
    emit_mr(e, EO_OR, E32, AT_CPU(s.rflags), HR_S2);
    trans_move_sp(t, R_SP, 1 << size);
    t->fl = TF_SAVED;
}

/* ---- segments ---- */
static struct emit_mem at_selector(unsigned seg)
{
    return emit_at(HR_CPU, cpu_disp(offsetof(struct x86_cpu, s.seg) +
                                    seg * sizeof(struct x86_seg) +
                                    offsetof(struct x86_seg, sel)));
}

void trans_mov_R_S(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t);
    enum emit_reg dst;

    count(t, op, HR_S1);
    emit_rm(&t->e, EO_MOVZX16, E32, HR_S2, at_selector(t->i->reg));
    dst = trans_begin(t, t->i->rm, size, HR_S1, false);
    emit_rr(&t->e, EO_MOV, size == E16 ? E16 : E32, dst, HR_S2);
    trans_end(t, t->i->rm, size, dst);
}

/* Of 32 bits on the stack 16 are written, of 64 all. */
void trans_push_S(struct trans *t, unsigned op)
{
    enum emit_size size = trans_size(t) == E64 ? E64 : E16;
    int32_t n = 1 << trans_size(t);
    struct emit_mem m = trans_stack(t, -n, true, 1u << size);

    count(t, op, HR_S2);
    emit_rm(&t->e, EO_MOVZX16, E32, HR_S2, at_selector(t->i->reg));
    emit_mr(&t->e, EO_MOV, size, m, HR_S2);
    trans_move_sp(t, R_SP, -n);
}
