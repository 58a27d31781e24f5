/* decode.c: bytes to struct x86_insn, for the three code sizes.
 * [SDM2 "Instruction Format"]. */
#include "common/x86/decode.h"

#include "common/x86/decode_state.h"

#define INSN_MAX 15u

/* ---- fetching ---- */

uint64_t x86_decode_fetch(struct x86_decoder *d, unsigned n)
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

/* ---- prefixes and opcode ---- */
static bool take_prefix(struct x86_decoder *d, uint8_t b)
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
static enum x86_opcode_map take_opcode(struct x86_decoder *d)
{
    uint8_t b;

    for (;;) {
        b = (uint8_t)x86_decode_fetch(d, 1);
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
    d->opcode = (uint8_t)x86_decode_fetch(d, 1);
    if (d->opcode != 0x38 && d->opcode != 0x3a)
        return OPMAP_0F;
    b = d->opcode;
    d->opcode = (uint8_t)x86_decode_fetch(d, 1);
    return b == 0x38 ? OPMAP_38 : OPMAP_3A;
}

/* ---- the line of the table ---- */
static bool prefix_matches(const struct x86_decoder *d,
                           const struct x86_op_row *r)
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
static bool row_exists(const struct x86_decoder *d, const struct x86_op_row *r)
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
    return prefix_matches(d, r);
}

static bool modrm_matches(const struct x86_decoder *d,
                          const struct x86_op_row *r)
{
    bool is_reg = d->modrm >= 0xc0;

    if (r->mod != OPM__ && is_reg != (r->mod == OPM_R))
        return false;
    if ((r->reg & OPR_BYTE) != 0)
        return d->modrm == (r->reg & 0xff);
    return (r->reg & OPR_REG) == 0 || (d->modrm >> 3 & 7) == (r->reg & 7);
}

static bool is_hidden(const struct x86_decoder *d, const struct x86_op_row *r)
{
    return r->feature != X86_FEATURES && d->model != NULL &&
           !cpuid_model_has(d->model, (enum x86_feature)r->feature);
}

/* The line for the opcode, X86_OP_NONE if there is none; takes the ModRM byte
 * if that is needed to tell. */
static unsigned find_row(struct x86_decoder *d, enum x86_opcode_map map)
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
            d->modrm = (uint8_t)x86_decode_fetch(d, 1);
            have_modrm = true;
        }
        if (!have_modrm || modrm_matches(d, &x86_op_rows[op]))
            return op;
    }
    return X86_OP_NONE;
}

/* ---- sizes ---- */
static unsigned address_size(const struct x86_decoder *d)
{
    if (d->code_size == 2)
        return d->p67 ? SIZE_16 : SIZE_32;
    return d->code_size - (d->code_size == 3 && d->p67) +
           (d->code_size == 1 && d->p67);
}

/* Operand size by prefixes and mode [SDM1 "Operand-Size and Address-Size
 * Attributes"]. */
static uint8_t operand_size(const struct x86_decoder *d,
                            const struct x86_op_row *r)
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
static uint8_t operation_size(const struct x86_decoder *d,
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

/* ---- the whole ---- */
static uint8_t insn_flags(const struct x86_decoder *d,
                          const struct x86_op_row *r)
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

static x86_handler *memory_handler(const struct x86_decoder *d,
                                   const struct x86_impl *impl)
{
    const struct x86_insn *i = d->out;
    x86_handler *fn = impl->m64[xi_osize(i)];

    if (d->code_size == 3 && xi_asize(i) == SIZE_64 && xi_seg(i) < SEG_FS &&
        fn != NULL)
        return fn;
    return impl->m[xi_osize(i)];
}

/* The instruction of line r, whose ModRM byte has been taken. */
static bool take_insn(struct x86_decoder *d, const struct x86_op_row *r)
{
    struct x86_insn *i = d->out;
    const struct x86_impl *impl = r->impl;
    bool ok;

    d->osize = operand_size(d, r);
    i->size = (uint8_t)(address_size(d) << 4 | operation_size(d, r));
    i->flags = insn_flags(d, r);
    ok = x86_decode_operands(d, r);
    if ((i->flags & XI_MEM) != 0) {
        i->fn = memory_handler(d, impl);
        if (i->base == R_IP)
            i->disp += d->pos;
    } else {
        i->fn = impl->r[xi_osize(i)];
    }
    if (d->lock && ((r->traits & XT_LOCK) == 0 || (i->flags & XI_MEM) == 0))
        ok = false;
    return ok && i->fn != NULL && !is_hidden(d, r);
}

enum x86_decode_result x86_decode(const uint8_t *bytes, unsigned avail,
                                  unsigned code_size,
                                  const struct cpuid_model *model,
                                  struct x86_insn *out)
{
    struct x86_decoder d = {.bytes = bytes,
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
