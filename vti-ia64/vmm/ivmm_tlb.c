/* ivmm_tlb.c: the virtual TLB.
 *
 * The guest's TRs and TC, as the machine definition has them, are in g; the
 * machine's TC holds a subset: what the guest loses, the machine loses. The
 * machine's walker is off: its misses come here, where the guest's TLB and VHPT
 * are searched.
 *
 * The machine always translates. Where the guest does not, its pages are
 * identities under region identifiers of the VMM's: eight for each way in which
 * it, dt and rt can be on and off. */
#include "common/base/bits.h"
#include "vti-ia64/cpu/mem.h"
#include "vti-ia64/vmm/ivmm.h"

#define MODES       8u
#define IVMM_RIDS   (MODES * 8)
#define SMALL_PS    12u
#define IDENTITY_PS 28u

unsigned ivmm_mode(const struct ivmm *m)
{
    uint64_t psr = m->g.psr;

    return (psr & PSR_IT ? 1u : 0) | (psr & PSR_DT ? 2u : 0) |
           (psr & PSR_RT ? 4u : 0);
}

void ivmm_tlb_purge(struct ivmm *m)
{
    ia64_tlb_purge_all(&m->c->mmu);
    ia64_tlb_settle(m->c);
    m->mixed = false;
}

/* ---- region registers ---- */

bool ivmm_rids_valid(uint64_t rids)
{
    return (rids & ~(mask_low(IA64_RID_BITS) ^ (IVMM_RIDS - 1))) == 0;
}

/* Identifiers that the guest uses are not the VMM's. */
static void choose_rids(struct ivmm *m)
{
    for (unsigned k = 0; k < 8; k++) {
        if (rr_rid(m->g.rr[k]) - m->rids >= IVMM_RIDS)
            continue;
        m->rids =
            (m->rids + IVMM_RIDS) & (mask_low(IA64_RID_BITS) ^ (IVMM_RIDS - 1));
        k = ~0u; /* look at all of them again */
        ivmm_tlb_purge(m);
    }
}

void ivmm_load_rr(struct ivmm *m)
{
    unsigned mode = ivmm_mode(m);
    bool changed = false;
    uint64_t rr;

    choose_rids(m);
    for (unsigned k = 0; k < 8; k++) {
        rr = mode == IVMM_VIRTUAL
                 ? m->g.rr[k] & ~RR_VE
                 : (m->rids + mode * 8 + k) << 8 | SMALL_PS << 2;
        changed = changed || m->c->s.rr[k] != rr;
        m->c->s.rr[k] = rr;
    }
    if (changed)
        ia64_flush(m->c);
}

/* ---- the machine's TC ---- */
static void gone(void *opaque, const struct ia64_tlbe *e)
{
    struct ivmm *m = opaque;
    uint64_t *rr = &m->c->s.rr[e->va >> 61], old = *rr;

    if (m->mixed) {
        ivmm_tlb_purge(m);
        return;
    }
    *rr = (e->rid & ~IA64_TLBE_VALID) << 8 | SMALL_PS << 2;
    ia64_tlb_purge(&m->c->mmu, e->va, itir_ps(e->itir));
    *rr = old;
    ia64_tlb_settle(m->c);
}

void ivmm_tlb_init(struct ivmm *m)
{
    m->mmu = (struct ia64_mmu){.s = &m->g,
                               .mem = m->c->mmu.mem,
                               .va_msb = m->c->mmu.va_msb - m->way->own_half,
                               .gone = gone,
                               .opaque = m};
    m->rids = (mask_low(IA64_RID_BITS) ^ (IVMM_RIDS - 1));
}

static void insert(struct ivmm *m, bool x, uint64_t va, uint64_t pte,
                   uint64_t itir)
{
    unsigned mode = ivmm_mode(m);

    if (mode != IVMM_VIRTUAL && mode != IVMM_PHYSICAL) {
        /* Data and register stack share the data TLB. */
        if (!x && ((mode >> 1) & 1) != mode >> 2)
            ivmm_tlb_purge(m);
        m->mixed = true;
    }
    ia64_tlb_insert(&m->c->mmu, x, -1, va, pte, itir);
    ia64_tlb_settle(m->c);
}

/* Whether a TR of the guest's lies within a page of its TC: the TR is found
 * first. */
static bool hides(const struct ia64_tlbe *tr, const struct ia64_tlbe *e)
{
    for (unsigned k = 0; k < IA64_TRS; k++)
        if (&tr[k] != e && tr[k].rid == e->rid &&
            (tr[k].va ^ e->va) << 3 >> 3 >> itir_ps(e->itir) == 0)
            return true;
    return false;
}

static uint64_t machine_pte(const struct ivmm *m, uint64_t pte)
{
    return m->way->pte != NULL ? m->way->pte(pte) : pte;
}

void ivmm_tlb_give(struct ivmm *m, bool x, uint64_t va,
                   const struct ia64_tlbe *e, uint64_t pte)
{
    uint64_t itir = e->itir;
    uint64_t in_page = mask_low(itir_ps(itir)) & ~mask_low(SMALL_PS);

    if (hides(x ? m->g.itr : m->g.dtr, e)) {
        itir = (itir & ~0xfcull) | SMALL_PS << 2;
        pte = (pte & ~(in_page & mask_low(IA64_PA_BITS))) | (va & in_page);
    }
    insert(m, x, va, pte, itir);
}

static void insert_identity(struct ivmm *m, bool x, uint64_t va)
{
    uint64_t pa = va & mask_low(IA64_PA_BITS) & ~mask_low(IDENTITY_PS);
    uint64_t ma = va >> 63 ? 4 : 0;
    /* Code: execute, promote, so that epc promotes. Data: read and write. */
    uint64_t rights = x ? 7u << 9 : 2u << 9 | 3u << 7;
    uint64_t pte = pa | rights | ma << 2 | PTE_P | PTE_A | PTE_D;

    insert(m, x, va, machine_pte(m, pte), IDENTITY_PS << 2);
}

/* ---- misses ---- */
unsigned ivmm_access(const struct ivmm *m)
{
    uint64_t isr = m->c->s.isr;

    return (isr & ISR_R ? IA64_READ : 0) | (isr & ISR_W ? IA64_WRITE : 0) |
           (isr & ISR_X ? IA64_EXEC : 0) | (isr & ISR_RS ? IA64_RSE : 0) |
           (isr & ISR_SP ? IA64_SPEC : 0) |
           (isr & ISR_NA ? IA64_NA(isr & 15) : 0);
}

void ivmm_tlb_miss(struct ivmm *m)
{
    uint64_t va = m->c->s.ifa, isr = m->c->s.isr;
    bool x = (isr & ISR_X) != 0;
    uint64_t on = x ? PSR_IT : isr & ISR_RS ? PSR_RT : PSR_DT;
    const struct ia64_tlbe *e;
    struct ia64_fault f;

    if (!(m->g.psr & on) && ia64_pa_implemented(va)) {
        insert_identity(m, x, va);
        return;
    }
    if (m->g.psr & on) {
        e = ia64_tlb_find(&m->mmu, va, ivmm_access(m), &f);
        if (e != NULL) {
            ivmm_tlb_give(m, x, va, e, machine_pte(m, e->pte));
            return;
        }
    } else {
        f = (struct ia64_fault){.vector = IA64_VEC_GENERAL,
                                .isr = ia64_isr_of(ivmm_access(m)) |
                                       IA64_GE_RESERVED,
                                .ifa = va,
                                .sets = IA64_SETS_IFA};
    }
    if ((isr & ISR_SP) && ia64_deferred(&m->mmu, m->g.ip, &f))
        m->g.psr |= PSR_ED;
    else if (f.vector == IA64_VEC_GENERAL && (isr & ISR_NA) &&
             (isr & 15) == IA64_NA_PROBE)
        ivmm_emulate_probe(m); /* the answer is no */
    else
        ivmm_inject(m, &f);
}

bool ivmm_fetch(struct ivmm *m, struct ia64_bundle *b)
{
    struct ia64_xlat x;
    struct ia64_fault f;
    uint8_t bytes[16];

    if (!ia64_mmu_translate(&m->mmu, m->g.ip, IA64_EXEC,
                            m->g.psr >> PSR_CPL_SHIFT & 3,
                            (m->g.psr & PSR_IT) != 0, &x, &f) ||
        !gmem_read(m->mmu.mem, x.pa, bytes, 16))
        return false;
    *b = ia64_bundle_get(bytes);
    return true;
}
