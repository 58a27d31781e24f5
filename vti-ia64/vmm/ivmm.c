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

/* With PSR.si 1 in the machine, reads of ar.itc by the unprivileged come here.
 */
static bool reads_time(struct ivmm *m, uint64_t *slot)
{
    unsigned ri = m->g.psr >> PSR_RI_SHIFT & 3;
    struct ia64_bundle b;

    if ((m->g.psr & PSR_SI) || !ivmm_fetch(m, &b))
        return false;
    *slot = b.slot[ri];
    return ia64_templates[b.template].unit[ri] == IA64_UNIT_M &&
           ia64_bits(*slot, 40, 37) == 1 && ia64_bits(*slot, 35, 33) == 0 &&
           ia64_bits(*slot, 32, 27) == 0x22 &&
           (ia64_bits(*slot, 26, 20) & ~1ull) == 44;
}

static void general_exception(struct ivmm *m)
{
    uint64_t slot;

    if ((m->c->s.isr & 0xff) == IA64_GE_PRIV_REG && reads_time(m, &slot))
        ivmm_emulate(m, IA64_SENS_MOV_FROM_AR, slot);
    else
        reflect(m);
}

static void handle(struct ivmm *m, uint64_t vector)
{
    const struct ia64_gr *r = m->c->s.gr;

    switch (vector) {
    case IA64_VEC_VIRTUALIZATION:
        ivmm_emulate(m, ia64_vti_op((unsigned)r[24].v), r[25].v);
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
    case IA64_VEC_GENERAL:
        general_exception(m);
        break;
    default:
        reflect(m);
        break;
    }
}

/* ---- the loop ---- */
static void count_exit(struct ivmm *m, uint64_t vector)
{
    unsigned reason = vector == IA64_VEC_VIRTUALIZATION
                          ? (unsigned)m->c->s.gr[24].v
                          : IVMM_EXIT_VECTOR + (unsigned)(vector >> 8);

    ia64_count(m->c, LEDGER_EXIT, reason, 0);
}

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
        count_exit(m, exit->sub);
        ivmm_pull(m);
        handle(m, exit->sub);
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
    ivmm_tlb_init(m);
    ivmm_tlb_purge(m);
}

static enum status start(struct ivmm *m, uint64_t vac, struct error *err)
{
    struct ia64_cpu *c = m->c;
    uint64_t buffer, info, vsa;

    take_over(m);
    m->vpd->vac = vac;
    m->vpd->vdc = IA64_VDC_D_VMSW;
    m->vpd->virt_env_vaddr = IVMM_PAL_BASE;
    for (unsigned k = 0; k < IA64_VCPUIDS; k++)
        m->vpd->vcpuid[k] = ia64_cpuid(k);
    if (ia64_pal_vp_env_info(c, &buffer, &info) != PAL_OK ||
        ia64_pal_vp_init_env(
            c, IA64_ENV_INITIALIZE | IA64_ENV_OPCODE | IA64_ENV_CAUSE, 0,
            IVMM_PAL_BASE, &vsa) != PAL_OK ||
        ia64_pal_vp_create(c, m->vpd, IVMM_HOST_IVA, 0) != PAL_OK ||
        ia64_pal_vp_restore(c, m->vpd, 0) != PAL_OK)
        return err_set(err, ST_BUG, "hvm: PAL refused a virtual processor");
    return ivmm_push(m, err);
}

enum status ivmm_create(struct vcpu *v, uint64_t vac, struct error *err)
{
    struct ivmm *m = calloc(1, sizeof(*m));
    enum status st;

    if (m == NULL)
        return err_set(err, ST_NOMEM, "hvm");
    m->c = ia64_cpu(v);
    m->vpd = aligned_alloc(IA64_VPD_ALIGN, sizeof(*m->vpd));
    v->vmm = m;
    if (m->vpd == NULL) {
        ivmm_destroy(v);
        return err_set(err, ST_NOMEM, "hvm: VPD");
    }
    memset(m->vpd, 0, sizeof(*m->vpd));
    st = start(m, vac, err);
    if (st != ST_OK)
        ivmm_destroy(v);
    return st;
}

void ivmm_destroy(struct vcpu *v)
{
    struct ivmm *m = ivmm(v);

    if (m == NULL)
        return;
    if (m->vpd != NULL) {
        ia64_pal_vp_terminate(m->c, m->vpd, 0);
        ia64_pal_vp_exit_env(m->c, 0);
    }
    free(m->vpd);
    free(m);
    v->vmm = NULL;
}
