/* tlb.c: the software TLB: translations that need no further check. */
#include "common/x86/tlb.h"

#include "common/mmu/mmu.h"
#include "common/x86/block.h"

static void entry_clear(struct x86_tlb_entry *e)
{
    e->rtag = e->wtag = X86_TLB_NONE;
    e->pa = 0;
}

static void entry_drop(struct x86_tlb_entry *e, uint64_t arg)
{
    (void)arg;
    entry_clear(e);
}

static void note_filled(struct x86_cpu *c, unsigned view, unsigned index,
                        bool global)
{
    unsigned at = view * X86_TLB_SIZE + index;

    c->tlb_filled[global][at / 64] |= BITQ(at % 64);
    c->tlb_filled[!global][at / 64] &= ~BITQ(at % 64);
}

typedef void entry_fn(struct x86_tlb_entry *e, uint64_t arg);

static ALWAYS_INLINE void each_filled(struct x86_cpu *c, bool global,
                                      entry_fn *fn, uint64_t arg)
{
    const uint64_t *filled = c->tlb_filled[global];
    struct x86_tlb_entry *first = &c->tlbs[0][0];

    for (unsigned w = 0; w < ARRAY_LEN(c->tlb_filled[0]); w++) {
        for (uint64_t bits = filled[w]; bits != 0; bits &= bits - 1)
            fn(&first[w * 64 + (unsigned)__builtin_ctzll(bits)], arg);
    }
}

static void flush_filled(struct x86_cpu *c, bool global)
{
    each_filled(c, global, entry_drop, 0);
    memset(c->tlb_filled[global], 0, sizeof(c->tlb_filled[global]));
}

void x86_tlb_flush(struct x86_cpu *c, bool global_too)
{
    flush_filled(c, false);
    if (global_too) {
        flush_filled(c, true);
        memset(c->tlb_large, 0, sizeof(c->tlb_large));
    }
    c->fetch_gen++;
    if (c->code_hooks != NULL)
        c->code_hooks->flush(c, global_too);
}

static void entry_write_protect(struct x86_tlb_entry *e, uint64_t pa)
{
    if ((e->pa & PAGE_MASK) == (pa & PAGE_MASK))
        e->wtag = X86_TLB_NONE;
}

void x86_tlb_write_protect(struct x86_cpu *c, uint64_t pa)
{
    each_filled(c, false, entry_write_protect, pa);
    each_filled(c, true, entry_write_protect, pa);
}

/* ---- parts of large pages: the TLB holds 4 KiB each ---- */
static unsigned large_region(uint64_t lin)
{
    return (unsigned)(lin >> 22) & 255;
}

static bool had_large(const struct x86_cpu *c, uint64_t lin)
{
    unsigned k = large_region(lin);

    return (c->tlb_large[k / 64] & BITQ(k % 64)) != 0;
}

static void note_large(struct x86_cpu *c, uint64_t lin, unsigned page_shift)
{
    unsigned k = large_region(lin);

    if (page_shift == 30)
        memset(c->tlb_large, 0xff, sizeof(c->tlb_large));
    c->tlb_large[k / 64] |= BITQ(k % 64);
}

static void entry_drop_large(struct x86_tlb_entry *e, uint64_t lin)
{
    if ((e->pa & X86_TLB_LARGE) && (e->rtag ^ lin) >> 30 == 0)
        entry_clear(e);
}

/* Remove the parts of large pages within 1 GiB of lin: no page is larger, and
 * removing too much costs a walk. */
static void flush_large(struct x86_cpu *c, uint64_t lin)
{
    each_filled(c, false, entry_drop_large, lin);
    each_filled(c, true, entry_drop_large, lin);
}

void x86_tlb_invlpg(struct x86_cpu *c, uint64_t lin)
{
    unsigned k = (unsigned)(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1);

    for (unsigned v = 0; v < X86_VIEWS; v++)
        entry_clear(&c->tlbs[v][k]);
    if (had_large(c, lin))
        flush_large(c, lin);
    c->fetch_gen++;
    if (c->code_hooks != NULL)
        c->code_hooks->invlpg(c, lin);
}

void x86_tlb_init(struct x86_cpu *c)
{
    for (unsigned v = 0; v <= X86_VIEWS; v++) {
        for (unsigned k = 0; k < X86_TLB_SIZE; k++)
            entry_clear(&c->tlbs[v][k]);
    }
    memset(c->tlb_filled, 0, sizeof(c->tlb_filled));
    c->fetch_gen++;
    if (c->code_hooks != NULL)
        c->code_hooks->flush(c, true);
}

/* A page may be written directly when nobody watches its writes: no decoded
 * code, no trace, and it is known as dirty already. */
static bool write_is_free(uint8_t flags)
{
    return (flags & (GMEM_PAGE_CODE | GMEM_PAGE_ROM | GMEM_PAGE_TRACE |
                     GMEM_PAGE_DIRTY)) == GMEM_PAGE_DIRTY;
}

static void entry_fill(struct x86_cpu *c, unsigned view, uint64_t lin,
                       const struct x86_xlat *x, struct x86_place *p)
{
    struct x86_tlb_entry *e =
        &c->tlbs[view][(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];
    struct gmem_region *r = gmem_find(&c->v.m->mem, x->pa);
    uint64_t page = lin & PAGE_MASK;
    uint8_t *flags;

    if (r == NULL) {
        p->host = NULL;
        p->flags = NULL;
        return;
    }
    flags = &r->flags[(x->pa - r->base) >> PAGE_SHIFT];
    p->host = r->host + (x->pa - r->base);
    p->flags = flags;
    note_filled(c, view, (unsigned)(e - c->tlbs[view]), x->global);
    e->rtag = page;
    e->wtag = (view == X86_VIEW_USER ? x->write_u : x->write_s) &&
                      write_is_free(*flags)
                  ? page
                  : X86_TLB_NONE;
    e->addend = (uintptr_t)p->host - lin;
    e->pa = (x->pa & PAGE_MASK) | (x->global ? X86_TLB_GLOBAL : 0u) |
            (x->page_shift > PAGE_SHIFT ? X86_TLB_LARGE : 0u);
    if (x->page_shift > PAGE_SHIFT)
        note_large(c, lin, x->page_shift);
}

void x86_tlb_place(struct x86_cpu *c, uint64_t lin, unsigned access,
                   struct x86_place *p)
{
    unsigned view = (access & X86_ACC_USER) ? X86_VIEW_USER : X86_VIEW_SUPER;
    struct x86_tlb_entry *e =
        &c->tlbs[view][(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];
    uint64_t page = lin & PAGE_MASK;
    struct x86_xlat x;

    if (((access & X86_WRITE) ? e->wtag : e->rtag) == page) {
        p->pa = (e->pa & PAGE_MASK) | (lin & (PAGE_SIZE - 1));
        p->host = (uint8_t *)(e->addend + lin);
        p->flags = gmem_flags(&c->v.m->mem, p->pa);
        return;
    }
    c->mmu->translate(c, lin, access, &x);
    p->pa = x.pa;
    entry_fill(c, view, lin, &x, p);
}

/* ---- guest-physical accesses ---- */
/* Has an extension made the access, which no RAM answers? */
static bool ext_access(struct x86_cpu *c, uint64_t pa, void *buf, unsigned n,
                       bool write)
{
    return unlikely(c->ext != NULL) && c->ext->access != NULL &&
           c->ext->access(c, pa, buf, n, write);
}

void x86_phys_read(struct x86_cpu *c, const struct x86_place *p, void *buf,
                   unsigned n)
{
    uint8_t *out = buf;
    uint64_t v;

    if (p->host != NULL) {
        memcpy(buf, p->host, n);
        return;
    }
    if (ext_access(c, p->pa, buf, n, false))
        return;
    for (unsigned at = 0, k; at < n; at += k) {
        k = n - at >= 8 ? 8 : n - at >= 4 ? 4 : n - at >= 2 ? 2 : 1;
        v = bus_read(&c->v.m->bus, BUS_MMIO, p->pa + at, k);
        memcpy(out + at, &v, k);
    }
}

void x86_phys_write(struct x86_cpu *c, const struct x86_place *p,
                    const void *buf, unsigned n)
{
    const uint8_t *in = buf;
    uint64_t v;

    if (p->host != NULL) {
        if (*p->flags & GMEM_PAGE_ROM)
            return;
        if (*p->flags & (GMEM_PAGE_CODE | GMEM_PAGE_TRACE))
            gmem_tell(&c->v.m->mem, *p->flags, p->pa, buf, n);
        *p->flags |= GMEM_PAGE_DIRTY;
        memcpy(p->host, buf, n);
        return;
    }
    if (ext_access(c, p->pa, (void *)(uintptr_t)buf, n, true))
        return;
    for (unsigned at = 0, k; at < n; at += k) {
        k = n - at >= 8 ? 8 : n - at >= 4 ? 4 : n - at >= 2 ? 2 : 1;
        v = 0;
        memcpy(&v, in + at, k);
        bus_write(&c->v.m->bus, BUS_MMIO, p->pa + at, k, v);
    }
}
