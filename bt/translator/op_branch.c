/* op_branch.c: translates near branches: they end the unit. */
#include "bt/translator/ops.h"

void trans_jcc(struct trans *t, unsigned cc)
{
    trans_flags_host(t);
    trans_flags_save(t);
    trans_exit_if(t, (enum emit_cc)cc, 0, trans_target(t, t->i));
    trans_exit(t, 1, trans_next_ip(t));
    t->ended = true;
}

void trans_jmp_J(struct trans *t, unsigned arg)
{
    (void)arg;
    trans_flags_save(t);
    trans_exit(t, 0, trans_target(t, t->i));
    t->ended = true;
}

static void push_return(struct trans *t)
{
    enum emit_size size = trans_size(t);
    int32_t n = 1 << size;
    uint64_t ip = trans_next_ip(t);
    struct emit_mem m = trans_stack(t, -n, true, (unsigned)n);

    if (size == E32 || (int64_t)ip == (int32_t)ip) {
        emit_mi(&t->e, EO_MOV, size, m, (int32_t)ip);
    } else {
        emit_mov_imm(&t->e, HR_S2, ip);
        emit_mr(&t->e, EO_MOV, size, m, HR_S2);
    }
    trans_move_sp(t, R_SP, -n);
    /* The return looks here. */
    emit_m(&t->e, EO_PREFETCHT0, E64,
           emit_at(HR_CPU,
                   JIT_DISP(jump) +
                       (int32_t)(jit_jump_slot(ip) * sizeof(struct jit_jump))));
}

void trans_call_J(struct trans *t, unsigned arg)
{
    (void)arg;
    trans_flags_save(t);
    push_return(t);
    trans_exit(t, 0, trans_target(t, t->i));
    t->ended = true;
}

/* ---- indirect: by the table of jumps; interp does what is not in it ---- */
#define JUMP_SHIFT 5
_Static_assert(sizeof(struct jit_jump) == 1u << JUMP_SHIFT, "jump");
#define AT_JUMP(field)                                                         \
    emit_at_x(HR_CPU, HR_S2, 0,                                                \
              JIT_DISP(jump) + (int32_t)offsetof(struct jit_jump, field))

/* S1 is the target. S2 becomes the offset of its entry; S1 is lost. */
static void find_jump(struct trans *t)
{
    struct emit *e = &t->e;

    emit_rr(e, EO_MOV, E32, HR_S2, HR_S1);
    emit_ri(e, EO_SHL, E32, HR_S2, JUMP_SHIFT);
    emit_ri(e, EO_AND, E32, HR_S2, (JIT_JUMPS - 1) << JUMP_SHIFT);
    emit_rm(e, EO_CMP, E64, HR_S1, AT_JUMP(lin));
    trans_cold_if(t, CC_NE);
    emit_ri(e, EO_SHR, E32, HR_S1, PAGE_SHIFT);
    emit_ri(e, EO_AND, E32, HR_S1, JIT_ITLB - 1);
    emit_rm(
        e, EO_MOV, E32, HR_S1,
        emit_at_x(HR_CPU, HR_S1, 2,
                  JIT_DISP(itlb) + (int32_t)(t->mode * sizeof(t->j->itlb[0]))));
    emit_rm(e, EO_CMP, E32, HR_S1, AT_JUMP(xid));
    trans_cold_if(t, CC_NE);
}

/* Before all that may leave the unit: a branch that interp ends is counted, and
 * once. Flags are saved. */
static void count_indirect(struct trans *t, enum x86_indirect how)
{
    size_t at = offsetof(struct x86_cpu, x.indirect) + how * sizeof(uint64_t);

    t->fl = TF_SAVED;
    if (t->c->x.count_indirect && JM_CPL(t->key) == 0)
        emit_mi(&t->e, EO_ADD, E64, emit_at(HR_CPU, cpu_disp(at)), 1);
}

static void load_target(struct trans *t)
{
    enum emit_size size = trans_size(t);
    enum emit_reg r;

    if (trans_is_mem(t)) {
        emit_rm(&t->e, EO_MOV, size, HR_S1,
                trans_mem(t, false, trans_bytes(t)));
        return;
    }
    r = trans_get(t, t->i->rm, size, HR_S1);
    if (r != HR_S1)
        emit_rr(&t->e, EO_MOV, size, HR_S1, r);
}

void trans_jmp_E(struct trans *t, unsigned arg)
{
    (void)arg;
    trans_flags_save(t);
    count_indirect(t, X86_IND_JMP);
    load_target(t);
    find_jump(t);
    emit_m(&t->e, EO_JMP, E64, AT_JUMP(code));
    t->ended = true;
}

void trans_call_E(struct trans *t, unsigned arg)
{
    (void)arg;
    trans_flags_save(t);
    count_indirect(t, X86_IND_CALL);
    load_target(t);
    find_jump(t);
    emit_rm(&t->e, EO_MOV, E64, HR_S1, AT_JUMP(code));
    emit_mr(&t->e, EO_MOV, E64, AT_CPU(jit_go), HR_S1);
    push_return(t);
    emit_m(&t->e, EO_JMP, E64, AT_CPU(jit_go));
    t->ended = true;
}

void trans_ret(struct trans *t, unsigned arg)
{
    enum emit_size size = trans_size(t);
    int32_t n = 1 << size;

    (void)arg;
    trans_flags_save(t);
    count_indirect(t, X86_IND_RET);
    emit_rm(&t->e, EO_MOV, size, HR_S1, trans_stack(t, 0, false, (unsigned)n));
    find_jump(t);
    trans_move_sp(t, R_SP, n + t->i->imm);
    emit_m(&t->e, EO_JMP, E64, AT_JUMP(code));
    t->ended = true;
}
