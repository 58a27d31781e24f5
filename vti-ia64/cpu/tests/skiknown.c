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

static bool signed_saturation(const struct skidiff *d)
{
    return strstr(d->row->mnemonic, ".sss") != NULL || is(d, "pack") ||
           is(d, "pshladd2") || is(d, "pshradd2");
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

const struct skiknown skiknown[] = {
    {"signed saturation (padd.sss, pack, pshladd2...) is wrong in a build by a "
     "current gcc",
     signed_saturation},
    {"fcmp with two equal targets is Illegal Operation", equal_targets},
    {"order goes by the value, not by the exponent, of unnormal numbers",
     order_of_unnormals},
};
const unsigned skiknown_nr = ARRAY_LEN(skiknown);

int skiknown_find(const struct skidiff *d)
{
    for (unsigned k = 0; k < skiknown_nr; k++)
        if (skiknown[k].explains(d))
            return (int)k;
    return -1;
}
