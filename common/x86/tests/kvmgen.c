/* kvmgen.c: values for random cases of privileged code. */
#include "common/x86/tests/kvmgen.h"

uint64_t kvmgen_value(struct kvmgen *n)
{
    uint64_t v = rng_next(n->r);

    switch (rnd(n, 5)) {
    case 0:
        return v;
    case 1:
        return BITQ(v & 63);
    case 2:
        return (uint64_t)(int64_t)(int16_t)v;
    case 3:
        return v & 0xffffffff;
    default:
        return v & 0xfff;
    }
}

uint16_t kvmgen_sel(struct kvmgen *n)
{
    static const uint16_t common[] = {
        SEL_C0,  SEL_D0,    SEL_C3,    SEL_D3,  SEL_C0L, SEL_C3L, SEL_C0W,
        SEL_D0W, SEL_C1,    SEL_D1,    SEL_C2,  SEL_D2,  SEL_LDT, SEL_CONF,
        SEL_TSS, SEL_TSS32, SEL_TSS16, SEL_C3W, SEL_D3W, SEL_CALL};
    uint16_t sel;

    switch (rnd(n, 8)) {
    case 0:
        return (uint16_t)rnd(n, 4);
    case 1:
        return (uint16_t)(SEL_L0 + rnd(n, 8) * 8 + rnd(n, 4));
    case 2:
    case 3:
        sel = common[rnd(n, ARRAY_LEN(common))];
        break;
    case 4:
        return (uint16_t)(one_in(n, 4) ? rng_next(n->r)
                                       : GDT_LIMIT + rnd(n, 24));
    default:
        sel = (uint16_t)(SEL_T0 + 16 * rnd(n, 16));
        break;
    }
    return (uint16_t)(sel | (one_in(n, 2) ? n->cpl : rnd(n, 4)));
}
