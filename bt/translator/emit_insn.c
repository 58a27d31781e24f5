/* emit_insn.c: the forms of instructions, from the table of encodings. */
#include "bt/translator/emit_enc.h"
#include "common/base/bits.h"
#include "common/base/cc.h"

#define NO   0
#define B    0x01u
#define I8   0x02u
#define S8   0x04u
#define RM8  0x08u
#define RM16 0x10u
#define F3   0x20u
#define Q    0x40u
#define MEM  0x80u

struct row {
    uint16_t load, store, imm, unary;
    uint8_t digit, flags;
};

static const struct row rows[EO_COUNT] = {
#define EMIT_OP(name, load, store, imm, unary, digit, flags)                   \
    [EO_##name] = {load, store, imm, unary, digit, flags},
#include "bt/translator/emit_ops.def"
#undef EMIT_OP
};

/* Fill in what size and flags decide. False: no such form (the byte form of
 * IMUL is that with one operand). */
static bool begin(struct emit *e, struct emit_enc *n, enum emit_op op,
                  enum emit_size size, unsigned opcode)
{
    const struct row *r = &rows[op];

    if (opcode == NO || (size == E8 && !(r->flags & B)) ||
        (size == E8 && opcode == r->load && op == EO_IMUL) ||
        ((r->flags & Q) && size != E64)) {
        emit_enc_fail(e, EMIT_FORM);
        return false;
    }
    *n = (struct emit_enc){.opcode = opcode};
    if (size == E8)
        n->opcode--;
    n->byte_reg = size == E8;
    n->byte_rm = size == E8 || (r->flags & RM8);
    n->w = size == E64 && !(r->flags & Q);
    if (r->flags & F3)
        n->prefix = 0xf3; /* and 66 before it, where the size asks for it */
    else if (size == E16)
        n->prefix = 0x66;
    if ((r->flags & F3) && size == E16) {
        emit_enc_fail(e, EMIT_FORM);
        return false;
    }
    return true;
}

static void set_reg(struct emit *e, struct emit_enc *n, enum emit_op op,
                    enum emit_reg rm)
{
    if (rows[op].flags & MEM)
        emit_enc_fail(e, EMIT_FORM);
    n->rm = (uint8_t)rm;
}

static void set_mem(struct emit_enc *n, struct emit_mem mem)
{
    n->has_mem = true;
    n->mem = mem;
}

/* An immediate that fits the size, as the instruction extends it. */
static bool imm_fits(enum emit_size size, int64_t imm)
{
    unsigned bits = 8u << size;

    if (size == E64)
        return imm == (int32_t)imm;
    return imm >= -(int64_t)BITQ(bits - 1) && imm < (int64_t)BITQ(bits);
}

static void set_imm(struct emit *e, struct emit_enc *n, enum emit_op op,
                    enum emit_size size, int64_t imm)
{
    unsigned flags = rows[op].flags;

    if (flags & I8) {
        if (imm < 0 || imm > 255)
            emit_enc_fail(e, EMIT_FORM);
        n->imm_bytes = 1;
    } else {
        if (!imm_fits(size, imm))
            emit_enc_fail(e, EMIT_FORM);
        if (size < E64)
            imm = sext((uint64_t)imm, 8u << size);
        n->imm_bytes = size == E8 ? 1 : size == E16 ? 2 : 4;
        if ((flags & S8) && size != E8 && imm == (int8_t)imm) {
            n->opcode += 2;
            n->imm_bytes = 1;
        }
    }
    n->imm = imm;
}

/* ---- two operands ---- */

void emit_rr(struct emit *e, enum emit_op op, enum emit_size size,
             enum emit_reg dst, enum emit_reg src)
{
    struct emit_enc n;
    bool store = rows[op].store != NO;

    if (!begin(e, &n, op, size, store ? rows[op].store : rows[op].load))
        return;
    n.reg = (uint8_t)(store ? src : dst);
    if (rows[op].flags & RM8)
        n.byte_reg = false;
    set_reg(e, &n, op, store ? dst : src);
    emit_enc_put(e, &n);
}

void emit_rm(struct emit *e, enum emit_op op, enum emit_size size,
             enum emit_reg dst, struct emit_mem mem)
{
    struct emit_enc n;
    unsigned opcode = op == EO_TEST ? rows[op].store : rows[op].load;

    if (!begin(e, &n, op, size, opcode))
        return;
    n.reg = (uint8_t)dst;
    set_mem(&n, mem);
    emit_enc_put(e, &n);
}

void emit_mr(struct emit *e, enum emit_op op, enum emit_size size,
             struct emit_mem mem, enum emit_reg src)
{
    struct emit_enc n;

    if (!begin(e, &n, op, size, rows[op].store))
        return;
    n.reg = (uint8_t)src;
    set_mem(&n, mem);
    emit_enc_put(e, &n);
}

void emit_ri(struct emit *e, enum emit_op op, enum emit_size size,
             enum emit_reg dst, int64_t imm)
{
    struct emit_enc n;

    if (!begin(e, &n, op, size, rows[op].imm))
        return;
    n.reg = rows[op].digit;
    n.byte_reg = false;
    set_reg(e, &n, op, dst);
    set_imm(e, &n, op, size, imm);
    emit_enc_put(e, &n);
}

void emit_mi(struct emit *e, enum emit_op op, enum emit_size size,
             struct emit_mem mem, int64_t imm)
{
    struct emit_enc n;

    if (!begin(e, &n, op, size, rows[op].imm))
        return;
    n.reg = rows[op].digit;
    n.byte_reg = false;
    set_mem(&n, mem);
    set_imm(e, &n, op, size, imm);
    emit_enc_put(e, &n);
}

/* ---- one operand ---- */

void emit_r(struct emit *e, enum emit_op op, enum emit_size size,
            enum emit_reg reg)
{
    struct emit_enc n;

    if (!begin(e, &n, op, size, rows[op].unary))
        return;
    n.reg = rows[op].digit;
    n.byte_reg = false;
    set_reg(e, &n, op, reg);
    emit_enc_put(e, &n);
}

void emit_m(struct emit *e, enum emit_op op, enum emit_size size,
            struct emit_mem mem)
{
    struct emit_enc n;

    if (!begin(e, &n, op, size, rows[op].unary))
        return;
    n.reg = rows[op].digit;
    n.byte_reg = false;
    set_mem(&n, mem);
    emit_enc_put(e, &n);
}

/* ---- three operands ---- */

/* IMUL 69 /r, 6B /r: reg is the destination; SHLD, SHRD: the source. */
static bool begin3(struct emit *e, struct emit_enc *n, enum emit_op op,
                   enum emit_size size, int64_t imm)
{
    bool imul = op == EO_IMUL;

    if ((!imul && op != EO_SHLD && op != EO_SHRD) || size == E8) {
        emit_enc_fail(e, EMIT_FORM);
        return false;
    }
    if (!begin(e, n, op, size, imul ? 0x69u : rows[op].store - 1u))
        return false;
    n->imm = imm;
    n->imm_bytes = 1;
    if (!imul) {
        if (imm < 0 || imm > 255)
            emit_enc_fail(e, EMIT_FORM);
        return true;
    }
    if (!imm_fits(size, imm))
        emit_enc_fail(e, EMIT_FORM);
    if (size < E64)
        n->imm = sext((uint64_t)imm, 8u << size);
    if (n->imm == (int8_t)n->imm)
        n->opcode = 0x6b;
    else
        n->imm_bytes = size == E16 ? 2 : 4;
    return true;
}

void emit_rri(struct emit *e, enum emit_op op, enum emit_size size,
              enum emit_reg dst, enum emit_reg src, int64_t imm)
{
    struct emit_enc n;

    if (!begin3(e, &n, op, size, imm))
        return;
    n.reg = (uint8_t)(op == EO_IMUL ? dst : src);
    n.rm = (uint8_t)(op == EO_IMUL ? src : dst);
    emit_enc_put(e, &n);
}

void emit_rmi(struct emit *e, enum emit_op op, enum emit_size size,
              enum emit_reg dst, struct emit_mem mem, int64_t imm)
{
    struct emit_enc n;

    if (op != EO_IMUL)
        emit_enc_fail(e, EMIT_FORM);
    if (!begin3(e, &n, op, size, imm))
        return;
    n.reg = (uint8_t)dst;
    set_mem(&n, mem);
    emit_enc_put(e, &n);
}

void emit_mri(struct emit *e, enum emit_op op, enum emit_size size,
              struct emit_mem mem, enum emit_reg src, int64_t imm)
{
    struct emit_enc n;

    if (op == EO_IMUL)
        emit_enc_fail(e, EMIT_FORM);
    if (!begin3(e, &n, op, size, imm))
        return;
    n.reg = (uint8_t)src;
    set_mem(&n, mem);
    emit_enc_put(e, &n);
}

/* ---- moves, SETcc, CMOVcc ---- */

uint32_t emit_movabs(struct emit *e, enum emit_reg dst, uint64_t imm)
{
    uint8_t bytes[10] = {(uint8_t)(0x48 | ((unsigned)dst >> 3 & 1)),
                         (uint8_t)(0xb8 | (dst & 7))};

    if (dst > HR_15)
        emit_enc_fail(e, EMIT_FORM);
    put_le64(bytes + 2, imm);
    emit_bytes(e, bytes, sizeof(bytes));
    return emit_ok(e) ? emit_offset(e) - 8 : 0;
}

void emit_mov_imm(struct emit *e, enum emit_reg dst, uint64_t imm)
{
    uint8_t bytes[6] = {0x41, (uint8_t)(0xb8 | (dst & 7))};
    unsigned skip = dst < HR_8;

    if (dst > HR_15) {
        emit_enc_fail(e, EMIT_FORM);
    } else if (imm <= UINT32_MAX) {
        put_le32(bytes + 2, (uint32_t)imm);
        emit_bytes(e, bytes + skip, 6 - skip);
    } else if ((int64_t)imm == (int32_t)imm) {
        emit_ri(e, EO_MOV, E64, dst, (int64_t)imm);
    } else {
        emit_movabs(e, dst, imm);
    }
}

void emit_bswap(struct emit *e, enum emit_size size, enum emit_reg reg)
{
    uint8_t rex =
        (uint8_t)(0x40 | (size == E64 ? 8u : 0) | ((unsigned)reg >> 3 & 1));
    uint8_t bytes[3] = {rex, 0x0f, (uint8_t)(0xc8 | (reg & 7))};
    unsigned skip = rex == 0x40;

    if (size < E32 || reg > HR_15)
        emit_enc_fail(e, EMIT_FORM);
    emit_bytes(e, bytes + skip, 3 - skip);
}

void emit_push_imm(struct emit *e, int32_t imm)
{
    uint8_t bytes[5] = {0x68};

    put_le32(bytes + 1, (uint32_t)imm);
    if (imm == (int8_t)imm)
        bytes[0] = 0x6a;
    emit_bytes(e, bytes, bytes[0] == 0x6a ? 2 : 5);
}

void emit_setcc_r(struct emit *e, enum emit_cc cc, enum emit_reg reg)
{
    struct emit_enc n = {
        .opcode = 0x0f90u | cc, .byte_rm = true, .rm = (uint8_t)reg};

    emit_enc_put(e, &n);
}

void emit_setcc_m(struct emit *e, enum emit_cc cc, struct emit_mem mem)
{
    struct emit_enc n = {.opcode = 0x0f90u | cc, .has_mem = true, .mem = mem};

    emit_enc_put(e, &n);
}

static struct emit_enc cmov(struct emit *e, enum emit_cc cc,
                            enum emit_size size, enum emit_reg dst)
{
    if (size == E8)
        emit_enc_fail(e, EMIT_FORM);
    return (struct emit_enc){.opcode = 0x0f40u | cc,
                             .reg = (uint8_t)dst,
                             .prefix = size == E16 ? 0x66 : 0,
                             .w = size == E64};
}

void emit_cmov_rr(struct emit *e, enum emit_cc cc, enum emit_size size,
                  enum emit_reg dst, enum emit_reg src)
{
    struct emit_enc n = cmov(e, cc, size, dst);

    n.rm = (uint8_t)src;
    emit_enc_put(e, &n);
}

void emit_cmov_rm(struct emit *e, enum emit_cc cc, enum emit_size size,
                  enum emit_reg dst, struct emit_mem mem)
{
    struct emit_enc n = cmov(e, cc, size, dst);

    set_mem(&n, mem);
    emit_enc_put(e, &n);
}
