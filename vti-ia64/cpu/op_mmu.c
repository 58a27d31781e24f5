/* op_mmu.c: translations, region and key registers, probes, and the indirect
 * register files. */
#include "vti-ia64/cpu/mem.h"
#include "vti-ia64/cpu/sensitive.h"

/* ---- indirect registers: the index is bits 7:0 of r3; of rr, 63:61 ---- */

IA64_OP(mov_to_rr)
{
    ia64_privileged(c, i, IA64_SENS_MOV_TO_RR);
    c->s.rr[GR3->v >> 61] = GR2->v;
    ia64_flush(c);
    ia64_end(c, i);
}

IA64_OP(mov_to_pkr)
{
    ia64_privileged(c, i, IA64_SENS_MOV_TO_PKR);
    ia64_set_pkr(&c->s, (unsigned)GR3->v & 0xff, GR2->v);
    ia64_flush(c);
    ia64_end(c, i);
}

#define TO_FILE(name, field, op)                                               \
    IA64_OP(mov_to_##name)                                                     \
    {                                                                          \
        ia64_privileged(c, i, op);                                             \
        c->s.field[GR3->v & 0xff] = GR2->v;                                    \
        ia64_end(c, i);                                                        \
    }
TO_FILE(dbr, dbr, IA64_SENS_MOV_TO_DBR)
TO_FILE(ibr, ibr, IA64_SENS_MOV_TO_IBR)
TO_FILE(pmc, pmc, IA64_SENS_MOV_TO_PMC)
TO_FILE(pmd, pmd, IA64_SENS_MOV_TO_PMD)

#define FROM_FILE(name, value, op)                                             \
    IA64_OP(mov_from_##name)                                                   \
    {                                                                          \
        IA64_TARGET(c, i);                                                     \
        ia64_privileged(c, i, op);                                             \
        GR1->v = (value);                                                      \
        GR1->nat = 0;                                                          \
        IA64_NEXT(c, i);                                                       \
    }
FROM_FILE(rr, c->s.rr[GR3->v >> 61], IA64_SENS_MOV_FROM_RR)
FROM_FILE(pkr, c->s.pkr[GR3->v & 0xff], IA64_SENS_MOV_FROM_PKR)
FROM_FILE(dbr, c->s.dbr[GR3->v & 0xff], IA64_SENS_MOV_FROM_DBR)
FROM_FILE(ibr, c->s.ibr[GR3->v & 0xff], IA64_SENS_MOV_FROM_IBR)
FROM_FILE(pmc, c->s.pmc[GR3->v & 0xff], IA64_SENS_MOV_FROM_PMC)

/* Readable by all, unless PSR.sp; then the unprivileged see 0. */
IA64_OP(mov_from_pmd)
{
    uint64_t nr = GR3->v & 0xff;

    IA64_TARGET(c, i);
    if (GR3->nat)
        ia64_nat_fault(c, i, 0);
    if (nr >= IA64_PMCS)
        ia64_general(c, i, IA64_GE_RESERVED);
    ia64_sensitive(c, i, IA64_SENS_MOV_FROM_PMD);
    GR1->v = c->cpl != 0 && (c->s.psr & PSR_SP) ? 0 : c->s.pmd[nr];
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

/* Ski's identity; 4: long branches and 16-byte atomics. */
uint64_t ia64_cpuid(unsigned nr)
{
    static const uint64_t cpuid[IA64_VCPUIDS] = {[3] = 0x1f030004, [4] = 5};
    uint64_t v = cpuid[nr];

    if (nr < 2)
        memcpy(&v, &"HP Ski Simulator"[nr * 8], 8);
    return v;
}

IA64_OP(mov_from_cpuid)
{
    uint64_t nr = GR3->v & 0xff;

    IA64_TARGET(c, i);
    if (GR3->nat)
        ia64_nat_fault(c, i, 0);
    if (nr >= IA64_VCPUIDS)
        ia64_general(c, i, IA64_GE_RESERVED);
    ia64_sensitive(c, i, IA64_SENS_MOV_FROM_CPUID);
    GR1->v = ia64_cpuid((unsigned)nr);
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

/* Registers of one implementation: none here. */
IA64_OP(mov_to_msr)
{
    ia64_illegal(c, i);
}

IA64_OP(mov_from_msr)
{
    ia64_illegal(c, i);
}

/* ---- insertion ---- */
static ALWAYS_INLINE void insert(struct ia64_cpu *c, const struct ia64_insn *i,
                                 bool instruction, bool reg, unsigned op)
{
    int slot = reg ? (int)(GR3->v & 0xff) : -1;

    if (ia64_ic(c))
        ia64_illegal(c, i);
    ia64_privileged(c, i, op);
    if (!ia64_va_implemented(&c->mmu, c->s.ifa) ||
        !ia64_tlb_insert(&c->mmu, instruction, slot, c->s.ifa, GR2->v,
                         c->s.itir))
        ia64_general(c, i, IA64_GE_RESERVED);
}

#define INSERT(name, instruction, reg, op)                                     \
    IA64_OP(name)                                                              \
    {                                                                          \
        insert(c, i, instruction, reg, op);                                    \
        ia64_tlb_settle(c);                                                    \
        ia64_end(c, i);                                                        \
    }
INSERT(itc_d, false, false, IA64_SENS_ITC_D)
INSERT(itc_i, true, false, IA64_SENS_ITC_I)
INSERT(itr_d, false, true, IA64_SENS_ITR_D)
INSERT(itr_i, true, true, IA64_SENS_ITR_I)

/* ---- purges: the address in r3, the size in r2{7:2} ---- */
IA64_OP(ptc_l)
{
    ia64_privileged(c, i, IA64_SENS_PTC_L);
    ia64_tlb_purge(&c->mmu, GR3->v, itir_ps(GR2->v));
    ia64_tlb_settle(c);
    ia64_end(c, i);
}

IA64_OP(ptc_g)
{
    if (i->x)
        ia64_privileged(c, i, IA64_SENS_PTC_GA);
    else
        ia64_privileged(c, i, IA64_SENS_PTC_G);
    ia64_tlb_purge(&c->mmu, GR3->v, itir_ps(GR2->v));
    ia64_tlb_settle(c);
    ia64_end(c, i);
}

IA64_OP(ptc_e)
{
    ia64_privileged(c, i, IA64_SENS_PTC_E);
    ia64_tlb_purge_all(&c->mmu);
    ia64_tlb_settle(c);
    ia64_end(c, i);
}

IA64_OP(ptr_d)
{
    ia64_privileged(c, i, IA64_SENS_PTR_D);
    ia64_tlb_purge_tr(&c->mmu, false, GR3->v, itir_ps(GR2->v));
    ia64_tlb_settle(c);
    ia64_end(c, i);
}

IA64_OP(ptr_i)
{
    ia64_privileged(c, i, IA64_SENS_PTR_I);
    ia64_tlb_purge_tr(&c->mmu, true, GR3->v, itir_ps(GR2->v));
    ia64_tlb_settle(c);
    ia64_end(c, i);
}

/* ---- questions ---- */
#define HASH(name, fn, op)                                                     \
    IA64_OP(name)                                                              \
    {                                                                          \
        uint64_t nat = GR3->nat, va = GR3->v;                                  \
                                                                               \
        IA64_TARGET(c, i);                                                     \
        ia64_sensitive(c, i, op);                                              \
        if (!ia64_va_implemented(&c->mmu, va))                                 \
            nat = 1;                                                           \
        GR1->v = nat ? 0 : fn(&c->mmu, va);                                    \
        GR1->nat = nat;                                                        \
        IA64_NEXT(c, i);                                                       \
    }
HASH(thash, ia64_thash, IA64_SENS_THASH)
HASH(ttag, ia64_ttag, IA64_SENS_TTAG)

static NOINLINE void translate_only(struct ia64_cpu *c,
                                    const struct ia64_insn *i)
{
    struct ia64_xlat x;
    struct ia64_fault f;

    IA64_TARGET(c, i);
    c->insn = i;
    ia64_privileged(c, i, IA64_SENS_TPA);
    if (!ia64_translate(c, GR3->v, IA64_NO_RIGHTS | IA64_NA(IA64_NA_TPA), 0,
                        true, &x, &f))
        ia64_raise(c, i, &f);
    GR1->v = x.pa;
    GR1->nat = 0;
}

IA64_OP(tpa)
{
    translate_only(c, i);
    IA64_NEXT(c, i);
}

IA64_OP(tak)
{
    IA64_TARGET(c, i);
    ia64_privileged(c, i, IA64_SENS_TAK);
    GR1->v = c->s.psr & PSR_DT && ia64_va_implemented(&c->mmu, GR3->v)
                 ? ia64_tak(&c->mmu, GR3->v)
                 : 1;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

/* Whether a failed translation is an answer (no) and not a fault. */
static bool is_answer(const struct ia64_fault *f)
{
    return f->vector == IA64_VEC_DRIGHTS || f->vector == IA64_VEC_KEY_PERM ||
           (f->vector == IA64_VEC_GENERAL);
}

static bool probe(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t pl,
                  unsigned access)
{
    struct ia64_xlat x;
    struct ia64_fault f;

    c->insn = i;
    if (pl < c->cpl)
        pl = c->cpl;
    if (ia64_translate(c, GR3->v, access, (unsigned)pl,
                       (c->s.psr & PSR_DT) != 0, &x, &f))
        return true;
    if (!is_answer(&f))
        ia64_raise(c, i, &f);
    return false;
}

#define PROBE_ACCESS(x, na)                                                    \
    (((x) == 1   ? IA64_WRITE                                                  \
      : (x) == 0 ? IA64_READ                                                   \
                 : IA64_READ | IA64_WRITE) |                                   \
     IA64_NA(na))

IA64_OP(probe)
{
    bool yes;

    IA64_TARGET(c, i);
    if (GR3->nat | GR2->nat)
        ia64_nat_fault(c, i, ISR_NA | IA64_NA_PROBE);
    ia64_sensitive(c, i, IA64_SENS_PROBE);
    yes = probe(c, i, GR2->v & 3,
                PROBE_ACCESS(i->x, IA64_NA_PROBE) | IA64_NO_ACCESS_BITS);
    GR1->v = yes;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

IA64_OP(probe_imm)
{
    bool yes;

    IA64_TARGET(c, i);
    if (GR3->nat)
        ia64_nat_fault(c, i, ISR_NA | IA64_NA_PROBE);
    ia64_sensitive(c, i, IA64_SENS_PROBE);
    yes = probe(c, i, i->imm,
                PROBE_ACCESS(i->x, IA64_NA_PROBE) | IA64_NO_ACCESS_BITS);
    GR1->v = yes;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

/* Faults as the access itself would. */
static NOINLINE void probe_or_fault(struct ia64_cpu *c,
                                    const struct ia64_insn *i)
{
    uint64_t pl = i->imm < c->cpl ? c->cpl : i->imm;
    struct ia64_xlat x;
    struct ia64_fault f;

    c->insn = i;
    if (GR3->nat)
        ia64_nat_fault(c, i, ISR_NA | IA64_NA_PROBE_FAULT);
    ia64_sensitive(c, i, IA64_SENS_PROBE);
    if (!ia64_translate(c, GR3->v, PROBE_ACCESS(i->x, IA64_NA_PROBE_FAULT),
                        (unsigned)pl, (c->s.psr & PSR_DT) != 0, &x, &f))
        ia64_raise(c, i, &f);
}

IA64_OP(probe_fault)
{
    probe_or_fault(c, i);
    IA64_NEXT(c, i);
}
