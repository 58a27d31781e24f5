/* op_sse.c: translates SSE instructions that MXCSR has no say in: moves,
 * packed integers, logic, shuffles. Guest XMM registers are in struct x86_cpu;
 * the host's are scratch. */
#include "bt/translator/ops.h"

#define X0 0 /* scratch XMM registers */
#define X1 1

_Static_assert(offsetof(struct x86_cpu, s.xs.xmm) % 16 == 0, "aligned");

static struct emit_mem at_xmm(unsigned n, unsigned offset)
{
    return emit_at(
        HR_CPU, cpu_disp(offsetof(struct x86_cpu, s.xs.xmm) + n * 16 + offset));
}

static void load_xmm(struct trans *t, unsigned host, unsigned n)
{
    emit_sse_rm(&t->e, 0, 0x28, host, at_xmm(n, 0)); /* MOVAPS */
}

static void store_xmm(struct trans *t, unsigned n, unsigned host)
{
    emit_sse_rm(&t->e, 0, 0x29, host, at_xmm(n, 0));
}

static struct emit_mem source(struct trans *t)
{
    return trans_is_mem(t) ? trans_mem_aligned(t, false) : at_xmm(t->i->rm, 0);
}

/* reg = g(reg, rm) */
static void packed(struct trans *t, const struct emit_generic *g)
{
    struct emit_mem m = source(t);

    load_xmm(t, X0, t->i->reg);
    emit_generic_m(&t->e, g, X0, m);
    store_xmm(t, t->i->reg, X0);
}

void trans_sse_V_W(struct trans *t, unsigned arg)
{
    packed(t, &(struct emit_generic){.prefix = (uint8_t)(arg >> 8),
                                     .opcode = 0x0f00 | (arg & 0xff)});
}

void trans_sse_V_W_I(struct trans *t, unsigned arg)
{
    packed(t, &(struct emit_generic){.prefix = (uint8_t)(arg >> 8),
                                     .opcode = 0x0f00 | (arg & 0xff),
                                     .imm_bytes = 1,
                                     .imm = t->i->imm});
}

void trans_ssse3_V_W(struct trans *t, unsigned opcode)
{
    packed(t,
           &(struct emit_generic){.prefix = 0x66, .opcode = 0x0f3800 | opcode});
}

void trans_palignr_V_W_I(struct trans *t, unsigned arg)
{
    (void)arg;
    packed(t, &(struct emit_generic){.prefix = 0x66,
                                     .opcode = 0x0f3a0f,
                                     .imm_bytes = 1,
                                     .imm = t->i->imm});
}

void trans_sse_W_I(struct trans *t, unsigned arg)
{
    struct emit_generic g = {.prefix = 0x66,
                             .opcode = 0x0f00 | (arg & 0xff),
                             .imm_bytes = 1,
                             .imm = t->i->imm};

    load_xmm(t, X0, t->i->rm);
    emit_generic_r(&t->e, &g, arg >> 8, X0);
    store_xmm(t, t->i->rm, X0);
}

/* ---- 16 bytes ---- */
void trans_sse_load(struct trans *t, unsigned must_align)
{
    if (!trans_is_mem(t))
        load_xmm(t, X0, t->i->rm);
    else if (must_align)
        emit_sse_rm(&t->e, 0, 0x28, X0, trans_mem_aligned(t, false));
    else
        emit_sse_rm(&t->e, 0, 0x10, X0, trans_mem(t, false, 16));
    store_xmm(t, t->i->reg, X0);
}

void trans_sse_store(struct trans *t, unsigned must_align)
{
    struct emit_mem m;

    if (!trans_is_mem(t)) {
        load_xmm(t, X0, t->i->reg);
        store_xmm(t, t->i->rm, X0);
        return;
    }
    m = must_align ? trans_mem_aligned(t, true) : trans_mem(t, true, 16);
    load_xmm(t, X0, t->i->reg);
    emit_sse_rm(&t->e, 0, 0x11, X0, m); /* MOVUPS */
}

/* ---- 4 and 8 bytes, by a general register ---- */
static void zero(struct trans *t, unsigned n, unsigned from)
{
    for (unsigned k = from; k < 16; k += 8)
        emit_mi(&t->e, EO_MOV, E64, at_xmm(n, k), 0);
}

/* MOVSS, MOVSD: from memory the rest becomes 0. */
void trans_sse_scalar_in(struct trans *t, unsigned size)
{
    enum emit_size s = (enum emit_size)size;

    if (trans_is_mem(t)) {
        emit_rm(&t->e, EO_MOV, s, HR_S2, trans_mem(t, false, 1u << s));
        emit_mr(&t->e, EO_MOV, E64, at_xmm(t->i->reg, 0), HR_S2);
        zero(t, t->i->reg, 8);
        return;
    }
    emit_rm(&t->e, EO_MOV, s, HR_S2, at_xmm(t->i->rm, 0));
    emit_mr(&t->e, EO_MOV, s, at_xmm(t->i->reg, 0), HR_S2);
}

void trans_sse_scalar_out(struct trans *t, unsigned size)
{
    enum emit_size s = (enum emit_size)size;
    struct emit_mem m = at_xmm(t->i->rm, 0);

    if (trans_is_mem(t))
        m = trans_mem(t, true, 1u << s);
    emit_rm(&t->e, EO_MOV, s, HR_S2, at_xmm(t->i->reg, 0));
    emit_mr(&t->e, EO_MOV, s, m, HR_S2);
}

void trans_sse_movq_in(struct trans *t, unsigned arg)
{
    struct emit_mem m = at_xmm(t->i->rm, 0);

    (void)arg;
    if (trans_is_mem(t))
        m = trans_mem(t, false, 8);
    emit_rm(&t->e, EO_MOV, E64, HR_S2, m);
    emit_mr(&t->e, EO_MOV, E64, at_xmm(t->i->reg, 0), HR_S2);
    zero(t, t->i->reg, 8);
}

void trans_sse_movq_out(struct trans *t, unsigned arg)
{
    struct emit_mem m = at_xmm(t->i->rm, 0);

    (void)arg;
    if (trans_is_mem(t))
        m = trans_mem(t, true, 8);
    emit_rm(&t->e, EO_MOV, E64, HR_S2, at_xmm(t->i->reg, 0));
    emit_mr(&t->e, EO_MOV, E64, m, HR_S2);
    if (!trans_is_mem(t))
        zero(t, t->i->rm, 8);
}

/* MOVLPS, MOVHPS...: the other half stays. */
void trans_sse_half_in(struct trans *t, unsigned half)
{
    emit_rm(&t->e, EO_MOV, E64, HR_S2, trans_mem(t, false, 8));
    emit_mr(&t->e, EO_MOV, E64, at_xmm(t->i->reg, half), HR_S2);
}

void trans_sse_half_out(struct trans *t, unsigned half)
{
    struct emit_mem m = trans_mem(t, true, 8);

    emit_rm(&t->e, EO_MOV, E64, HR_S2, at_xmm(t->i->reg, half));
    emit_mr(&t->e, EO_MOV, E64, m, HR_S2);
}

static enum emit_size gpr_size(const struct trans *t)
{
    return xi_osize(t->i) == 3 ? E64 : E32;
}

void trans_sse_movd_in(struct trans *t, unsigned arg)
{
    enum emit_size s = gpr_size(t);
    enum emit_reg r;

    (void)arg;
    if (trans_is_mem(t)) {
        emit_rm(&t->e, EO_MOV, s, HR_S2, trans_mem(t, false, 1u << s));
        r = HR_S2;
    } else {
        r = trans_get(t, t->i->rm, s, HR_S2);
        if (s == E32 && r != HR_S2) {
            emit_rr(&t->e, EO_MOV, E32, HR_S2, r);
            r = HR_S2;
        }
    }
    emit_mr(&t->e, EO_MOV, E64, at_xmm(t->i->reg, 0), r);
    zero(t, t->i->reg, 8);
}

void trans_sse_movd_out(struct trans *t, unsigned arg)
{
    enum emit_size s = gpr_size(t);
    enum emit_reg dst;

    (void)arg;
    if (trans_is_mem(t)) {
        trans_sse_scalar_out(t, s);
        return;
    }
    dst = trans_begin(t, t->i->rm, s, HR_S1, false);
    emit_rm(&t->e, EO_MOV, s, dst, at_xmm(t->i->reg, 0));
    trans_end(t, t->i->rm, s, dst);
}

/* ---- sign masks ---- */
void trans_sse_mask(struct trans *t, unsigned arg)
{
    enum emit_reg dst = trans_begin(t, t->i->reg, E32, HR_S1, false);

    load_xmm(t, X1, t->i->rm);
    emit_sse_rr(&t->e, arg >> 8, arg & 0xff, dst, X1);
    trans_end(t, t->i->reg, E32, dst);
}
