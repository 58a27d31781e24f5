/* seg.c: loading segment registers, LDTR and TR. [SDM2 "MOV", "LLDT", "LTR"].
 */
#include "common/x86/protect.h"

void x86_load_seg_real(struct x86_cpu *c, enum x86_segreg seg, uint16_t sel)
{
    struct x86_seg *s = &c->s.seg[seg];

    if (c->v86) {
        *s = x86_v86_seg(sel);
    } else {
        /* Limit and attributes stay as protected mode left them. */
        s->sel = sel;
        s->base = (uint64_t)sel << 4;
        s->attr = (s->attr & ~SA_UNUSABLE) | SA_P | SA_S;
    }
    x86_seg_update(c, seg);
}

void x86_data_segment(struct x86_cpu *c, uint16_t sel, enum x86_vector vec,
                      uint32_t ext, struct x86_seg *out)
{
    struct x86_desc d;
    unsigned dpl;

    x86_desc_read(c, sel, vec, ext, &d);
    x86_desc_parse(&d, sel, out);
    dpl = SA_DPL(out->attr);
    if (!x86_is_readable(out->attr) ||
        (!x86_is_conforming(out->attr) && (SEL_RPL(sel) > dpl || c->cpl > dpl)))
        x86_raise_err(c, vec, x86_sel_error(sel, ext));
    if (!(out->attr & SA_P))
        x86_raise_err(c, VEC_NP, x86_sel_error(sel, ext));
    x86_desc_accessed(c, &d, out);
}

static void load_ss(struct x86_cpu *c, uint16_t sel)
{
    struct x86_seg s;
    struct x86_desc d;

    if (x86_sel_null(sel) && c->code_size == 3 && c->cpl != 3 &&
        SEL_RPL(sel) == c->cpl) {
        s = x86_null_seg(sel, c->cpl);
    } else {
        x86_stack_segment(c, sel, c->cpl, VEC_GP, 0, &d, &s);
        x86_desc_accessed(c, &d, &s);
    }
    c->s.seg[SEG_SS] = s;
    if (c->code_size != 3) {
        c->stack_size = (s.attr & SA_DB) ? 2 : 1;
        c->stack_mask = (s.attr & SA_DB) ? 0xffffffff : 0xffff;
    }
    x86_seg_update(c, SEG_SS);
}

static bool same_seg(const struct x86_seg *a, const struct x86_seg *b)
{
    return a->sel == b->sel && a->attr == b->attr && a->limit == b->limit &&
           a->base == b->base;
}

void x86_load_seg(struct x86_cpu *c, enum x86_segreg seg, uint16_t sel)
{
    struct x86_seg s;

    if (unlikely(!x86_protected(c))) {
        x86_load_seg_real(c, seg, sel);
        return;
    }
    if (seg == SEG_SS) {
        load_ss(c, sel);
        return;
    }
    /* A null selector clears the base of FS and GS too: Intel's way. */
    if (x86_sel_null(sel))
        s = x86_null_seg(sel, 0);
    else
        x86_data_segment(c, sel, VEC_GP, 0, &s);
    if (same_seg(&c->s.seg[seg], &s)) /* kernels load what there is */
        return;
    c->s.seg[seg] = s;
    x86_seg_update(c, seg);
}

void x86_null_outer(struct x86_cpu *c)
{
    static const uint8_t segs[] = {SEG_ES, SEG_DS, SEG_FS, SEG_GS};

    for (unsigned k = 0; k < sizeof(segs); k++) {
        struct x86_seg *s = &c->s.seg[segs[k]];

        if ((s->attr & SA_UNUSABLE) || x86_is_conforming(s->attr) ||
            SA_DPL(s->attr) >= c->cpl)
            continue;
        *s = x86_null_seg(0, 0);
        x86_seg_update(c, (enum x86_segreg)segs[k]);
    }
}

void x86_return_stack(struct x86_cpu *c, uint16_t sel, unsigned rpl,
                      const struct x86_seg *cs, struct x86_seg *ss)
{
    struct x86_desc d;

    if (x86_sel_null(sel) && x86_is_code64(c, cs->attr) && rpl != 3) {
        *ss = x86_null_seg(sel, rpl);
        return;
    }
    x86_stack_segment(c, sel, rpl, VEC_GP, 0, &d, ss);
    x86_desc_accessed(c, &d, ss);
}

/* ---- LDTR and TR ---- */

/* In 64-bit mode these descriptors have 16 bytes. */
static void read_system(struct x86_cpu *c, uint16_t sel, struct x86_desc *d,
                        struct x86_seg *out)
{
    if (SEL_TI(sel))
        x86_raise_err(c, VEC_GP, x86_sel_error(sel, 0));
    x86_desc_read(c, sel, VEC_GP, 0, d);
    x86_desc_parse(d, sel, out);
}

static void read_high(struct x86_cpu *c, uint16_t sel, const struct x86_desc *d,
                      struct x86_seg *out)
{
    if (c->code_size == 3) {
        out->base |= x86_desc_high(c, d, sel, VEC_GP, 0);
        if (sext(out->base, 48) != (int64_t)out->base)
            x86_raise_err(c, VEC_GP, x86_sel_error(sel, 0));
    }
    if (!(out->attr & SA_P))
        x86_raise_err(c, VEC_NP, x86_sel_error(sel, 0));
}

void x86_load_ldt(struct x86_cpu *c, uint16_t sel)
{
    struct x86_desc d;
    struct x86_seg s;

    if (x86_sel_null(sel)) {
        c->s.ldtr = x86_null_seg(sel, 0);
        return;
    }
    read_system(c, sel, &d, &s);
    if (x86_systype(s.attr) != SYS_LDT)
        x86_raise_err(c, VEC_GP, x86_sel_error(sel, 0));
    read_high(c, sel, &d, &s);
    c->s.ldtr = s;
}

void x86_load_tr(struct x86_cpu *c, uint16_t sel)
{
    struct x86_desc d;
    struct x86_seg s;
    unsigned type;
    uint8_t access;

    if (x86_sel_null(sel))
        x86_gp0(c);
    read_system(c, sel, &d, &s);
    type = x86_systype(s.attr);
    if (type != SYS_TSS32_AVAIL && (type != SYS_TSS16_AVAIL || c->long_mode))
        x86_raise_err(c, VEC_GP, x86_sel_error(sel, 0));
    read_high(c, sel, &d, &s);
    s.attr |= 2; /* busy */
    access = (uint8_t)s.attr;
    x86_table_write(c, d.addr + 5, &access, 1);
    c->s.tr = s;
}
