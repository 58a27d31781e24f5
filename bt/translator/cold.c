/* cold.c: pass 5: what is out of line: instructions that interp does after all,
 * runs whose accesses are not in one page, ways out that are not linked. */
#include "bt/translator/trans.h"

/* Out of line, where the code in line goes from l. */
static void bind_cold(struct trans *t, struct emit_label *l)
{
    emit_bind_to(&t->aside, l, emit_here(&t->e));
}

/* Flags where the code in line has them. Where it has some that are nowhere
 * here, they are dead. */
static void same_flags(struct trans *t, unsigned fl)
{
    if (fl & TF_HOST)
        trans_flags_host(t);
    if ((fl & TF_SAVED) && (t->fl & TF_HOST))
        trans_flags_save(t);
}

/* Instruction k by interp. False: the last, the helper goes on elsewhere. */
static bool miss(struct trans *t, unsigned k, const struct trans_cold *cold)
{
    trans_call_out(t, k);
    t->fl = TF_SAVED;
    if (cold->back.bound != 0)
        same_flags(t, cold->flags);
    return cold->back.bound != 0;
}

static void jump_in_line(struct trans *t, const struct trans_cold *cold)
{
    emit_jmp_to(&t->e, emit_label_at(&t->aside, &cold->back));
}

/* The run that begins with instruction `first`, each access with its own look.
 */
static void alone(struct trans *t, unsigned first)
{
    unsigned end = first + t->run[first].n;

    bind_cold(t, &t->cold[first].from);
    t->fl = t->run[first].flags;
    for (t->k = first; t->k < end; t->k++) {
        t->i = &t->b->insn[t->k];
        trans_note(t, JIT_PART_ALONE, t->k);
        t->op[t->k]->fn(t, t->op[t->k]->arg);
        t->alone[t->k].flags = (uint8_t)t->fl;
        emit_bind(&t->e, &t->alone[t->k].back);
    }
    same_flags(t, t->cold[first].flags);
    jump_in_line(t, &t->cold[first]);
    for (unsigned k = first; k < end; k++) {
        if (!t->alone[k].used)
            continue;
        trans_note(t, JIT_PART_COLD, k);
        emit_bind(&t->e, &t->alone[k].from);
        miss(t, k, &t->alone[k]);
        emit_jmp(&t->e, &t->alone[k].back, EMIT_NEAR);
    }
}

static void misses(struct trans *t)
{
    t->out_of_line = true;
    for (unsigned k = 0; k < t->n; k++) {
        if (t->run[k].n != 0) {
            alone(t, k);
        } else if (t->cold[k].used) {
            trans_note(t, JIT_PART_COLD, k);
            bind_cold(t, &t->cold[k].from);
            if (miss(t, k, &t->cold[k]))
                jump_in_line(t, &t->cold[k]);
        }
    }
}

void trans_cold_pass(struct trans *t)
{
    struct emit *e = &t->e, in_line = *e;

    *e = t->aside;
    t->aside = in_line;
    misses(t);
    for (unsigned k = 0; k < 2; k++) {
        if (!t->stub_used[k])
            continue;
        trans_note(t, JIT_PART_STUB, k);
        bind_cold(t, &t->stub[k]);
        t->u->exit[k].stub = (const uint8_t *)(uintptr_t)emit_here(e);
        emit_mov_imm(e, HR_S1, (uint64_t)(t->u - t->j->units) * 2 + k);
        emit_jmp_to(e, (uint64_t)(uintptr_t)t->j->exit[t->bank]);
    }
    trans_note(t, JIT_PART_LEAVE, 0);
    bind_cold(t, &t->entry);
    emit_mi(e, EO_ADD, E32, AT_CPU(jit_left), (int64_t)t->n);
    emit_mov_imm(e, HR_S1, t->ip);
    emit_mr(e, EO_MOV, E64, at_guest(R_IP), HR_S1);
    emit_jmp_to(e, (uint64_t)(uintptr_t)t->j->leave[t->bank]);
}
