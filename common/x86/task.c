/* task.c: hardware task switches. [SDM3 "Task Management": "Task Switching",
 * "Task Linking"]. */
#include "common/x86/cr.h"
#include "common/x86/debug.h"
#include "common/x86/op.h"
#include "common/x86/stack.h"
#include "common/x86/tss.h"

#define TSS_BUSY  2u
#define DR7_LOCAL 0x155u /* L0..L3, LE */

/* [SDM3 "Exception Conditions Checked During a Task Switch"], the part in the
 * old task's context. */
static void check_new(struct x86_cpu *c, const struct x86_task *t,
                      struct x86_desc *d, struct x86_seg *tr)
{
    bool back = t->reason == X86_TASK_IRET;
    enum x86_vector vec = back ? VEC_TS : VEC_GP;
    unsigned type;

    if (SEL_TI(t->sel) || x86_sel_null(t->sel))
        x86_raise_err(c, vec, x86_sel_error(t->sel, t->ext));
    x86_desc_read(c, t->sel, vec, t->ext, d);
    x86_desc_parse(d, t->sel, tr);
    type = x86_systype(tr->attr);
    if (type != (back ? SYS_TSS16_BUSY : SYS_TSS16_AVAIL) &&
        type != (back ? SYS_TSS32_BUSY : SYS_TSS32_AVAIL))
        x86_raise_err(c, vec, x86_sel_error(t->sel, t->ext));
    if (!(tr->attr & SA_P))
        x86_raise_err(c, VEC_NP, x86_sel_error(t->sel, t->ext));
    if (tr->limit < x86_tss_limit(x86_tss_wide(tr)))
        x86_raise_err(c, VEC_TS, x86_sel_error(t->sel, t->ext));
    if (c->s.tr.limit < x86_tss_limit(x86_tss_wide(&c->s.tr)))
        x86_raise_err(c, VEC_TS, x86_sel_error(c->s.tr.sel, t->ext));
}

static void set_busy(struct x86_cpu *c, const struct x86_desc *d, bool busy)
{
    uint8_t access = (uint8_t)(d->hi >> 8);

    access = (uint8_t)(busy ? access | TSS_BUSY : access & ~TSS_BUSY);
    x86_sys_write(c, d->addr + 5, &access, 1);
}

/* All that the switch writes while it is still the old task's: repeating it
 * after a page fault is harmless. */
static void write_memory(struct x86_cpu *c, const struct x86_task *t,
                         const struct x86_desc *d, const struct x86_seg *tr)
{
    struct x86_desc old;

    x86_tss_save(c, (uint32_t)t->ip, (uint32_t)t->flags);
    if (t->reason == X86_TASK_CALL || t->reason == X86_TASK_INT)
        x86_sys_write(c, tr->base, &c->s.tr.sel, 2); /* back link */
    else if (!x86_sel_null(c->s.tr.sel) && x86_desc_find(c, c->s.tr.sel, &old))
        set_busy(c, &old, false);
    if (t->reason != X86_TASK_IRET)
        set_busy(c, d, true);
}

/* The new task's registers, with segments that are selectors only. */
static void commit(struct x86_cpu *c, const struct x86_task *t,
                   const struct x86_seg *tr, const struct x86_tss *n)
{
    bool nested = t->reason == X86_TASK_CALL || t->reason == X86_TASK_INT;
    bool vm = n->wide && (n->flags & FL_VM);
    unsigned cpl = vm ? 3 : SEL_RPL(n->sel[SEG_CS]);
    uint64_t all = FL_ARITH | FL_TF | FL_IF | FL_DF | FL_IOPL | FL_NT | FL_RF |
                   FL_VM | FL_AC | FL_VIF | FL_VIP | FL_ID;

    c->s.tr = *tr;
    c->s.tr.attr |= TSS_BUSY;
    c->s.cr0 |= CR0_TS;
    c->s.dr[7] &= ~(uint64_t)DR7_LOCAL;
    x86_set_rflags(c, n->flags | (nested ? FL_NT : 0), all);
    for (unsigned k = 0; k < 8; k++)
        c->s.r[k] = n->r[k];
    for (unsigned k = 0; k < SEG_COUNT; k++)
        c->s.seg[k] = vm ? x86_v86_seg(n->sel[k])
                         : x86_null_seg(n->sel[k], k == SEG_SS ? cpl : 0);
    c->s.ldtr = x86_null_seg(n->ldt, 0);
    c->s.shadow = 0;
    /* Leaving by a fault adds the offset of the running instruction. */
    c->s.r[R_IP] = (uint64_t)n->ip - c->insn->off;
    if (n->wide && (c->s.cr0 & CR0_PG))
        x86_cr3_apply(c, n->cr3);
    x86_update_mode(c);
}

/* ---- in the new task's context ---- */
static void load_ldt(struct x86_cpu *c, uint16_t sel, uint32_t ext)
{
    struct x86_desc d;
    struct x86_seg s;

    if (x86_sel_null(sel))
        return;
    if (SEL_TI(sel))
        x86_raise_err(c, VEC_TS, x86_sel_error(sel, ext));
    x86_desc_read(c, sel, VEC_TS, ext, &d);
    x86_desc_parse(&d, sel, &s);
    if (x86_systype(s.attr) != SYS_LDT || !(s.attr & SA_P))
        x86_raise_err(c, VEC_TS, x86_sel_error(sel, ext));
    c->s.ldtr = s;
}

static void load_cs(struct x86_cpu *c, uint16_t sel, uint32_t ext)
{
    struct x86_desc d;
    struct x86_seg s;
    unsigned dpl;

    x86_code_read(c, sel, VEC_TS, ext, &d, &s);
    dpl = SA_DPL(s.attr);
    if (x86_is_conforming(s.attr) ? dpl > SEL_RPL(sel) : dpl != SEL_RPL(sel))
        x86_raise_err(c, VEC_TS, x86_sel_error(sel, ext));
    x86_code_present(c, &s, ext);
    x86_desc_accessed(c, &d, &s);
    c->s.seg[SEG_CS] = s;
}

static void load_segments(struct x86_cpu *c, const struct x86_tss *n,
                          uint32_t ext)
{
    static const uint8_t data[] = {SEG_ES, SEG_DS, SEG_FS, SEG_GS};
    struct x86_desc d;
    struct x86_seg s;

    load_cs(c, n->sel[SEG_CS], ext);
    x86_stack_segment(c, n->sel[SEG_SS], c->cpl, VEC_TS, ext, &d, &s);
    x86_desc_accessed(c, &d, &s);
    c->s.seg[SEG_SS] = s;
    for (unsigned k = 0; k < sizeof(data); k++) {
        uint16_t sel = n->sel[data[k]];

        if (x86_sel_null(sel))
            continue;
        x86_data_segment(c, sel, VEC_TS, ext, &s);
        c->s.seg[data[k]] = s;
    }
}

static void finish(struct x86_cpu *c, const struct x86_task *t,
                   const struct x86_tss *n)
{
    struct x86_stack st;

    if (t->has_error) {
        x86_stack_current(c, t->ext, &st);
        x86_stack_push(c, &st, n->wide ? 2 : 1, t->error);
        x86_set_sp(c, st.sp);
    }
    x86_code_limit(c, &c->s.seg[SEG_CS], n->ip, t->ext);
    c->s.r[R_IP] = n->ip;
    if (n->trap)
        c->s.db_pending |= DR6_BT;
    x86_attention(c);
}

/* As [SDM3 "Exit Qualification for Task Switch"] has it. */
static uint64_t qualification(const struct x86_task *t)
{
    static const uint8_t source[] = {[X86_TASK_CALL] = 0,
                                     [X86_TASK_IRET] = 1,
                                     [X86_TASK_JUMP] = 2,
                                     [X86_TASK_INT] = 3};

    return t->sel | (uint64_t)source[t->reason] << 30;
}

void x86_task_switch(struct x86_cpu *c, const struct x86_task *t)
{
    struct x86_desc d;
    struct x86_seg tr;
    struct x86_tss n;

    check_new(c, t, &d, &tr);
    x86_sensitive(c, SENS_TASK_SWITCH, 0, qualification(t));
    x86_tss_read(c, &tr, &n);
    if (n.wide && (c->s.cr0 & CR0_PG) && !x86_cr3_check(c, n.cr3))
        x86_raise_err(c, VEC_GP, t->ext);
    write_memory(c, t, &d, &tr);
    commit(c, t, &tr, &n);
    load_ldt(c, n.ldt, t->ext);
    if (!c->v86) {
        load_segments(c, &n, t->ext);
        x86_update_mode(c);
    }
    finish(c, t, &n);
}
