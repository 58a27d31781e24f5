/* flagpass.c: pass 2: which flags matter, and where they are kept.
 *
 * A producer leaves the guest's flags in the host's. They are saved in AX when
 * the host's are about to be lost and somebody may still look: a consumer, a
 * fault (which pushes RFLAGS) or the end of the unit. */
#include "bt/translator/trans.h"

/* Can instruction k fault, or be done by interp after all? */
static bool observes(const struct trans *t, unsigned k)
{
    const struct trans_op *op = t->op[k];
    const struct x86_insn *i = &t->b->insn[k];

    if (op == NULL || (op->forms & (TOF_PUSH | TOF_POP | TOF_FAULT | TOF_LAST)))
        return true;
    return (i->flags & XI_MEM) && (op->forms & (TOF_READ | TOF_WRITE));
}

void trans_flag_pass(struct trans *t)
{
    bool live = true;

    for (unsigned k = t->n; k-- > 0;) {
        t->live[k] = live;
        if (observes(t, k)) {
            live = true;
            continue;
        }
        switch ((enum trans_flags)t->op[k]->flags) {
        case TFL_NONE:
        case TFL_INC:
        case TFL_MOD:
            break;
        case TFL_SET:
            live = false;
            break;
        case TFL_USE:
        case TFL_BOTH:
            live = true;
            break;
        }
    }
}

void trans_flags_save(struct trans *t)
{
    if (t->fl & TF_SAVED)
        return;
    emit_plain(&t->e, EP_LAHF);
    emit_setcc_r(&t->e, CC_O, HR_AX);
    t->fl |= TF_SAVED;
}

/* 0 - -127 and 1 - -127: the second overflows. */
void trans_flags_host(struct trans *t)
{
    if (t->fl & TF_HOST)
        return;
    emit_ri(&t->e, EO_CMP, E8, HR_AX, -127);
    emit_plain(&t->e, EP_SAHF);
    t->fl |= TF_HOST;
}

void trans_flags_carry(struct trans *t)
{
    if (t->fl & TF_HOST)
        return;
    emit_ri(&t->e, EO_BT, E32, HR_AX, 8);
}

void trans_flags_clobber(struct trans *t)
{
    bool before = t->k == 0 || t->live[t->k - 1];

    if (before && (t->fl & TF_HOST))
        trans_flags_save(t);
    t->fl &= ~TF_HOST;
}
