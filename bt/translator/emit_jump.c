/* emit_jump.c: labels, jumps and calls.
 *
 * The uses of a label that is not bound yet are a list inside the code: each
 * displacement field holds where the one before it is. A 32-bit field holds
 * (offset + 1) in its low 24 bits, 0 at the end, and in the high 8 the number
 * of bytes of its instruction that follow it. An 8-bit field holds the
 * distance to the one before it, 0 at the end. */
#include "bt/translator/emit_enc.h"
#include "common/base/bits.h"

static void put32(struct emit *e, uint32_t v)
{
    put_le32(e->p, v);
    e->p += 4;
}

void emit_enc_label32(struct emit *e, struct emit_label *l, unsigned tail)
{
    uint32_t at = emit_offset(e);

    if (l->bound) {
        put32(e, l->bound - 1 - (at + 4 + tail));
        return;
    }
    put32(e, l->near | tail << 24);
    l->near = at + 1;
}

static void label8(struct emit *e, struct emit_label *l)
{
    uint32_t at = emit_offset(e);
    uint32_t back = l->shrt ? at + 1 - l->shrt : 0;

    /* A use more than 127 bytes back will not reach in any case. */
    if (back > 127)
        emit_enc_fail(e, EMIT_RANGE);
    *e->p++ = (uint8_t)back;
    l->shrt = at + 1;
}

static void bind_near(struct emit *e, struct emit_label *l, uint32_t here)
{
    uint32_t next = l->near;

    while (next) {
        uint8_t *field = e->base + next - 1;
        uint32_t word = get_le32(field);

        put_le32(field, here - (next + 3 + (word >> 24)));
        next = word & 0xffffff;
    }
    l->near = 0;
}

static void bind_short(struct emit *e, struct emit_label *l, uint32_t here)
{
    uint32_t next = l->shrt;

    while (next) {
        uint8_t *field = e->base + next - 1;
        uint32_t back = *field;

        if (here - next > 127)
            emit_enc_fail(e, EMIT_RANGE);
        *field = (uint8_t)(here - next);
        next = back ? next - back : 0;
    }
    l->shrt = 0;
}

void emit_bind(struct emit *e, struct emit_label *l)
{
    uint32_t here = emit_offset(e);

    if (!emit_ok(e))
        return;
    if (l->bound) {
        emit_enc_fail(e, EMIT_FORM);
        return;
    }
    bind_near(e, l, here);
    bind_short(e, l, here);
    l->bound = here + 1;
}

/* Distances are counted from *base, modulo 2^32: it is enough that both ends of
 * the buffer reach. */
void emit_bind_to(struct emit *e, struct emit_label *l, uint64_t target)
{
    int64_t d = (int64_t)(target - e->run), size = e->end - e->base;

    if (!emit_ok(e))
        return;
    if (l->bound || l->shrt) {
        emit_enc_fail(e, EMIT_FORM);
        return;
    }
    if (d != (int32_t)d || d - size != (int32_t)(d - size)) {
        emit_enc_fail(e, EMIT_RANGE);
        return;
    }
    bind_near(e, l, (uint32_t)d);
}

/* Is l bound, and within reach of a two-byte jump from here? */
static bool short_reaches(const struct emit *e, const struct emit_label *l)
{
    return l->bound && emit_offset(e) + 2 - (l->bound - 1) <= 128;
}

static void put_short(struct emit *e, unsigned opcode, struct emit_label *l)
{
    *e->p++ = (uint8_t)opcode;
    if (l->bound)
        *e->p = (uint8_t)(l->bound - 1 - (emit_offset(e) + 1)), e->p++;
    else
        label8(e, l);
}

void emit_jmp(struct emit *e, struct emit_label *l, enum emit_width w)
{
    if (!emit_enc_room(e))
        return;
    if (short_reaches(e, l) || (!l->bound && w == EMIT_SHORT)) {
        put_short(e, 0xeb, l);
        return;
    }
    *e->p++ = 0xe9;
    emit_enc_label32(e, l, 0);
}

void emit_jcc(struct emit *e, enum emit_cc cc, struct emit_label *l,
              enum emit_width w)
{
    if (!emit_enc_room(e))
        return;
    if (short_reaches(e, l) || (!l->bound && w == EMIT_SHORT)) {
        put_short(e, 0x70u | cc, l);
        return;
    }
    *e->p++ = 0x0f;
    *e->p++ = (uint8_t)(0x80u | cc);
    emit_enc_label32(e, l, 0);
}

void emit_call(struct emit *e, struct emit_label *l)
{
    if (!emit_enc_room(e))
        return;
    *e->p++ = 0xe8;
    emit_enc_label32(e, l, 0);
}

void emit_jrcxz(struct emit *e, struct emit_label *l)
{
    if (!emit_enc_room(e))
        return;
    if (l->bound && !short_reaches(e, l))
        emit_enc_fail(e, EMIT_RANGE);
    else
        put_short(e, 0xe3, l);
}

/* ---- to absolute addresses ---- */

/* `opcode` has one byte, or two with 0F first. */
static void to_address(struct emit *e, unsigned opcode, uint64_t target)
{
    unsigned len = opcode > 0xff ? 2 : 1;
    int32_t rel;

    if (!emit_enc_room(e))
        return;
    rel = emit_enc_rel32(e, target, len + 4);
    if (!emit_ok(e))
        return;
    if (opcode > 0xff)
        *e->p++ = 0x0f;
    *e->p++ = (uint8_t)opcode;
    put32(e, (uint32_t)rel);
}

void emit_jmp_to(struct emit *e, uint64_t target)
{
    to_address(e, 0xe9, target);
}

void emit_jcc_to(struct emit *e, enum emit_cc cc, uint64_t target)
{
    to_address(e, 0x0f80u | cc, target);
}

void emit_call_to(struct emit *e, uint64_t target)
{
    to_address(e, 0xe8, target);
}

/* ---- to be patched ---- */

/* Nops, so that what begins `before` bytes from here is 4-byte aligned. */
static void align_field(struct emit *e, unsigned before)
{
    emit_nops(e, (unsigned)(0 - (emit_here(e) + before)) & 3);
}

static uint32_t field_offset(const struct emit *e)
{
    return emit_ok(e) ? emit_offset(e) - 4 : 0;
}

uint32_t emit_jmp_patchable(struct emit *e, uint64_t target)
{
    align_field(e, 1);
    emit_jmp_to(e, target);
    return field_offset(e);
}

uint32_t emit_jcc_patchable(struct emit *e, enum emit_cc cc, uint64_t target)
{
    align_field(e, 2);
    emit_jcc_to(e, cc, target);
    return field_offset(e);
}

uint32_t emit_jmp_patchable_label(struct emit *e, struct emit_label *l)
{
    align_field(e, 1);
    if (!emit_enc_room(e))
        return 0;
    *e->p++ = 0xe9;
    emit_enc_label32(e, l, 0);
    return field_offset(e);
}

uint32_t emit_jcc_patchable_label(struct emit *e, enum emit_cc cc,
                                  struct emit_label *l)
{
    align_field(e, 2);
    if (!emit_enc_room(e))
        return 0;
    *e->p++ = 0x0f;
    *e->p++ = (uint8_t)(0x80u | cc);
    emit_enc_label32(e, l, 0);
    return field_offset(e);
}
