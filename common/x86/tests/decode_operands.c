/* decode_operands.c: the operands of a decoded instruction against those that
 * Capstone lists. */
#include <string.h>

#include "common/x86/defs.h"
#include "common/x86/tests/decode_oracle.h"

/* An operand as we see it. */
struct expected {
    x86_op_type type;
    x86_reg reg;
    uint64_t imm, mask; /* imm under mask */
};

/* ---- register numbers ---- */
#define REG(n) X86_REG_##n

static const uint16_t gpr_names[4][16] = {
    {0},
    {REG(AX), REG(CX), REG(DX), REG(BX), REG(SP), REG(BP), REG(SI), REG(DI),
     REG(R8W), REG(R9W), REG(R10W), REG(R11W), REG(R12W), REG(R13W), REG(R14W),
     REG(R15W)},
    {REG(EAX), REG(ECX), REG(EDX), REG(EBX), REG(ESP), REG(EBP), REG(ESI),
     REG(EDI), REG(R8D), REG(R9D), REG(R10D), REG(R11D), REG(R12D), REG(R13D),
     REG(R14D), REG(R15D)},
    {REG(RAX), REG(RCX), REG(RDX), REG(RBX), REG(RSP), REG(RBP), REG(RSI),
     REG(RDI), REG(R8), REG(R9), REG(R10), REG(R11), REG(R12), REG(R13),
     REG(R14), REG(R15)},
};

/* By number and part (low, second byte). */
static const uint16_t gpr8_low[16] = {
    REG(AL),   REG(CL),   REG(DL),   REG(BL),   REG(SPL),  REG(BPL),
    REG(SIL),  REG(DIL),  REG(R8B),  REG(R9B),  REG(R10B), REG(R11B),
    REG(R12B), REG(R13B), REG(R14B), REG(R15B),
};
static const uint16_t gpr8_high[4] = {REG(AH), REG(CH), REG(DH), REG(BH)};
static const uint16_t seg_names[SEG_COUNT] = {REG(ES), REG(CS), REG(SS),
                                              REG(DS), REG(FS), REG(GS)};

static x86_reg gpr_name(unsigned n, unsigned size)
{
    if (size != 0)
        return n < 16 ? gpr_names[size][n] : X86_REG_INVALID;
    if ((n & 7) == 1)
        return n >> 3 < 4 ? gpr8_high[n >> 3] : X86_REG_INVALID;
    return (n & 7) == 0 && n < 128 ? gpr8_low[n >> 3] : X86_REG_INVALID;
}

/* ---- memory ---- */
static bool address_reg_equal(unsigned n, unsigned asize, x86_reg theirs)
{
    if (n == R_ZERO)
        return theirs == X86_REG_INVALID || theirs == X86_REG_EIZ ||
               theirs == X86_REG_RIZ;
    if (n == R_IP)
        return theirs == (asize == 3 ? X86_REG_RIP : X86_REG_EIP);
    return theirs == (x86_reg)gpr_names[asize][n];
}

static bool memory_equal(const struct oracle_case *k, const cs_x86_op *op)
{
    const struct x86_insn *i = &k->ours;
    unsigned asize = xi_asize(i);
    int64_t disp = i->disp - (i->base == R_IP ? i->len : 0);

    if (op->type != X86_OP_MEM)
        return false;
    if (!address_reg_equal(i->base, asize, op->mem.base) ||
        !address_reg_equal(i->index, asize, op->mem.index))
        return false;
    if (i->index != R_ZERO && op->mem.scale != 1 << xi_scale(i))
        return false;
    if ((((uint64_t)disp ^ (uint64_t)op->mem.disp) & mask_low(8u << asize)) !=
        0)
        return false;
    return (i->flags & XI_SEGPFX) == 0 || op->mem.segment == X86_REG_INVALID ||
           op->mem.segment == seg_names[xi_seg(i)];
}

/* ---- all operands ---- */
static unsigned size_of(const struct oracle_case *k, unsigned opd)
{
    switch (OPD_SIZE(opd)) {
    case OPS_b:
        return 0;
    case OPS_w:
        return 1;
    case OPS_d:
        return 2;
    case OPS_r:
        return k->code_size == 3 ? 3 : 2;
    default:
        return xi_osize(&k->ours);
    }
}

static struct expected expect_reg(unsigned reg)
{
    return (struct expected){.type = X86_OP_REG, .reg = (x86_reg)reg};
}

static struct expected expect_imm(uint64_t imm, unsigned bits)
{
    return (struct expected){
        .type = X86_OP_IMM, .imm = imm, .mask = mask_low(bits)};
}

static struct expected expect_rm(const struct oracle_case *k, unsigned opd)
{
    const struct x86_insn *i = &k->ours;

    if ((i->flags & XI_MEM) != 0 && OPD_KIND(opd) != OPK_RM_REG)
        return (struct expected){.type = X86_OP_MEM};
    switch (OPD_KIND(opd)) {
    case OPK_RM_MMX:
    case OPK_ONLY_MMX:
        return expect_reg(X86_REG_MM0 + i->rm);
    case OPK_RM_XMM:
    case OPK_ONLY_XMM:
        return expect_reg(X86_REG_XMM0 + i->rm);
    default:
        return expect_reg(gpr_name(i->rm, size_of(k, opd)));
    }
}

static struct expected expect_reg_field(const struct oracle_case *k,
                                        unsigned opd)
{
    const struct x86_insn *i = &k->ours;

    switch (OPD_KIND(opd)) {
    case OPK_REG_SEG:
        return expect_reg(seg_names[i->reg]);
    case OPK_REG_CR:
        return expect_reg(X86_REG_CR0 + i->reg);
    case OPK_REG_DR:
        return expect_reg(X86_REG_DR0 + i->reg);
    case OPK_REG_MMX:
        return expect_reg(X86_REG_MM0 + i->reg);
    case OPK_REG_XMM:
        return expect_reg(X86_REG_XMM0 + i->reg);
    default:
        return expect_reg(gpr_name(i->reg, size_of(k, opd)));
    }
}

static struct expected expect(const struct oracle_case *k, unsigned opd)
{
    const struct x86_insn *i = &k->ours;
    unsigned bits = 8u << xi_osize(i);
    uint64_t imm = (uint64_t)(int64_t)i->imm;

    switch (OPD_KIND(opd)) {
    case OPK_OPREG:
        return expect_reg(gpr_name(i->rm, size_of(k, opd)));
    case OPK_ACC:
        return expect_reg(gpr_name(R_AX, size_of(k, opd)));
    case OPK_SEG_0:
    case OPK_SEG_1:
    case OPK_SEG_2:
    case OPK_SEG_3:
    case OPK_SEG_4:
    case OPK_SEG_5:
        return expect_reg(seg_names[i->reg]);
    case OPK_IMM_U8:
    case OPK_ONE:
        return expect_imm(imm, 8);
    case OPK_IMM_U16:
        return expect_imm(imm, 16);
    case OPK_IMM_S8:
    case OPK_IMM_Z:
        return expect_imm(imm, bits);
    case OPK_REL_8: /* Capstone gives the target, from address 0 */
    case OPK_REL_Z:
        return expect_imm(imm + i->len, bits);
    case OPK_IMM_64:
        return expect_imm(i->imm64, 64);
    case OPK_IMM_LEVEL:
        return expect_imm(i->imm64, 8);
    case OPK_FAR_PTR:
        return expect_imm(imm, bits);
    case OPK_MOFFS:
        return (struct expected){.type = X86_OP_MEM};
    default:
        if (OPD_KIND(opd) >= OPK_REG && OPD_KIND(opd) <= OPK_REG_XMM)
            return expect_reg_field(k, opd);
        return expect_rm(k, opd);
    }
}

static bool operand_equal(const struct oracle_case *k, const struct expected *e,
                          const cs_x86_op *op)
{
    if (e->type == X86_OP_MEM)
        return memory_equal(k, op);
    if (e->type != op->type)
        return false;
    if (e->type == X86_OP_REG)
        return e->reg == op->reg;
    return ((e->imm ^ (uint64_t)op->imm) & e->mask) == 0;
}

static bool is_implicit(unsigned opd)
{
    unsigned kind = OPD_KIND(opd);

    return kind == OPK_NONE || kind == OPK_SRC || kind == OPK_DST ||
           kind == OPK_ESC;
}

/* Each of ours is one of theirs, in the same order or, from the last operand
 * on, in reverse order (XCHG and TEST are written both ways); Capstone also
 * lists implicit ones. */
static bool operands_match(const struct oracle_case *k, bool reverse)
{
    const cs_x86 *x = &k->theirs->detail->x86;
    unsigned at = 0;

    for (unsigned n = 0; n < 3; n++) {
        unsigned opd = k->row->opd[reverse ? 2 - n : n];
        struct expected e;

        if (is_implicit(opd))
            continue;
        e = expect(k, opd);
        while (at < x->op_count && !operand_equal(k, &e, &x->operands[at]))
            at++;
        if (at++ >= x->op_count)
            return false;
    }
    return true;
}

bool oracle_operands_equal(const struct oracle_case *k)
{
    bool symmetric =
        strcmp(k->row->name, "xchg") == 0 || strcmp(k->row->name, "test") == 0;

    return operands_match(k, false) || (symmetric && operands_match(k, true));
}
