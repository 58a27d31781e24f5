/* ivmm_switch.c: from the guest into the VMM and back: what both ways have in
 * common. */
#include <string.h>

#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/vmm/ivmm.h"

void ivmm_pull(struct ivmm *m)
{
    struct ia64_state *g = &m->g;
    const struct ia64_state *s = &m->c->s;

    m->way->leave(m);
    m->way->state(m, s->ipsr, g);
    g->ip = s->iip;
    g->iipa_now = s->iipa;
    g->cfle = (s->isr & ISR_IR) != 0;
    m->old_psr = g->psr;
    m->old_ip = g->ip;
}

/* What the guest runs with. Keys are looked at where all is virtual. */
static uint64_t machine_psr(const struct ivmm *m)
{
    uint64_t psr = (m->way->psr(m) & ~IA64_VTI_PSR) | IVMM_PSR;

    if (ivmm_mode(m) == IVMM_VIRTUAL)
        psr |= m->g.psr & PSR_PK;
    return psr;
}

enum status ivmm_push(struct ivmm *m, struct error *err)
{
    struct ia64_state *s = &m->c->s;
    const struct ia64_state *g = &m->g;

    ivmm_load_rr(m);
    s->ipsr = machine_psr(m);
    s->iip = g->ip;
    s->iipa = g->iipa_now;
    s->ifs = 0; /* the frame is as it is */
    /* A fault that sets some of these leaves the guest's in the others. */
    s->ifa = g->ifa;
    s->itir = g->itir;
    s->iim = g->iim;
    s->iha = g->iha;
    s->halted = g->halted;
    m->due = (g->psr & PSR_I) && ia64_sapic_pending(g);
    return m->way->resume(m, g->cfle != 0)
               ? ST_OK
               : err_set(err, ST_BUG, "%s: refused to resume the guest",
                         m->way->name);
}

void ivmm_set_psr(struct ivmm *m, uint64_t psr)
{
    struct ia64_gr t;

    for (unsigned k = 0; k < 16 && ((m->g.psr ^ psr) & PSR_BN); k++) {
        t = m->g.bank[k];
        m->g.bank[k] = m->c->s.bank[k];
        m->c->s.bank[k] = t;
    }
    m->g.psr = psr;
}

void ivmm_inject(struct ivmm *m, const struct ia64_fault *f)
{
    ia64_count(m->c, LEDGER_INJECT, f->vector >> 8, 0);
    ivmm_set_psr(m, ia64_collect(&m->g, f));
}

void ivmm_view(const struct vcpu *v, void *state)
{
    const struct ivmm *m = ivmm(v);
    const struct ia64_state *g = &m->g;
    struct ia64_state *out = state;

    m->way->state(m, m->c->s.psr, out);
    memcpy(out->insvc, g->insvc, sizeof(out->insvc));
    memcpy(out->rr, g->rr, sizeof(out->rr));
    memcpy(out->dbr, g->dbr, sizeof(out->dbr));
    memcpy(out->ibr, g->ibr, sizeof(out->ibr));
    memcpy(out->itr, g->itr, sizeof(out->itr));
    memcpy(out->dtr, g->dtr, sizeof(out->dtr));
    memcpy(out->itc, g->itc, sizeof(out->itc));
    memcpy(out->dtc, g->dtc, sizeof(out->dtc));
    out->itc_next = g->itc_next;
    out->dtc_next = g->dtc_next;
    out->halted = g->halted;
}
