/* kvmgen_insn.c: a random system instruction, with what it reads. */
#include "common/x86/tests/kvmgen.h"

/* ---- code ---- */
static void emit(struct kvmgen *n, uint64_t v, unsigned bytes)
{
    kvmguest_put(n->g, n->at, v, bytes);
    n->at += bytes;
}

/* An opcode of one or two bytes, now and then with an operand-size prefix. */
static void emit_op(struct kvmgen *n, unsigned op)
{
    if (one_in(n, 8))
        emit(n, 0x66, 1);
    if (wide(n) && one_in(n, 6))
        emit(n, 0x48, 1);
    if (op > 0xff)
        emit(n, op >> 8, 1);
    emit(n, op & 0xff, 1);
}

/* ModRM of memory at (e)di, or of register rm. */
static void emit_mem(struct kvmgen *n, unsigned reg)
{
    emit(n, reg << 3 | (code16(n) ? 5 : 7), 1);
}

static void emit_reg(struct kvmgen *n, unsigned reg, unsigned rm)
{
    emit(n, 0xc0 | reg << 3 | rm, 1);
}

static void emit_either(struct kvmgen *n, unsigned reg)
{
    if (one_in(n, 2))
        emit_mem(n, reg);
    else
        emit_reg(n, reg, R_AX);
}

/* ---- values ---- */
static uint64_t flip_bits(struct kvmgen *n, uint64_t v, unsigned below)
{
    for (unsigned k = (unsigned)rnd(n, 3); k > 0; k--)
        v ^= BITQ(rnd(n, below));
    return v;
}

/* ---- memory that instructions read ---- */
static uint64_t rnd_offset(struct kvmgen *n)
{
    switch (rnd(n, 12)) {
    case 0:
        return kvmgen_value(n);
    case 1:
        return BITQ(47);
    default:
        return AT_FAR + rnd(n, 16);
    }
}

/* m16:16, m16:32, m16:64 at DI. */
static void put_far(struct kvmgen *n, unsigned bytes)
{
    uint32_t at = AT_DATA + (n->g->mode == GUEST_V86 ? 0x10 : 0);

    kvmguest_put(n->g, at, rnd_offset(n), bytes);
    kvmguest_put(n->g, at + bytes, is_8086(n) ? rnd(n, 0x900) : kvmgen_sel(n),
                 2);
}

static void put_table(struct kvmgen *n)
{
    uint32_t at = AT_DATA + (n->g->mode == GUEST_V86 ? 0x10 : 0);

    kvmguest_put(n->g, at, one_in(n, 2) ? GDT_LIMIT : rnd(n, 0x10000), 2);
    kvmguest_put(n->g, at + 2, one_in(n, 3) ? kvmgen_value(n) : AT_GDT, 8);
}

/* Stack slots of `bytes` from SP on. */
static void put_stack(struct kvmgen *n, unsigned slot, unsigned bytes,
                      uint64_t v)
{
    const struct x86_state *s = &n->g->s;

    kvmguest_put(n->g,
                 (uint32_t)(s->seg[SEG_SS].base + s->r[R_SP] + slot * bytes), v,
                 bytes);
}

static uint64_t rnd_flags(struct kvmgen *n)
{
    uint64_t fl = FL_ONE;

    for (unsigned k = (unsigned)rnd(n, 5); k > 0; k--)
        fl |= BITQ(rnd(n, 22));
    return fl & ~(uint64_t)(one_in(n, 6) ? 0 : FL_TF);
}

static uint64_t code_sel(struct kvmgen *n)
{
    if (is_8086(n))
        return rnd(n, 0x900);
    if (one_in(n, 2))
        return kvmgen_sel(n);
    if (kvmguest_long(n->g))
        return one_in(n, 2)   ? SEL_C3L | 3
               : one_in(n, 2) ? SEL_C3 | 3
                              : SEL_C0L | n->cpl;
    return one_in(n, 2) ? SEL_C3 | 3 : SEL_C0 | n->cpl;
}

static uint64_t stack_sel(struct kvmgen *n)
{
    return one_in(n, 2) ? kvmgen_sel(n) : SEL_D3 | 3;
}

/* ---- instructions ---- */
static void op_table(struct kvmgen *n)
{
    put_table(n);
    emit_op(n, 0x0f01);
    emit_mem(n, (unsigned)rnd(n, 4));
}

static void op_group6(struct kvmgen *n)
{
    unsigned reg = (unsigned)rnd(n, 6);

    n->g->s.r[R_AX] = kvmgen_sel(n);
    put_far(n, 0);
    emit_op(n, 0x0f00);
    emit_either(n, reg);
}

static void op_load_ldt_tr(struct kvmgen *n)
{
    n->g->s.r[R_AX] = SEL_T0 + 16 * rnd(n, 16);
    emit(n, 0x000f, 2);
    emit_reg(n, 2 + (unsigned)rnd(n, 2), R_AX);
}

static void op_lar_lsl(struct kvmgen *n)
{
    n->g->s.r[R_AX] = kvmgen_sel(n);
    emit_op(n, 0x0f02 + (unsigned)rnd(n, 2));
    emit_reg(n, R_CX, R_AX);
}

static void op_arpl(struct kvmgen *n)
{
    emit(n, 0x63, 1);
    emit_either(n, R_CX);
}

static void op_msw(struct kvmgen *n)
{
    n->g->s.r[R_AX] = n->g->s.cr0;
    n->g->s.r[R_AX] ^= rnd(n, 16) & (one_in(n, 8) ? 0xf : 0xe);
    emit_op(n, 0x0f01);
    emit_reg(n, one_in(n, 2) ? 4 : 6, R_AX);
}

static void op_clts(struct kvmgen *n)
{
    emit(n, 0x060f, 2);
}

static void op_read_cr(struct kvmgen *n)
{
    emit(n, one_in(n, 2) ? 0x200f : 0x210f, 2);
    emit_reg(n, (unsigned)rnd(n, 8), R_AX);
}

static void op_write_cr(struct kvmgen *n)
{
    static const uint8_t cr[] = {0, 0, 0, 3, 3, 4, 4, 4, 2, 1, 5, 7};
    const struct x86_state *s = &n->g->s;
    unsigned k = cr[rnd(n, sizeof(cr))];
    uint64_t v = k == 0   ? s->cr0
                 : k == 3 ? s->cr3
                 : k == 4 ? s->cr4
                          : kvmgen_value(n);

    v = flip_bits(n, v, one_in(n, 4) ? 64 : 32);
    /* What PE or PG bring is the business of directed cases. */
    if (k == 0 && !one_in(n, 8))
        v = (v & ~(uint64_t)(CR0_PE | CR0_PG)) | (s->cr0 & (CR0_PE | CR0_PG));
    if (k == 3)
        v = (v & 0xffffff0000000fffull) | (s->cr3 & ~0xfffull);
    n->g->s.r[R_AX] = v;
    emit(n, 0x220f, 2);
    emit_reg(n, k, R_AX);
}

static void op_write_dr(struct kvmgen *n)
{
    unsigned k = (unsigned)rnd(n, 8);

    n->g->s.r[R_AX] = kvmgen_value(n);
    if (k == 7 || k == 5)
        n->g->s.r[R_AX] &= ~(uint64_t)0xff;
    if (one_in(n, 8))
        n->g->s.dr[7] |= BIT(13);
    emit(n, 0x230f, 2);
    emit_reg(n, k, R_AX);
}

static void op_msr(struct kvmgen *n)
{
    static const uint32_t index[] = {
        0x174,      0x175,      0x176,      0x277,      0xc0000080,
        0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,
        0xc0000100, 0xc0000101, 0xc0000102, 0x12345};
    struct x86_state *s = &n->g->s;
    uint64_t v = kvmgen_value(n);

    s->r[R_CX] = index[rnd(n, ARRAY_LEN(index))];
    if (s->r[R_CX] == 0xc0000080)
        v = flip_bits(n, s->efer, 16);
    s->r[R_AX] = (uint32_t)v;
    s->r[R_DX] = v >> 32;
    if (one_in(n, 2))
        emit(n, 0x320f, 2);
    else
        emit(n, 0x320f300f, 4);
}

static void op_load_seg(struct kvmgen *n)
{
    n->g->s.r[R_AX] = is_8086(n) ? rng_next(n->r) & 0xffff : kvmgen_sel(n);
    emit_op(n, 0x8e);
    emit_reg(n, (unsigned)rnd(n, 6), R_AX);
    if (one_in(n, 2)) { /* and use it */
        emit(n, one_in(n, 2) ? 0x3e : 0x36, 1);
        emit(n, one_in(n, 2) ? 0x8a : 0x88, 1);
        emit_mem(n, R_CX);
    }
}

static void op_pop_seg(struct kvmgen *n)
{
    static const uint16_t op[] = {0x07, 0x17, 0x1f, 0x0fa1, 0x0fa9};
    unsigned k = (unsigned)rnd(n, ARRAY_LEN(op));

    put_stack(n, 0, 8, is_8086(n) ? rng_next(n->r) & 0xffff : kvmgen_sel(n));
    emit_op(n, op[k]);
}

static void op_push_seg(struct kvmgen *n)
{
    static const uint16_t op[] = {0x06, 0x0e, 0x16, 0x1e, 0x0fa0, 0x0fa8};

    emit_op(n, op[rnd(n, ARRAY_LEN(op))]);
}

static void op_load_far(struct kvmgen *n)
{
    static const uint16_t op[] = {0x0fb2, 0x0fb4, 0x0fb5, 0xc4, 0xc5};

    put_far(n, code16(n) ? 2 : 4);
    emit_op(n, op[rnd(n, wide(n) ? 3 : 5)]);
    emit_mem(n, R_CX);
}

static void op_far(struct kvmgen *n)
{
    put_far(n, code16(n) ? 2 : 4);
    emit_op(n, 0xff);
    emit_mem(n, one_in(n, 2) ? 3 : 5);
}

static void op_far_direct(struct kvmgen *n)
{
    emit_op(n, one_in(n, 2) ? 0xea : 0x9a);
    emit(n, rnd_offset(n), code16(n) ? 2 : 4);
    emit(n, code_sel(n), 2);
}

static void op_ret_far(struct kvmgen *n)
{
    unsigned bytes = code16(n) ? 2 : wide(n) && one_in(n, 2) ? 8 : 4;
    bool imm = one_in(n, 3);
    unsigned skip = imm && one_in(n, 2) ? 1 : 0;

    put_stack(n, 0, bytes, rnd_offset(n));
    put_stack(n, 1, bytes, code_sel(n));
    put_stack(n, 2 + skip, bytes, AT_USER_STACK - rnd(n, 16));
    put_stack(n, 3 + skip, bytes, stack_sel(n));
    if (bytes == 8)
        emit(n, 0x48, 1);
    emit(n, imm ? 0xca : 0xcb, 1);
    if (imm)
        emit(n, skip * bytes, 2);
}

static void op_iret(struct kvmgen *n)
{
    unsigned bytes = code16(n) ? 2 : wide(n) && !one_in(n, 6) ? 8 : 4;

    put_stack(n, 0, bytes, rnd_offset(n));
    put_stack(n, 1, bytes, code_sel(n));
    put_stack(n, 2, bytes, rnd_flags(n));
    put_stack(n, 3, bytes, AT_USER_STACK - rnd(n, 16));
    put_stack(n, 4, bytes, stack_sel(n));
    for (unsigned k = 5; k < 9 && bytes == 4; k++)
        put_stack(n, k, bytes, rnd(n, 0x900)); /* to virtual-8086 mode */
    if (bytes == 8)
        emit(n, 0x48, 1);
    emit(n, 0xcf, 1);
}

static void op_int(struct kvmgen *n)
{
    static const uint8_t vec[] = {0x20, 0x80, 0x81, 0x82, 0x83, 0x88};

    if (one_in(n, 4)) {
        emit(n, one_in(n, 2) ? 0xcc : 0xf1, 1);
    } else {
        emit(n, 0xcd, 1);
        emit(n, vec[rnd(n, sizeof(vec))], 1);
    }
}

/* #DE, #UD, #GP, #SS, #PF by data accesses. */
static void op_fault(struct kvmgen *n)
{
    n->g->s.r[R_DI] = kvmgen_value(n);
    if (!wide(n))
        n->g->s.r[R_DI] &= 0xffffffff;
    switch (rnd(n, 5)) {
    case 0:
        emit(n, 0x0b0f, 2);
        break;
    case 1:
        emit(n, 0xf7, 1);
        emit_reg(n, 6, R_CX);
        break;
    case 2:
        emit(n, 0x36, 1); /* SS */
        emit(n, 0x8b, 1);
        emit_mem(n, R_AX);
        break;
    default:
        emit(n, one_in(n, 2) ? 0x8b : 0x89, 1);
        emit_mem(n, R_AX);
        break;
    }
}

static void op_io(struct kvmgen *n)
{
    n->g->s.r[R_DX] = rnd(n, 0x220);
    if (one_in(n, 3)) {
        emit(n, 0xe4 + rnd(n, 4), 1);
        emit(n, rnd(n, 0x40), 1);
    } else {
        emit(n, 0xec + rnd(n, 4), 1);
    }
}

static void op_string_io(struct kvmgen *n)
{
    n->g->s.r[R_DX] = rnd(n, 0x220);
    n->g->s.r[R_CX] = rnd(n, 4);
    if (one_in(n, 2))
        emit(n, 0xf3, 1);
    emit(n, 0x6c + rnd(n, 4), 1);
}

static void op_flags(struct kvmgen *n)
{
    put_stack(n, 0, 8, rnd_flags(n));
    switch (rnd(n, 4)) {
    case 0:
        emit(n, 0xfa, 1);
        break;
    case 1:
        emit(n, 0xfb, 1);
        break;
    case 2:
        emit_op(n, 0x9c);
        break;
    default:
        emit_op(n, 0x9d);
        break;
    }
}

static void op_syscall(struct kvmgen *n)
{
    struct x86_state *s = &n->g->s;

    s->r[R_CX] = AT_FAR;
    s->r[R_DX] = AT_FAR + 0x20;
    s->r[R_11] = kvmguest_long(n->g) ? rnd_flags(n) : 0;
    if (one_in(n, 6))
        s->r[R_CX] = kvmgen_value(n) & (wide(n) ? ~0ull : 0xffffffff);
    if (one_in(n, 6))
        s->efer ^= EFER_SCE;
    if (one_in(n, 6))
        s->sysenter_cs = rnd(n, 4);
    if (one_in(n, 4))
        s->star = rng_next(n->r);
    if (wide(n) && one_in(n, 2))
        emit(n, 0x48, 1);
    switch (rnd(n, 4)) {
    case 0:
        emit(n, 0x050f, 2);
        break;
    case 1:
        emit(n, 0x070f, 2);
        break;
    case 2:
        emit(n, 0x340f, 2);
        break;
    default:
        emit(n, 0x350f, 2);
        break;
    }
}

static void op_swapgs(struct kvmgen *n)
{
    emit(n, 0xf8010f, 3);
}

static void op_other(struct kvmgen *n)
{
    static const uint32_t op[] = {0x090f, 0x080f,   0x310f, 0x330f,
                                  0xaa0f, 0xf9010f, 0xf4,   0xd0010f};
    uint32_t v = op[rnd(n, ARRAY_LEN(op))];

    if (v == 0x310f || v == 0xf9010f)
        n->g->s.rflags |= one_in(n, 2) ? 0 : FL_IF;
    emit(n, v, v > 0xffff ? 3 : v > 0xff ? 2 : 1);
    /* What the clock said is no matter. */
    emit(n, code16(n) ? 0xd23166c03166 : 0xd231c031, code16(n) ? 6 : 4);
}

static void op_invlpg(struct kvmgen *n)
{
    emit(n, 0x010f, 2);
    emit_mem(n, 7);
}

static void op_fpu(struct kvmgen *n)
{
    static const uint32_t op[] = {0xe3db,   0x9b,   0x770f,
                                  0xc0ef0f, 0xe0df, 0xc0580f};
    uint32_t v = op[rnd(n, ARRAY_LEN(op))];

    emit(n, v, v > 0xffff ? 3 : v > 0xff ? 2 : 1);
}

#define M_8086 (BIT(GUEST_REAL) | BIT(GUEST_V86))
#define M_ALL  (BIT(GUEST_MODES) - 1)

static const struct {
    const char *name;
    void (*op)(struct kvmgen *n);
    unsigned weight, modes;
    bool not_pvm; /* in 64-bit user code, where PVM has the host's tables */
} ops[] = {
    {"lgdt, lidt, sgdt, sidt", op_table, 4, M_ALL, false},
    {"lldt, ltr, sldt, str, verr, verw", op_group6, 6, M_ALL, true},
    {"lldt, ltr", op_load_ldt_tr, 4, M_ALL & ~M_8086, false},
    {"lar, lsl", op_lar_lsl, 6, M_ALL, true},
    {"arpl", op_arpl, 1, M_ALL & ~BIT(GUEST_LONG), false},
    {"smsw, lmsw", op_msw, 2, M_ALL, false},
    {"clts", op_clts, 1, M_ALL, false},
    {"mov from cr, dr", op_read_cr, 2, M_ALL, false},
    {"mov to cr", op_write_cr, 4, M_ALL, false},
    {"mov to dr", op_write_dr, 3, M_ALL, false},
    {"rdmsr, wrmsr", op_msr, 4, M_ALL, false},
    {"mov to sreg", op_load_seg, 10, M_ALL, true},
    {"pop sreg", op_pop_seg, 4, M_ALL, true},
    {"push sreg", op_push_seg, 1, M_ALL, true},
    {"lds, les, lss, lfs, lgs", op_load_far, 3, M_ALL, true},
    {"jmp, call m16:xx", op_far, 8, M_ALL, true},
    {"jmp, call ptr16:xx", op_far_direct, 6, M_ALL, true},
    {"retf", op_ret_far, 8, M_ALL, true},
    {"iret", op_iret, 10, M_ALL, true},
    {"int", op_int, 4, M_ALL, false},
    {"fault", op_fault, 6, M_ALL, false},
    {"in, out", op_io, 4, M_ALL, false},
    {"ins, outs", op_string_io, 3, M_ALL, false},
    {"cli, sti, pushf, popf", op_flags, 5, M_ALL, false},
    {"syscall, sysret, sysenter, sysexit", op_syscall, 4, M_ALL, true},
    {"swapgs", op_swapgs, 1, M_ALL, false},
    {"other", op_other, 2, M_ALL, true},
    {"invlpg", op_invlpg, 1, M_ALL, false},
    {"fpu", op_fpu, 2, M_ALL, true},
};

static unsigned pick(struct kvmgen *n)
{
    unsigned total = 0, k, at;

    for (k = 0; k < ARRAY_LEN(ops); k++)
        total += (ops[k].modes >> n->g->mode & 1) ? ops[k].weight : 0;
    at = (unsigned)rnd(n, total);
    for (k = 0;; k++) {
        unsigned w = (ops[k].modes >> n->g->mode & 1) ? ops[k].weight : 0;

        if (at < w)
            return k;
        at -= w;
    }
}

const char *kvmgen_insn(struct kvmgen *n, bool pvm)
{
    unsigned k;

    do {
        k = pick(n);
    } while (pvm && ops[k].not_pvm && n->cpl == 3 && wide(n));
    ops[k].op(n);
    return ops[k].name;
}
