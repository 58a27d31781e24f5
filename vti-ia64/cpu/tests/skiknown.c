/* skiknown.c: differences between Ski and the model in which Ski is wrong, or
 * which the manual leaves open. */
#include "vti-ia64/cpu/tests/skiknown.h"

#include <string.h>

#include "common/base/bits.h"
#include "vti-ia64/cpu/fp.h"

static bool is(const struct skidiff *d, const char *mnemonic)
{
    return strncmp(d->row->mnemonic, mnemonic, strlen(mnemonic)) == 0;
}

static bool equal_targets(const struct skidiff *d)
{
    return is(d, "fcmp") &&
           ia64_bits(d->slot, 11, 6) == ia64_bits(d->slot, 32, 27);
}

static bool unnormal(struct ia64_fr f)
{
    return (f.se & FP_EXP) != FP_EXP && !(f.sig & FP_MSB) &&
           ((f.se & FP_EXP) != 0 || f.sig != 0);
}

static bool order_of_unnormals(const struct skidiff *d)
{
    return (is(d, "fmin") || is(d, "fmax") || is(d, "famin") ||
            is(d, "famax") || is(d, "fcmp")) &&
           (unnormal(
                skidiff_fr(&d->before, (unsigned)ia64_bits(d->slot, 19, 13))) ||
            unnormal(
                skidiff_fr(&d->before, (unsigned)ia64_bits(d->slot, 26, 20))));
}

/* Bit 8 of ISR.code, of a fault: what rounding would have set for a trap. */
static bool trap_bit_of_fault(const struct skidiff *d)
{
    struct skiprog_block b = d->theirs;

    b.last &= ~0x100ull;
    b.interruptions -= 0x100;
    return is(d, "fcvt") && d->theirs.last >> 48 == 0x5c00 &&
           skidiff_equal(&b, &d->ours);
}

const struct skiknown skiknown[] = {
    {"fcmp with two equal targets is Illegal Operation", equal_targets},
    {"order goes by the value, not by the exponent, of unnormal numbers",
     order_of_unnormals},
    {"ISR.code of a fault of fcvt has no bit of a trap", trap_bit_of_fault},
};
const unsigned skiknown_nr = ARRAY_LEN(skiknown);

int skiknown_find(const struct skidiff *d)
{
    for (unsigned k = 0; k < skiknown_nr; k++)
        if (skiknown[k].explains(d))
            return (int)k;
    return -1;
}
