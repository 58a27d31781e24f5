/* insn.h: the decoded instruction, as the interpreter's handlers see it. */
#ifndef COMMON_X86_INSN_H
#define COMMON_X86_INSN_H

#include <stdint.h>

struct x86_cpu;
struct x86_insn;

/* Executes *i and, through X86_NEXT, those after it. See op.h. */
typedef void x86_handler(struct x86_cpu *c, const struct x86_insn *i);

/* Bits of x86_insn.flags */
#define XI_REP    0x01u /* F3 was the last of F2/F3 */
#define XI_REPNE  0x02u /* F2 was the last of F2/F3 */
#define XI_LOCK   0x04u
#define XI_MEM    0x08u /* the ModRM operand is in memory */
#define XI_REXW   0x10u
#define XI_END    0x20u /* always ends its block */
#define XI_SEGPFX 0x40u /* a segment prefix was given */

struct x86_insn {
    x86_handler *fn;
    union {
        int64_t disp;   /* displacement of the memory operand; RIP-relative:
                         * from the start of the block (base is R_IP) */
        uint64_t imm64; /* MOV r64, imm64; far pointers: the selector;
                         * ENTER: the nesting level (no memory operand) */
    };
    int32_t imm;         /* immediate, sign-extended; relative branches: the
                          * displacement; far pointers: the offset */
    uint16_t op;         /* enum x86_op (opcodes.def): mnemonic and traits */
    uint16_t off;        /* offset of this instruction from the block's start */
    uint8_t len;         /* bytes, 1..15 */
    uint8_t reg;         /* ModRM.reg operand; see below */
    uint8_t rm;          /* ModRM.rm register, or the register in the opcode */
    uint8_t base, index; /* R_*: R_ZERO when absent, R_IP for RIP-relative */
    uint8_t scale_seg;   /* scale in bits 1:0, segment in bits 6:4 */
    uint8_t size;  /* operand size in bits 1:0 (0: 8, 1: 16, 2: 32, 3: 64),
                    * address size in bits 5:4 (1, 2, 3 likewise) */
    uint8_t flags; /* XI_* */
};

_Static_assert(sizeof(struct x86_insn) == 32, "two to a cache line");

/* Register operands: `reg` and `rm` are indices into x86_state.r (or segment,
 * control, x87, MMX, XMM numbers), except for 8-bit general registers, where
 * they are BYTE OFFSETS into x86_state.r (AL 0, AH 1, CL 8, ... R15L 120). */

static inline unsigned xi_scale(const struct x86_insn *i)
{
    return i->scale_seg & 3;
}

static inline unsigned xi_seg(const struct x86_insn *i)
{
    return i->scale_seg >> 4;
}

static inline unsigned xi_osize(const struct x86_insn *i)
{
    return i->size & 3;
}

static inline unsigned xi_asize(const struct x86_insn *i)
{
    return i->size >> 4;
}

/* One operation: handlers by operand size (8, 16, 32, 64) and by where the
 * ModRM operand is. NULL: that form does not exist and is #UD. */
struct x86_impl {
    x86_handler *r[4];
    x86_handler *m[4];
    /* As m, faster: for operands with 64-bit addresses in 64-bit mode that no
     * segment base is added to (not FS, GS). NULL: m serves. */
    x86_handler *m64[4];
};

#endif
