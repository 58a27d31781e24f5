/* emit.c: one instruction to bytes: prefixes, REX, VEX, ModRM, SIB. */
#include "bt/translator/emit.h"

#include <assert.h>
#include <string.h>

#include "bt/translator/emit_enc.h"
#include "common/base/bits.h"

#define EMIT_LABEL_LIMIT (1u << 24)

void emit_init(struct emit *e, void *buf, size_t size, uint64_t run)
{
    assert(size < EMIT_LABEL_LIMIT);
    *e = (struct emit){.base = buf, .p = buf, .run = run};
    e->end = e->base + size;
}

void emit_enc_fail(struct emit *e, enum emit_fail why)
{
    if (e->fail == EMIT_OK)
        e->fail = why;
}

bool emit_enc_room(struct emit *e)
{
    if (e->fail != EMIT_OK)
        return false;
    if ((size_t)(e->end - e->p) < EMIT_MAX_BYTES) {
        e->fail = EMIT_FULL;
        return false;
    }
    return true;
}

static void put8(struct emit *e, unsigned v)
{
    *e->p++ = (uint8_t)v;
}

static void put_imm(struct emit *e, int64_t v, unsigned n)
{
    memcpy(e->p, &v, n); /* little-endian, as the host is */
    e->p += n;
}

int32_t emit_enc_rel32(struct emit *e, uint64_t target, unsigned len)
{
    int64_t d = (int64_t)(target - (emit_here(e) + len));

    if (d != (int32_t)d)
        emit_enc_fail(e, EMIT_RANGE);
    return (int32_t)d;
}

/* ---- registers ---- */

static bool is_high(unsigned reg)
{
    return reg >= HR_AH && reg <= HR_BH;
}

static bool is_low(unsigned reg)
{
    return reg <= HR_15;
}

/* The number as encoded: AH..BH are 4..7 without REX. */
static unsigned number(unsigned reg)
{
    return is_high(reg) ? reg - 16 : reg;
}

static bool mem_ok(const struct emit_mem *m)
{
    if (m->index != HR_NONE && (!is_low(m->index) || m->index == HR_SP))
        return false;
    if (m->base == HR_RIP)
        return m->index == HR_NONE;
    return m->scale < 4 && (is_low(m->base) || m->base == HR_NONE);
}

/* Registers that the form can name; `high` when one of them is AH..BH. */
static bool operands_ok(const struct emit_enc *n, bool *high)
{
    bool reg_high = is_high(n->reg), rm_high = !n->has_mem && is_high(n->rm);

    *high = reg_high || rm_high;
    if (!(is_low(n->reg) || (reg_high && n->byte_reg)))
        return false;
    if (n->has_mem)
        return mem_ok(&n->mem);
    return is_low(n->rm) || (rm_high && n->byte_rm);
}

/* SPL, BPL, SIL, DIL need a REX prefix even where it is empty. */
static bool byte_needs_rex(unsigned reg, bool byte)
{
    return byte && reg >= HR_SP && reg <= HR_DI;
}

/* ---- prefixes and opcode ---- */

/* The X and B bits, and R, in the places of a REX prefix. */
static unsigned rxb(const struct emit_enc *n)
{
    unsigned bits = (number(n->reg) >> 3) << 2;

    if (!n->has_mem)
        return bits | number(n->rm) >> 3;
    if (n->mem.index != HR_NONE)
        bits |= (n->mem.index >> 3u) << 1;
    if (is_low(n->mem.base))
        bits |= n->mem.base >> 3u;
    return bits;
}

static void put_opcode(struct emit *e, uint32_t opcode)
{
    if (opcode > 0xffff)
        put8(e, opcode >> 16);
    if (opcode > 0xff)
        put8(e, opcode >> 8 & 0xff);
    put8(e, opcode & 0xff);
}

static void put_legacy(struct emit *e, const struct emit_enc *n, bool high)
{
    unsigned rex = rxb(n) | (n->w ? 8u : 0);
    bool need = rex != 0 || byte_needs_rex(n->reg, n->byte_reg) ||
                (!n->has_mem && byte_needs_rex(n->rm, n->byte_rm));

    if (need && high) {
        emit_enc_fail(e, EMIT_FORM);
        return;
    }
    if (n->prefix)
        put8(e, n->prefix);
    if (need)
        put8(e, 0x40 | rex);
    put_opcode(e, n->opcode);
}

/* C5 form where X, B, W are 0 and the map is 0F; else C4. Bits are inverted.
 * [SDM2 "The VEX Prefix"] */
static void put_vex(struct emit *e, const struct emit_enc *n)
{
    unsigned bits = rxb(n) ^ 7u;
    unsigned pp = n->prefix == 0x66   ? 1
                  : n->prefix == 0xf3 ? 2
                  : n->prefix == 0xf2 ? 3
                                      : 0;
    unsigned map = n->opcode >> 8;
    unsigned low = (~(unsigned)n->vvvv & 15u) << 3 | pp;

    if (map == 0x0f && bits >> 1 == 3u && (bits & 1) && !n->w) {
        put8(e, 0xc5);
        put8(e, (bits & 4) << 5 | low);
    } else {
        put8(e, 0xc4);
        put8(e, bits << 5 | (map == 0x0f38 ? 2u : map == 0x0f3a ? 3u : 1u));
        put8(e, (n->w ? 0x80u : 0) | low);
    }
    put8(e, n->opcode & 0xff);
}

/* ---- ModRM, SIB, displacement ---- */

static void put_modrm(struct emit *e, unsigned mod, unsigned reg, unsigned rm)
{
    put8(e, mod << 6 | (reg & 7) << 3 | (rm & 7));
}

static void put_rip(struct emit *e, const struct emit_enc *n, unsigned reg)
{
    put_modrm(e, 0, reg, 5);
    if (n->mem.label)
        emit_enc_label32(e, n->mem.label, n->imm_bytes);
    else
        put_imm(e, emit_enc_rel32(e, n->mem.target, 4u + n->imm_bytes), 4);
}

/* [disp32] and [index*scale + disp32]: SIB without a base. */
static void put_no_base(struct emit *e, const struct emit_mem *m, unsigned reg)
{
    unsigned index = m->index == HR_NONE ? 4u : m->index & 7u;

    put_modrm(e, 0, reg, 4);
    put8(e, (unsigned)m->scale << 6 | index << 3 | 5);
    put_imm(e, m->disp, 4);
}

static void put_mem(struct emit *e, const struct emit_enc *n)
{
    const struct emit_mem *m = &n->mem;
    unsigned reg = number(n->reg), mod;
    bool sib = m->index != HR_NONE || (m->base & 7) == HR_SP;

    if (m->base == HR_RIP) {
        put_rip(e, n, reg);
        return;
    }
    if (m->base == HR_NONE) {
        put_no_base(e, m, reg);
        return;
    }
    if (m->disp == 0 && (m->base & 7) != HR_BP)
        mod = 0;
    else
        mod = m->disp == (int8_t)m->disp ? 1 : 2;
    put_modrm(e, mod, reg, sib ? 4 : m->base);
    if (sib)
        put8(e, (unsigned)m->scale << 6 |
                    (m->index == HR_NONE ? 4u : m->index & 7u) << 3 |
                    (m->base & 7u));
    if (mod)
        put_imm(e, m->disp, mod == 1 ? 1 : 4);
}

void emit_enc_put(struct emit *e, const struct emit_enc *n)
{
    uint8_t *start = e->p;
    bool high;

    if (!emit_enc_room(e))
        return;
    if (!operands_ok(n, &high)) {
        emit_enc_fail(e, EMIT_FORM);
        return;
    }
    if (n->has_mem && n->mem.seg)
        put8(e, n->mem.seg);
    if (n->vex)
        put_vex(e, n);
    else
        put_legacy(e, n, high);
    if (n->has_mem)
        put_mem(e, n);
    else
        put_modrm(e, 3, number(n->reg), number(n->rm));
    put_imm(e, n->imm, n->imm_bytes);
    if (e->fail != EMIT_OK)
        e->p = start;
}
