/* preempt.c: hypercalls that go on later. */
#include "pv/preempt.h"

/* SYSCALL and INT 0x82 are both two bytes long. */
#define INSN_BYTES 2u

int64_t pv_preempt(struct pv_domain *d, unsigned nr, unsigned nr_args,
                   const uint64_t *arg)
{
    static const uint8_t at64[6] = {R_DI, R_SI, R_DX, R_10, R_8, R_9};
    static const uint8_t at32[6] = {R_BX, R_CX, R_DX, R_SI, R_DI, R_BP};
    struct x86_cpu *c = d->c;
    unsigned i;

    d->preempted = true;
    for (i = 0; i < nr_args; i++)
        d->preempt_arg[i] = arg[i];
    if (d->in_multicall)
        return 0;
    for (i = 0; i < nr_args; i++)
        c->s.r[d->is32 ? at32[i] : at64[i]] = arg[i];
    c->s.r[R_AX] = nr;
    c->s.r[R_IP] = (c->s.r[R_IP] - INSN_BYTES) & c->ip_mask;
    /* It was counted as retired, and is not. */
    c->v.icount--;
    c->block_icount = c->v.icount;
    d->no_result = true;
    return 0;
}
