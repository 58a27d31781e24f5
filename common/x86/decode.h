/* decode.h: bytes to struct x86_insn, for the three code sizes.
 *
 * Everything the decoder knows stands in opcodes.def and operands.def. What it
 * refuses is #UD on the modelled processor, a GenuineIntel one: near branches
 * in 64-bit mode ignore 66, reserved combinations of mandatory prefixes do not
 * exist, C4, C5 and 62 are no prefixes.
 *
 * Beyond what insn.h says:
 *   - fn is impl->m[size] if XI_MEM is set (m64[size] where that serves), else
 *     impl->r[size].
 *   - The segment is the override if it counts, else SS for addresses by
 *     rSP or rBP, else DS; for string instructions that of the source, ES if
 *     there is none. In 64-bit mode ES, CS, SS and DS overrides do not count.
 *     XI_SEGPFX: an override counts.
 *   - XI_REP and XI_REPNE are also set where the prefix is mandatory or means
 *     nothing.
 *   - Immediates that are no numbers to be extended (ports, vectors, counts,
 *     shuffles, RET's and ENTER's size) are zero-extended, all others
 *     sign-extended; the count of a shift by one is 1.
 *   - PUSH and POP of a segment register: its number is in reg.
 *   - Accumulator operands: rm and reg are 0.
 *   - x87: imm is (opcode byte & 7) << 8 | ModRM byte, as x87.def wants it. */
#ifndef COMMON_X86_DECODE_H
#define COMMON_X86_DECODE_H

#include "common/x86/cpuid.h"
#include "common/x86/insn.h"

/* Traits of a line of opcodes.def, see there. */
enum x86_op_trait {
    XT_LOCK = 0x01,
    XT_D64 = 0x02,
    XT_F64 = 0x04,
    XT_I64 = 0x08,
    XT_O64 = 0x10,
    XT_END = 0x20,
};

/* One id per line of opcodes.def; 0 is no instruction. */
enum x86_op {
    X86_OP_NONE,
#define OP(map, byte, pfx, mod, reg, name, o1, o2, o3, impl, traits, feature)  \
    X86_OP_##map##_##byte##_##pfx##_##mod##_##reg,
#define ALT  OP
#define OP8  OP
#define ALT8 OP
#include "common/x86/opcodes.def"
#undef OP
#undef ALT
#undef OP8
#undef ALT8
    X86_OPS
};

enum x86_decode_result {
    X86_DEC_OK,
    X86_DEC_UD,    /* no instruction: len is what was looked at, at least 1;
                    * op is that of a hidden or wrongly formed instruction,
                    * X86_OP_NONE for an undefined opcode */
    X86_DEC_LIMIT, /* it would be longer than 15 bytes */
    X86_DEC_SHORT, /* it needs more bytes than given: no field is valid */
};

/* Decode the instruction at bytes[0..avail) for 16-, 32- or 64-bit code
 * (code_size 1, 2, 3) on a processor with the features of model (NULL: with all
 * that opcodes.def names). Never looks at a byte that the instruction does not
 * need. RIP-relative operands have disp as from the start of the instruction
 * (off is 0). `out` is complete on X86_DEC_OK. */
enum x86_decode_result x86_decode(const uint8_t *bytes, unsigned avail,
                                  unsigned code_size,
                                  const struct cpuid_model *model,
                                  struct x86_insn *out);

/* The mnemonic, in Intel's syntax where size does not matter ("movs", "cbw");
 * "(bad)" for X86_OP_NONE and numbers that are no id. */
const char *x86_op_name(unsigned op);
unsigned x86_op_traits(unsigned op);
const struct x86_impl *x86_op_impl(unsigned op);

static inline bool x86_op_ends_block(const struct x86_insn *i)
{
    return (i->flags & XI_END) != 0;
}

#endif
