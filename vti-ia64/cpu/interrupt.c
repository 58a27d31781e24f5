/* interrupt.c: delivery of interruptions. [ISDM2 "Interruption Handling"] */
#include "vti-ia64/cpu/op.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/sensitive.h"

/* PSR after an interruption: what stays, and what DCR brings. */
static uint64_t handler_psr(const struct ia64_state *s)
{
    uint64_t psr = s->psr & (PSR_UP | PSR_MFL | PSR_MFH | PSR_PK | PSR_DT |
                             PSR_RT | PSR_MC | PSR_IT);

    if (s->dcr & DCR_BE)
        psr |= PSR_BE;
    if (s->dcr & DCR_PP)
        psr |= PSR_PP;
    return psr;
}

uint64_t ia64_collect(struct ia64_state *s, const struct ia64_fault *f)
{
    bool collect = (s->psr & PSR_IC) != 0;
    uint64_t ei = (s->psr & PSR_RI) >> PSR_RI_SHIFT;

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
    /* An incomplete frame waits for the rfi. */
    s->cfle = 0;
    s->ip = (s->iva & ~0x7fffull) + f->vector;
    return handler_psr(s);
}

bool ia64_stepped(struct ia64_state *s, uint64_t psr, uint64_t ip,
                  struct ia64_fault *f)
{
    uint64_t slot = (psr & PSR_RI) >> PSR_RI_SHIFT;
    bool taken = s->ip != ip && s->ip != ip + 16;

    s->psr &= ~(psr & PSR_ONCE); /* rfi sets them anew for the next one */
    *f = (struct ia64_fault){.isr = slot << ISR_EI_SHIFT, .sets = IA64_TRAP};
    if ((psr & PSR_TB) && (s->psr & PSR_TB) && taken) {
        f->vector = IA64_VEC_TAKEN_BRANCH;
        f->isr |= 4 | (psr & PSR_SS ? 8 : 0);
        return true;
    }
    if ((psr & PSR_SS) && (s->psr & PSR_SS)) {
        f->vector = IA64_VEC_SINGLE_STEP;
        f->isr |= 8;
        return true;
    }
    return false;
}

void ia64_deliver(struct ia64_cpu *c, const struct ia64_fault *f)
{
    ia64_count(c, LEDGER_SENSITIVE, IA64_SENS_INTERRUPTION, f->vector);
    ia64_set_psr(c, ia64_collect(&c->s, f));
    if (f->vector == IA64_VEC_VIRTUALIZATION)
        ia64_vti_hand_over(c);
    if (c->v.disp.at[IA64_SENS_INTERRUPTION] == DISP_EXIT) {
        c->intercepted = true;
        c->attention = 1;
        c->exit = (struct vcpu_exit){.kind = EXIT_SENSITIVE,
                                     .op = IA64_SENS_INTERRUPTION,
                                     .sub = f->vector};
    }
}

void ia64_return(struct ia64_cpu *c, uint64_t psr, bool cfle)
{
    struct ia64_state *s = &c->s;

    if (s->ifs & IFS_V) {
        ia64_rse_restore(c, s->ifs & CFM_MASK);
    } else {
        s->cfle = cfle;
    }
    ia64_set_psr(c, psr);
    s->ip = s->iip & ~15ull;
}
