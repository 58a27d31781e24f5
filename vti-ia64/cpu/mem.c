/* mem.c: data accesses that are not on the fast path. */
#include "vti-ia64/cpu/mem.h"

#include "common/machine/bus.h"
#include "common/machine/gmem.h"
#include "vti-ia64/cpu/alat.h"
#include "vti-ia64/cpu/code.h"
#include "vti-ia64/cpu/debug.h"

void ia64_tlb_settle(struct ia64_cpu *c)
{
    if (c->mmu.changed)
        ia64_flush(c);
    c->mmu.changed = false;
}

bool ia64_translate(struct ia64_cpu *c, uint64_t va, unsigned access,
                    unsigned pl, bool virt, struct ia64_xlat *x,
                    struct ia64_fault *f)
{
    bool ok;

    if (c->user_map != NULL) {
        *x = (struct ia64_xlat){.ps = 12};
        if (c->user_map(c->user_opaque, va, access, &x->pa))
            return true;
        return ia64_page_fault(&c->mmu, IA64_VEC_NOT_PRESENT, va, access, f);
    }
    ok = ia64_mmu_translate(&c->mmu, va, access, pl, virt, x, f);
    ia64_tlb_settle(c); /* the walker may have inserted */
    return ok;
}

static unsigned alignment(unsigned size)
{
    return size == 10 ? 16 : size;
}

/* Unaligned, debug and unsupported: after the page's own checks. */
static bool check_access(struct ia64_cpu *c, uint64_t va, unsigned size,
                         unsigned access, const struct ia64_xlat *x,
                         struct ia64_fault *f)
{
    *f = (struct ia64_fault){
        .isr = ia64_isr_of(access), .ifa = va, .sets = IA64_SETS_IFA};
    if ((c->s.psr & PSR_DB) && !(c->s.psr & PSR_DD) &&
        ia64_debug_data(c, va, size, access)) {
        f->vector = IA64_VEC_DEBUG;
        return false;
    }
    if (va & (alignment(size) - 1)) {
        f->vector = IA64_VEC_UNALIGNED;
        return false;
    }
    if ((access & IA64_SEMAPHORE) && x->ma >= 4) {
        f->vector = IA64_VEC_UNSUPPORTED;
        return false;
    }
    return true;
}

static bool resolve(struct ia64_cpu *c, uint64_t va, unsigned size,
                    unsigned access, unsigned pl, bool virt,
                    struct ia64_xlat *x, struct ia64_fault *f)
{
    return ia64_translate(c, va, access, pl, virt, x, f) &&
           check_access(c, va, size, access, x, f);
}

/* The page becomes a fast one, for what its translation and flags allow. */
static void fill(struct ia64_cpu *c, uint64_t va, const struct ia64_xlat *x,
                 unsigned access)
{
    struct ia64_dtlb *e = ia64_dtlb_of(c, va);
    uint64_t page = va & ~0xfffull, pa = x->pa & ~0xfffull;
    uint8_t *host = gmem_host(&c->v.m->mem, pa, 4096);
    uint8_t *flags = gmem_flags(&c->v.m->mem, pa);

    if (c->view == IA64_VIEW_NONE || host == NULL || flags == NULL)
        return;
    c->filled |= 1u << c->view;
    if (e->rtag != page)
        e->wtag = IA64_TAG_NONE;
    e->addend = (uintptr_t)host - page;
    e->pa = pa;
    if ((access & IA64_READ) || c->user_map != NULL || x->pte == 0 ||
        ia64_rights(pte_ar(x->pte), pte_pl(x->pte), c->cpl, IA64_READ)) {
        /* With keys on, reads and writes are looked at apart. */
        if ((access & IA64_READ) || !(c->s.psr & PSR_PK))
            e->rtag = page;
        else if (e->rtag != page)
            e->rtag = IA64_TAG_NONE;
    } else {
        e->rtag = IA64_TAG_NONE;
    }
    if ((access & IA64_WRITE) &&
        (*flags & (GMEM_PAGE_CODE | GMEM_PAGE_ROM | GMEM_PAGE_TRACE)) == 0) {
        *flags |= GMEM_PAGE_DIRTY;
        e->wtag = page;
    }
}

/* ---- memory itself ---- */
static void swap(uint8_t *b, unsigned n)
{
    for (unsigned k = 0; k < n / 2; k++) {
        uint8_t t = b[k];

        b[k] = b[n - 1 - k];
        b[n - 1 - k] = t;
    }
}

static struct ia64_data read_pa(struct ia64_cpu *c, uint64_t pa, unsigned size,
                                bool big)
{
    uint8_t b[16] = {0};
    struct ia64_data v;
    uint64_t w;

    if (gmem_host(&c->v.m->mem, pa, size) != NULL) {
        gmem_read(&c->v.m->mem, pa, b, size);
    } else {
        for (unsigned k = 0; k < size; k += 8) {
            w = bus_read(&c->v.m->bus, BUS_MMIO, pa + k,
                         size - k < 8 ? size - k : 8);
            memcpy(b + k, &w, size - k < 8 ? size - k : 8);
        }
    }
    if (big)
        swap(b, size);
    memcpy(&v, b, sizeof(v));
    return v;
}

static void write_pa(struct ia64_cpu *c, uint64_t pa, unsigned size, bool big,
                     struct ia64_data v)
{
    uint8_t b[16];
    uint64_t w;

    memcpy(b, &v, sizeof(b));
    if (big)
        swap(b, size);
    ia64_alat_store(c, pa, size);
    if (gmem_host(&c->v.m->mem, pa, size) != NULL) {
        gmem_write(&c->v.m->mem, pa, b, size);
        return;
    }
    for (unsigned k = 0; k < size; k += 8) {
        w = 0;
        memcpy(&w, b + k, size - k < 8 ? size - k : 8);
        bus_write(&c->v.m->bus, BUS_MMIO, pa + k, size - k < 8 ? size - k : 8,
                  w);
    }
}

struct ia64_data ia64_read_slow(struct ia64_cpu *c, const struct ia64_insn *i,
                                uint64_t va, unsigned size, unsigned access)
{
    bool virt = (c->s.psr & PSR_DT) != 0;
    struct ia64_xlat x;
    struct ia64_fault f;

    c->insn = i;
    if (!resolve(c, va, size, access, c->cpl, virt, &x, &f))
        ia64_raise(c, i, &f);
    fill(c, va, &x, access);
    return read_pa(c, x.pa, size, (c->s.psr & PSR_BE) != 0);
}

void ia64_write_slow(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t va,
                     unsigned size, unsigned access, struct ia64_data v)
{
    bool virt = (c->s.psr & PSR_DT) != 0;
    struct ia64_xlat x;
    struct ia64_fault f;

    c->insn = i;
    if (!resolve(c, va, size, access, c->cpl, virt, &x, &f))
        ia64_raise(c, i, &f);
    fill(c, va, &x, access);
    write_pa(c, x.pa, size, (c->s.psr & PSR_BE) != 0, v);
}

/* ---- speculation ---- */

static bool deferred(struct ia64_cpu *c, const struct ia64_fault *f)
{
    bool yes = c->user_map != NULL || ia64_deferred(&c->mmu, c->page_va, f);

    ia64_tlb_settle(c);
    return yes;
}

bool ia64_read_spec(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t va,
                    unsigned size, struct ia64_data *v, uint64_t *pa)
{
    bool virt = (c->s.psr & PSR_DT) != 0 || c->user_map != NULL;
    struct ia64_xlat x;
    struct ia64_fault f;

    c->insn = i;
    *pa = ~0ull;
    if (c->s.psr & PSR_ED)
        return false;
    if (!resolve(c, va, size, IA64_READ | IA64_SPEC, c->cpl, virt, &x, &f)) {
        if (f.vector == IA64_VEC_NAT) /* a NaT page gives NaT */
            return false;
        if (!deferred(c, &f))
            ia64_raise(c, i, &f);
        return false;
    }
    /* Speculative accesses to memory that is not speculative are deferred. */
    if ((!virt && !c->physical_spec) || x.ma >= 4)
        return false;
    *pa = x.pa;
    *v = read_pa(c, x.pa, size, (c->s.psr & PSR_BE) != 0);
    return true;
}

uint64_t ia64_data_pa(struct ia64_cpu *c, uint64_t va)
{
    bool virt = (c->s.psr & PSR_DT) != 0;
    struct ia64_xlat x;
    struct ia64_fault f;

    if (!ia64_translate(c, va, IA64_READ, c->cpl, virt, &x, &f) || x.ma >= 4)
        return ~0ull;
    return x.pa;
}

/* ---- register stack engine ---- */
static uint64_t rse_translate(struct ia64_cpu *c, const struct ia64_insn *i,
                              uint64_t va, unsigned access)
{
    bool virt = (c->s.psr & PSR_RT) != 0;
    struct ia64_xlat x;
    struct ia64_fault f;

    if (!resolve(c, va, 8, access | IA64_RSE, c->s.rsc >> 2 & 3, virt, &x, &f))
        ia64_raise(c, i, &f);
    return x.pa;
}

uint64_t ia64_rse_read(struct ia64_cpu *c, const struct ia64_insn *i,
                       uint64_t va)
{
    return read_pa(c, rse_translate(c, i, va, IA64_READ), 8,
                   (c->s.rsc & 16) != 0)
        .lo;
}

void ia64_rse_write(struct ia64_cpu *c, const struct ia64_insn *i, uint64_t va,
                    uint64_t v)
{
    write_pa(c, rse_translate(c, i, va, IA64_WRITE), 8, (c->s.rsc & 16) != 0,
             (struct ia64_data){v, 0});
}

uint64_t ia64_fetch_translate(struct ia64_cpu *c, uint64_t ip)
{
    bool virt = (c->s.psr & PSR_IT) != 0;
    struct ia64_xlat x;
    struct ia64_fault f;

    if (!ia64_translate(c, ip, IA64_EXEC, c->cpl, virt, &x, &f)) {
        c->fault = f;
        longjmp(c->leave, IA64_LEAVE_FAULT);
    }
    return x.pa;
}
