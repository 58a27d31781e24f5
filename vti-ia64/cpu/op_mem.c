/* op_mem.c: loads, stores, semaphores and prefetches of general registers.
 * [ISDM3 "ld — Load"] and after. */
#include "vti-ia64/cpu/alat.h"
#include "vti-ia64/cpu/mem.h"

/* The address, r3, may not be NaT. */
#define ADDRESS(isr)                                                           \
    do {                                                                       \
        if (unlikely(GR3->nat))                                                \
            ia64_nat_fault(c, i, (isr));                                       \
    } while (0)

/* ---- plain loads ---- */
#define LOADS(bytes, bits)                                                     \
    IA64_OP(ld##bytes)                                                         \
    {                                                                          \
        uint64_t v;                                                            \
                                                                               \
        IA64_TARGET(c, i);                                                     \
        ADDRESS(ISR_R);                                                        \
        v = ia64_ld##bits(c, i, GR3->v);                                       \
        GR1->v = v;                                                            \
        GR1->nat = 0;                                                          \
        IA64_NEXT(c, i);                                                       \
    }                                                                          \
    /* Address update by an immediate. */                                      \
    IA64_OP(ld##bytes##_i)                                                     \
    {                                                                          \
        uint64_t v;                                                            \
                                                                               \
        if (unlikely(i->r3 >= c->gr_limit))                                    \
            ia64_illegal(c, i);                                                \
        IA64_TARGET(c, i);                                                     \
        ADDRESS(ISR_R);                                                        \
        v = ia64_ld##bits(c, i, GR3->v);                                       \
        GR3->v += i->imm;                                                      \
        GR1->v = v;                                                            \
        GR1->nat = 0;                                                          \
        IA64_NEXT(c, i);                                                       \
    }                                                                          \
    /* ...and by a register. */                                                \
    IA64_OP(ld##bytes##_r)                                                     \
    {                                                                          \
        struct ia64_gr by = *GR2;                                              \
        uint64_t v;                                                            \
                                                                               \
        if (unlikely(i->r3 >= c->gr_limit))                                    \
            ia64_illegal(c, i);                                                \
        IA64_TARGET(c, i);                                                     \
        ADDRESS(ISR_R);                                                        \
        v = ia64_ld##bits(c, i, GR3->v);                                       \
        GR3->v += by.v;                                                        \
        GR3->nat |= by.nat;                                                    \
        GR1->v = v;                                                            \
        GR1->nat = 0;                                                          \
        IA64_NEXT(c, i);                                                       \
    }                                                                          \
    IA64_OP(st##bytes)                                                         \
    {                                                                          \
        if (unlikely(GR3->nat | GR2->nat))                                     \
            ia64_nat_fault(c, i, ISR_W);                                       \
        ia64_st##bits(c, i, GR3->v, GR2->v);                                   \
        IA64_NEXT(c, i);                                                       \
    }                                                                          \
    IA64_OP(st##bytes##_i)                                                     \
    {                                                                          \
        if (unlikely(i->r3 >= c->gr_limit))                                    \
            ia64_illegal(c, i);                                                \
        if (unlikely(GR3->nat | GR2->nat))                                     \
            ia64_nat_fault(c, i, ISR_W);                                       \
        ia64_st##bits(c, i, GR3->v, GR2->v);                                   \
        GR3->v += i->imm;                                                      \
        IA64_NEXT(c, i);                                                       \
    }
LOADS(1, 8)
LOADS(2, 16)
LOADS(4, 32)
LOADS(8, 64)

/* Address update of the general forms. */
static void update(struct ia64_cpu *c, const struct ia64_insn *i,
                   struct ia64_gr by)
{
    if (i->update == 1) {
        GR3->v += by.v;
        GR3->nat |= by.nat;
    } else if (i->update == 2) {
        GR3->v += i->imm;
    }
}

static void check_update(struct ia64_cpu *c, const struct ia64_insn *i)
{
    if (i->update != 0 && i->r3 >= c->gr_limit)
        ia64_illegal(c, i);
}

/* ---- speculative and advanced loads, checks. x: log2 of the size + 4 * type
 * ---- */
enum { SPEC = 1, ADV = 2, SPEC_ADV = 3, C_CLR = 8, C_NC = 9, C_CLR_ACQ = 10 };

static struct ia64_gr speculative(struct ia64_cpu *c, const struct ia64_insn *i,
                                  unsigned size, bool advanced)
{
    struct ia64_data v = {0, 0};
    uint64_t pa = ~0ull;
    bool ok = !GR3->nat && ia64_read_spec(c, i, GR3->v, size, &v, &pa);

    if (advanced)
        ia64_alat_insert(c, ia64_alat_gr(c, i->r1), ok ? pa : ~0ull, size);
    return ok ? (struct ia64_gr){v.lo, 0} : (struct ia64_gr){0, 1};
}

static struct ia64_gr advanced(struct ia64_cpu *c, const struct ia64_insn *i,
                               unsigned size)
{
    struct ia64_data v;
    uint64_t pa;

    ADDRESS(ISR_R);
    v = ia64_read_slow(c, i, GR3->v, size, IA64_READ);
    pa = ia64_data_pa(c, GR3->v);
    ia64_alat_insert(c, ia64_alat_gr(c, i->r1), pa, size);
    /* Memory that is not speculative gives zero and no entry. */
    return (struct ia64_gr){pa == ~0ull ? 0 : v.lo, 0};
}

static struct ia64_gr check(struct ia64_cpu *c, const struct ia64_insn *i,
                            unsigned size, bool clear)
{
    uint64_t reg = ia64_alat_gr(c, i->r1);
    struct ia64_data v;

    ADDRESS(ISR_R);
    if (ia64_alat_lookup(c, reg)) {
        if (clear)
            ia64_alat_remove(c, reg);
        return *GR1;
    }
    v = ia64_read_slow(c, i, GR3->v, size, IA64_READ);
    if (!clear)
        ia64_alat_insert(c, reg, ia64_data_pa(c, GR3->v), size);
    return (struct ia64_gr){v.lo, 0};
}

IA64_OP(ldx)
{
    unsigned size = 1u << (i->x & 3), type = i->x >> 2;
    struct ia64_gr by = *GR2, v;

    check_update(c, i);
    IA64_TARGET(c, i);
    c->insn = i;
    if (type == SPEC || type == SPEC_ADV)
        v = speculative(c, i, size, type == SPEC_ADV);
    else if (type == ADV)
        v = advanced(c, i, size);
    else
        v = check(c, i, size, type != C_NC);
    update(c, i, by);
    *GR1 = v;
    IA64_NEXT(c, i);
}

/* ---- spill and fill: the NaT bit goes to UNAT ---- */
IA64_OP(ld8_fill)
{
    struct ia64_gr by = *GR2;
    uint64_t v, bit;

    check_update(c, i);
    IA64_TARGET(c, i);
    ADDRESS(ISR_R);
    bit = GR3->v >> 3 & 63;
    v = ia64_ld64(c, i, GR3->v);
    update(c, i, by);
    GR1->v = v;
    GR1->nat = c->s.unat >> bit & 1;
    IA64_NEXT(c, i);
}

IA64_OP(st8_spill)
{
    uint64_t bit;

    check_update(c, i);
    ADDRESS(ISR_W);
    bit = GR3->v >> 3 & 63;
    ia64_st64(c, i, GR3->v, GR2->v);
    c->s.unat = (c->s.unat & ~(1ull << bit)) | GR2->nat << bit;
    update(c, i, *GR2);
    IA64_NEXT(c, i);
}

/* ---- 16 bytes ---- */
IA64_OP(ld16)
{
    struct ia64_data v;

    IA64_TARGET(c, i);
    ADDRESS(ISR_R);
    v = ia64_read_slow(c, i, GR3->v, 16, IA64_READ);
    GR1->v = c->s.psr & PSR_BE ? v.hi : v.lo;
    GR1->nat = 0;
    c->s.csd = c->s.psr & PSR_BE ? v.lo : v.hi;
    IA64_NEXT(c, i);
}

IA64_OP(st16)
{
    struct ia64_data v = {GR2->v, c->s.csd};

    if (c->s.psr & PSR_BE)
        v = (struct ia64_data){c->s.csd, GR2->v};
    if (GR3->nat | GR2->nat)
        ia64_nat_fault(c, i, ISR_W);
    ia64_write_slow(c, i, GR3->v, 16, IA64_WRITE, v);
    IA64_NEXT(c, i);
}

/* ---- semaphores: read and write rights; r and w in ISR. x: log2 of the size
 * ---- */
#define RMW (IA64_READ | IA64_WRITE | IA64_SEMAPHORE)

IA64_OP(xchg)
{
    unsigned size = 1u << (i->x & 3);
    uint64_t new = GR2->v;
    struct ia64_data old;

    IA64_TARGET(c, i);
    if (GR3->nat | GR2->nat)
        ia64_nat_fault(c, i, ISR_R | ISR_W);
    old = ia64_read_slow(c, i, GR3->v, size, RMW);
    ia64_write_slow(c, i, GR3->v, size, RMW, (struct ia64_data){new, 0});
    GR1->v = old.lo;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

IA64_OP(cmpxchg)
{
    unsigned size = 1u << (i->x & 3);
    uint64_t new = GR2->v;
    struct ia64_data old;

    IA64_TARGET(c, i);
    if (GR3->nat | GR2->nat)
        ia64_nat_fault(c, i, ISR_R | ISR_W);
    old = ia64_read_slow(c, i, GR3->v, size, RMW);
    if (old.lo == c->s.ccv) /* what was read is zero-extended */
        ia64_write_slow(c, i, GR3->v, size, RMW, (struct ia64_data){new, 0});
    GR1->v = old.lo;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

/* Compares 8 bytes at the address, writes the 16 that hold them. */
IA64_OP(cmp8xchg16)
{
    uint64_t at = GR3->v & ~15ull;
    struct ia64_data old, new = {GR2->v, c->s.csd};

    IA64_TARGET(c, i);
    if (GR3->nat | GR2->nat)
        ia64_nat_fault(c, i, ISR_R | ISR_W);
    if (c->s.psr & PSR_BE)
        new = (struct ia64_data){c->s.csd, GR2->v};
    old = ia64_read_slow(c, i, GR3->v, 8, RMW);
    if (old.lo == c->s.ccv)
        ia64_write_slow(c, i, at, 16, RMW, new);
    GR1->v = old.lo;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

IA64_OP(fetchadd)
{
    unsigned size = 1u << (i->x & 3);
    struct ia64_data old;

    IA64_TARGET(c, i);
    if (GR3->nat)
        ia64_nat_fault(c, i, ISR_R | ISR_W);
    old = ia64_read_slow(c, i, GR3->v, size, RMW);
    ia64_write_slow(c, i, GR3->v, size, RMW,
                    (struct ia64_data){old.lo + i->imm, 0});
    GR1->v = old.lo;
    GR1->nat = 0;
    IA64_NEXT(c, i);
}

/* ---- prefetch: only .fault (x bit 1) has an effect, if it faults, which
 * PSR.ed defers for good ---- */
static NOINLINE void prefetch(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct ia64_gr by = *GR2;
    struct ia64_xlat x;
    struct ia64_fault f;

    check_update(c, i);
    if ((i->x & 2) && !(c->s.psr & PSR_ED)) {
        c->insn = i;
        if (GR3->nat)
            ia64_nat_fault(c, i, ISR_R | ISR_NA | IA64_NA_LFETCH);
        if (!ia64_translate(c, GR3->v, IA64_READ | IA64_NA(IA64_NA_LFETCH),
                            c->cpl, (c->s.psr & PSR_DT) != 0, &x, &f))
            ia64_raise(c, i, &f);
    }
    update(c, i, by);
}

IA64_OP(lfetch)
{
    prefetch(c, i);
    IA64_NEXT(c, i);
}

/* ---- checks and invalidation ---- */
static uint64_t recovery(const struct ia64_cpu *c, const struct ia64_insn *i)
{
    return ia64_insn_ip(c, i) + i->imm;
}

IA64_OP(chk_s)
{
    if (unlikely(GR2->nat))
        ia64_jump(c, i, recovery(c, i));
    else
        IA64_NEXT(c, i);
}

IA64_OP(chk_sf)
{
    const struct ia64_fr *f = FR2;

    ia64_fp_check(c, i, i->r2, 0, 0, 0);
    if (f->se == 0x1fffe && f->sig == 0) /* NaTVal */
        ia64_jump(c, i, recovery(c, i));
    else
        IA64_NEXT(c, i);
}

static ALWAYS_INLINE void
check_advanced(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t reg)
{
    if (ia64_alat_lookup(c, reg)) {
        if (i->x)
            ia64_alat_remove(c, reg);
        IA64_NEXT(c, i);
    }
    ia64_jump(c, i, recovery(c, i));
}

IA64_OP(chk_a)
{
    check_advanced(c, i, ia64_alat_gr(c, i->r1));
}

IA64_OP(chk_af)
{
    ia64_fp_check(c, i, i->r1, 0, 0, 0);
    check_advanced(c, i, ia64_alat_fr(c, i->r1));
}

IA64_OP(invala)
{
    ia64_alat_clear(c);
    IA64_NEXT(c, i);
}

IA64_OP(invala_e)
{
    ia64_alat_remove(c, ia64_alat_gr(c, i->r1));
    IA64_NEXT(c, i);
}

IA64_OP(invala_ef)
{
    ia64_alat_remove(c, ia64_alat_fr(c, i->r1));
    IA64_NEXT(c, i);
}

/* Ordering, serialization: accesses are in program order, one after another. */
IA64_OP(fence)
{
    IA64_NEXT(c, i);
}

static NOINLINE void flush_line(struct ia64_cpu *c, const struct ia64_insn *i)
{
    struct ia64_xlat x;
    struct ia64_fault f;

    c->insn = i;
    if (GR3->nat)
        ia64_nat_fault(c, i, ISR_R | ISR_NA | IA64_NA_FC);
    if (!ia64_translate(c, GR3->v,
                        IA64_READ | IA64_NO_ACCESS_BITS | IA64_NA(IA64_NA_FC),
                        c->cpl, (c->s.psr & PSR_DT) != 0, &x, &f))
        ia64_raise(c, i, &f);
}

IA64_OP(fc)
{
    flush_line(c, i);
    IA64_NEXT(c, i);
}
