/* kvmrandom.c: random cases of privileged code. */
#include "common/x86/tests/kvmrandom.h"

#include <string.h>

#include "common/base/cc.h"
#include "common/x86/mem.h"

struct gen {
    struct rng *r;
    struct kvmguest *g;
    uint32_t at; /* physical address of the next code byte */
    unsigned cpl;
};

static uint64_t rnd(struct gen *n, uint64_t below)
{
    return rng_below(n->r, below);
}

static bool one_in(struct gen *n, unsigned k)
{
    return rnd(n, k) == 0;
}

static bool wide(const struct gen *n)
{
    return n->g->mode == GUEST_LONG;
}

/* Real and virtual-8086 mode: no descriptors. */
static bool is_8086(const struct gen *n)
{
    return n->g->mode == GUEST_REAL || n->g->mode == GUEST_V86;
}

static bool code16(const struct gen *n)
{
    return is_8086(n) || n->g->mode == GUEST_PROT16;
}

/* ---- code ---- */
static void emit(struct gen *n, uint64_t v, unsigned bytes)
{
    kvmguest_put(n->g, n->at, v, bytes);
    n->at += bytes;
}

/* An opcode of one or two bytes, now and then with an operand-size prefix. */
static void emit_op(struct gen *n, unsigned op)
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
static void emit_mem(struct gen *n, unsigned reg)
{
    emit(n, reg << 3 | (code16(n) ? 5 : 7), 1);
}

static void emit_reg(struct gen *n, unsigned reg, unsigned rm)
{
    emit(n, 0xc0 | reg << 3 | rm, 1);
}

static void emit_either(struct gen *n, unsigned reg)
{
    if (one_in(n, 2))
        emit_mem(n, reg);
    else
        emit_reg(n, reg, R_AX);
}

/* ---- values ---- */
static uint64_t flip_bits(struct gen *n, uint64_t v, unsigned below)
{
    for (unsigned k = (unsigned)rnd(n, 3); k > 0; k--)
        v ^= BITQ(rnd(n, below));
    return v;
}

static uint64_t rnd_value(struct gen *n)
{
    uint64_t v = rng_next(n->r);

    switch (rnd(n, 5)) {
    case 0:
        return v;
    case 1:
        return BITQ(v & 63);
    case 2:
        return (uint64_t)(int64_t)(int16_t)v;
    case 3:
        return v & 0xffffffff;
    default:
        return v & 0xfff;
    }
}

static uint16_t rnd_sel(struct gen *n)
{
    static const uint16_t common[] = {
        SEL_C0,  SEL_D0,    SEL_C3,    SEL_D3,  SEL_C0L, SEL_C3L, SEL_C0W,
        SEL_D0W, SEL_C1,    SEL_D1,    SEL_C2,  SEL_D2,  SEL_LDT, SEL_CONF,
        SEL_TSS, SEL_TSS32, SEL_TSS16, SEL_C3W, SEL_D3W, SEL_CALL};
    uint16_t sel;

    switch (rnd(n, 8)) {
    case 0:
        return (uint16_t)rnd(n, 4);
    case 1:
        return (uint16_t)(SEL_L0 + rnd(n, 8) * 8 + rnd(n, 4));
    case 2:
    case 3:
        sel = common[rnd(n, ARRAY_LEN(common))];
        break;
    case 4:
        return (uint16_t)(one_in(n, 4) ? rng_next(n->r)
                                       : GDT_LIMIT + rnd(n, 24));
    default:
        sel = (uint16_t)(SEL_T0 + 16 * rnd(n, 16));
        break;
    }
    return (uint16_t)(sel | (one_in(n, 2) ? n->cpl : rnd(n, 4)));
}

static uint32_t rnd_base(struct gen *n)
{
    switch (rnd(n, 8)) {
    case 0:
        return 0x100;
    case 1:
        return 0x1000;
    case 2:
        return (uint32_t)(one_in(n, 8) ? rng_next(n->r) : rnd(n, 0x4000));
    default:
        return 0;
    }
}

static uint64_t rnd_segment(struct gen *n)
{
    uint32_t attr = SA_S | (uint32_t)rnd(n, 16);
    uint32_t limit = 0xfffff;

    attr |= one_in(n, 8) ? 0 : SA_P;
    attr |= (uint32_t)(one_in(n, 2) ? n->cpl : rnd(n, 4)) << 5;
    attr |= one_in(n, 3) ? 0 : SA_G;
    attr |= one_in(n, 4) ? 0 : SA_DB;
    attr |= one_in(n, 8) ? BIT(12) : 0;
    if ((attr & SA_CODE) && one_in(n, wide(n) ? 2 : 6))
        attr = (attr | SA_L) & (one_in(n, 6) ? ~0u : ~SA_DB);
    if (one_in(n, 3))
        limit = (uint32_t)rnd(n, 0x10000);
    return kvmguest_desc(rnd_base(n), limit, attr);
}

static uint64_t rnd_system(struct gen *n)
{
    static const uint32_t at[] = {AT_TSS32, AT_TSS16, AT_LDT, AT_TSS, AT_DATA};
    static const uint8_t types[] = {
        SYS_TSS16_AVAIL, SYS_LDT,        SYS_TSS16_BUSY,
        SYS_TSS32_AVAIL, SYS_TSS32_BUSY, SYS_CALL32,
        SYS_CALL32,      SYS_CALL16,     SYS_TASKGATE};
    uint32_t type = types[rnd(n, sizeof(types))], attr;

    if (one_in(n, 6))
        type = (uint32_t)rnd(n, 16);
    attr = type | (one_in(n, 8) ? 0 : SA_P) |
           (uint32_t)(one_in(n, 2) ? n->cpl : rnd(n, 4)) << 5;
    if (type >= SYS_CALL16 && type != SYS_TSS32_AVAIL && type != SYS_TSS32_BUSY)
        return kvmguest_gate(rnd_sel(n), AT_FAR, attr,
                             one_in(n, 2) ? 0 : (unsigned)rnd(n, 40));
    return kvmguest_desc(at[rnd(n, ARRAY_LEN(at))],
                         one_in(n, 3) ? (uint32_t)rnd(n, 0x100) : 0x67,
                         attr | (one_in(n, 8) ? SA_G : 0));
}

static void rnd_tables(struct gen *n)
{
    for (unsigned k = 0; k < 16; k++) {
        uint16_t sel = (uint16_t)(SEL_T0 + 16 * k);
        uint64_t high = one_in(n, 6) ? rng_next(n->r) : 0;

        kvmguest_set_desc(n->g, sel,
                          one_in(n, 3) ? rnd_system(n) : rnd_segment(n));
        if (one_in(n, 4))
            high &= 0xffff;
        kvmguest_set_desc(n->g, (uint16_t)(sel + 8),
                          kvmguest_long(n->g) ? high : rnd_segment(n));
    }
    for (uint16_t sel = SEL_L0; sel < LDT_LIMIT; sel += 8)
        kvmguest_set_desc(n->g, sel,
                          one_in(n, 4) ? rnd_system(n) : rnd_segment(n));
}

/* Gates that differ from the usual ones, of the exceptions that come most. */
static void rnd_gates(struct gen *n)
{
    static const uint8_t vecs[] = {VEC_GP, VEC_NP, VEC_SS, VEC_PF, VEC_UD,
                                   VEC_TS, VEC_DF, VEC_DB, VEC_BP, 0x80,
                                   0x81,   0x82,   0x83};
    static const uint8_t types[] = {SYS_INT32,  SYS_TRAP32,   SYS_INT16,
                                    SYS_TRAP16, SYS_TASKGATE, SYS_CALL32};

    for (unsigned k = 0; k < sizeof(vecs); k++) {
        uint32_t attr = types[rnd(n, one_in(n, 4) ? sizeof(types) : 2)];
        uint16_t sel = kvmguest_long(n->g) ? SEL_C0L : SEL_C0;

        if (!one_in(n, 6))
            continue;
        attr |= one_in(n, 8) ? 0 : SA_P;
        attr |= (uint32_t)rnd(n, 4) << 5;
        if (one_in(n, 3))
            sel = rnd_sel(n);
        kvmguest_set_idt(n->g, vecs[k], sel, AT_HANDLERS + 4 * vecs[k], attr,
                         one_in(n, 2) ? (unsigned)rnd(n, 8) : 0);
    }
}

static void rnd_tss(struct gen *n)
{
    struct x86_state *s = &n->g->s;

    if (one_in(n, 8))
        s->tr.limit = (uint32_t)rnd(n, TSS_LIMIT + 8);
    if (one_in(n, 8))
        kvmguest_put(n->g, AT_TSS + 0x66, rnd(n, 0x100), 2);
    if (one_in(n, 8))
        kvmguest_put(n->g, AT_TSS + TSS_IOMAP + rnd(n, 0x40), rng_next(n->r),
                     1);
    if (kvmguest_long(n->g)) {
        if (one_in(n, 8))
            kvmguest_put(n->g, AT_TSS + 4 + 8 * rnd(n, 11),
                         one_in(n, 3) ? rnd_value(n) : AT_STACK0 + rnd(n, 64),
                         8);
        return;
    }
    if (one_in(n, 6))
        kvmguest_put(n->g, AT_TSS + 8 + 8 * rnd(n, 3), rnd_sel(n), 2);
    if (one_in(n, 8))
        kvmguest_put(n->g, AT_TSS + 4 + 8 * rnd(n, 3), rnd(n, 0x8000), 4);
    for (unsigned k = 0; k < 7; k++) {
        if (one_in(n, 8))
            kvmguest_put(n->g, AT_TSS32 + 0x48 + 4 * k, rnd_sel(n), 2);
        if (one_in(n, 8) && k < 5)
            kvmguest_put(n->g, AT_TSS16 + 0x22 + 2 * k, rnd_sel(n), 2);
    }
}

static void rnd_registers(struct gen *n)
{
    static const uint32_t cr0[] = {CR0_TS, CR0_EM, CR0_MP, CR0_AM, CR0_NE};
    static const uint32_t cr4[] = {CR4_DE,  CR4_TSD,    CR4_PCE, CR4_VME,
                                   CR4_PVI, CR4_OSFXSR, CR4_PGE, CR4_MCE};
    struct x86_state *s = &n->g->s;

    if (one_in(n, 3))
        s->rflags |= rnd(n, 4) << 12;
    if (one_in(n, 3))
        s->rflags |= FL_IF;
    if (one_in(n, 16))
        s->rflags |= FL_AC;
    if (one_in(n, 24))
        s->rflags |= FL_NT;
    if (one_in(n, 8))
        s->cr0 ^= cr0[rnd(n, ARRAY_LEN(cr0))];
    if (one_in(n, 8))
        s->cr4 ^= cr4[rnd(n, ARRAY_LEN(cr4))];
    if (!is_8086(n) && one_in(n, 4))
        kvmguest_load(n->g, one_in(n, 2) ? SEG_FS : SEG_GS,
                      (uint16_t)(SEL_D3W | 3));
    for (unsigned k = 0; k < 3; k++)
        s->r[k] = rnd_value(n);
    if (!wide(n)) {
        for (unsigned k = 0; k < 3; k++)
            s->r[k] &= 0xffffffff;
    }
}

/* ---- memory that instructions read ---- */
static uint64_t rnd_offset(struct gen *n)
{
    switch (rnd(n, 12)) {
    case 0:
        return rnd_value(n);
    case 1:
        return BITQ(47);
    default:
        return AT_FAR + rnd(n, 16);
    }
}

/* m16:16, m16:32, m16:64 at DI. */
static void put_far(struct gen *n, unsigned bytes)
{
    uint32_t at = AT_DATA + (n->g->mode == GUEST_V86 ? 0x10 : 0);

    kvmguest_put(n->g, at, rnd_offset(n), bytes);
    kvmguest_put(n->g, at + bytes, is_8086(n) ? rnd(n, 0x900) : rnd_sel(n), 2);
}

static void put_table(struct gen *n)
{
    uint32_t at = AT_DATA + (n->g->mode == GUEST_V86 ? 0x10 : 0);

    kvmguest_put(n->g, at, one_in(n, 2) ? GDT_LIMIT : rnd(n, 0x10000), 2);
    kvmguest_put(n->g, at + 2, one_in(n, 3) ? rnd_value(n) : AT_GDT, 8);
}

/* Stack slots of `bytes` from SP on. */
static void put_stack(struct gen *n, unsigned slot, unsigned bytes, uint64_t v)
{
    const struct x86_state *s = &n->g->s;

    kvmguest_put(n->g,
                 (uint32_t)(s->seg[SEG_SS].base + s->r[R_SP] + slot * bytes), v,
                 bytes);
}

static uint64_t rnd_flags(struct gen *n)
{
    uint64_t fl = FL_ONE;

    for (unsigned k = (unsigned)rnd(n, 5); k > 0; k--)
        fl |= BITQ(rnd(n, 22));
    return fl & ~(uint64_t)(one_in(n, 6) ? 0 : FL_TF);
}

static uint64_t code_sel(struct gen *n)
{
    if (is_8086(n))
        return rnd(n, 0x900);
    if (one_in(n, 2))
        return rnd_sel(n);
    if (kvmguest_long(n->g))
        return one_in(n, 2)   ? SEL_C3L | 3
               : one_in(n, 2) ? SEL_C3 | 3
                              : SEL_C0L | n->cpl;
    return one_in(n, 2) ? SEL_C3 | 3 : SEL_C0 | n->cpl;
}

static uint64_t stack_sel(struct gen *n)
{
    return one_in(n, 2) ? rnd_sel(n) : SEL_D3 | 3;
}

/* ---- instructions ---- */
static void op_table(struct gen *n)
{
    put_table(n);
    emit_op(n, 0x0f01);
    emit_mem(n, (unsigned)rnd(n, 4));
}

static void op_group6(struct gen *n)
{
    unsigned reg = (unsigned)rnd(n, 6);

    n->g->s.r[R_AX] = rnd_sel(n);
    put_far(n, 0);
    emit_op(n, 0x0f00);
    emit_either(n, reg);
}

static void op_load_ldt_tr(struct gen *n)
{
    n->g->s.r[R_AX] = SEL_T0 + 16 * rnd(n, 16);
    emit(n, 0x000f, 2);
    emit_reg(n, 2 + (unsigned)rnd(n, 2), R_AX);
}

static void op_lar_lsl(struct gen *n)
{
    n->g->s.r[R_AX] = rnd_sel(n);
    emit_op(n, 0x0f02 + (unsigned)rnd(n, 2));
    emit_reg(n, R_CX, R_AX);
}

static void op_arpl(struct gen *n)
{
    emit(n, 0x63, 1);
    emit_either(n, R_CX);
}

static void op_msw(struct gen *n)
{
    n->g->s.r[R_AX] = n->g->s.cr0;
    n->g->s.r[R_AX] ^= rnd(n, 16) & (one_in(n, 8) ? 0xf : 0xe);
    emit_op(n, 0x0f01);
    emit_reg(n, one_in(n, 2) ? 4 : 6, R_AX);
}

static void op_clts(struct gen *n)
{
    emit(n, 0x060f, 2);
}

static void op_read_cr(struct gen *n)
{
    emit(n, one_in(n, 2) ? 0x200f : 0x210f, 2);
    emit_reg(n, (unsigned)rnd(n, 8), R_AX);
}

static void op_write_cr(struct gen *n)
{
    static const uint8_t cr[] = {0, 0, 0, 3, 3, 4, 4, 4, 2, 1, 5, 7};
    const struct x86_state *s = &n->g->s;
    unsigned k = cr[rnd(n, sizeof(cr))];
    uint64_t v = k == 0   ? s->cr0
                 : k == 3 ? s->cr3
                 : k == 4 ? s->cr4
                          : rnd_value(n);

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

static void op_write_dr(struct gen *n)
{
    unsigned k = (unsigned)rnd(n, 8);

    n->g->s.r[R_AX] = rnd_value(n);
    if (k == 7 || k == 5)
        n->g->s.r[R_AX] &= ~(uint64_t)0xff;
    if (one_in(n, 8))
        n->g->s.dr[7] |= BIT(13);
    emit(n, 0x230f, 2);
    emit_reg(n, k, R_AX);
}

static void op_msr(struct gen *n)
{
    static const uint32_t index[] = {
        0x174,      0x175,      0x176,      0x277,      0xc0000080,
        0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,
        0xc0000100, 0xc0000101, 0xc0000102, 0x12345};
    struct x86_state *s = &n->g->s;
    uint64_t v = rnd_value(n);

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

static void op_load_seg(struct gen *n)
{
    n->g->s.r[R_AX] = is_8086(n) ? rng_next(n->r) & 0xffff : rnd_sel(n);
    emit_op(n, 0x8e);
    emit_reg(n, (unsigned)rnd(n, 6), R_AX);
    if (one_in(n, 2)) { /* and use it */
        emit(n, one_in(n, 2) ? 0x3e : 0x36, 1);
        emit(n, one_in(n, 2) ? 0x8a : 0x88, 1);
        emit_mem(n, R_CX);
    }
}

static void op_pop_seg(struct gen *n)
{
    static const uint16_t op[] = {0x07, 0x17, 0x1f, 0x0fa1, 0x0fa9};
    unsigned k = (unsigned)rnd(n, ARRAY_LEN(op));

    put_stack(n, 0, 8, is_8086(n) ? rng_next(n->r) & 0xffff : rnd_sel(n));
    emit_op(n, op[k]);
}

static void op_push_seg(struct gen *n)
{
    static const uint16_t op[] = {0x06, 0x0e, 0x16, 0x1e, 0x0fa0, 0x0fa8};

    emit_op(n, op[rnd(n, ARRAY_LEN(op))]);
}

static void op_load_far(struct gen *n)
{
    static const uint16_t op[] = {0x0fb2, 0x0fb4, 0x0fb5, 0xc4, 0xc5};

    put_far(n, code16(n) ? 2 : 4);
    emit_op(n, op[rnd(n, wide(n) ? 3 : 5)]);
    emit_mem(n, R_CX);
}

static void op_far(struct gen *n)
{
    put_far(n, code16(n) ? 2 : 4);
    emit_op(n, 0xff);
    emit_mem(n, one_in(n, 2) ? 3 : 5);
}

static void op_far_direct(struct gen *n)
{
    emit_op(n, one_in(n, 2) ? 0xea : 0x9a);
    emit(n, rnd_offset(n), code16(n) ? 2 : 4);
    emit(n, code_sel(n), 2);
}

static void op_ret_far(struct gen *n)
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

static void op_iret(struct gen *n)
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

static void op_int(struct gen *n)
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
static void op_fault(struct gen *n)
{
    n->g->s.r[R_DI] = rnd_value(n);
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

static void op_io(struct gen *n)
{
    n->g->s.r[R_DX] = rnd(n, 0x220);
    if (one_in(n, 3)) {
        emit(n, 0xe4 + rnd(n, 4), 1);
        emit(n, rnd(n, 0x40), 1);
    } else {
        emit(n, 0xec + rnd(n, 4), 1);
    }
}

static void op_string_io(struct gen *n)
{
    n->g->s.r[R_DX] = rnd(n, 0x220);
    n->g->s.r[R_CX] = rnd(n, 4);
    if (one_in(n, 2))
        emit(n, 0xf3, 1);
    emit(n, 0x6c + rnd(n, 4), 1);
}

static void op_flags(struct gen *n)
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

static void op_syscall(struct gen *n)
{
    struct x86_state *s = &n->g->s;

    s->r[R_CX] = AT_FAR;
    s->r[R_DX] = AT_FAR + 0x20;
    s->r[R_11] = kvmguest_long(n->g) ? rnd_flags(n) : 0;
    if (one_in(n, 6))
        s->r[R_CX] = rnd_value(n) & (wide(n) ? ~0ull : 0xffffffff);
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

static void op_swapgs(struct gen *n)
{
    emit(n, 0xf8010f, 3);
}

static void op_other(struct gen *n)
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

static void op_invlpg(struct gen *n)
{
    emit(n, 0x010f, 2);
    emit_mem(n, 7);
}

static void op_fpu(struct gen *n)
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
    void (*op)(struct gen *n);
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

static unsigned pick(struct gen *n)
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

/* PVM delivers events through descriptors that it does not check, and its
 * user code has neither IOPL nor NT, and always IF and CR0.AM. */
static void rnd_system_state(struct gen *n, bool pvm)
{
    if (!is_8086(n))
        rnd_tables(n);
    if (!pvm && n->g->mode != GUEST_REAL && one_in(n, 2)) {
        rnd_gates(n);
        rnd_tss(n);
    }
    rnd_registers(n);
    if (pvm && n->cpl == 3 && kvmguest_long(n->g)) {
        n->g->s.rflags &= ~(uint64_t)(FL_IOPL | FL_NT | FL_AC);
        n->g->s.rflags |= FL_IF;
    }
}

const char *kvmrandom_case(struct kvmrandom *r, struct kvmguest *g)
{
    struct gen n = {.r = &r->rng, .g = g, .at = AT_CODE};
    enum kvmguest_mode mode;
    unsigned k;

    do {
        mode = (enum kvmguest_mode)rnd(&n, GUEST_MODES);
    } while (!(r->modes >> mode & 1));
    n.cpl = rnd(&n, 5) < 3 ? 0 : 3;
    if (mode == GUEST_REAL)
        n.cpl = 0;
    if (mode == GUEST_V86)
        n.cpl = 3;
    kvmguest_init(g, mode, n.cpl);
    rnd_system_state(&n, r->pvm);
    do {
        k = pick(&n);
    } while (r->pvm && ops[k].not_pvm && n.cpl == 3 && wide(&n));
    ops[k].op(&n);
    return ops[k].name;
}
