/* operands.c: register operands of translated instructions. */
#include "bt/translator/trans.h"

/* A byte register of the guest: which register, low or high. */
static enum emit_reg high_of(enum emit_reg low)
{
    return (enum emit_reg)(HR_AH + (low - HR_AX)); /* AX, CX, DX, BX */
}

enum emit_reg trans_get(struct trans *t, unsigned n, enum emit_size size,
                        enum emit_reg scratch)
{
    unsigned g = size == E8 ? n / 8 : n;
    enum emit_reg h = bank_host(g);

    if (trans_high(n, size)) {
        emit_rr(&t->e, EO_MOVZX8, E32, scratch, high_of(h));
        return scratch;
    }
    if (h != HR_NONE)
        return h;
    if (size == E8 || size == E16)
        emit_rm(&t->e, size == E8 ? EO_MOVZX8 : EO_MOVZX16, E32, scratch,
                at_guest(g));
    else
        emit_rm(&t->e, EO_MOV, size, scratch, at_guest(g));
    return scratch;
}

/* XCHG makes the high byte the low one, and keeps the flags. */
enum emit_reg trans_begin(struct trans *t, unsigned n, enum emit_size size,
                          enum emit_reg scratch, bool read)
{
    unsigned g = size == E8 ? n / 8 : n;
    enum emit_reg h = bank_host(g);

    if (trans_high(n, size)) {
        emit_rr(&t->e, EO_XCHG, E8, h, high_of(h));
        return h;
    }
    if (h != HR_NONE)
        return h;
    if (read || size < E32)
        emit_rm(&t->e, EO_MOV, E64, scratch, at_guest(g));
    return scratch;
}

void trans_end(struct trans *t, unsigned n, enum emit_size size,
               enum emit_reg reg)
{
    unsigned g = size == E8 ? n / 8 : n;

    if (trans_high(n, size))
        emit_rr(&t->e, EO_XCHG, E8, reg, high_of(reg));
    else if (bank_host(g) == HR_NONE)
        emit_mr(&t->e, EO_MOV, E64, at_guest(g), reg);
}
