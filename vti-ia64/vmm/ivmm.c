/* ivmm.c: a VMM's life and its loop: exits by vector. */
#include "vti-ia64/vmm/ivmm.h"

#include <stdlib.h>
#include <string.h>

#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/cpu/sensitive.h"

/* ---- exits ---- */

/* The interruption is the guest's own. */
static void reflect(struct ivmm *m)
{
    const struct ia64_state *s = &m->c->s;
    struct ia64_fault f = {.vector = (enum ia64_vector)(s->ip - s->iva),
                           .isr = s->isr & ~(ISR_NI | ISR_IR),
                           .ifa = s->ifa,
                           .itir = s->itir,
                           .iim = s->iim,
                           .iha = s->iha,
                           .sets = IA64_SETS_IFA | IA64_SETS_ITIR |
                                   IA64_SETS_IIM | IA64_SETS_IHA | IA64_TRAP};

    /* The machine's region registers are not the guest's. */
    if (f.itir != m->g.itir)
        f.itir = m->g.rr[f.ifa >> 61] & 0xfffffffcull;
    if ((s->isr & ISR_SP) && ia64_deferred(&m->mmu, m->g.ip, &f))
        m->g.psr |= PSR_ED;
    else
        ivmm_inject(m, &f);
}

/* The machine's interrupts are the guest's: it has no others. */
static void external_interrupt(struct ivmm *m)
{
    unsigned vector;

    while ((vector = ia64_sapic_ivr(&m->c->s)) != IA64_SPURIOUS) {
        ia64_sapic_eoi(&m->c->s);
        ia64_sapic_accept(&m->g, vector);
    }
}

/* SSC and other services of the platform are done at once. */
static void service(struct ivmm *m)
{
    struct ia64_cpu *c = m->c;
    uint64_t imm = c->s.iim;

    if (c->break_fn == NULL || !c->break_fn(c->break_opaque, c, imm)) {
        reflect(m);
        return;
    }
    ia64_count(c, LEDGER_SENSITIVE, IA64_SENS_BREAK, imm);
    m->g.halted = c->s.halted;
    ivmm_complete(m);
}

/* By the machine's privilege, or the guest's own. Returns the exit's row. */
static unsigned general_exception(struct ivmm *m)
{
    unsigned op = ivmm_privileged(m);

    if (op == IA64_SENS_COUNT)
        reflect(m);
    else if (ia64_vti_cause(op) != 0)
        return ia64_vti_cause(op);
    return IVMM_EXIT_VECTOR + (IA64_VEC_GENERAL >> 8);
}

/* Returns the exit's row. */
static unsigned handle(struct ivmm *m, uint64_t vector)
{
    const struct ia64_gr *r = m->c->s.gr;
    unsigned cause;

    switch (vector) {
    case IA64_VEC_VIRTUALIZATION:
        cause = (unsigned)r[24].v;
        ivmm_emulate(m, ia64_vti_op(cause), r[25].v);
        return cause;
    case IA64_VEC_GENERAL:
        return general_exception(m);
    case IA64_VEC_DRIGHTS:
        if (m->way->denied == NULL || !m->way->denied(m))
            reflect(m);
        break;
    case IA64_VEC_ALT_ITLB:
    case IA64_VEC_ALT_DTLB:
        ivmm_tlb_miss(m);
        break;
    case IA64_VEC_EXTINT:
        external_interrupt(m);
        break;
    case IA64_VEC_VIRT_EXTINT:
        break; /* what is pending is delivered on the way back */
    case IA64_VEC_BREAK:
        service(m);
        break;
    default:
        reflect(m);
        break;
    }
    return IVMM_EXIT_VECTOR + (unsigned)(vector >> 8);
}

/* ---- the loop ---- */
static void interrupt_guest(struct ivmm *m)
{
    if (!ia64_sapic_pending(&m->g))
        return;
    m->g.halted = 0;
    if (m->g.psr & PSR_I)
        ivmm_inject(m, &(struct ia64_fault){.vector = IA64_VEC_EXTINT});
}

/* An interrupt became due when the budget was over: take the guest out, as an
 * interrupt of the host's would. */
static enum status take_due(struct ivmm *m, struct error *err)
{
    struct ia64_cpu *c = m->c;
    const struct ia64_fault f = {.vector = IA64_VEC_EXTINT};

    ia64_set_psr(c, ia64_collect(&c->s, &f));
    ivmm_pull(m);
    interrupt_guest(m);
    return ivmm_push(m, err);
}

enum status ivmm_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                     struct error *err)
{
    struct ivmm *m = ivmm(v);
    uint64_t end =
        budget > UINT64_MAX - v->icount ? UINT64_MAX : v->icount + budget;
    enum status st = ST_OK;

    if (m->due && budget > 0)
        st = take_due(m, err);
    while (st == ST_OK) {
        st = v->processor->run(v, end - v->icount, exit, err);
        if (st != ST_OK || exit->kind != EXIT_SENSITIVE)
            return st;
        ivmm_pull(m);
        ia64_count(m->c, LEDGER_EXIT, handle(m, exit->sub), 0);
        if (v->icount < end)
            interrupt_guest(m);
        st = ivmm_push(m, err);
    }
    return st;
}

/* ---- life ---- */

/* The machine, in the guest's state, becomes the VMM's, with that state in g.
 */
static void take_over(struct ivmm *m)
{
    struct ia64_cpu *c = m->c;
    struct ia64_state *s = &c->s, *g = &m->g;

    *g = *s;
    g->psr &= ~PSR_VM;
    m->old_psr = g->psr;
    m->old_ip = g->ip;
    memcpy(g->bank, s->bank, sizeof(g->bank));
    memcpy(s->bank, &s->gr[16], sizeof(s->bank));
    memset(s->itr, 0, sizeof(s->itr));
    memset(s->dtr, 0, sizeof(s->dtr));
    memset(s->irr, 0, sizeof(s->irr));
    memset(s->insvc, 0, sizeof(s->insvc));
    s->tpr = s->dcr = 0;
    s->pta = 15u << 2;
    s->psr &= PSR_DEFINED & ~(PSR_IC | PSR_I | PSR_VM | PSR_BN | PSR_CPL);
    s->iva = IVMM_HOST_IVA;
    ivmm_tlb_init(m);
    ivmm_tlb_purge(m);
}

static enum status start(struct ivmm *m, struct error *err)
{
    take_over(m);
    if (!m->way->start(m))
        return err_set(err, ST_BUG, "%s: no virtual processor", m->way->name);
    return ivmm_push(m, err);
}

enum status ivmm_create(struct vcpu *v, const struct ivmm_way *way,
                        uint64_t vac, struct error *err)
{
    struct ivmm *m = calloc(1, sizeof(*m));
    enum status st;

    if (m == NULL)
        return err_set(err, ST_NOMEM, "%s", way->name);
    m->c = ia64_cpu(v);
    m->way = way;
    m->vac = vac;
    v->vmm = m;
    st = start(m, err);
    if (st != ST_OK)
        ivmm_destroy(v);
    return st;
}

void ivmm_destroy(struct vcpu *v)
{
    struct ivmm *m = ivmm(v);

    if (m == NULL)
        return;
    m->way->stop(m);
    free(m);
    v->vmm = NULL;
}
