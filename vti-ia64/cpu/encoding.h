/* encoding.h: the instruction set as a table, and bundles.
 *
 * A bundle is 128 bits: a template (bits 4:0) and three slots of 41 bits. The
 * template says what unit decodes each slot and where instruction groups end
 * (stops). In MLX, slots 1 and 2 make one instruction: slot 2 is the X
 * instruction, slot 1 more of its immediate. [ISDM3 "Instruction Formats"] */
#ifndef VTI_IA64_CPU_ENCODING_H
#define VTI_IA64_CPU_ENCODING_H

#include <stdbool.h>
#include <stdint.h>

#define IA64_SLOT_BITS 41

enum ia64_unit {
    IA64_UNIT_A, /* rows of the table: for M and I slots alike */
    IA64_UNIT_I,
    IA64_UNIT_M,
    IA64_UNIT_B,
    IA64_UNIT_F,
    IA64_UNIT_X,
    IA64_UNIT_L, /* slots only */
    IA64_UNITS,
};

enum ia64_format {
#define FORMAT(name) IA64_##name,
#include "vti-ia64/cpu/formats.def"
#undef FORMAT
    IA64_FORMATS
};

/* One row of encodings.def. */
struct ia64_encoding {
    uint64_t value; /* of the fields that say which instruction it is */
    uint8_t unit, format, x;
    const char *mnemonic, *operands;
};

extern const struct ia64_encoding ia64_encodings[];
extern const unsigned ia64_nr_encodings;

/* The units of a template, and its stops: bit k: after slot k. */
struct ia64_template {
    uint8_t unit[3];
    uint8_t stops;
    bool reserved;
    char name[4]; /* "MII"; "-3-" as listings show reserved ones */
};

extern const struct ia64_template ia64_templates[32];

struct ia64_bundle {
    uint8_t template;
    uint64_t slot[3];
};

/* From and to 16 bytes in memory; instructions are little-endian always. */
struct ia64_bundle ia64_bundle_get(const uint8_t bytes[16]);
void ia64_bundle_put(const struct ia64_bundle *b, uint8_t bytes[16]);

/* Bits hi..lo of a slot. */
static inline uint64_t ia64_bits(uint64_t slot, unsigned hi, unsigned lo)
{
    return (slot >> lo) & ((2ull << (hi - lo)) - 1);
}

/* Row of the instruction `slot` in a slot of that unit, or -1: not defined. */
int ia64_encoding_find(enum ia64_unit unit, uint64_t slot);

/* Whether bits 5:0 of the row's instructions are a qualifying predicate. */
bool ia64_encoding_predicated(int row);

/* The bits of a slot that say that it is an instruction of this row. */
uint64_t ia64_encoding_mask(int row);

#endif
