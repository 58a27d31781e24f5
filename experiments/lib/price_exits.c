/* price_exits.c: which sensitive operations a VM exit stands for. */
#include "experiments/lib/price_exits.h"

#include <string.h>

#include "common/engine/disposition.h"
#include "experiments/lib/price.h"
#include "experiments/lib/sample.h"

#define SAME 1
#define ANY  0

static const struct {
    const char *reason;
    bool same;
    uint8_t op[4]; /* then 0s: CLI never exits */
} exits[] = {
#define PRICE_EXIT(reason, sub, ...) {reason, sub, {__VA_ARGS__}},
#include "experiments/lib/price_exits.def"
#undef PRICE_EXIT
};

_Static_assert(SENS_CLI == 0, "0 ends a list of operations");

static struct price_exit cr_access(uint64_t sub)
{
    static const uint8_t op[] = {SENS_MOV_TO_CR, SENS_MOV_FROM_CR, SENS_CLTS,
                                 SENS_LMSW};
    unsigned what = sub >> 4 & 3;

    return (struct price_exit){
        .nr = 1,
        .op = {op[what]},
        .sub = what < 2 ? (sub & 0xf) : PRICE_ANY_SUB,
    };
}

struct price_exit price_exit_of(unsigned reason, uint64_t sub)
{
    struct ledger_row r = {.kind = LEDGER_EXIT, .reason = (uint16_t)reason};
    struct price_exit e = {.nr = 0};
    char name[40];

    sample_reason_name(&r, name, sizeof(name));
    if (strcmp(name, "CR_ACCESS") == 0)
        return cr_access(sub);
    for (unsigned i = 0; i < ARRAY_LEN(exits); i++) {
        if (strcmp(exits[i].reason, name) != 0)
            continue;
        e.sub = exits[i].same ? sub : PRICE_ANY_SUB;
        memcpy(e.op, exits[i].op, sizeof(e.op));
        while (e.nr < 4 && e.op[e.nr] != 0)
            e.nr++;
    }
    return e;
}
