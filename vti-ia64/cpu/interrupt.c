/* interrupt.c: delivery of interruptions. [ISDM2 "Interruption Handling"] */
#include "vti-ia64/cpu/op.h"
#include "vti-ia64/cpu/sensitive.h"

/* PSR after an interruption: what stays, and what DCR brings. */
static uint64_t handler_psr(const struct ia64_cpu *c)
{
    uint64_t psr = c->s.psr & (PSR_UP | PSR_MFL | PSR_MFH | PSR_PK | PSR_DT |
                               PSR_RT | PSR_MC | PSR_IT);

    if (c->s.dcr & DCR_BE)
        psr |= PSR_BE;
    if (c->s.dcr & DCR_PP)
        psr |= PSR_PP;
    return psr;
}

void ia64_deliver(struct ia64_cpu *c, const struct ia64_fault *f)
{
    struct ia64_state *s = &c->s;
    bool collect = (s->psr & PSR_IC) != 0;
    uint64_t ei = (s->psr & PSR_RI) >> PSR_RI_SHIFT;

    ledger_add(&c->v.ledger, LEDGER_SENSITIVE, IA64_SENS_INTERRUPTION,
               f->vector, 1);
    if (collect) {
        s->ipsr = s->psr;
        s->iip = s->ip;
        s->iipa = s->iipa_now;
        s->ifs = 0;
        if (f->sets & IA64_SETS_IFA)
            s->ifa = f->ifa;
        if (f->sets & IA64_SETS_ITIR)
            s->itir = f->itir;
        if (f->sets & IA64_SETS_IIM)
            s->iim = f->iim;
        if (f->sets & IA64_SETS_IHA)
            s->iha = f->iha;
    }
    if (f->vector != IA64_VEC_NESTED_DTLB) {
        /* A trap's ISR.ei is the slot that trapped, which f->isr holds. */
        s->isr = f->isr | (collect ? 0 : ISR_NI) | (s->cfle ? ISR_IR : 0);
        if (!(f->sets & IA64_TRAP))
            s->isr |= ei << ISR_EI_SHIFT;
    }
    ia64_set_psr(c, handler_psr(c));
    s->ip = (s->iva & ~0x7fffull) + f->vector;
}
