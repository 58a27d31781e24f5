/* ivmm_switch.c: from the guest into the VMM and back. */
#include <string.h>

#include "common/base/bits.h"
#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/vmm/ivmm.h"

static const struct {
    uint8_t nr;
    uint16_t offset; /* in struct ia64_state, in words */
} crs[] = {
#define CRFIELD(nr, field) {nr, offsetof(struct ia64_state, field) / 8},
#include "vti-ia64/cpu/crfields.def"
#undef CRFIELD
};

void ivmm_pull(struct ivmm *m)
{
    struct ia64_state *g = &m->g;
    const struct ia64_state *s = &m->c->s;
    const struct ia64_vpd *d = m->vpd;
    const uint64_t *bank;
    uint64_t nat;

    ia64_vps_sync_read(m->c, m->vpd);
    g->psr = (d->vpsr & IA64_VTI_PSR) | (s->ipsr & ~(IA64_VTI_PSR | PSR_VM));
    g->ip = s->iip;
    g->iipa_now = s->iipa;
    g->cfle = (s->isr & ISR_IR) != 0;
    for (unsigned k = 0; k < ARRAY_LEN(crs); k++)
        ((uint64_t *)g)[crs[k].offset] = d->vcr[crs[k].nr];
    bank = g->psr & PSR_BN ? d->vbgr : d->vgr;
    nat = g->psr & PSR_BN ? d->vbnat : d->vnat;
    for (unsigned k = 0; k < 16; k++)
        g->bank[k] = (struct ia64_gr){bank[k], nat >> k & 1};
    m->old_psr = g->psr;
    m->old_ip = g->ip;
    m->frame = false;
}

/* vhpi: as [ISDM2 "Virtual Processor Descriptor"] codes it. */
static uint64_t vhpi(const struct ia64_state *g)
{
    int v = ia64_sapic_highest(g);

    return v < 0 ? 0 : v == 2 ? 32 : v == 0 ? 16 : (uint64_t)v >> 4;
}

static void write_vpd(struct ivmm *m)
{
    const struct ia64_state *g = &m->g;
    struct ia64_vpd *d = m->vpd;
    uint64_t *bank = g->psr & PSR_BN ? d->vbgr : d->vgr, nat = 0;

    d->vpsr = g->psr;
    for (unsigned k = 0; k < ARRAY_LEN(crs); k++)
        d->vcr[crs[k].nr] = ((const uint64_t *)g)[crs[k].offset];
    for (unsigned k = 0; k < 16; k++) {
        bank[k] = g->bank[k].v;
        nat |= g->bank[k].nat << k;
    }
    *(g->psr & PSR_BN ? &d->vbnat : &d->vnat) = nat;
    d->vhpi = vhpi(g);
}

/* What the guest runs with. Keys are looked at where all is virtual. */
static uint64_t machine_psr(const struct ivmm *m)
{
    uint64_t psr = (m->g.psr & ~IA64_VTI_PSR) | PSR_IC | PSR_I | PSR_DT |
                   PSR_SI | PSR_RT | PSR_IT | PSR_BN | PSR_VM;

    if (ivmm_mode(m) == IVMM_VIRTUAL)
        psr |= m->g.psr & PSR_PK;
    return psr;
}

enum status ivmm_push(struct ivmm *m, struct error *err)
{
    struct ia64_state *s = &m->c->s;
    const struct ia64_state *g = &m->g;
    bool cfle = g->cfle != 0, ok;

    write_vpd(m);
    ivmm_load_rr(m);
    s->ipsr = machine_psr(m);
    s->iip = g->ip;
    s->iipa = g->iipa_now;
    s->ifs = m->frame ? g->ifs : 0;
    /* A fault that sets some of these leaves the guest's in the others. */
    s->ifa = g->ifa;
    s->itir = g->itir;
    s->iim = g->iim;
    s->iha = g->iha;
    s->halted = g->halted;
    m->due = (g->psr & PSR_I) && ia64_sapic_pending(g);
    ok = ia64_vps_sync_write(m->c, m->vpd) &&
         ia64_vps_set_pending_interrupt(m->c, m->vpd);
    if ((g->psr & PSR_IC) && !cfle)
        ok = ok && ia64_vps_resume_normal(m->c, m->vpd);
    else
        ok = ok &&
             ia64_vps_resume_handler(
                 m->c, m->vpd, m->vpd->vac | (cfle ? IA64_RESUME_CFLE : 0));
    return ok ? ST_OK
              : err_set(err, ST_BUG, "hvm: PAL refused to resume the guest");
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
    const struct ia64_state *s = &m->c->s, *g = &m->g;
    const struct ia64_vpd *d = m->vpd;
    struct ia64_state *out = state;
    bool bn = (d->vpsr & PSR_BN) != 0;

    out->psr = (d->vpsr & IA64_VTI_PSR) | (s->psr & ~(IA64_VTI_PSR | PSR_VM));
    for (unsigned k = 0; k < ARRAY_LEN(crs); k++)
        ((uint64_t *)out)[crs[k].offset] = d->vcr[crs[k].nr];
    for (unsigned k = 0; k < 16; k++)
        out->bank[k] = (struct ia64_gr){bn ? d->vbgr[k] : d->vgr[k],
                                        (bn ? d->vbnat : d->vnat) >> k & 1};
    memcpy(out->insvc, g->insvc, sizeof(out->insvc));
    memcpy(out->rr, g->rr, sizeof(out->rr));
    memcpy(out->itr, g->itr, sizeof(out->itr));
    memcpy(out->dtr, g->dtr, sizeof(out->dtr));
    memcpy(out->itc, g->itc, sizeof(out->itc));
    memcpy(out->dtc, g->dtc, sizeof(out->dtc));
    out->itc_next = g->itc_next;
    out->dtc_next = g->dtc_next;
    out->halted = g->halted;
}
