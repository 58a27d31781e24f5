/* emit_enc.h: one encoded instruction, between the forms of emit.h and the
 * bytes (the encoder's own). */
#ifndef BT_TRANSLATOR_EMIT_ENC_H
#define BT_TRANSLATOR_EMIT_ENC_H

#include "bt/translator/emit.h"

/* No instruction is longer; an instruction is refused when less is free. */
#define EMIT_MAX_BYTES 15u

struct emit_enc {
    uint32_t opcode; /* as in struct emit_generic */
    uint8_t prefix;  /* mandatory or operand size; 0: none */
    uint8_t reg;     /* ModRM.reg: register or extension */
    uint8_t rm;      /* register, if !has_mem */
    bool has_mem;
    bool w;                 /* REX.W or VEX.W */
    bool byte_reg, byte_rm; /* these operands are byte registers */
    bool vex;               /* VEX with L = 0; `vvvv` */
    uint8_t vvvv;
    uint8_t imm_bytes;
    int64_t imm;
    struct emit_mem mem;
};

/* Append it: prefixes, REX or VEX, opcode, ModRM, SIB, displacement, immediate.
 */
void emit_enc_put(struct emit *e, const struct emit_enc *n);

/* Keep the first failure. */
void emit_enc_fail(struct emit *e, enum emit_fail why);

/* Room for one instruction, and no failure so far? */
bool emit_enc_room(struct emit *e);

/* A 32-bit displacement at e->p that refers to l, followed by `tail` bytes of
 * the same instruction. */
void emit_enc_label32(struct emit *e, struct emit_label *l, unsigned tail);

/* The displacement that takes the instruction ending `len` bytes after e->p to
 * address `target`. */
int32_t emit_enc_rel32(struct emit *e, uint64_t target, unsigned len);

#endif
