/* decode.c: bytes to struct x86_insn, for the three code sizes.
 * [SDM2 "Instruction Format"]. */
#include "common/x86/decode.h"

#include "common/x86/decode_table.h"
#include "common/x86/defs.h"

#define INSN_MAX 15u

/* SIZE_*: log2 of bytes, as struct x86_insn has sizes */
enum { SIZE_8, SIZE_16, SIZE_32, SIZE_64 };

#define REX_W 8u
#define REX_R 4u
#define REX_X 2u
#define REX_B 1u

struct decoder {
    const uint8_t *bytes;
    unsigned avail, pos;
    unsigned code_size;
    const struct cpuid_model *model;
    struct x86_insn *out;
    bool p66, p67, lock;
    uint8_t rep; /* F2, F3: the last of them; 0: none */
    uint8_t rex; /* the whole byte, 0: none */
    uint8_t seg; /* enum x86_segreg; SEG_COUNT: no override */
    uint8_t opcode, modrm;
    uint8_t osize;              /* the operand size of prefixes and mode */
    enum x86_decode_result res; /* of the fetches so far */
};

/* ---- fetching ---- */

/* The next n bytes, little-endian. 0 once a fetch has failed: the caller goes
 * on, and looks at res before it believes anything. */
static uint64_t fetch(struct decoder *d, unsigned n)
{
    uint64_t v = 0;

    if (d->res != X86_DEC_OK)
        return 0;
    if (d->pos + n > INSN_MAX) {
        /* Too long only if the bytes up to the limit can be had: reading them
         * may fault first. */
        d->res = d->avail < INSN_MAX ? X86_DEC_SHORT : X86_DEC_LIMIT;
        return 0;
    }
    if (d->pos + n > d->avail) {
        d->res = X86_DEC_SHORT;
        return 0;
    }
    for (unsigned k = 0; k < n; k++)
        v |= (uint64_t)d->bytes[d->pos + k] << (8 * k);
    d->pos += n;
    return v;
}

static int64_t fetch_signed(struct decoder *d, unsigned n)
{
    return sext(fetch(d, n), 8 * n);
}

/* ---- prefixes and opcode ---- */
static bool take_prefix(struct decoder *d, uint8_t b)
{
    switch (b) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
        if (d->code_size != 3)
            d->seg = b >> 3 & 3; /* ES, CS, SS, DS in this order */
        return true;
    case 0x64:
    case 0x65:
        d->seg = b == 0x64 ? SEG_FS : SEG_GS;
        return true;
    case 0x66:
        d->p66 = true;
        return true;
    case 0x67:
        d->p67 = true;
        return true;
    case 0xf0:
        d->lock = true;
        return true;
    case 0xf2:
    case 0xf3:
        d->rep = b;
        return true;
    default:
        return false;
    }
}

/* Prefixes, escape bytes and opcode; returns the map. A REX prefix counts only
 * right before the opcode [SDM2 "REX Prefixes"]. */
static enum x86_opcode_map take_opcode(struct decoder *d)
{
    uint8_t b;

    for (;;) {
        b = (uint8_t)fetch(d, 1);
        if (d->res != X86_DEC_OK)
            return OPMAP_1;
        if (d->code_size == 3 && (b & 0xf0) == 0x40)
            d->rex = b;
        else if (take_prefix(d, b))
            d->rex = 0;
        else
            break;
    }
    d->opcode = b;
    if (b != 0x0f)
        return OPMAP_1;
    d->opcode = (uint8_t)fetch(d, 1);
    if (d->opcode != 0x38 && d->opcode != 0x3a)
        return OPMAP_0F;
    b = d->opcode;
    d->opcode = (uint8_t)fetch(d, 1);
    return b == 0x38 ? OPMAP_38 : OPMAP_3A;
}

/* ---- the line of the table ---- */
static bool prefix_matches(const struct decoder *d, const struct x86_op_row *r)
{
    switch (r->pfx) {
    case OPP_n:
        return !d->p66 && d->rep == 0;
    case OPP_66:
        return d->p66 && d->rep == 0;
    case OPP_F3:
        return d->rep == 0xf3;
    case OPP_F2:
        return d->rep == 0xf2;
    default:
        return true;
    }
}

/* Does the line exist here, as far as the ModRM byte has no say? */
static bool row_exists(const struct decoder *d, const struct x86_op_row *r)
{
    bool code64 = d->code_size == 3;

    if ((r->traits & (code64 ? XT_I64 : XT_O64)) != 0)
        return false;
    if ((r->reg & OPR_CODE64) != 0 && !code64)
        return false;
    if ((r->reg & OPR_REXW) != 0 && (d->rex & REX_W) == 0)
        return false;
    if ((r->reg & OPR_REXB) != 0 && (d->rex & REX_B) == 0)
        return false;
    if (r->feature != X86_FEATURES && d->model != NULL &&
        !cpuid_model_has(d->model, (enum x86_feature)r->feature))
        return false;
    return prefix_matches(d, r);
}

static bool modrm_matches(const struct decoder *d, const struct x86_op_row *r)
{
    bool is_reg = d->modrm >= 0xc0;

    if (r->mod != OPM__ && is_reg != (r->mod == OPM_R))
        return false;
    if ((r->reg & OPR_BYTE) != 0)
        return d->modrm == (r->reg & 0xff);
    return (r->reg & OPR_REG) == 0 || (d->modrm >> 3 & 7) == (r->reg & 7);
}

/* The line for the opcode, X86_OP_NONE if there is none; takes the ModRM byte
 * if that is needed to tell. */
static unsigned find_row(struct decoder *d, enum x86_opcode_map map)
{
    unsigned op = x86_op_first[map][d->opcode];
    unsigned opcode = x86_op_rows[op].opcode;
    bool have_modrm = false;

    if (op == X86_OP_NONE)
        return X86_OP_NONE;
    for (; op < X86_OPS && x86_op_rows[op].opcode == opcode; op++) {
        if (!row_exists(d, &x86_op_rows[op]))
            continue;
        if (x86_op_rows[op].modrm && !have_modrm) {
            d->modrm = (uint8_t)fetch(d, 1);
            have_modrm = true;
        }
        if (!have_modrm || modrm_matches(d, &x86_op_rows[op]))
            return op;
    }
    return X86_OP_NONE;
}

/* ---- sizes ---- */
static unsigned address_size(const struct decoder *d)
{
    if (d->code_size == 2)
        return d->p67 ? SIZE_16 : SIZE_32;
    return d->code_size - (d->code_size == 3 && d->p67) +
           (d->code_size == 1 && d->p67);
}

/* Operand size by prefixes and mode [SDM1 "Operand-Size and Address-Size
 * Attributes"]. */
static uint8_t operand_size(const struct decoder *d, const struct x86_op_row *r)
{
    bool p66 = d->p66 && r->pfx != OPP_66;

    if (d->code_size == 1)
        return p66 ? SIZE_32 : SIZE_16;
    if (d->code_size == 3 &&
        ((d->rex & REX_W) != 0 || (r->traits & XT_F64) != 0))
        return SIZE_64;
    if (p66)
        return SIZE_16;
    return d->code_size == 3 && (r->traits & XT_D64) != 0 ? SIZE_64 : SIZE_32;
}

/* Size of the operation: what its first operand with a size says. */
static uint8_t operation_size(const struct decoder *d,
                              const struct x86_op_row *r)
{
    unsigned size = OPS__;

    for (unsigned k = 0; k < 3 && size == OPS__; k++)
        size = OPD_SIZE(r->opd[k]);
    switch (size) {
    case OPS_b:
        return SIZE_8;
    case OPS_w:
        return SIZE_16;
    case OPS_d:
        return SIZE_32;
    case OPS_z:
        return d->osize == SIZE_16 ? SIZE_16 : SIZE_32;
    case OPS_y:
        return (d->rex & REX_W) != 0 ? SIZE_64 : SIZE_32;
    case OPS_r:
        return d->code_size == 3 ? SIZE_64 : SIZE_32;
    default:
        return d->osize;
    }
}

/* ---- the memory operand ---- */
static void set_address(struct decoder *d, unsigned base, unsigned index,
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
static void take_memory16(struct decoder *d)
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
static void take_memory32(struct decoder *d)
{
    unsigned mod = d->modrm >> 6, rm = d->modrm & 7, sib;
    unsigned base = rm | (d->rex & REX_B) << 3, index = R_ZERO, scale = 0;
    bool disp32 = mod == 2;

    if (rm == 4) {
        sib = (unsigned)fetch(d, 1);
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

static void take_memory(struct decoder *d)
{
    d->out->flags |= XI_MEM;
    if (xi_asize(d->out) == SIZE_16)
        take_memory16(d);
    else
        take_memory32(d);
}

/* ---- operands ---- */

/* The number of a general register as struct x86_insn has it. */
static uint8_t gpr(const struct decoder *d, unsigned n, unsigned size)
{
    if (size != OPS_b)
        return (uint8_t)n;
    if (d->rex == 0 && n >= 4)
        return (uint8_t)((n - 4) * 8 + 1); /* AH, CH, DH, BH */
    return (uint8_t)(n * 8);
}

/* An operand in ModRM.reg. False: no such register. */
static bool operand_reg(struct decoder *d, unsigned opd)
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
static bool operand_rm(struct decoder *d, unsigned opd)
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

static void operand_imm(struct decoder *d, unsigned kind)
{
    struct x86_insn *i = d->out;

    switch (kind) {
    case OPK_IMM_U8:
        i->imm = (int32_t)fetch(d, 1);
        break;
    case OPK_IMM_S8:
    case OPK_REL_8:
        i->imm = (int32_t)fetch_signed(d, 1);
        break;
    case OPK_IMM_U16:
        i->imm = (int32_t)fetch(d, 2);
        break;
    case OPK_IMM_Z:
    case OPK_REL_Z:
        i->imm = (int32_t)fetch_signed(d, d->osize == SIZE_16 ? 2 : 4);
        break;
    case OPK_IMM_64:
        i->imm64 = fetch(d, 8);
        break;
    case OPK_IMM_LEVEL:
        i->imm64 = fetch(d, 1);
        break;
    case OPK_ONE:
        i->imm = 1;
        break;
    case OPK_FAR_PTR: /* the offset: 32 bits have no sign to keep */
        i->imm = (int32_t)(uint32_t)fetch(d, d->osize == SIZE_16 ? 2 : 4);
        i->imm64 = fetch(d, 2);
        break;
    default:
        break;
    }
}

/* Operands without a ModRM byte. */
static void operand_other(struct decoder *d, unsigned opd)
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
        i->disp = (int64_t)fetch(d, 1u << xi_asize(i));
        break;
    default:
        operand_imm(d, kind);
        break;
    }
}

/* Fill the fields that the operands of the line ask for. */
static bool take_operands(struct decoder *d, const struct x86_op_row *r)
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

static uint8_t insn_flags(const struct decoder *d, const struct x86_op_row *r)
{
    unsigned flags = 0;

    if (d->rep != 0)
        flags |= d->rep == 0xf3 ? XI_REP : XI_REPNE;
    if (d->lock)
        flags |= XI_LOCK;
    if ((d->rex & REX_W) != 0)
        flags |= XI_REXW;
    if (d->seg != SEG_COUNT)
        flags |= XI_SEGPFX;
    if ((r->traits & XT_END) != 0)
        flags |= XI_END;
    return (uint8_t)flags;
}

/* The instruction of line r, whose ModRM byte has been taken. */
static bool take_insn(struct decoder *d, const struct x86_op_row *r)
{
    struct x86_insn *i = d->out;
    const struct x86_impl *impl = r->impl;
    bool ok;

    d->osize = operand_size(d, r);
    i->size = (uint8_t)(address_size(d) << 4 | operation_size(d, r));
    i->flags = insn_flags(d, r);
    ok = take_operands(d, r);
    if ((i->flags & XI_MEM) != 0) {
        i->fn = impl->m[xi_osize(i)];
        if (i->base == R_IP)
            i->disp += d->pos;
    } else {
        i->fn = impl->r[xi_osize(i)];
    }
    if (d->lock && ((r->traits & XT_LOCK) == 0 || (i->flags & XI_MEM) == 0))
        ok = false;
    return ok && i->fn != NULL;
}

enum x86_decode_result x86_decode(const uint8_t *bytes, unsigned avail,
                                  unsigned code_size,
                                  const struct cpuid_model *model,
                                  struct x86_insn *out)
{
    struct decoder d = {.bytes = bytes,
                        .avail = avail,
                        .code_size = code_size,
                        .model = model,
                        .out = out,
                        .seg = SEG_COUNT,
                        .res = X86_DEC_OK};
    enum x86_opcode_map map;
    unsigned op;
    bool ok = false;

    memset(out, 0, sizeof(*out));
    map = take_opcode(&d);
    if (d.res != X86_DEC_OK)
        return d.res;
    op = find_row(&d, map);
    if (d.res != X86_DEC_OK)
        return d.res;
    if (op != X86_OP_NONE) {
        ok = take_insn(&d, &x86_op_rows[op]);
        out->op = (uint16_t)op;
    }
    out->len = (uint8_t)d.pos;
    if (d.res != X86_DEC_OK)
        return d.res;
    return ok ? X86_DEC_OK : X86_DEC_UD;
}
