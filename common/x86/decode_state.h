/* decode_state.h: what the parts of the decoder share. */
#ifndef COMMON_X86_DECODE_STATE_H
#define COMMON_X86_DECODE_STATE_H

#include "common/x86/decode_table.h"
#include "common/x86/defs.h"

/* SIZE_*: log2 of bytes, as struct x86_insn has sizes */
enum { SIZE_8, SIZE_16, SIZE_32, SIZE_64 };

#define REX_W 8u
#define REX_R 4u
#define REX_X 2u
#define REX_B 1u

struct x86_decoder {
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

/* The next n bytes, little-endian. 0 once a fetch has failed: the caller goes
 * on, and looks at res before it believes anything. */
uint64_t x86_decode_fetch(struct x86_decoder *d, unsigned n);

/* Fetch and fill what the operands of the line ask for, into d->out; its size
 * and flags are set, and the ModRM byte is taken. False: this form does not
 * exist. */
bool x86_decode_operands(struct x86_decoder *d, const struct x86_op_row *r);

#endif
