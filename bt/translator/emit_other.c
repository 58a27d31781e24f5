/* emit_other.c: VEX and kept instructions, those without operands, nops, data.
 */
#include <string.h>

#include "bt/translator/emit_enc.h"
#include "common/base/bits.h"
#include "common/base/cc.h"

/* ---- VEX ---- */

/* rm_first: ModRM.rm is the first source and VEX.vvvv the second (the shifts:
 * the count is in vvvv). */
static const struct {
    uint16_t opcode;
    uint8_t prefix;
} vex_ops[EV_COUNT] = {
    [EV_ANDN] = {0x38f2, 0},    [EV_SHLX] = {0x38f7, 0x66},
    [EV_SHRX] = {0x38f7, 0xf2}, [EV_SARX] = {0x38f7, 0xf3},
    [EV_PEXT] = {0x38f5, 0xf3}, [EV_PDEP] = {0x38f5, 0xf2},
};

static struct emit_enc vex(struct emit *e, enum emit_vex op,
                           enum emit_size size, enum emit_reg dst,
                           enum emit_reg src1)
{
    if (size < E32 || src1 > HR_15)
        emit_enc_fail(e, EMIT_FORM);
    return (struct emit_enc){.opcode = 0x0f0000u | vex_ops[op].opcode,
                             .prefix = vex_ops[op].prefix,
                             .vex = true,
                             .w = size == E64,
                             .reg = (uint8_t)dst,
                             .vvvv = (uint8_t)src1};
}

void emit_vex_rrr(struct emit *e, enum emit_vex op, enum emit_size size,
                  enum emit_reg dst, enum emit_reg src1, enum emit_reg src2)
{
    struct emit_enc n = vex(e, op, size, dst, src1);

    n.rm = (uint8_t)src2;
    emit_enc_put(e, &n);
}

void emit_vex_rrm(struct emit *e, enum emit_vex op, enum emit_size size,
                  enum emit_reg dst, enum emit_reg src1, struct emit_mem src2)
{
    struct emit_enc n = vex(e, op, size, dst, src1);

    n.has_mem = true;
    n.mem = src2;
    emit_enc_put(e, &n);
}

static struct emit_enc rorx(struct emit *e, enum emit_size size,
                            enum emit_reg dst, unsigned count)
{
    if (size < E32 || count > 255)
        emit_enc_fail(e, EMIT_FORM);
    return (struct emit_enc){.opcode = 0x0f3af0u,
                             .prefix = 0xf2,
                             .vex = true,
                             .w = size == E64,
                             .reg = (uint8_t)dst,
                             .imm_bytes = 1,
                             .imm = count};
}

void emit_rorx(struct emit *e, enum emit_size size, enum emit_reg dst,
               enum emit_reg src, unsigned count)
{
    struct emit_enc n = rorx(e, size, dst, count);

    n.rm = (uint8_t)src;
    emit_enc_put(e, &n);
}

void emit_rorx_m(struct emit *e, enum emit_size size, enum emit_reg dst,
                 struct emit_mem src, unsigned count)
{
    struct emit_enc n = rorx(e, size, dst, count);

    n.has_mem = true;
    n.mem = src;
    emit_enc_put(e, &n);
}

/* ---- kept from the guest ---- */

static struct emit_enc generic(const struct emit_generic *g, unsigned reg)
{
    return (struct emit_enc){.opcode = g->opcode,
                             .prefix = g->prefix,
                             .w = g->w,
                             .byte_rm = g->byte,
                             .reg = (uint8_t)reg,
                             .imm_bytes = g->imm_bytes,
                             .imm = g->imm};
}

void emit_generic_r(struct emit *e, const struct emit_generic *g, unsigned reg,
                    unsigned rm)
{
    struct emit_enc n = generic(g, reg);

    n.rm = (uint8_t)rm;
    emit_enc_put(e, &n);
}

void emit_generic_m(struct emit *e, const struct emit_generic *g, unsigned reg,
                    struct emit_mem mem)
{
    struct emit_enc n = generic(g, reg);

    n.has_mem = true;
    n.mem = mem;
    emit_enc_put(e, &n);
}

/* ---- without operands ---- */

static const struct {
    uint8_t n, bytes[3];
} plain_ops[EP_COUNT] = {
    [EP_LAHF] = {1, {0x9f}},
    [EP_SAHF] = {1, {0x9e}},
    [EP_PUSHF] = {1, {0x9c}},
    [EP_POPF] = {1, {0x9d}},
    [EP_RET] = {1, {0xc3}},
    [EP_CLC] = {1, {0xf8}},
    [EP_STC] = {1, {0xf9}},
    [EP_CMC] = {1, {0xf5}},
    [EP_CLD] = {1, {0xfc}},
    [EP_STD] = {1, {0xfd}},
    [EP_CBW] = {2, {0x66, 0x98}},
    [EP_CWDE] = {1, {0x98}},
    [EP_CDQE] = {2, {0x48, 0x98}},
    [EP_CWD] = {2, {0x66, 0x99}},
    [EP_CDQ] = {1, {0x99}},
    [EP_CQO] = {2, {0x48, 0x99}},
    [EP_INT3] = {1, {0xcc}},
    [EP_UD2] = {2, {0x0f, 0x0b}},
    [EP_RDTSC] = {2, {0x0f, 0x31}},
    [EP_CPUID] = {2, {0x0f, 0xa2}},
    [EP_LFENCE] = {3, {0x0f, 0xae, 0xe8}},
    [EP_MFENCE] = {3, {0x0f, 0xae, 0xf0}},
    [EP_SFENCE] = {3, {0x0f, 0xae, 0xf8}},
    [EP_PAUSE] = {2, {0xf3, 0x90}},
    [EP_REP_MOVSB] = {2, {0xf3, 0xa4}},
    [EP_REP_MOVSQ] = {3, {0xf3, 0x48, 0xa5}},
    [EP_REP_STOSB] = {2, {0xf3, 0xaa}},
    [EP_REP_STOSQ] = {3, {0xf3, 0x48, 0xab}},
    [EP_MOVSB] = {1, {0xa4}},
    [EP_MOVSW] = {2, {0x66, 0xa5}},
    [EP_MOVSD] = {1, {0xa5}},
    [EP_MOVSQ] = {2, {0x48, 0xa5}},
    [EP_STOSB] = {1, {0xaa}},
    [EP_STOSW] = {2, {0x66, 0xab}},
    [EP_STOSD] = {1, {0xab}},
    [EP_STOSQ] = {2, {0x48, 0xab}},
    [EP_LODSB] = {1, {0xac}},
    [EP_LODSW] = {2, {0x66, 0xad}},
    [EP_LODSD] = {1, {0xad}},
    [EP_LODSQ] = {2, {0x48, 0xad}},
    [EP_EMMS] = {2, {0x0f, 0x77}},
};

void emit_plain(struct emit *e, enum emit_plain op)
{
    emit_bytes(e, plain_ops[op].bytes, plain_ops[op].n);
}

void emit_lock(struct emit *e)
{
    emit_bytes(e, "\xf0", 1);
}

void emit_bytes(struct emit *e, const void *bytes, unsigned n)
{
    if (!emit_enc_room(e))
        return;
    if (n > EMIT_MAX_BYTES) {
        emit_enc_fail(e, EMIT_FORM);
        return;
    }
    memcpy(e->p, bytes, n);
    e->p += n;
}

/* [SDM2 "NOP": recommended multi-byte sequences] */
static const uint8_t nops[9][9] = {
    {0x90},
    {0x66, 0x90},
    {0x0f, 0x1f, 0x00},
    {0x0f, 0x1f, 0x40, 0x00},
    {0x0f, 0x1f, 0x44, 0x00, 0x00},
    {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
    {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
    {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
};

void emit_nops(struct emit *e, unsigned n)
{
    while (n > 0 && emit_ok(e)) {
        unsigned k = n < 9 ? n : 9;

        emit_bytes(e, nops[k - 1], k);
        n -= k;
    }
}

void emit_align(struct emit *e, unsigned pow2)
{
    emit_nops(e, (unsigned)(align_up(emit_here(e), pow2) - emit_here(e)));
}
