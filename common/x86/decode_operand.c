/* decode_operand.c: the operands of an instruction whose line is known.
 * [SDM2 "ModR/M and SIB Bytes"]. */
#include "common/x86/decode_state.h"

static int64_t fetch_signed(struct x86_decoder *d, unsigned n)
{
    return sext(x86_decode_fetch(d, n), 8 * n);
}

/* ---- the memory operand ---- */
static void set_address(struct x86_decoder *d, unsigned base, unsigned index,
                        unsigned scale)
{
    unsigned seg = d->seg;

    if (seg == SEG_COUNT)
        seg = base == R_SP || base == R_BP ? SEG_SS : SEG_DS;
    d->out->base = (uint8_t)base;
    d->out->index = (uint8_t)index;
    d->out->scale_seg = (uint8_t)(seg << 4 | scale);
}

/* [SDM2 "16-Bit Addressing Forms with the ModR/M Byte"] */
static void take_memory16(struct x86_decoder *d)
{
    static const uint8_t base[8] = {R_BX, R_BX, R_BP, R_BP,
                                    R_SI, R_DI, R_BP, R_BX};
    static const uint8_t index[8] = {R_SI,   R_DI,   R_SI,   R_DI,
                                     R_ZERO, R_ZERO, R_ZERO, R_ZERO};
    unsigned mod = d->modrm >> 6, rm = d->modrm & 7;

    if (mod == 0 && rm == 6) {
        set_address(d, R_ZERO, R_ZERO, 0);
        d->out->disp = fetch_signed(d, 2);
        return;
    }
    set_address(d, base[rm], index[rm], 0);
    if (mod != 0)
        d->out->disp = fetch_signed(d, mod);
}

/* [SDM2 "32-Bit Addressing Forms with the ModR/M Byte", "... with the SIB
 * Byte", "RIP-Relative Addressing"] */
static void take_memory32(struct x86_decoder *d)
{
    unsigned mod = d->modrm >> 6, rm = d->modrm & 7, sib;
    unsigned base = rm | (d->rex & REX_B) << 3, index = R_ZERO, scale = 0;
    bool disp32 = mod == 2;

    if (rm == 4) {
        sib = (unsigned)x86_decode_fetch(d, 1);
        base = (sib & 7) | (d->rex & REX_B) << 3;
        index = (sib >> 3 & 7) | (d->rex & REX_X) << 2;
        scale = sib >> 6;
        if (index == R_SP) {
            index = R_ZERO;
            scale = 0;
        }
    }
    if (mod == 0 && (base & 7) == R_BP) {
        base = rm == 5 && d->code_size == 3 ? R_IP : R_ZERO;
        disp32 = true;
    }
    set_address(d, base, index, scale);
    if (disp32)
        d->out->disp = fetch_signed(d, 4);
    else if (mod == 1)
        d->out->disp = fetch_signed(d, 1);
}

static void take_memory(struct x86_decoder *d)
{
    d->out->flags |= XI_MEM;
    if (xi_asize(d->out) == SIZE_16)
        take_memory16(d);
    else
        take_memory32(d);
}

/* ---- operands ---- */

/* The number of a general register as struct x86_insn has it. */
static uint8_t gpr(const struct x86_decoder *d, unsigned n, unsigned size)
{
    if (size != OPS_b)
        return (uint8_t)n;
    if (d->rex == 0 && n >= 4)
        return (uint8_t)((n - 4) * 8 + 1); /* AH, CH, DH, BH */
    return (uint8_t)(n * 8);
}

/* An operand in ModRM.reg. False: no such register. */
static bool operand_reg(struct x86_decoder *d, unsigned opd)
{
    unsigned n = d->modrm >> 3 & 7, ext = n | (d->rex & REX_R) << 1;

    switch (OPD_KIND(opd)) {
    case OPK_REG:
        d->out->reg = gpr(d, ext, OPD_SIZE(opd));
        return true;
    case OPK_REG_SEG:
        d->out->reg = (uint8_t)n;
        return n < SEG_COUNT;
    case OPK_REG_CR:
        d->out->reg = (uint8_t)ext;
        return ext == 0 || (ext >= 2 && ext <= 4) || ext == 8;
    case OPK_REG_DR:
        d->out->reg = (uint8_t)ext;
        return ext < 8;
    case OPK_REG_XMM:
        d->out->reg = (uint8_t)ext;
        return true;
    default: /* MMX */
        d->out->reg = (uint8_t)n;
        return true;
    }
}

/* An operand in ModRM.rm. False: this form does not exist. */
static bool operand_rm(struct x86_decoder *d, unsigned opd)
{
    unsigned n = d->modrm & 7, ext = n | (d->rex & REX_B) << 3;
    unsigned kind = OPD_KIND(opd);

    if (d->modrm < 0xc0 && kind != OPK_RM_REG)
        return kind != OPK_ONLY_MMX && kind != OPK_ONLY_XMM;
    switch (kind) {
    case OPK_MEM:
        return false;
    case OPK_RM:
        d->out->rm = gpr(d, ext, OPD_SIZE(opd));
        return true;
    case OPK_RM_REG:
    case OPK_RM_XMM:
    case OPK_ONLY_XMM:
        d->out->rm = (uint8_t)ext;
        return true;
    default: /* MMX, x87 */
        d->out->rm = (uint8_t)n;
        return true;
    }
}

static void operand_imm(struct x86_decoder *d, unsigned kind)
{
    struct x86_insn *i = d->out;

    switch (kind) {
    case OPK_IMM_U8:
        i->imm = (int32_t)x86_decode_fetch(d, 1);
        break;
    case OPK_IMM_S8:
    case OPK_REL_8:
        i->imm = (int32_t)fetch_signed(d, 1);
        break;
    case OPK_IMM_U16:
        i->imm = (int32_t)x86_decode_fetch(d, 2);
        break;
    case OPK_IMM_Z:
    case OPK_REL_Z:
        i->imm = (int32_t)fetch_signed(d, d->osize == SIZE_16 ? 2 : 4);
        break;
    case OPK_IMM_64:
        i->imm64 = x86_decode_fetch(d, 8);
        break;
    case OPK_IMM_LEVEL:
        i->imm64 = x86_decode_fetch(d, 1);
        break;
    case OPK_ONE:
        i->imm = 1;
        break;
    case OPK_FAR_PTR: /* the offset: 32 bits have no sign to keep */
        i->imm =
            (int32_t)(uint32_t)x86_decode_fetch(d, d->osize == SIZE_16 ? 2 : 4);
        i->imm64 = x86_decode_fetch(d, 2);
        break;
    default:
        break;
    }
}

/* Operands without a ModRM byte. */
static void operand_other(struct x86_decoder *d, unsigned opd)
{
    struct x86_insn *i = d->out;
    unsigned kind = OPD_KIND(opd), n;

    switch (kind) {
    case OPK_OPREG:
        n = (d->opcode & 7u) | (d->rex & REX_B) << 3;
        i->rm = gpr(d, n, OPD_SIZE(opd));
        break;
    case OPK_SEG_0:
    case OPK_SEG_1:
    case OPK_SEG_2:
    case OPK_SEG_3:
    case OPK_SEG_4:
    case OPK_SEG_5:
        i->reg = (uint8_t)(kind - OPK_SEG_0);
        break;
    case OPK_MOFFS:
        i->flags |= XI_MEM;
        i->disp = (int64_t)x86_decode_fetch(d, 1u << xi_asize(i));
        break;
    default:
        operand_imm(d, kind);
        break;
    }
}

bool x86_decode_operands(struct x86_decoder *d, const struct x86_op_row *r)
{
    bool dst = false, src = false, ok = true;

    set_address(d, R_ZERO, R_ZERO, 0);
    if (r->modrm && d->modrm < 0xc0 && OPD_KIND(r->opd[0]) != OPK_RM_REG &&
        OPD_KIND(r->opd[1]) != OPK_RM_REG)
        take_memory(d);
    for (unsigned k = 0; k < 3; k++) {
        unsigned opd = r->opd[k], kind = OPD_KIND(opd);

        dst |= kind == OPK_DST;
        src |= kind == OPK_SRC;
        if (kind == OPK_ESC)
            d->out->imm = (d->opcode & 7) << 8 | d->modrm;
        if (kind >= OPK_REG && kind <= OPK_REG_XMM)
            ok &= operand_reg(d, opd);
        else if (kind >= OPK_RM)
            ok &= operand_rm(d, opd);
        else
            operand_other(d, opd);
    }
    if (dst && !src)
        d->out->scale_seg = SEG_ES << 4;
    return ok;
}
