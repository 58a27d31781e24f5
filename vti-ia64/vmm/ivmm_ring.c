/* ivmm_ring.c: into the guest and out of it by privilege levels alone: ring
 * compression. The guest's level 0 is the machine's level 1; 1, 2 and 3 are
 * themselves, so that the guest's 0 and 1 are one level of the machine's. */
#include "vti-ia64/vmm/ivmm.h"

#define KERNEL 1u /* the machine's level for the guest's level 0 */

#define PTE_RIGHTS      (0x1full << 7) /* ar 11:9, pl 8:7 */
#define RIGHTS(ar, pl)  ((uint64_t)(ar) << 9 | (uint64_t)(pl) << 7)
#define LEVEL_OF(v, at) ((unsigned)((v) >> (at)) & 3)

/* Bits of the PSR that the guest has in g.psr, not in the machine's. */
#define VIRTUAL_PSR (IA64_VTI_PSR | PSR_CPL | PSR_VM)

#define RSC_PL_SHIFT  2
#define PFS_PPL_SHIFT 62
#define PTE_PL_SHIFT  7
#define PLM_SHIFT     56

/* ---- levels ---- */
static uint64_t raised(uint64_t v, unsigned at)
{
    return LEVEL_OF(v, at) == 0 ? v | (uint64_t)KERNEL << at : v;
}

static uint64_t lowered(uint64_t v, unsigned at)
{
    return LEVEL_OF(v, at) == KERNEL ? v & ~(3ull << at) : v;
}

/* The guest changes its level by br.ret and epc too: at the kernel's, it is at
 * the level that it had there last, or at 0. */
static uint64_t guest_cpl(const struct ivmm *m, uint64_t psr)
{
    unsigned was = LEVEL_OF(m->g.psr, PSR_CPL_SHIFT);

    if (LEVEL_OF(psr, PSR_CPL_SHIFT) != KERNEL)
        return psr & PSR_CPL;
    return was <= KERNEL ? m->g.psr & PSR_CPL : 0;
}

/* ---- life ---- */
static uint64_t breakpoint(unsigned nr, uint64_t v)
{
    return nr % 2 != 0 && (v >> PLM_SHIFT & 1)
               ? v | 1ull << (PLM_SHIFT + KERNEL)
               : v;
}

static void raise_levels(struct ivmm *m)
{
    struct ia64_state *s = &m->c->s;

    s->rsc = raised(s->rsc, RSC_PL_SHIFT);
    for (unsigned k = 0; k < IA64_BREAKPOINTS; k++) {
        s->dbr[k] = breakpoint(k, m->g.dbr[k]);
        s->ibr[k] = breakpoint(k, m->g.ibr[k]);
    }
}

static bool start(struct ivmm *m)
{
    raise_levels(m);
    return true;
}

static void raise_pages(struct ia64_tlbe *e, unsigned n)
{
    for (unsigned k = 0; k < n; k++)
        if (e[k].rid & IA64_TLBE_VALID)
            e[k].pte = raised(e[k].pte, PTE_PL_SHIFT);
}

/* No level 0: not for the guest, not for a page. */
static void loaded(struct ivmm *m)
{
    struct ia64_state *s = &m->c->s;

    raise_levels(m);
    ia64_set_psr(m->c, raised(s->psr, PSR_CPL_SHIFT));
    raise_pages(s->itr, IA64_TRS);
    raise_pages(s->dtr, IA64_TRS);
    raise_pages(s->itc, IA64_TCS);
    raise_pages(s->dtc, IA64_TCS);
}

static void stop(struct ivmm *m)
{
    (void)m;
}

/* ---- out of the guest and into it ---- */
static void leave(struct ivmm *m)
{
    (void)m; /* all is in g and in the machine's registers */
}

static void copy_registers(const struct ia64_state *g, struct ia64_state *out)
{
#define CRFIELD(nr, field) out->field = g->field;
#include "vti-ia64/cpu/crfields.def"
#undef CRFIELD
    for (unsigned k = 0; k < 16; k++)
        out->bank[k] = g->bank[k];
}

/* What the machine shows of levels is mapped back here, so that a difference
 * from the bare processor shows where the guest reads it. */
static void state(const struct ivmm *m, uint64_t psr, struct ia64_state *out)
{
    out->psr =
        (m->g.psr & IA64_VTI_PSR) | guest_cpl(m, psr) | (psr & ~VIRTUAL_PSR);
    if (out == &m->g)
        return;
    copy_registers(&m->g, out);
    out->rsc = lowered(out->rsc, RSC_PL_SHIFT);
    out->pfs = lowered(out->pfs, PFS_PPL_SHIFT);
}

static uint64_t machine_psr(const struct ivmm *m)
{
    return raised(m->g.psr, PSR_CPL_SHIFT);
}

/* rfi. What a VMM in machine code needs cover and a second frame for, an
 * incomplete frame, is state that C code can name. */
static bool resume(struct ivmm *m, bool cfle)
{
    struct ia64_state *s = &m->c->s;

    s->iipa_now = s->iipa;
    ia64_return(m->c, s->ipsr, cfle);
    return true;
}

/* ---- rights ---- */

/* Pages of levels 0 and 1 are the kernel's: those rights by which the machine
 * allows at level 1 what the guest has at level 0. Rights 4 to 6 give more to
 * level 0 than to others, which the machine's kernel is one of. Of the pages of
 * levels 2 and 3 only level 0's own rights are missing: denied(). */
static uint64_t machine_pte(uint64_t pte)
{
    static const uint8_t of_level_0[8] = {0, 1, 2, 3, 2, 3, 3, 7};
    static const uint8_t of_level_1[8] = {0, 1, 2, 3, 2, 3, 2, 7};

    if (pte_pl(pte) > KERNEL)
        return pte;
    return (pte & ~PTE_RIGHTS) |
           RIGHTS((pte_pl(pte) == 0 ? of_level_0 : of_level_1)[pte_ar(pte) & 7],
                  KERNEL);
}

/* A page of which the guest has rights at one level that no rights of the
 * machine give together with those of others: they are given to the level that
 * asks, alone. */
static bool denied(struct ivmm *m)
{
    unsigned access = ivmm_access(m), cpl = LEVEL_OF(m->g.psr, PSR_CPL_SHIFT);
    uint64_t va = m->c->s.ifa;
    struct ia64_fault f;
    const struct ia64_tlbe *e = ia64_tlb_find(&m->mmu, va, access, &f);
    unsigned ar, pl;
    bool writes;

    if (e == NULL)
        return false;
    ar = pte_ar(e->pte);
    pl = pte_pl(e->pte);
    if (!ia64_rights(ar, pl, cpl, access))
        return false;
    writes = ia64_rights(ar, pl, cpl, IA64_WRITE);
    ivmm_tlb_give(m, false, va, e,
                  cpl > KERNEL ? machine_pte(e->pte)
                               : (e->pte & ~PTE_RIGHTS) |
                                     RIGHTS(writes ? 3 : 1, KERNEL));
    return true;
}

const struct ivmm_way ivmm_ring = {
    .name = "te",
    .start = start,
    .stop = stop,
    .leave = leave,
    .state = state,
    .psr = machine_psr,
    .resume = resume,
    .pte = machine_pte,
    .breakpoint = breakpoint,
    .denied = denied,
    .loaded = loaded,
};
