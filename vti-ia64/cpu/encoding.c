/* encoding.c: the table of encodings and the templates of bundles. */
#include "vti-ia64/cpu/encoding.h"

#include "common/base/bits.h"
#include "common/base/cc.h"

/* Sizes of accesses as encodings.def spells them. */
#define LOG2_1 0
#define LOG2_2 1
#define LOG2_4 2
#define LOG2_8 3

/* The fields are expanded twice: here for the mask, below for the value. */
static const uint64_t masks[] = {
#define F(hi, lo, v)                                            | ((2ull << ((hi) - (lo))) - 1) << (lo)
#define INSN(handler, x, unit, format, mnemonic, operands, ...) 0 __VA_ARGS__,
#include "vti-ia64/cpu/encodings.def"
#undef INSN
#undef F
};

const struct ia64_encoding ia64_encodings[] = {
#define F(hi, lo, v) | (uint64_t)(v) << (lo)
#define INSN(handler, x, unit, format, mnemonic, operands, ...)                \
    {0 __VA_ARGS__, IA64_UNIT_##unit, IA64_##format, x, mnemonic, operands},
#include "vti-ia64/cpu/encodings.def"
#undef INSN
#undef F
};

const unsigned ia64_nr_encodings = ARRAY_LEN(ia64_encodings);

#define TEMPLATE(a, b, c, stop)                                                \
    {                                                                          \
        .unit = {IA64_UNIT_##a, IA64_UNIT_##b, IA64_UNIT_##c}, .stops = stop,  \
        .name = #a #b #c                                                       \
    }
#define RESERVED(text)                                                         \
    {                                                                          \
        .reserved = true, .name = text                                         \
    }

/* [ISDM3 "Template Field Encoding and Instruction Slot Mapping"] */
const struct ia64_template ia64_templates[32] = {
    TEMPLATE(M, I, I, 0), TEMPLATE(M, I, I, 4), TEMPLATE(M, I, I, 2),
    TEMPLATE(M, I, I, 6), TEMPLATE(M, L, X, 0), TEMPLATE(M, L, X, 4),
    RESERVED("-3-"),      RESERVED("-3-"),      TEMPLATE(M, M, I, 0),
    TEMPLATE(M, M, I, 4), TEMPLATE(M, M, I, 1), TEMPLATE(M, M, I, 5),
    TEMPLATE(M, F, I, 0), TEMPLATE(M, F, I, 4), TEMPLATE(M, M, F, 0),
    TEMPLATE(M, M, F, 4), TEMPLATE(M, I, B, 0), TEMPLATE(M, I, B, 4),
    TEMPLATE(M, B, B, 0), TEMPLATE(M, B, B, 4), RESERVED("-a-"),
    RESERVED("-a-"),      TEMPLATE(B, B, B, 0), TEMPLATE(B, B, B, 4),
    TEMPLATE(M, M, B, 0), TEMPLATE(M, M, B, 4), RESERVED("-d-"),
    RESERVED("-d-"),      TEMPLATE(M, F, B, 0), TEMPLATE(M, F, B, 4),
    RESERVED("-f-"),      RESERVED("-f-"),
};

struct ia64_bundle ia64_bundle_get(const uint8_t bytes[16])
{
    uint64_t lo = get_le64(bytes), hi = get_le64(bytes + 8);
    uint64_t mask = mask_low(IA64_SLOT_BITS);

    return (struct ia64_bundle){
        .template = lo & 0x1f,
        .slot = {lo >> 5 & mask, (lo >> 46 | hi << 18) & mask, hi >> 23},
    };
}

void ia64_bundle_put(const struct ia64_bundle *b, uint8_t bytes[16])
{
    put_le64(bytes, b->template | b->slot[0] << 5 | b->slot[1] << 46);
    put_le64(bytes + 8, b->slot[1] >> 18 | b->slot[2] << 23);
}

int ia64_encoding_find(enum ia64_unit unit, uint64_t slot)
{
    bool alu = unit == IA64_UNIT_I || unit == IA64_UNIT_M;

    for (unsigned k = 0; k < ia64_nr_encodings; k++) {
        if ((slot & masks[k]) != ia64_encodings[k].value)
            continue;
        if (ia64_encodings[k].unit == unit ||
            (alu && ia64_encodings[k].unit == IA64_UNIT_A))
            return (int)k;
    }
    return -1;
}

bool ia64_encoding_predicated(int row)
{
    switch (ia64_encodings[row].format) {
    case IA64_B2:
    case IA64_B6:
    case IA64_B7:
    case IA64_B8:
    case IA64_M34:
        return false;
    default:
        return ia64_encodings[row].format != IA64_M25 &&
               ia64_encodings[row].unit != IA64_UNITS;
    }
}

uint64_t ia64_encoding_mask(int row)
{
    return masks[row];
}
