/* mode.c: state derived from control registers, CS, SS and RFLAGS. */
#include "common/x86/debug.h"
#include "common/x86/protect.h"

/* An access of up to 64 bytes at an offset not above this stays in limit. */
#define SLACK 63u

/* ---- which TLB data accesses use ---- */
static bool data_breakpoint(const struct x86_cpu *c)
{
    uint64_t dr7 = c->s.dr[7];
    unsigned rw;

    if (likely((dr7 & DR7_ENABLED) == 0))
        return false;
    for (unsigned n = 0; n < 4; n++) {
        if (((dr7 >> (2 * n)) & 3) == 0)
            continue;
        rw = DR7_RW(dr7, n);
        /* Ports: string I/O must not go in bulk. */
        if ((rw & 1) || (rw == 2 && (c->s.cr4 & CR4_DE)))
            return true;
    }
    return false;
}

static void set_view(struct x86_cpu *c)
{
    bool user = c->cpl == 3;
    bool aligned = user && (c->s.rflags & FL_AC) && (c->s.cr0 & CR0_AM);

    c->view = user ? X86_VIEW_USER : X86_VIEW_SUPER;
    c->tlb =
        c->tlbs[unlikely(aligned || data_breakpoint(c)) ? X86_VIEWS : c->view];
}

/* ---- sizes and masks ---- */
static void set_sizes(struct x86_cpu *c)
{
    uint32_t cs = c->s.seg[SEG_CS].attr, ss = c->s.seg[SEG_SS].attr;

    c->long_mode = (c->s.efer & EFER_LMA) != 0;
    if (c->long_mode && (cs & SA_L)) {
        c->code_size = c->stack_size = 3;
        c->ip_mask = c->stack_mask = c->lin_mask = ~0ull;
        return;
    }
    c->code_size = (cs & SA_DB) && !c->v86 ? 2 : 1;
    c->stack_size = (ss & SA_DB) && !c->v86 ? 2 : 1;
    /* EIP does not wrap at 64 KiB: 16-bit branches cut it themselves, and
     * running past the end is a limit violation. */
    c->ip_mask = 0xffffffff;
    c->stack_mask = c->stack_size == 2 ? 0xffffffff : 0xffff;
    c->lin_mask = 0xffffffff;
}

/* ---- segments ---- */
static uint8_t flat_bits(const struct x86_seg_cache *g)
{
    bool read = !g->rnone && g->rlim >= X86_FLAT_LIMIT;
    bool write = !g->wnone && g->wlim >= X86_FLAT_LIMIT;

    return (uint8_t)((read ? X86_FLAT_READ : 0) | (write ? X86_FLAT_WRITE : 0) |
                     (g->base == 0 ? X86_FLAT_ZERO : 0));
}

static void cache_any(struct x86_seg_cache *g, uint64_t base)
{
    g->base = base;
    g->rlim = g->wlim = ~0ull;
    g->rnone = g->wnone = false;
}

/* What 16- and 32-bit code needs. */
static void cache_checked(const struct x86_cpu *c, const struct x86_seg *s,
                          struct x86_seg_cache *g)
{
    uint32_t a = s->attr;
    bool none;

    g->base = s->base;
    g->rlim = g->wlim = s->limit >= SLACK ? s->limit - SLACK : 0;
    g->rnone = g->wnone = s->limit < SLACK;
    if (!x86_protected(c))
        return;
    /* Expand-down segments have a lower bound: always the slow path. */
    none = (a & SA_UNUSABLE) || !(a & SA_P) ||
           (a & (SA_CODE | SA_EXPDOWN)) == SA_EXPDOWN;
    g->rnone |= none || !x86_is_readable(a);
    g->wnone |= none || !x86_is_writable_data(a);
    g->rlim = g->rnone ? 0 : g->rlim;
    g->wlim = g->wnone ? 0 : g->wlim;
}

void x86_seg_update(struct x86_cpu *c, enum x86_segreg seg)
{
    const struct x86_seg *s = &c->s.seg[seg];
    struct x86_seg_cache *g = &c->sc[seg];

    if (c->code_size == 3)
        cache_any(g, seg >= SEG_FS ? s->base : 0);
    else
        cache_checked(c, s, g);
    g->flat = flat_bits(g);
}

static void update_all(struct x86_cpu *c)
{
    for (unsigned k = 0; k < SEG_COUNT; k++)
        x86_seg_update(c, (enum x86_segreg)k);
}

/* ---- the contract ---- */
void x86_update_mode(struct x86_cpu *c)
{
    unsigned was = c->code_size;
    bool pe = (c->s.cr0 & CR0_PE) != 0;

    c->v86 = pe && (c->s.rflags & FL_VM);
    if (!pe)
        c->cpl = 0;
    else
        c->cpl = c->v86 ? 3 : SA_DPL(c->s.seg[SEG_SS].attr);
    set_sizes(c);
    update_all(c);
    set_view(c);
    if (c->code_size != was)
        x86_attention(c);
}

void x86_set_cpl(struct x86_cpu *c, unsigned cpl)
{
    uint32_t *ss = &c->s.seg[SEG_SS].attr;

    *ss = (*ss & ~(3u << 5)) | cpl << 5;
    c->cpl = (uint8_t)cpl;
    set_view(c);
}

void x86_set_seg(struct x86_cpu *c, enum x86_segreg seg, uint16_t sel,
                 uint64_t base, uint32_t limit, uint32_t attr)
{
    c->s.seg[seg] = (struct x86_seg){
        .sel = sel, .base = base, .limit = limit, .attr = attr};
    if (seg == SEG_CS || seg == SEG_SS)
        x86_update_mode(c);
    else
        x86_seg_update(c, seg);
}

/* Is what sc[] holds of one right for the other? The level is not in it. */
static bool same_cache(const struct x86_seg *a, const struct x86_seg *b)
{
    return a->base == b->base && a->limit == b->limit &&
           ((a->attr ^ b->attr) & ~(3u << 5)) == 0;
}

/* sc[seg] follows, in 16- and 32-bit code. */
static void change_seg(struct x86_cpu *c, enum x86_segreg seg,
                       const struct x86_seg *to)
{
    bool same = same_cache(&c->s.seg[seg], to);

    c->s.seg[seg] = *to;
    if (c->code_size != 3 && !same)
        x86_seg_update(c, seg);
}

void x86_transfer(struct x86_cpu *c, const struct x86_seg *cs,
                  const struct x86_seg *ss, unsigned cpl)
{
    unsigned was = c->code_size;

    change_seg(c, SEG_CS, cs);
    if (ss != NULL)
        change_seg(c, SEG_SS, ss);
    c->cpl = (uint8_t)cpl;
    set_sizes(c);
    if ((was == 3) != (c->code_size == 3))
        update_all(c);
    set_view(c);
}
