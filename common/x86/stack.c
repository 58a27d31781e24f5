/* stack.c: pushes that must not be visible before everything is checked. */
#include "common/x86/stack.h"

void x86_stack_current(struct x86_cpu *c, uint32_t ext, struct x86_stack *st)
{
    *st = (struct x86_stack){.ss = c->s.seg[SEG_SS],
                             .sp = c->s.r[R_SP],
                             .mask = c->stack_mask,
                             .error = ext,
                             .wide = c->code_size == 3,
                             .current = true};
}

/* Bytes [at, at+n) of the current TSS; #TS(TR | ext) past its limit. */
static uint64_t tss_field(struct x86_cpu *c, unsigned at, unsigned n,
                          uint32_t ext)
{
    uint64_t v = 0, lin = c->s.tr.base + at;

    if (at + n - 1 > c->s.tr.limit)
        x86_raise_err(c, VEC_TS, x86_sel_error(c->s.tr.sel, ext));
    x86_table_read(c, c->long_mode ? lin : lin & 0xffffffff, &v, n);
    return v;
}

void x86_stack_tss(struct x86_cpu *c, unsigned cpl, uint32_t ext,
                   struct x86_stack *st)
{
    struct x86_desc d;
    uint64_t both, sp;
    uint16_t sel;

    if (SA_TYPE(c->s.tr.attr) & 8) { /* 32-bit TSS: ESP, SS */
        both = tss_field(c, 4 + 8 * cpl, 6, ext);
        sp = both & 0xffffffff;
        sel = (uint16_t)(both >> 32);
    } else {
        both = tss_field(c, 2 + 4 * cpl, 4, ext);
        sp = both & 0xffff;
        sel = (uint16_t)(both >> 16);
    }
    *st = (struct x86_stack){.sp = sp, .error = x86_sel_error(sel, ext)};
    x86_stack_segment(c, sel, cpl, VEC_TS, ext, &d, &st->ss);
    x86_desc_accessed(c, &d, &st->ss);
    st->mask = (st->ss.attr & SA_DB) ? 0xffffffff : 0xffff;
}

void x86_stack_tss64(struct x86_cpu *c, unsigned cpl, unsigned ist,
                     uint32_t ext, struct x86_stack *st)
{
    unsigned at = ist != 0 ? 28 + 8 * ist : 4 + 8 * cpl;

    *st = (struct x86_stack){.ss = x86_null_seg((uint16_t)cpl, cpl),
                             .sp = tss_field(c, at, 8, ext),
                             .mask = ~0ull,
                             .error = ext,
                             .wide = true};
}

static bool beyond_limit(const struct x86_cpu *c, const struct x86_seg *ss,
                         uint64_t off, uint64_t last)
{
    if (!x86_protected(c))
        return last > ss->limit;
    if (ss->attr & SA_UNUSABLE)
        return true;
    if (ss->attr & SA_EXPDOWN)
        return off <= ss->limit ||
               last > ((ss->attr & SA_DB) ? 0xffffffffull : 0xffffull);
    return last > ss->limit;
}

static void check_slot(struct x86_cpu *c, const struct x86_stack *st,
                       uint64_t off, unsigned n)
{
    bool bad = st->wide ? sext(off, 48) != (int64_t)off ||
                              sext(off + n - 1, 48) != (int64_t)(off + n - 1)
                        : beyond_limit(c, &st->ss, off, off + n - 1);

    if (bad)
        x86_raise_err(c, VEC_SS, st->error);
}

void x86_stack_room(struct x86_cpu *c, const struct x86_stack *st,
                    unsigned size, unsigned count)
{
    uint64_t off = st->sp;

    while (count-- > 0) {
        off = (off - (1u << size)) & st->mask;
        check_slot(c, st, off, 1u << size);
    }
}

void x86_stack_push(struct x86_cpu *c, struct x86_stack *st, unsigned size,
                    uint64_t v)
{
    unsigned n = 1u << size;
    uint64_t off = (st->sp - n) & st->mask;

    check_slot(c, st, off, n);
    if (st->current)
        x86_write(c, SEG_SS, off, &v, n);
    else if (st->wide)
        x86_table_write(c, off, &v, n);
    else
        x86_table_write(c, (st->ss.base + off) & 0xffffffff, &v, n);
    st->sp = off;
}

/* Where n bytes at offset off can be written in place after all checks, or
 * NULL. */
static void *in_place(struct x86_cpu *c, const struct x86_stack *st,
                      uint64_t off, unsigned n)
{
    const struct x86_tlb_entry *e;
    uint64_t lin = off;

    if (st->current)
        return x86_tlb_write_ptr(c, SEG_SS, off, n);
    if (!st->wide) {
        if (beyond_limit(c, &st->ss, off, off + n - 1))
            return NULL;
        lin = (st->ss.base + off) & 0xffffffff;
    }
    e = &c->tlbs[X86_VIEW_SUPER][(lin >> PAGE_SHIFT) & (X86_TLB_SIZE - 1)];
    return ((lin + n - 1) & PAGE_MASK) == e->wtag ? (void *)(e->addend + lin)
                                                  : NULL;
}

void x86_stack_push_all(struct x86_cpu *c, struct x86_stack *st, unsigned size,
                        const uint64_t *v, unsigned count)
{
    unsigned n = count << size;
    uint64_t off = (st->sp - n) & st->mask;
    uint8_t *p = NULL;

    if (size >= 2 && off + n == (st->sp & st->mask))
        p = in_place(c, st, off, n);
    if (p == NULL) {
        for (unsigned k = 0; k < count; k++)
            x86_stack_push(c, st, size, v[k]);
        return;
    }
    if (size == 3) {
        for (unsigned k = count; k-- > 0; p += 8)
            put_le64(p, v[k]);
    } else {
        for (unsigned k = count; k-- > 0; p += 4)
            put_le32(p, (uint32_t)v[k]);
    }
    st->sp = off;
}
