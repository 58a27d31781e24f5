/* stats.c: the translator's counts as ledger rows. */
#include "bt/translator/jit.h"

/* Reason of the rows of call-outs by instruction: sub is the x86_op. */
#define REASON_CALLOUT 64u

void jit_count(struct vcpu *v)
{
    struct jit *j = jit_of(x86_cpu(v));
    struct ledger *l = &v->ledger;
    unsigned reason = 0;

    for (unsigned op = 0; op < X86_OPS; op++)
        j->stats.callouts += j->called[op];
#define STAT(name, text)                                                       \
    if (j->stats.name != 0)                                                    \
        ledger_add(l, LEDGER_PROCESSOR, reason, 0, j->stats.name);             \
    reason++;
#include "bt/translator/stats.def"
#undef STAT
    memset(&j->stats, 0, sizeof(j->stats));
    for (unsigned op = 0; op < X86_OPS; op++) {
        if (j->called[op] != 0)
            ledger_add(l, LEDGER_PROCESSOR, REASON_CALLOUT, op, j->called[op]);
        j->called[op] = 0;
    }
}
