/* desc.c: reading and checking descriptors. [SDM3 "Segment Descriptors"],
 * [SDM3 "System Descriptor Types"]. */
#include "common/x86/protect.h"

void x86_desc_parse(const struct x86_desc *d, uint16_t sel, struct x86_seg *out)
{
    uint32_t limit = (d->lo & 0xffff) | (d->hi & 0xf0000);

    out->sel = sel;
    out->attr = x86_desc_attr(d);
    out->limit = (out->attr & SA_G) ? limit << 12 | 0xfff : limit;
    out->base = d->lo >> 16 | (d->hi & 0xff) << 16 | (d->hi & 0xff000000);
}

/* The table that sel selects from; false if there is none. */
static bool table_of(const struct x86_cpu *c, uint16_t sel, uint64_t *base,
                     uint32_t *limit)
{
    if (SEL_TI(sel)) {
        *base = c->s.ldtr.base;
        *limit = c->s.ldtr.limit;
        return !(c->s.ldtr.attr & SA_UNUSABLE);
    }
    *base = c->s.gdtr.base;
    *limit = c->s.gdtr.limit;
    return true;
}

static uint64_t wrap(const struct x86_cpu *c, uint64_t lin)
{
    return c->long_mode ? lin : lin & 0xffffffff;
}

bool x86_desc_find(struct x86_cpu *c, uint16_t sel, struct x86_desc *out)
{
    uint64_t base;
    uint32_t limit, raw[2];

    if (!table_of(c, sel, &base, &limit) || (sel | 7u) > limit)
        return false;
    out->addr = wrap(c, base + SEL_INDEX(sel));
    x86_table_read(c, out->addr, raw, sizeof(raw));
    out->lo = raw[0];
    out->hi = raw[1];
    return true;
}

void x86_desc_read(struct x86_cpu *c, uint16_t sel, enum x86_vector vec,
                   uint32_t ext, struct x86_desc *out)
{
    if (!x86_desc_find(c, sel, out))
        x86_raise_err(c, vec, x86_sel_error(sel, ext));
}

uint64_t x86_desc_high(struct x86_cpu *c, const struct x86_desc *d,
                       uint16_t sel, enum x86_vector vec, uint32_t ext)
{
    uint64_t base;
    uint32_t limit, raw[2];

    if (!table_of(c, sel, &base, &limit) || SEL_INDEX(sel) + 15 > limit)
        x86_raise_err(c, vec, x86_sel_error(sel, ext));
    x86_table_read(c, wrap(c, d->addr + 8), raw, sizeof(raw));
    if (raw[1] & 0x1f00)
        x86_raise_err(c, vec, x86_sel_error(sel, ext));
    return (uint64_t)raw[0] << 32;
}

void x86_desc_accessed(struct x86_cpu *c, const struct x86_desc *d,
                       struct x86_seg *s)
{
    uint8_t access;

    if (likely(s->attr & SA_ACCESSED))
        return;
    s->attr |= SA_ACCESSED;
    access = (uint8_t)s->attr;
    x86_table_write(c, wrap(c, d->addr + 5), &access, 1);
}

void x86_code_read(struct x86_cpu *c, uint16_t sel, enum x86_vector vec,
                   uint32_t ext, struct x86_desc *d, struct x86_seg *cs)
{
    if (x86_sel_null(sel))
        x86_raise_err(c, vec, ext);
    x86_desc_read(c, sel, vec, ext, d);
    x86_desc_parse(d, sel, cs);
    if (!x86_is_code(cs->attr) ||
        (c->long_mode && (cs->attr & (SA_L | SA_DB)) == (SA_L | SA_DB)))
        x86_raise_err(c, vec, x86_sel_error(sel, ext));
}

void x86_code_present(struct x86_cpu *c, const struct x86_seg *cs, uint32_t ext)
{
    if (!(cs->attr & SA_P))
        x86_raise_err(c, VEC_NP, x86_sel_error(cs->sel, ext));
}

void x86_code_limit(struct x86_cpu *c, const struct x86_seg *cs, uint64_t ip,
                    uint32_t ext)
{
    if (x86_is_code64(c, cs->attr) ? sext(ip, 48) != (int64_t)ip
                                   : ip > cs->limit)
        x86_raise_err(c, VEC_GP, ext);
}

void x86_stack_segment(struct x86_cpu *c, uint16_t sel, unsigned cpl,
                       enum x86_vector vec, uint32_t ext, struct x86_desc *d,
                       struct x86_seg *ss)
{
    if (x86_sel_null(sel))
        x86_raise_err(c, vec, ext);
    x86_desc_read(c, sel, vec, ext, d);
    x86_desc_parse(d, sel, ss);
    if (SEL_RPL(sel) != cpl || SA_DPL(ss->attr) != cpl ||
        !x86_is_writable_data(ss->attr))
        x86_raise_err(c, vec, x86_sel_error(sel, ext));
    if (!(ss->attr & SA_P))
        x86_raise_err(c, VEC_SS, x86_sel_error(sel, ext));
}
