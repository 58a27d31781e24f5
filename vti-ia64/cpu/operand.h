/* operand.h: operands of instructions: what they are called and their values.
 */
#ifndef VTI_IA64_CPU_OPERAND_H
#define VTI_IA64_CPU_OPERAND_H

#include "vti-ia64/cpu/encoding.h"

enum ia64_operand_kind {
    IA64_OPND_GR,
    IA64_OPND_FR,
    IA64_OPND_PR,
    IA64_OPND_BR,
    IA64_OPND_AR,
    IA64_OPND_CR,
    IA64_OPND_WORD, /* written as its name */
    IA64_OPND_DEC,  /* signed number */
    IA64_OPND_HEX,
    IA64_OPND_MBTYPE, /* permutation of mux1 */
    IA64_OPND_FRAME,  /* of alloc: sof 6:0, sol 13:7, sor 17:14 */
    IA64_OPND_FCLASS,
    IA64_OPND_TARGET, /* bytes from the bundle's address */
};

struct ia64_operand {
    enum ia64_operand_kind kind;
    const char *name;
    uint64_t value;
};

/* The operand whose name starts at *text, in an instruction of row `e`; *text
 * moves past it. `l` is the L slot of MLX. False: *text is punctuation. */
bool ia64_operand_get(const struct ia64_encoding *e, const char **text,
                      uint64_t slot, uint64_t l, struct ia64_operand *out);

/* Value of the row's immediate, count, position or target, the k-th of them
 * (0 or 1); 0 where it has none. Registers and words do not count. */
uint64_t ia64_operand_imm(const struct ia64_encoding *e, unsigned k,
                          uint64_t slot, uint64_t l);

#endif
