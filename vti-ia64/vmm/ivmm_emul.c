/* ivmm_emul.c: intercepted instructions, one function for each kind. The
 * processor has made all checks of [ISDM3] but those on CR.IFA and on what is
 * inserted. */
#include "common/base/bits.h"
#include "vti-ia64/cpu/check.h"
#include "vti-ia64/cpu/rse.h"
#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/cpu/sensitive.h"
#include "vti-ia64/vmm/ivmm.h"

/* False: an interruption was injected, the instruction has not completed. */
typedef bool emulate_fn(struct ivmm *m, unsigned op, uint64_t slot);

/* ---- operands ---- */
struct ia64_gr *ivmm_gr(struct ivmm *m, unsigned nr)
{
    return nr >= 16 && nr < 32 ? &m->c->s.bank[nr - 16] : &m->c->s.gr[nr];
}

static void set_r1(struct ivmm *m, uint64_t slot, uint64_t v)
{
    *ivmm_gr(m, (unsigned)ia64_bits(slot, 12, 6)) = (struct ia64_gr){v, 0};
}

static uint64_t r2(struct ivmm *m, uint64_t slot)
{
    return ivmm_gr(m, (unsigned)ia64_bits(slot, 19, 13))->v;
}

static const struct ia64_gr *r3(struct ivmm *m, uint64_t slot)
{
    return ivmm_gr(m, (unsigned)ia64_bits(slot, 26, 20));
}

static bool general(struct ivmm *m, uint64_t code)
{
    ivmm_inject(m,
                &(struct ia64_fault){.vector = IA64_VEC_GENERAL, .isr = code});
    return false;
}

/* ---- application, control and other registers ---- */
/* ar.itc; where levels are all there is, ar.k0 to k7 too. */
static bool mov_to_ar(struct ivmm *m, unsigned op, uint64_t slot)
{
    uint64_t imm = ia64_bits(slot, 19, 13) | ia64_bits(slot, 36, 36) << 7;
    uint64_t v =
        op == IA64_SENS_MOV_TO_AR ? r2(m, slot) : (uint64_t)(int8_t)imm;
    unsigned nr = (unsigned)ia64_bits(slot, 26, 20);

    if (nr < 8)
        m->c->s.kr[nr] = v;
    else
        ia64_set_itc(m->c, v);
    return true;
}

static bool mov_from_itc(struct ivmm *m, unsigned op, uint64_t slot)
{
    (void)op;
    set_r1(m, slot, ia64_itc(m->c));
    return true;
}

static bool mov_to_cr(struct ivmm *m, unsigned op, uint64_t slot)
{
    unsigned nr = (unsigned)ia64_bits(slot, 26, 20);
    uint64_t v = ia64_cr_kept(nr, r2(m, slot));

    (void)op;
    if (nr == 67) {
        ia64_sapic_eoi(&m->g);
        return true;
    }
    *ia64_cr(&m->g, nr) = v;
    /* The machine's timer is the guest's. */
    if (nr == 1 || nr == 72) {
        *ia64_cr(&m->c->s, nr) = v;
        ia64_sapic_rearm(m->c);
    }
    return true;
}

static bool mov_from_cr(struct ivmm *m, unsigned op, uint64_t slot)
{
    unsigned nr = (unsigned)ia64_bits(slot, 26, 20);

    (void)op;
    set_r1(m, slot,
           nr == 65   ? ia64_sapic_ivr(&m->g)
           : nr == 67 ? 0
                      : *ia64_cr(&m->g, nr));
    return true;
}

static uint64_t breakpoint(const struct ivmm *m, unsigned nr, uint64_t v)
{
    return m->way->breakpoint != NULL ? m->way->breakpoint(nr, v) : v;
}

static bool mov_to_file(struct ivmm *m, unsigned op, uint64_t slot)
{
    struct ia64_state *s = &m->c->s;
    uint64_t v = r2(m, slot), at = r3(m, slot)->v;
    unsigned nr = at & 0xff;

    switch (op) {
    case IA64_SENS_MOV_TO_RR:
        m->g.rr[at >> 61] = v;
        if (m->mixed)
            ivmm_tlb_purge(m);
        break;
    case IA64_SENS_MOV_TO_DBR:
        m->g.dbr[nr] = v;
        s->dbr[nr] = breakpoint(m, nr, v);
        break;
    case IA64_SENS_MOV_TO_IBR:
        m->g.ibr[nr] = v;
        s->ibr[nr] = breakpoint(m, nr, v);
        break;
    case IA64_SENS_MOV_TO_PKR:
        ia64_set_pkr(s, nr, v);
        ia64_flush(m->c);
        break;
    case IA64_SENS_MOV_TO_PMC:
        s->pmc[nr] = v;
        break;
    default:
        s->pmd[nr] = v;
        break;
    }
    return true;
}

static bool mov_from_file(struct ivmm *m, unsigned op, uint64_t slot)
{
    const struct ia64_state *s = &m->c->s;
    uint64_t at = r3(m, slot)->v;
    unsigned nr = at & 0xff;

    set_r1(m, slot,
           op == IA64_SENS_MOV_FROM_RR    ? m->g.rr[at >> 61]
           : op == IA64_SENS_MOV_FROM_DBR ? m->g.dbr[nr]
           : op == IA64_SENS_MOV_FROM_IBR ? m->g.ibr[nr]
           : op == IA64_SENS_MOV_FROM_PKR ? s->pkr[nr]
           : op == IA64_SENS_MOV_FROM_PMC ? s->pmc[nr]
                                          : ia64_cpuid(nr));
    return true;
}

/* ---- PSR, banks, frames ---- */
static bool mov_from_psr(struct ivmm *m, unsigned op, uint64_t slot)
{
    (void)op;
    set_r1(m, slot, m->g.psr & PSR_READABLE);
    return true;
}

static bool mov_to_psr(struct ivmm *m, unsigned op, uint64_t slot)
{
    uint64_t imm = ia64_bits(slot, 26, 6) | ia64_bits(slot, 32, 31) << 21 |
                   ia64_bits(slot, 36, 36) << 23;
    uint64_t psr = m->g.psr;

    if (op == IA64_SENS_SSM)
        psr |= imm;
    else if (op == IA64_SENS_RSM)
        psr &= ~imm;
    else
        psr = (psr & ~0xffffffffull) | (r2(m, slot) & PSR_L);
    ivmm_set_psr(m, psr);
    return true;
}

static bool bsw(struct ivmm *m, unsigned op, uint64_t slot)
{
    (void)slot;
    ivmm_set_psr(m, op == IA64_SENS_BSW_1 ? m->g.psr | PSR_BN
                                          : m->g.psr & ~PSR_BN);
    return true;
}

static bool cover(struct ivmm *m, unsigned op, uint64_t slot)
{
    uint64_t cfm = ia64_rse_cover(m->c);

    (void)op;
    (void)slot;
    if (!(m->g.psr & PSR_IC))
        m->g.ifs = cfm | IFS_V;
    return true;
}

/* There is no IA-32 code, and no VT-i inside of a guest. */
static bool rfi(struct ivmm *m, unsigned op, uint64_t slot)
{
    uint64_t psr = m->g.ipsr & PSR_DEFINED;

    (void)op;
    (void)slot;
    if (psr & PSR_IS)
        return general(m, IA64_GE_DISABLED_ISA);
    if (psr & PSR_VM)
        return general(m, IA64_GE_RESERVED);
    m->g.iipa_now = m->g.ip;
    /* At once: an interrupt may be injected before the guest goes on. */
    if (m->g.ifs & IFS_V) {
        ia64_rse_restore(m->c, m->g.ifs & CFM_MASK);
        m->g.cfle = m->c->s.cfle;
    } else {
        m->g.cfle = (int64_t)m->c->s.dirty < 0;
    }
    ivmm_set_psr(m, psr);
    m->g.ip = m->g.iip & ~15ull;
    return true;
}

static bool vmsw(struct ivmm *m, unsigned op, uint64_t slot)
{
    (void)op;
    (void)slot;
    ivmm_inject(m, &(struct ia64_fault){.vector = IA64_VEC_VIRTUALIZATION});
    return false;
}

/* ---- translations ---- */
static bool insertion(struct ivmm *m, unsigned op, uint64_t slot)
{
    bool tr = op == IA64_SENS_ITR_D || op == IA64_SENS_ITR_I;
    bool x = op == IA64_SENS_ITC_I || op == IA64_SENS_ITR_I;

    if (!ia64_va_implemented(&m->mmu, m->g.ifa) ||
        !ia64_tlb_insert(&m->mmu, x, tr ? (int)(r3(m, slot)->v & 0xff) : -1,
                         m->g.ifa, r2(m, slot), m->g.itir))
        return general(m, IA64_GE_RESERVED);
    return true;
}

static bool purge(struct ivmm *m, unsigned op, uint64_t slot)
{
    uint64_t va = r3(m, slot)->v;
    unsigned ps = itir_ps(r2(m, slot));

    if (op == IA64_SENS_PTC_E)
        ia64_tlb_purge_all(&m->mmu);
    else if (op == IA64_SENS_PTR_D || op == IA64_SENS_PTR_I)
        ia64_tlb_purge_tr(&m->mmu, op == IA64_SENS_PTR_I, va, ps);
    else
        ia64_tlb_purge(&m->mmu, va, ps);
    return true;
}

static bool hash(struct ivmm *m, unsigned op, uint64_t slot)
{
    const struct ia64_gr *at = r3(m, slot);
    uint64_t va = at->v, nat = at->nat || !ia64_va_implemented(&m->mmu, va);
    uint64_t rr = m->g.rr[va >> 61], v = 0;

    if (!nat)
        v = op == IA64_SENS_THASH ? ia64_vps_thash(m->c, va, rr, m->g.pta)
                                  : ia64_vps_ttag(m->c, va, rr);
    set_r1(m, slot, v);
    ivmm_gr(m, (unsigned)ia64_bits(slot, 12, 6))->nat = nat;
    return true;
}

static bool tpa(struct ivmm *m, unsigned op, uint64_t slot)
{
    struct ia64_xlat x;
    struct ia64_fault f;

    (void)op;
    if (!ia64_mmu_translate(&m->mmu, r3(m, slot)->v,
                            IA64_NO_RIGHTS | IA64_NA(IA64_NA_TPA), 0, true, &x,
                            &f)) {
        ivmm_inject(m, &f);
        return false;
    }
    set_r1(m, slot, x.pa);
    return true;
}

static bool tak(struct ivmm *m, unsigned op, uint64_t slot)
{
    uint64_t va = r3(m, slot)->v;

    (void)op;
    set_r1(m, slot,
           (m->g.psr & PSR_DT) && ia64_va_implemented(&m->mmu, va)
               ? ia64_tak(&m->mmu, va)
               : 1);
    return true;
}

/* ---- all of them ---- */
static emulate_fn *const emulations[IA64_SENS_COUNT] = {
#define EMULATE(op, fn) [IA64_SENS_##op] = fn,
#include "vti-ia64/vmm/ivmm_emul.def"
#undef EMULATE
};

void ivmm_complete(struct ivmm *m)
{
    struct ia64_state *g = &m->g;
    uint64_t ri = g->psr >> PSR_RI_SHIFT & 3;
    struct ia64_bundle b;
    bool last = ri == 2;
    struct ia64_fault f;

    /* Slot 2 of MLX is part of slot 1. */
    if (ri == 1 && ivmm_fetch(m, &b))
        last = ia64_templates[b.template].unit[1] == IA64_UNIT_L;
    g->iipa_now = g->ip;
    g->psr &= ~PSR_RI;
    if (last)
        g->ip += 16;
    else
        g->psr |= (ri + 1) << PSR_RI_SHIFT;
    m->c->v.icount++;
    if (ia64_stepped(g, m->old_psr, m->old_ip, &f))
        ivmm_inject(m, &f);
}

void ivmm_emulate_probe(struct ivmm *m)
{
    struct ia64_bundle b;

    if (!ivmm_fetch(m, &b))
        return; /* it has just been fetched by the machine */
    set_r1(m, b.slot[m->g.psr >> PSR_RI_SHIFT & 3], 0);
    ivmm_complete(m);
}

void ivmm_emulate(struct ivmm *m, unsigned op, uint64_t slot)
{
    struct ia64_fault f;

    if (!emulations[op](m, op, slot))
        return;
    if (op != IA64_SENS_RFI) {
        ivmm_complete(m);
        return;
    }
    m->c->v.icount++;
    if (ia64_stepped(&m->g, m->old_psr, m->old_ip, &f))
        ivmm_inject(m, &f);
}
