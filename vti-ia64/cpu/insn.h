/* insn.h: the decoded instruction, as handlers see it. */
#ifndef VTI_IA64_CPU_INSN_H
#define VTI_IA64_CPU_INSN_H

#include <stdint.h>

struct ia64_cpu;
struct ia64_insn;

/* Executes *i and, through IA64_NEXT, those after it. See op.h. */
typedef void ia64_handler(struct ia64_cpu *c, const struct ia64_insn *i);

struct ia64_insn {
    ia64_handler *fn;
    uint64_t imm;       /* immediate; branches: bytes from the bundle */
    uint16_t row;       /* of encodings.def */
    uint8_t qp;         /* qualifying predicate; fn has tested it */
    uint8_t x;          /* the row's constant */
    uint8_t r1, r2, r3; /* bits 12:6, 19:13, 26:20: registers of any file; in
                         * formats with p1, r1 is that */
    uint8_t r4;         /* bits 33:27 (f4); in formats with p2, that (32:27) */
    uint8_t sf;         /* bits 35:34: FP status field */
    uint8_t imm2;       /* second immediate: length, tag... */
    uint8_t update;     /* memory: 0 none, 1 by register r2, 2 by imm */
    uint8_t slot;       /* 0..2; 3: not decoded yet */
};

_Static_assert(sizeof(struct ia64_insn) == 32, "two to a cache line");

#endif
