/* operand.c: operands of instructions. */
#include "vti-ia64/cpu/operand.h"

#include <ctype.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/base/cc.h"

static const struct {
    const char *name;
    enum ia64_operand_kind kind;
} operands[] = {
#define OPERAND(name, kind, value) {#name, IA64_OPND_##kind},
#include "vti-ia64/cpu/operands.def"
#undef OPERAND
};

/* [ISDM3 "Format Summary"]: count2 is coded in three ways. */
static uint64_t count2(const struct ia64_encoding *e, uint64_t slot)
{
    static const uint8_t pmpyshr[4] = {0, 7, 15, 16};

    if (e->format == IA64_I1)
        return pmpyshr[ia64_bits(slot, 31, 30)];
    return ia64_bits(slot, 28, 27) + 1;
}

static uint64_t value(unsigned nr, const struct ia64_encoding *e, uint64_t slot,
                      uint64_t l)
{
#define B(hi, lo)  ia64_bits(slot, hi, lo)
#define L(hi, lo)  ia64_bits(l, hi, lo)
#define S(v, bits) (uint64_t) sext(v, bits)
#define COUNT2     count2(e, slot)
    unsigned k = 0;
    uint64_t v = 0;

#define OPERAND(name, kind, value)                                             \
    if (k++ == nr)                                                             \
        v = (value);
#include "vti-ia64/cpu/operands.def"
#undef OPERAND
    return v;
}

static bool part_of_name(char c)
{
    return isalnum((unsigned char)c) || c == '.';
}

bool ia64_operand_get(const struct ia64_encoding *e, const char **text,
                      uint64_t slot, uint64_t l, struct ia64_operand *out)
{
    size_t n = 0;

    while (part_of_name((*text)[n]))
        n++;
    for (unsigned k = 0; n > 0 && k < ARRAY_LEN(operands); k++) {
        if (strncmp(operands[k].name, *text, n) != 0 ||
            operands[k].name[n] != '\0')
            continue;
        *out = (struct ia64_operand){operands[k].kind, operands[k].name,
                                     value(k, e, slot, l)};
        *text += n;
        return true;
    }
    return false;
}

uint64_t ia64_operand_imm(const struct ia64_encoding *e, unsigned k,
                          uint64_t slot, uint64_t l)
{
    const char *p = e->operands;
    struct ia64_operand o;

    while (*p != '\0') {
        if (!ia64_operand_get(e, &p, slot, l, &o)) {
            p++;
            continue;
        }
        if (o.kind >= IA64_OPND_DEC && k-- == 0)
            return o.value;
    }
    return 0;
}
