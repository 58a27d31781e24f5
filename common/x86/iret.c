/* iret.c: IRET, IRETD, IRETQ. [SDM2 "IRET/IRETD/IRETQ"]. */
#include "common/x86/stack.h"

#include "common/x86/op.h"

/* What every operand size restores at any privilege; and what 32- and 64-bit
 * operands add. */
#define FL_IRET16 (FL_ARITH | FL_TF | FL_DF | FL_NT)
#define FL_IRET32 (FL_RF | FL_AC | FL_ID)

/* The image at the top of the stack. */
struct frame {
    uint64_t ip, flags;
    uint16_t cs;
    const uint64_t *top; /* five, of 64 bits; or NULL */
};

static void read_frame(struct x86_cpu *c, unsigned size, struct frame *f)
{
    int64_t n = 1 << size;

    f->top = size == 3 ? x86_stack_top64(c, 5) : NULL;
    if (f->top != NULL) {
        f->ip = get_le64(&f->top[0]);
        f->cs = (uint16_t)get_le64(&f->top[1]);
        f->flags = get_le64(&f->top[2]);
        return;
    }
    f->ip = x86_stack_peek(c, size, 0);
    f->cs = (uint16_t)x86_stack_peek(c, size, n);
    f->flags = x86_stack_peek(c, size, 2 * n);
}

static void unblock_nmi(struct x86_cpu *c)
{
    if (c->s.nmi_blocked && !c->x.iret_keeps_nmi) {
        c->s.nmi_blocked = 0;
        c->x.unblocked_at = x86_icount(c) + 1;
    }
    if (unlikely(c->s.nmi_pending || c->x.want_nmi))
        x86_attention(c);
}

/* ---- real-address and virtual-8086 mode ---- */
static void commit_8086(struct x86_cpu *c, unsigned size, const struct frame *f,
                        uint64_t flags, uint64_t mask)
{
    uint64_t old = c->s.rflags;

    if (f->ip > c->s.seg[SEG_CS].limit)
        x86_gp0(c);
    x86_set_sp(c, x86_sp_off(c, 3 << size));
    x86_load_seg_real(c, SEG_CS, f->cs);
    c->s.r[R_IP] = f->ip;
    x86_set_rflags(c, flags, mask);
    unblock_nmi(c);
    x86_flags_attention(c, old);
}

static void iret_real(struct x86_cpu *c, unsigned size)
{
    struct frame f;
    uint64_t mask = FL_IRET16 | FL_IF | FL_IOPL;

    read_frame(c, size, &f);
    if (size >= 2)
        mask |= FL_IRET32;
    commit_8086(c, size, &f, f.flags, mask);
}

/* With IOPL 3 as in real mode, but IOPL stays; with less, through VIF where
 * CR4.VME allows it. [SDM3 "Interrupt and Exception Handling in Virtual-8086
 * Mode"] */
static void iret_v86(struct x86_cpu *c, unsigned size)
{
    struct frame f;
    uint64_t mask = FL_IRET16;

    if (x86_iopl(c) == 3) {
        read_frame(c, size, &f);
        mask |= FL_IF | (size >= 2 ? FL_IRET32 : 0);
        commit_8086(c, size, &f, f.flags, mask);
    } else {
        if (!(c->s.cr4 & CR4_VME) || size != 1)
            x86_gp0(c);
        read_frame(c, size, &f);
        if ((f.flags & FL_TF) || ((f.flags & FL_IF) && (c->s.rflags & FL_VIP)))
            x86_gp0(c);
        f.flags =
            (f.flags & ~(uint64_t)FL_VIF) | ((f.flags & FL_IF) ? FL_VIF : 0);
        commit_8086(c, size, &f, f.flags, mask | FL_VIF);
    }
    x86_update_mode(c); /* AC */
}

/* From privilege level 0 to virtual-8086 mode. */
static void return_to_v86(struct x86_cpu *c, const struct frame *f)
{
    static const uint8_t segs[] = {SEG_ES, SEG_DS, SEG_FS, SEG_GS};
    uint64_t old = c->s.rflags, sp = x86_stack_peek(c, 2, 12);
    uint16_t ss = (uint16_t)x86_stack_peek(c, 2, 16), sel[4];

    for (int k = 0; k < 4; k++)
        sel[k] = (uint16_t)x86_stack_peek(c, 2, 20 + 4 * k);
    if (f->ip > 0xffff)
        x86_gp0(c);
    x86_set_rflags(c, f->flags,
                   FL_IRET16 | FL_IRET32 | FL_IF | FL_IOPL | FL_VM | FL_VIF |
                       FL_VIP);
    c->s.seg[SEG_CS] = x86_v86_seg(f->cs);
    c->s.seg[SEG_SS] = x86_v86_seg(ss);
    for (int k = 0; k < 4; k++)
        c->s.seg[segs[k]] = x86_v86_seg(sel[k]);
    c->s.r[R_SP] = sp;
    c->s.r[R_IP] = f->ip;
    x86_update_mode(c);
    x86_flags_attention(c, old);
}

/* ---- protected and IA-32e mode ---- */

/* The bits that an IRET at the current privilege may change. */
static uint64_t flags_mask(const struct x86_cpu *c, unsigned size)
{
    uint64_t mask = FL_IRET16;

    if (size >= 2)
        mask |= FL_IRET32;
    if (c->cpl <= x86_iopl(c))
        mask |= FL_IF;
    if (c->cpl == 0)
        mask |= FL_IOPL | (size >= 2 ? FL_VIF | FL_VIP : 0);
    return mask;
}

/* To an outer level, and in 64-bit mode always: SS:rSP is popped too. */
static void return_with_stack(struct x86_cpu *c, unsigned size,
                              const struct frame *f, const struct x86_desc *d,
                              struct x86_seg *cs)
{
    uint64_t old = c->s.rflags, mask = flags_mask(c, size);
    int64_t n = 1 << size;
    uint64_t sp =
        f->top != NULL ? get_le64(&f->top[3]) : x86_stack_peek(c, size, 3 * n);
    uint16_t sel = (uint16_t)(f->top != NULL ? get_le64(&f->top[4])
                                             : x86_stack_peek(c, size, 4 * n));
    unsigned rpl = SEL_RPL(cs->sel);
    bool outer = rpl > c->cpl;
    struct x86_seg ss;

    x86_return_stack(c, sel, rpl, cs, &ss);
    x86_code_limit(c, cs, f->ip, 0);
    x86_desc_accessed(c, d, cs);
    x86_set_rflags(c, f->flags, mask);
    x86_transfer(c, cs, &ss, rpl);
    x86_set_sp(c, sp & c->stack_mask);
    if (outer)
        x86_null_outer(c);
    c->s.r[R_IP] = f->ip;
    x86_flags_attention(c, old);
}

static void return_same(struct x86_cpu *c, unsigned size, const struct frame *f,
                        const struct x86_desc *d, struct x86_seg *cs)
{
    uint64_t old = c->s.rflags, mask = flags_mask(c, size);

    x86_code_limit(c, cs, f->ip, 0);
    x86_desc_accessed(c, d, cs);
    x86_set_sp(c, x86_sp_off(c, 3 << size));
    x86_set_rflags(c, f->flags, mask);
    x86_transfer(c, cs, NULL, c->cpl);
    c->s.r[R_IP] = f->ip;
    x86_flags_attention(c, old);
}

static void iret_protected(struct x86_cpu *c, unsigned size)
{
    struct frame f;
    struct x86_desc d;
    struct x86_seg cs;

    read_frame(c, size, &f);
    if (size == 2 && (f.flags & FL_VM) && c->cpl == 0 && !c->long_mode) {
        return_to_v86(c, &f);
        return;
    }
    x86_return_code(c, f.cs, &d, &cs);
    if (SEL_RPL(f.cs) > c->cpl || c->code_size == 3)
        return_with_stack(c, size, &f, &d, &cs);
    else
        return_same(c, size, &f, &d, &cs);
}

/* NT: back to the task whose TSS the current one links to. */
static void iret_task(struct x86_cpu *c, uint64_t next_ip)
{
    uint16_t link;

    x86_table_read(c, c->s.tr.base & 0xffffffff, &link, sizeof(link));
    x86_task_switch(
        c, &(struct x86_task){.sel = link,
                              .reason = X86_TASK_IRET,
                              .ip = next_ip,
                              .flags = x86_rflags(c) & ~(uint64_t)FL_NT});
}

void x86_iret(struct x86_cpu *c, unsigned size, uint64_t next_ip)
{
    if (!(c->s.cr0 & CR0_PE)) {
        iret_real(c, size);
        return;
    }
    if (c->v86) {
        iret_v86(c, size);
    } else {
        /* Even if it faults from here on [SDM3 "Handling Multiple NMIs"]. */
        unblock_nmi(c);
        if (!(c->s.rflags & FL_NT))
            iret_protected(c, size);
        else if (c->long_mode)
            x86_gp0(c);
        else
            iret_task(c, next_ip);
    }
}
