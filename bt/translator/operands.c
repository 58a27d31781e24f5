/* operands.c: operands of translated instructions: registers; and whole forms
 * that several families share. */
#include "bt/translator/trans.h"

/* A byte register of the guest: which register, low or high. */
static enum emit_reg high_of(enum emit_reg low)
{
    return (enum emit_reg)(HR_AH + (low - HR_AX)); /* AX, CX, DX, BX */
}

/* Guest BX is where high bytes have no name: change places with DX. */
static bool is_bh(unsigned n, enum emit_size size)
{
    return trans_high(n, size) && n / 8 == R_BX;
}

static void swap_bx(struct trans *t)
{
    emit_rr(&t->e, EO_XCHG, E64, HR_DX, bank_host(R_BX));
}

static void get_bh(struct trans *t, enum emit_reg scratch)
{
    swap_bx(t);
    emit_rr(&t->e, EO_MOVZX8, E32, scratch, HR_DH);
    swap_bx(t);
}

static void set_bh(struct trans *t, enum emit_reg scratch)
{
    swap_bx(t);
    emit_rr(&t->e, EO_XCHG, E8, HR_DX, HR_DH);
    emit_rr(&t->e, EO_MOV, E8, HR_DX, scratch);
    emit_rr(&t->e, EO_XCHG, E8, HR_DX, HR_DH);
    swap_bx(t);
}

enum emit_reg trans_get(struct trans *t, unsigned n, enum emit_size size,
                        enum emit_reg scratch)
{
    unsigned g = size == E8 ? n / 8 : n;
    enum emit_reg h = bank_host(g);

    if (is_bh(n, size)) {
        get_bh(t, scratch);
        return scratch;
    }
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

    if (is_bh(n, size)) {
        get_bh(t, scratch);
        return scratch;
    }
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

    if (is_bh(n, size))
        set_bh(t, reg);
    else if (trans_high(n, size))
        emit_rr(&t->e, EO_XCHG, E8, reg, high_of(reg));
    else if (bank_host(g) == HR_NONE)
        emit_mr(&t->e, EO_MOV, E64, at_guest(g), reg);
}

/* ---- what several families share ---- */
void trans_flags_in(struct trans *t)
{
    uint8_t flags = t->op[t->k]->flags;

    if (flags == TFL_USE || (flags == TFL_MOD && t->live[t->k]))
        trans_flags_host(t);
}

struct emit_mem trans_mem_aligned(struct trans *t, bool write)
{
    struct emit_mem m = trans_mem(t, write, 16);

    emit_rm(&t->e, EO_LEA, E64, HR_S2, m);
    emit_ri(&t->e, EO_TEST, E8, HR_S2, 15);
    trans_cold_if(t, CC_NE);
    return emit_at(HR_S2, 0);
}

void trans_G_E(struct trans *t, enum emit_op op, enum emit_size from, bool read)
{
    enum emit_size size = (enum emit_size)xi_osize(t->i);
    enum emit_reg src, dst;
    struct emit_mem m;

    if (t->i->flags & XI_MEM) {
        m = trans_mem(t, false, 1u << from);
        trans_flags_in(t);
        dst = trans_begin(t, t->i->reg, size, HR_S2, read);
        emit_rm(&t->e, op, size, dst, m);
    } else {
        trans_flags_in(t);
        src = trans_get(t, t->i->rm, from, HR_S1);
        dst = trans_begin(t, t->i->reg, size, HR_S2, read);
        emit_rr(&t->e, op, size, dst, src);
    }
    trans_end(t, t->i->reg, size, dst);
}

void trans_E_imm8(struct trans *t, enum emit_op op)
{
    enum emit_size size = (enum emit_size)xi_osize(t->i);
    uint8_t imm = (uint8_t)t->i->imm;
    bool write = op != EO_BT;
    enum emit_reg dst;
    struct emit_mem m;

    if (t->i->flags & XI_MEM) {
        m = trans_mem(t, write, 1u << size);
        trans_flags_in(t);
        emit_mi(&t->e, op, size, m, imm);
        return;
    }
    trans_flags_in(t);
    dst = trans_begin(t, t->i->rm, size, HR_S1, true);
    emit_ri(&t->e, op, size, dst, imm);
    if (write)
        trans_end(t, t->i->rm, size, dst);
}

void trans_move_sp(struct trans *t, unsigned from, int32_t n)
{
    emit_rm(&t->e, EO_LEA, t->code64 ? E64 : E32, bank_host(R_SP),
            emit_at(bank_host(from), n));
}
