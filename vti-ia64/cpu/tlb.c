/* tlb.c: translation. */
#include "vti-ia64/cpu/tlb.h"

#include "common/base/bits.h"

#define REGION_MASK ((1ull << 61) - 1)

bool ia64_va_implemented(const struct ia64_mmu *m, uint64_t va)
{
    unsigned msb = m->va_msb - (m->s->psr & PSR_VM ? 1 : 0);
    uint64_t off = va & REGION_MASK;

    /* Bits 60:msb equal bit msb. */
    return msb >= 60 || (off >> msb) == 0 || (off >> msb) == 3;
}

bool ia64_pa_implemented(uint64_t pa)
{
    return (pa & ~(1ull << 63)) >> IA64_PA_BITS == 0;
}

bool ia64_ps_implemented(unsigned ps)
{
    return (ps >= 12 && ps <= 28 && (ps & 1) == 0) || ps == 32;
}

uint64_t ia64_isr_of(unsigned access)
{
    uint64_t isr = 0;

    if (access & IA64_READ)
        isr |= ISR_R;
    if (access & IA64_WRITE)
        isr |= ISR_W;
    if (access & IA64_EXEC)
        isr |= ISR_X;
    if (access & IA64_RSE)
        isr |= ISR_RS;
    if (access & IA64_SPEC)
        isr |= ISR_SP;
    if (access & IA64_NONACCESS)
        isr |= ISR_NA | (access >> 16 & 0xf);
    return isr;
}

static uint64_t rr_of(const struct ia64_mmu *m, uint64_t va)
{
    return m->s->rr[va >> 61];
}

static bool matches(const struct ia64_tlbe *e, uint64_t rid, uint64_t va)
{
    unsigned ps = itir_ps(e->itir);

    return e->rid == (rid | IA64_TLBE_VALID) &&
           ((e->va ^ va) & REGION_MASK) >> ps == 0;
}

static const struct ia64_tlbe *search(const struct ia64_tlbe *e, unsigned n,
                                      uint64_t rid, uint64_t va)
{
    for (unsigned k = 0; k < n; k++)
        if (matches(&e[k], rid, va))
            return &e[k];
    return NULL;
}

static const struct ia64_tlbe *lookup(const struct ia64_mmu *m,
                                      bool instruction, uint64_t va)
{
    uint64_t rid = rr_rid(rr_of(m, va));
    const struct ia64_tlbe *e =
        search(instruction ? m->s->itr : m->s->dtr, IA64_TRS, rid, va);

    if (e == NULL)
        e = search(instruction ? m->s->itc : m->s->dtc, IA64_TCS, rid, va);
    return e;
}

/* ---- insertion and purge ---- */

/* [ISDM2 "Translation Insertion Format"]: reserved fields and values. */
static bool reserved(uint64_t pte, uint64_t itir)
{
    unsigned ma = pte_ma(pte);

    if (!ia64_ps_implemented(itir_ps(itir)))
        return true;
    if (!(pte & PTE_P))
        return false; /* the rest is software's */
    return (itir & 3) != 0 || itir >> 32 != 0 || (pte & 2) != 0 ||
           (pte >> 50 & 3) != 0 || (ma >= 1 && ma <= 3);
}

static void drop_entry(struct ia64_mmu *m, struct ia64_tlbe *e)
{
    if (m->gone != NULL && (e->rid & IA64_TLBE_VALID))
        m->gone(m->opaque, e);
    e->rid = 0;
    m->changed = true;
}

/* Entries that overlap 2^ps bytes at va with this rid. */
static void remove_overlaps(struct ia64_mmu *m, struct ia64_tlbe *e, unsigned n,
                            uint64_t rid, uint64_t va, unsigned ps)
{
    for (unsigned k = 0; k < n; k++) {
        unsigned p = itir_ps(e[k].itir) > ps ? itir_ps(e[k].itir) : ps;

        if (e[k].rid == (rid | IA64_TLBE_VALID) &&
            ((e[k].va ^ va) & REGION_MASK) >> p == 0)
            drop_entry(m, &e[k]);
    }
}

bool ia64_tlb_insert(struct ia64_mmu *m, bool instruction, int tr, uint64_t va,
                     uint64_t pte, uint64_t itir)
{
    struct ia64_tlbe *tc = instruction ? m->s->itc : m->s->dtc;
    uint64_t *next = instruction ? &m->s->itc_next : &m->s->dtc_next;
    uint64_t rid = rr_rid(rr_of(m, va));
    unsigned ps = itir_ps(itir);
    struct ia64_tlbe *e;

    if (reserved(pte, itir))
        return false;
    /* Overlapping entries of the cache go; those in registers stay, and are
     * found first (a machine check on a real processor). */
    remove_overlaps(m, tc, IA64_TCS, rid, va, ps);
    if (tr >= 0) {
        e = &(instruction ? m->s->itr : m->s->dtr)[tr];
    } else {
        e = &tc[*next % IA64_TCS];
        *next = (*next + 1) % IA64_TCS;
    }
    drop_entry(m, e);
    *e = (struct ia64_tlbe){.va = va & ~mask_low(ps),
                            .pte = pte,
                            .itir = itir,
                            .rid = rid | IA64_TLBE_VALID};
    if (tr >= 0 && m->gone != NULL)
        m->gone(m->opaque, e);
    return true;
}

void ia64_tlb_purge_tr(struct ia64_mmu *m, bool instruction, uint64_t va,
                       unsigned ps)
{
    uint64_t rid = rr_rid(rr_of(m, va));

    remove_overlaps(m, instruction ? m->s->itr : m->s->dtr, IA64_TRS, rid, va,
                    ps);
    remove_overlaps(m, instruction ? m->s->itc : m->s->dtc, IA64_TCS, rid, va,
                    ps);
}

void ia64_tlb_purge(struct ia64_mmu *m, uint64_t va, unsigned ps)
{
    uint64_t rid = rr_rid(rr_of(m, va));

    remove_overlaps(m, m->s->itc, IA64_TCS, rid, va, ps);
    remove_overlaps(m, m->s->dtc, IA64_TCS, rid, va, ps);
}

void ia64_tlb_purge_all(struct ia64_mmu *m)
{
    for (unsigned k = 0; k < IA64_TCS; k++) {
        drop_entry(m, &m->s->itc[k]);
        drop_entry(m, &m->s->dtc[k]);
    }
}

/* ---- VHPT. The hash and the tag are implementation-specific; these are
 * Ski's. ---- */
uint64_t ia64_vhpt_hash(uint64_t va, uint64_t rr, uint64_t pta)
{
    uint64_t hpn = (va & REGION_MASK) >> itir_ps(rr), off;
    uint64_t mask = mask_low(itir_ps(pta)) & REGION_MASK;

    if (pta & PTA_VF) {
        off = (hpn ^ rr_rid(rr)) << 5;
        return (pta & ~0x7fffull & ~mask) | (off & mask);
    }
    off = hpn << 3;
    return (va & ~REGION_MASK) | (pta & REGION_MASK & ~0x7fffull & ~mask) |
           (off & mask);
}

uint64_t ia64_vhpt_tag(uint64_t va, uint64_t rr)
{
    return (va & REGION_MASK) >> itir_ps(rr) ^ (uint64_t)rr_rid(rr) << 39;
}

uint64_t ia64_thash(const struct ia64_mmu *m, uint64_t va)
{
    return ia64_vhpt_hash(va, rr_of(m, va), m->s->pta);
}

uint64_t ia64_ttag(const struct ia64_mmu *m, uint64_t va)
{
    return ia64_vhpt_tag(va, rr_of(m, va));
}

static void miss(const struct ia64_mmu *m, enum ia64_vector vector, uint64_t va,
                 unsigned access, struct ia64_fault *f)
{
    uint64_t rr = rr_of(m, va);

    *f = (struct ia64_fault){.vector = vector,
                             .isr = ia64_isr_of(access),
                             .ifa = va,
                             .itir = rr & 0xfffffffcull,
                             .sets = IA64_SETS_IFA | IA64_SETS_ITIR};
    if (!(m->s->psr & PSR_IC) && !(access & IA64_EXEC))
        f->vector = IA64_VEC_NESTED_DTLB;
}

/* The valid protection key register with that key, or NULL. */
static const uint64_t *find_key(const struct ia64_mmu *m, uint32_t key)
{
    for (unsigned k = 0; k < IA64_PKRS; k++)
        if ((m->s->pkr[k] & PKR_V) && itir_key(m->s->pkr[k]) == key)
            return &m->s->pkr[k];
    return NULL;
}

/* Whether the walker may read its table through this translation. */
static bool walkable(const struct ia64_mmu *m, const struct ia64_tlbe *e)
{
    const uint64_t *pkr = find_key(m, itir_key(e->itir));

    return (e->pte & PTE_P) && (e->pte & PTE_A) && pte_ma(e->pte) == 0 &&
           (!(m->s->psr & PSR_PK) || (pkr != NULL && !(*pkr & PKR_RD)));
}

/* The walker's own access, in the order of bytes that DCR.be says. */
static bool walk_read(const struct ia64_mmu *m, const struct ia64_tlbe *e,
                      uint64_t va, uint64_t *words, unsigned nr)
{
    uint64_t in_page = mask_low(itir_ps(e->itir));
    uint64_t pa = (pte_pa(e->pte) & ~in_page) | (va & in_page);

    if (!walkable(m, e) || !gmem_read(m->mem, pa, words, nr * sizeof(*words)))
        return false;
    for (unsigned k = 0; k < nr && (m->s->dcr & DCR_BE); k++)
        words[k] = __builtin_bswap64(words[k]);
    return true;
}

static const struct ia64_tlbe *walk_miss(const struct ia64_mmu *m,
                                         enum ia64_vector vector, uint64_t va,
                                         uint64_t at, unsigned access,
                                         struct ia64_fault *f)
{
    miss(m, vector, va, access, f);
    f->iha = at;
    f->sets |= IA64_SETS_IHA;
    return NULL;
}

/* Search the VHPT for va. NULL: *f is the fault. */
static const struct ia64_tlbe *walk(struct ia64_mmu *m, uint64_t va,
                                    unsigned access, struct ia64_fault *f)
{
    bool instruction = (access & IA64_EXEC) != 0, lng = m->s->pta & PTA_VF;
    uint64_t at = ia64_thash(m, va), entry[3] = {0}, itir;
    const struct ia64_tlbe *table = lookup(m, false, at);

    if (table == NULL) {
        (void)walk_miss(m, IA64_VEC_VHPT, va, at, access, f);
        /* ITIR is that of the table's page. */
        f->itir = rr_of(m, at) & 0xfffffffcull;
        return NULL;
    }
    if (walk_read(m, table, at, entry, lng ? 3 : 1)) {
        itir = lng ? entry[1] : rr_of(m, va) & 0xfffffffcull;
        if ((!lng || entry[2] == ia64_ttag(m, va)) &&
            ia64_tlb_insert(m, instruction, -1, va, entry[0], itir))
            return lookup(m, instruction, va);
    }
    return walk_miss(m, instruction ? IA64_VEC_ITLB : IA64_VEC_DTLB, va, at,
                     access, f);
}

/* ---- checks ---- */
bool ia64_rights(unsigned ar, unsigned pl, unsigned cpl, unsigned access)
{
    /* What the page's own level may do, and level 0, by AR: bits as IA64_READ,
     * WRITE, EXEC. [ISDM2 "Page Access Rights"] */
    static const uint8_t at_pl[8] = {1, 5, 3, 7, 1, 5, 7, 4};
    static const uint8_t inner[8] = {1, 5, 3, 7, 3, 5, 3, 4};
    static const uint8_t at_0[8] = {1, 5, 3, 7, 3, 7, 3, 5};
    unsigned need = access & (IA64_READ | IA64_WRITE | IA64_EXEC);
    unsigned may;

    if (ar != 7 && cpl > pl)
        return false;
    if (ar == 7)
        may = cpl == 0 ? at_0[7] : at_pl[7];
    else if (cpl == pl && cpl != 0)
        may = at_pl[ar];
    else if (cpl == 0)
        may = pl == 0 ? at_0[ar] | at_pl[ar] : at_0[ar];
    else
        may = inner[ar];
    return (need & ~may) == 0;
}

static bool key_check(struct ia64_mmu *m, uint64_t va, uint32_t key,
                      unsigned access, struct ia64_fault *f)
{
    bool x = (access & IA64_EXEC) != 0;
    const uint64_t *pkr = find_key(m, key);
    uint64_t denied = (access & IA64_WRITE ? PKR_WD : 0) |
                      (access & IA64_READ ? PKR_RD : 0) | (x ? PKR_XD : 0);

    if (pkr == NULL)
        return ia64_page_fault(m, x ? IA64_VEC_IKEY_MISS : IA64_VEC_DKEY_MISS,
                               va, access, f);
    return !(*pkr & denied) ||
           ia64_page_fault(m, IA64_VEC_KEY_PERM, va, access, f);
}

bool ia64_page_fault(const struct ia64_mmu *m, enum ia64_vector vector,
                     uint64_t va, unsigned access, struct ia64_fault *f)
{
    miss(m, vector, va, access, f);
    f->vector = vector; /* never nested: the translation is there */
    return false;
}

/* Everything that a translation that is there can fault for.
 * [ISDM2 "Interruption Priorities"] */
static bool check_page(struct ia64_mmu *m, uint64_t va, unsigned access,
                       unsigned pl, const struct ia64_tlbe *e,
                       struct ia64_fault *f)
{
    bool x = (access & IA64_EXEC) != 0;
    uint64_t pte = e->pte;

    if (!(pte & PTE_P))
        return ia64_page_fault(m, IA64_VEC_NOT_PRESENT, va, access, f);
    if (pte_ma(pte) == 7) {
        ia64_page_fault(m, IA64_VEC_NAT, va, access, f);
        f->isr |= IA64_NAT_PAGE;
        return false;
    }
    if (access & IA64_NO_RIGHTS)
        return true;
    if ((m->s->psr & PSR_PK) && !key_check(m, va, itir_key(e->itir), access, f))
        return false;
    if (!ia64_rights(pte_ar(pte), pte_pl(pte), pl, access))
        return ia64_page_fault(m, x ? IA64_VEC_IRIGHTS : IA64_VEC_DRIGHTS, va,
                               access, f);
    if (access & IA64_NO_ACCESS_BITS)
        return true;
    if ((access & IA64_WRITE) && !(pte & PTE_D) && !(m->s->psr & PSR_DA))
        return ia64_page_fault(m, IA64_VEC_DIRTY, va, access, f);
    if (!(pte & PTE_A) && !(m->s->psr & (x ? PSR_IA : PSR_DA)))
        return ia64_page_fault(m, x ? IA64_VEC_IACCESS : IA64_VEC_DACCESS, va,
                               access, f);
    return true;
}

const struct ia64_tlbe *ia64_tlb_find(struct ia64_mmu *m, uint64_t va,
                                      unsigned access, struct ia64_fault *f)
{
    bool x = (access & IA64_EXEC) != 0;
    const struct ia64_tlbe *e = lookup(m, x, va);
    uint64_t rr = rr_of(m, va);

    if (e != NULL)
        return e;
    /* The walker works when data translation is on, too; for instructions while
     * interruptions are collected. */
    if (!(m->s->pta & PTA_VE) || !(rr & RR_VE) || !(m->s->psr & PSR_DT) ||
        (x && !(m->s->psr & PSR_IC))) {
        miss(m, x ? IA64_VEC_ALT_ITLB : IA64_VEC_ALT_DTLB, va, access, f);
        return NULL;
    }
    return walk(m, va, access, f);
}

/* An address that is not implemented, virtual or physical. */
static bool unimplemented(uint64_t va, unsigned access, struct ia64_fault *f)
{
    *f = (struct ia64_fault){.vector = IA64_VEC_GENERAL,
                             .isr = ia64_isr_of(access) | IA64_GE_RESERVED,
                             .ifa = va,
                             .sets = IA64_SETS_IFA};
    return false;
}

bool ia64_mmu_translate(struct ia64_mmu *m, uint64_t va, unsigned access,
                        unsigned pl, bool virt, struct ia64_xlat *x,
                        struct ia64_fault *f)
{
    const struct ia64_tlbe *e;
    uint64_t in_page;

    *x = (struct ia64_xlat){.ps = 12};
    if (!virt) {
        x->pa = va & ~(1ull << 63);
        x->ma = va >> 63 ? 4 : 0;
        return ia64_pa_implemented(va) || unimplemented(va, access, f);
    }
    if (!ia64_va_implemented(m, va))
        return unimplemented(va, access, f);
    e = ia64_tlb_find(m, va, access, f);
    if (e == NULL || !check_page(m, va, access, pl, e, f))
        return false;
    in_page = mask_low(itir_ps(e->itir));
    x->pa = (pte_pa(e->pte) & ~in_page) | (va & in_page);
    x->pte = e->pte;
    x->ps = itir_ps(e->itir);
    x->ma = pte_ma(e->pte);
    x->key = itir_key(e->itir);
    return true;
}

void ia64_set_pkr(struct ia64_state *s, unsigned nr, uint64_t v)
{
    for (unsigned k = 0; k < IA64_PKRS && (v & 1); k++)
        if (itir_key(s->pkr[k]) == itir_key(v))
            s->pkr[k] &= ~1ull;
    s->pkr[nr] = v;
}

uint64_t ia64_tak(const struct ia64_mmu *m, uint64_t va)
{
    const struct ia64_tlbe *e = lookup(m, false, va);

    if (e == NULL || !(e->pte & PTE_P))
        return 1;
    return (uint64_t)itir_key(e->itir) << 8;
}

bool ia64_deferred(struct ia64_mmu *m, uint64_t ip, const struct ia64_fault *f)
{
    unsigned pl = m->s->psr >> PSR_CPL_SHIFT & 3;
    uint64_t dcr = m->s->dcr;
    struct ia64_fault unused;
    struct ia64_xlat x;

    if (!(m->s->psr & PSR_IC))
        return true;
    if (f->vector == IA64_VEC_GENERAL) /* an address that is not implemented */
        return true;
    if (!(m->s->psr & PSR_IT) ||
        !ia64_mmu_translate(m, ip, IA64_EXEC, pl, true, &x, &unused) ||
        !(x.pte & PTE_ED))
        return false;
    switch (f->vector) {
    case IA64_VEC_VHPT:
    case IA64_VEC_DTLB:
    case IA64_VEC_ALT_DTLB:
        return dcr & DCR_DM;
    case IA64_VEC_NOT_PRESENT:
        return dcr & DCR_DP;
    case IA64_VEC_DKEY_MISS:
        return dcr & DCR_DK;
    case IA64_VEC_KEY_PERM:
        return dcr & DCR_DX;
    case IA64_VEC_DRIGHTS:
        return dcr & DCR_DR;
    case IA64_VEC_DACCESS:
        return dcr & DCR_DA;
    case IA64_VEC_DEBUG:
        return dcr & DCR_DD;
    default:
        return true;
    }
}
