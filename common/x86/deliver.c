/* deliver.c: exceptions and interrupts through the IDT or the interrupt vector
 * table. [SDM2 "INT n/INTO/INT3/INT1"], [SDM3 "Interrupt and Exception
 * Handling"]. */
#include "common/x86/debug.h"
#include "common/x86/op.h"
#include "common/x86/stack.h"

#define DEBUGCTL_BTF 2u

/* One delivery through an interrupt or trap gate. */
struct delivery {
    const struct x86_event *ev;
    uint64_t ip;    /* to be saved */
    uint64_t flags; /* image to be saved */
    uint32_t ext;   /* ERR_EXT unless INT n, INT3 or INTO */
    uint16_t sel;   /* the handler */
    uint64_t handler;
    unsigned size; /* of what is pushed: 1..3 */
    unsigned ist;
    bool clear_if; /* interrupt gate */
};

/* What an exception leaves in CR2 and DR6 comes before its handler. */
static void load_causes(struct x86_cpu *c, const struct x86_event *ev)
{
    bool exception = ev->type == X86_EV_FAULT || ev->type == X86_EV_TRAP;

    if (ev->injected)
        return;
    if (exception && ev->vector == VEC_PF)
        c->s.cr2 = ev->cr2;
    if (exception && ev->vector == VEC_DB)
        c->s.dr[6] |= ev->db;
}

/* [SDM3 "Instruction-Breakpoint Exception Condition"]: RF keeps a restarted
 * instruction from hitting its breakpoint again, also one that a trap came in
 * the middle of, but a handler of that very breakpoint decides itself. */
static uint64_t flags_image(const struct x86_cpu *c, const struct x86_event *ev)
{
    uint64_t fl = x86_rflags(c);

    if (ev->injected)
        return fl;
    if (ev->type == X86_EV_TRAP && (c->s.shadow & X86_SHADOW_REP))
        return fl | FL_RF;
    if (ev->type != X86_EV_FAULT || ev->vector == VEC_DF ||
        ev->vector == VEC_MC)
        return fl;
    if (ev->vector == VEC_DB && !(ev->db & DR6_BD))
        return fl;
    return fl | FL_RF;
}

static void commit(struct x86_cpu *c, const struct x86_event *ev)
{
    c->s.shadow = 0;
    c->held_shadow = 0;
    c->x.delivered++;
    c->x.unblocked_at = 0;
    if (ev->type == X86_EV_NMI)
        c->s.nmi_blocked = 1;
    if (ev->vector == VEC_DB && ev->type != X86_EV_SOFT && !ev->injected) {
        c->s.dr[7] &= ~(uint64_t)DR7_GD;
        c->s.debugctl &= ~(uint64_t)DEBUGCTL_BTF;
    }
}

/* ---- real-address mode ---- */
static void deliver_real(struct x86_cpu *c, const struct x86_event *ev,
                         uint64_t ip)
{
    struct x86_stack st;
    uint16_t entry[2];

    if (ev->vector * 4u + 3 > c->s.idtr.limit)
        x86_gp0(c);
    x86_table_read(c, (c->s.idtr.base + ev->vector * 4u) & 0xffffffff, entry,
                   sizeof(entry));
    x86_stack_current(c, 0, &st);
    x86_stack_push(c, &st, 1, x86_rflags(c));
    x86_stack_push(c, &st, 1, c->s.seg[SEG_CS].sel);
    x86_stack_push(c, &st, 1, ip);
    x86_set_sp(c, st.sp);
    x86_set_rflags(c, 0, FL_IF | FL_TF | FL_AC | FL_RF);
    x86_load_seg_real(c, SEG_CS, entry[1]);
    c->s.r[R_IP] = entry[0];
}

/* ---- gates ---- */
static void NORETURN idt_fault(struct x86_cpu *c, const struct delivery *v,
                               enum x86_vector vec)
{
    x86_raise_err(c, vec, v->ev->vector * 8u | ERR_IDT | v->ext);
}

static void gate_access(struct x86_cpu *c, const struct delivery *v,
                        uint32_t attr)
{
    if (v->ev->type == X86_EV_SOFT && SA_DPL(attr) < c->cpl)
        idt_fault(c, v, VEC_GP);
    if (!(attr & SA_P))
        idt_fault(c, v, VEC_NP);
}

/* False: a task gate; its TSS selector is in v->sel. */
static bool read_gate(struct x86_cpu *c, struct delivery *v)
{
    unsigned at = v->ev->vector * 8u, type;
    struct x86_desc d;
    uint32_t raw[2];

    if (at + 7 > c->s.idtr.limit)
        idt_fault(c, v, VEC_GP);
    x86_table_read(c, (c->s.idtr.base + at) & 0xffffffff, raw, sizeof(raw));
    d = (struct x86_desc){.lo = raw[0], .hi = raw[1]};
    type = x86_systype(x86_desc_attr(&d));
    if (type != SYS_INT16 && type != SYS_TRAP16 && type != SYS_INT32 &&
        type != SYS_TRAP32 && type != SYS_TASKGATE)
        idt_fault(c, v, VEC_GP);
    gate_access(c, v, x86_desc_attr(&d));
    v->sel = (uint16_t)(d.lo >> 16);
    v->size = (type & 8) ? 2 : 1;
    v->handler = (d.lo & 0xffff) | (v->size == 2 ? d.hi & 0xffff0000 : 0);
    v->clear_if = type == SYS_INT16 || type == SYS_INT32;
    return type != SYS_TASKGATE;
}

static void read_gate64(struct x86_cpu *c, struct delivery *v)
{
    unsigned at = v->ev->vector * 16u, type;
    struct x86_desc d;
    uint32_t raw[4];

    if (at + 15 > c->s.idtr.limit)
        idt_fault(c, v, VEC_GP);
    x86_table_read(c, c->s.idtr.base + at, raw, sizeof(raw));
    d = (struct x86_desc){.lo = raw[0], .hi = raw[1]};
    type = x86_systype(x86_desc_attr(&d));
    if (type != SYS_INT32 && type != SYS_TRAP32)
        idt_fault(c, v, VEC_GP);
    gate_access(c, v, x86_desc_attr(&d));
    v->sel = (uint16_t)(d.lo >> 16);
    v->size = 3;
    v->handler = (d.lo & 0xffff) | (d.hi & 0xffff0000) | (uint64_t)raw[2] << 32;
    v->ist = raw[1] & 7;
    v->clear_if = type == SYS_INT32;
}

/* ---- the handler's code segment ---- */
static void read_code(struct x86_cpu *c, const struct delivery *v,
                      struct x86_desc *d, struct x86_seg *cs)
{
    unsigned dpl;
    bool wrong;

    x86_code_read(c, v->sel, VEC_GP, v->ext, d, cs);
    dpl = SA_DPL(cs->attr);
    wrong = dpl > c->cpl || (c->long_mode && !(cs->attr & SA_L)) ||
            (c->v86 && (x86_is_conforming(cs->attr) || dpl != 0));
    if (wrong)
        x86_raise_err(c, VEC_GP, x86_sel_error(v->sel, v->ext));
    x86_code_present(c, cs, v->ext);
}

/* The flags go last: x86_transfer() follows them. */
static void enter(struct x86_cpu *c, const struct delivery *v,
                  struct x86_seg *cs, const struct x86_seg *ss, unsigned cpl)
{
    bool v86 = c->v86;

    x86_set_rflags(c, 0,
                   FL_TF | FL_NT | FL_RF | FL_VM | (v->clear_if ? FL_IF : 0));
    cs->sel = (uint16_t)((cs->sel & ~3u) | cpl);
    x86_transfer(c, cs, ss, cpl);
    if (v86) {
        c->s.seg[SEG_ES] = c->s.seg[SEG_DS] = c->s.seg[SEG_FS] =
            c->s.seg[SEG_GS] = x86_null_seg(0, 0);
        x86_update_mode(c);
    }
    c->s.r[R_IP] = v->handler;
}

static void push_frame(struct x86_cpu *c, const struct delivery *v,
                       struct x86_stack *st, bool with_stack)
{
    const uint64_t frame[] = {c->s.seg[SEG_SS].sel, c->s.r[R_SP], v->flags,
                              c->s.seg[SEG_CS].sel, v->ip,        v->ev->error};
    unsigned from = with_stack ? 0 : 2;

    x86_stack_push_all(c, st, v->size, frame + from,
                       5 - from + v->ev->has_error);
}

/* [SDM2 "INT n/INTO/INT3/INT1"] "INTER-PRIVILEGE-LEVEL-INTERRUPT" and
 * "INTERRUPT-FROM-VIRTUAL-8086-MODE" */
static void deliver_inner(struct x86_cpu *c, const struct delivery *v,
                          const struct x86_desc *d, struct x86_seg *cs)
{
    static const uint8_t v86_segs[] = {SEG_GS, SEG_FS, SEG_DS, SEG_ES};
    unsigned cpl = SA_DPL(cs->attr);
    struct x86_stack st;

    x86_stack_tss(c, cpl, v->ext, &st);
    x86_stack_room(c, &st, v->size, 5 + v->ev->has_error + (c->v86 ? 4 : 0));
    x86_code_limit(c, cs, v->handler, v->ext);
    if (c->v86) {
        for (unsigned k = 0; k < 4; k++)
            x86_stack_push(c, &st, v->size, c->s.seg[v86_segs[k]].sel);
    }
    push_frame(c, v, &st, true);
    x86_desc_accessed(c, d, cs);
    enter(c, v, cs, &st.ss, cpl);
    x86_set_sp(c, st.sp);
}

/* "INTRA-PRIVILEGE-LEVEL-INTERRUPT" */
static void deliver_same(struct x86_cpu *c, const struct delivery *v,
                         const struct x86_desc *d, struct x86_seg *cs)
{
    struct x86_stack st;

    x86_stack_current(c, v->ext, &st);
    x86_stack_room(c, &st, v->size, 3 + v->ev->has_error);
    x86_code_limit(c, cs, v->handler, v->ext);
    push_frame(c, v, &st, false);
    x86_desc_accessed(c, d, cs);
    x86_set_sp(c, st.sp);
    enter(c, v, cs, NULL, c->cpl);
}

static bool goes_inwards(const struct x86_cpu *c, const struct x86_seg *cs)
{
    return !x86_is_conforming(cs->attr) && SA_DPL(cs->attr) < c->cpl;
}

static void deliver_protected(struct x86_cpu *c, struct delivery *v)
{
    struct x86_desc d;
    struct x86_seg cs;

    if (!read_gate(c, v)) {
        x86_task_switch(c, &(struct x86_task){.sel = v->sel,
                                              .reason = X86_TASK_INT,
                                              .ip = v->ip,
                                              .flags = v->flags,
                                              .has_error = v->ev->has_error,
                                              .error = v->ev->error,
                                              .ext = v->ext});
        return;
    }
    read_code(c, v, &d, &cs);
    if (goes_inwards(c, &cs))
        deliver_inner(c, v, &d, &cs);
    else
        deliver_same(c, v, &d, &cs);
}

/* [SDM3 "64-Bit Mode Stack Frame"]: SS:RSP is always pushed, on a stack
 * aligned to 16 bytes; SS becomes null only when CPL changes. */
static void deliver_long(struct x86_cpu *c, struct delivery *v)
{
    struct x86_stack st;
    struct x86_desc d;
    struct x86_seg cs;
    unsigned cpl = c->cpl;
    bool inner;

    read_gate64(c, v);
    read_code(c, v, &d, &cs);
    inner = goes_inwards(c, &cs);
    if (inner)
        cpl = SA_DPL(cs.attr);
    if (inner || v->ist != 0) {
        x86_stack_tss64(c, cpl, v->ist, v->ext, &st);
    } else {
        x86_stack_current(c, v->ext, &st);
        st.mask = ~0ull;
        st.wide = true;
    }
    st.sp &= ~15ull;
    st.current = cpl == 3; /* pushed with user privilege then */
    x86_code_limit(c, &cs, v->handler, v->ext);
    push_frame(c, v, &st, true);
    x86_desc_accessed(c, &d, &cs);
    enter(c, v, &cs, inner ? &st.ss : NULL, cpl);
    x86_set_sp(c, st.sp);
}

void x86_deliver(struct x86_cpu *c, const struct x86_event *ev, uint64_t ip)
{
    struct delivery v = {.ev = ev,
                         .ip = ip,
                         .flags = flags_image(c, ev),
                         .ext = ev->type == X86_EV_SOFT ? 0 : ERR_EXT};

    load_causes(c, ev);
    if (!(c->s.cr0 & CR0_PE))
        deliver_real(c, ev, ip);
    else if (c->long_mode)
        deliver_long(c, &v);
    else
        deliver_protected(c, &v);
    commit(c, ev);
}
