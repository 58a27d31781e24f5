/* mem.c: guest-virtual memory access, the part that is not inline: segment
 * checks, page edges, MMIO, alignment checks, data breakpoints. */
#include "common/x86/mem.h"

#include "common/x86/debug.h"
#include "common/x86/tlb.h"

/* An access cut at page edges: at most two pages for up to 512 bytes. */
struct pieces {
    struct x86_place at[2];
    unsigned len[2];
    unsigned nr;
};

static unsigned user_bit(const struct x86_cpu *c)
{
    return c->cpl == 3 ? X86_ACC_USER : 0u;
}

static void NORETURN seg_fault(struct x86_cpu *c, unsigned seg)
{
    x86_raise_err(c, seg == SEG_SS ? VEC_SS : VEC_GP, 0);
}

/* Limit and type of a segment outside 64-bit mode
 * [SDM3 "Limit Checking", "Type Checking"]. */
static void check_segment(struct x86_cpu *c, unsigned seg, uint64_t off,
                          unsigned n, unsigned access)
{
    const struct x86_seg *s = &c->s.seg[seg];
    uint64_t last = off + n - 1;
    bool protected_mode = (c->s.cr0 & CR0_PE) && !c->v86;

    if (protected_mode) {
        if ((s->attr & SA_UNUSABLE) || !(s->attr & SA_P))
            seg_fault(c, seg);
        if (s->attr & SA_CODE) {
            if ((access & X86_WRITE) || !(s->attr & SA_WRITABLE))
                seg_fault(c, seg);
        } else if ((access & X86_WRITE) && !(s->attr & SA_WRITABLE)) {
            seg_fault(c, seg);
        }
    }
    if ((s->attr & (SA_CODE | SA_EXPDOWN)) == SA_EXPDOWN && protected_mode) {
        if (off <= s->limit ||
            last > ((s->attr & SA_DB) ? 0xffffffffull : 0xffffull))
            seg_fault(c, seg);
    } else if (last > s->limit) {
        seg_fault(c, seg);
    }
}

static uint64_t check_canonical(struct x86_cpu *c, unsigned seg, uint64_t lin,
                                unsigned n)
{
    if (sext(lin, 48) != (int64_t)lin ||
        sext(lin + n - 1, 48) != (int64_t)(lin + n - 1))
        seg_fault(c, seg);
    return lin;
}

uint64_t x86_linear(struct x86_cpu *c, unsigned seg, uint64_t off, unsigned n,
                    unsigned access)
{
    if (c->code_size == 3)
        return check_canonical(c, seg, c->sc[seg].base + off, n);
    check_segment(c, seg, off, n, access);
    return (c->s.seg[seg].base + off) & 0xffffffff;
}

/* [SDM3 "Alignment Check Exception (#AC)"]: natural alignment of operands of 2,
 * 4, 8 and 16 bytes. */
static void check_alignment(struct x86_cpu *c, uint64_t lin, unsigned n)
{
    if ((c->s.cr0 & CR0_AM) && (c->s.rflags & FL_AC) && c->cpl == 3 &&
        n <= 16 && is_pow2(n) && (lin & (n - 1)) != 0)
        x86_raise_err(c, VEC_AC, 0);
}

/* Linear addresses of the second page wrap at 4 GiB outside long mode, and in
 * compatibility mode for what goes through a segment. */
static void cut(struct x86_cpu *c, uint64_t lin, unsigned n, unsigned access,
                struct pieces *p)
{
    uint64_t mask = lin >> 32 != 0 ? ~0ull : c->lin_mask;
    unsigned head = PAGE_SIZE - (unsigned)(lin & (PAGE_SIZE - 1));

    p->nr = n > head ? 2 : 1;
    p->len[0] = n > head ? head : n;
    p->len[1] = n - p->len[0];
    x86_tlb_place(c, lin, access, &p->at[0]);
    if (p->nr == 2)
        x86_tlb_place(c, (lin + head) & mask, access, &p->at[1]);
}

static void watch(struct x86_cpu *c, uint64_t lin, unsigned n, bool write)
{
    uint64_t dr6;

    if (likely((c->s.dr[7] & 0xff) == 0))
        return;
    dr6 = x86_debug_data_match(c, lin, n, write);
    if (dr6 != 0) {
        c->s.db_pending |= (uint32_t)dr6;
        x86_attention(c);
    }
}

static void read_lin(struct x86_cpu *c, uint64_t lin, void *buf, unsigned n,
                     unsigned access)
{
    struct pieces p;

    cut(c, lin, n, access, &p);
    x86_phys_read(c, &p.at[0], buf, p.len[0]);
    if (p.nr == 2)
        x86_phys_read(c, &p.at[1], (uint8_t *)buf + p.len[0], p.len[1]);
}

static void write_lin(struct x86_cpu *c, uint64_t lin, const void *buf,
                      unsigned n, unsigned access)
{
    struct pieces p;

    cut(c, lin, n, access, &p);
    x86_phys_write(c, &p.at[0], buf, p.len[0]);
    if (p.nr == 2)
        x86_phys_write(c, &p.at[1], (const uint8_t *)buf + p.len[0], p.len[1]);
}

void x86_mem_read_slow(struct x86_cpu *c, unsigned seg, uint64_t off, void *buf,
                       unsigned n)
{
    uint64_t lin = x86_linear(c, seg, off, n, X86_READ);

    check_alignment(c, lin, n);
    read_lin(c, lin, buf, n, user_bit(c));
    watch(c, lin, n, false);
}

void x86_mem_write_slow(struct x86_cpu *c, unsigned seg, uint64_t off,
                        const void *buf, unsigned n)
{
    uint64_t lin = x86_linear(c, seg, off, n, X86_WRITE);

    check_alignment(c, lin, n);
    write_lin(c, lin, buf, n, X86_WRITE | user_bit(c));
    watch(c, lin, n, true);
}

void x86_mem_rmw_slow(struct x86_cpu *c, unsigned seg, uint64_t off, void *buf,
                      unsigned n, struct x86_rmw *w)
{
    uint64_t lin = x86_linear(c, seg, off, n, X86_WRITE);
    struct pieces p;

    check_alignment(c, lin, n);
    cut(c, lin, n, X86_WRITE | user_bit(c), &p);
    w->host = NULL;
    w->pa[0] = p.at[0].pa;
    w->len[0] = p.len[0];
    w->pa[1] = p.nr == 2 ? p.at[1].pa : 0;
    w->len[1] = p.len[1];
    x86_phys_read(c, &p.at[0], buf, p.len[0]);
    if (p.nr == 2)
        x86_phys_read(c, &p.at[1], (uint8_t *)buf + p.len[0], p.len[1]);
    watch(c, lin, n, true);
}

void x86_mem_rmw_end_slow(struct x86_cpu *c, const struct x86_rmw *w,
                          const void *buf)
{
    const uint8_t *in = buf;

    for (unsigned k = 0; k < 2 && w->len[k] != 0; k++) {
        struct x86_place p = {.pa = w->pa[k],
                              .host =
                                  gmem_host(&c->v.m->mem, w->pa[k], w->len[k]),
                              .flags = gmem_flags(&c->v.m->mem, w->pa[k])};

        x86_phys_write(c, &p, in, w->len[k]);
        in += w->len[k];
    }
}

static void probe(struct x86_cpu *c, unsigned seg, uint64_t off, unsigned n,
                  unsigned access)
{
    uint64_t lin = x86_linear(c, seg, off, n, access);
    uint64_t page = lin & PAGE_MASK, last = (lin + n - 1) & PAGE_MASK;
    struct x86_place p;

    for (;; page += PAGE_SIZE) {
        x86_tlb_place(c, (page < lin ? lin : page) & c->lin_mask,
                      access | user_bit(c), &p);
        if (page == last)
            break;
    }
}

void x86_mem_probe_write(struct x86_cpu *c, unsigned seg, uint64_t off,
                         unsigned n)
{
    probe(c, seg, off, n, X86_WRITE);
}

void x86_mem_probe_read(struct x86_cpu *c, unsigned seg, uint64_t off,
                        unsigned n)
{
    probe(c, seg, off, n, X86_READ);
}

/* Table accesses are not subject to #AC or data breakpoints here (the latter
 * is among docs' list of what is not modelled). */
void x86_sys_read(struct x86_cpu *c, uint64_t lin, void *buf, unsigned n)
{
    uint64_t at = c->long_mode ? lin : lin & 0xffffffff;

    if (c->long_mode && sext(at, 48) != (int64_t)at)
        x86_gp0(c);
    read_lin(c, at, buf, n, X86_READ);
}

void x86_sys_write(struct x86_cpu *c, uint64_t lin, const void *buf, unsigned n)
{
    uint64_t at = c->long_mode ? lin : lin & 0xffffffff;

    if (c->long_mode && sext(at, 48) != (int64_t)at)
        x86_gp0(c);
    write_lin(c, at, buf, n, X86_WRITE);
}

void *x86_direct(struct x86_cpu *c, uint64_t lin, unsigned n, unsigned access)
{
    const struct x86_tlb_entry *e =
        &c->tlb[(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];
    struct x86_place p;

    if (c->tlb == c->tlbs[X86_VIEWS] || (lin & (PAGE_SIZE - 1)) + n > PAGE_SIZE)
        return NULL;
    if (likely(((access & X86_WRITE) ? e->wtag : e->rtag) == (lin & PAGE_MASK)))
        return (void *)(e->addend + lin);
    x86_tlb_place(c, lin, (access & X86_WRITE) | user_bit(c), &p);
    if (p.host == NULL ||
        ((access & X86_WRITE) &&
         (*p.flags & (GMEM_PAGE_CODE | GMEM_PAGE_ROM | GMEM_PAGE_TRACE))))
        return NULL;
    if (access & X86_WRITE)
        *p.flags |= GMEM_PAGE_DIRTY;
    return p.host;
}
