/* gate.c: far JMP and CALL through call gates, task gates and TSS descriptors.
 * [SDM3 "Gate Descriptors"], [SDM2 "JMP", "CALL"]. */
#include "common/x86/op.h"
#include "common/x86/stack.h"

#define MAX_PARAMS 31u

struct call_gate {
    uint16_t sel; /* of the code */
    uint64_t ip;
    unsigned size;   /* of what is pushed: 1..3 */
    unsigned params; /* in units of size */
};

/* The privilege rule of all gates and TSSs named by far JMP and CALL. */
static void check_access(struct x86_cpu *c, uint16_t sel, uint32_t attr)
{
    unsigned dpl = SA_DPL(attr);

    if (dpl < c->cpl || dpl < SEL_RPL(sel))
        x86_raise_err(c, VEC_GP, x86_sel_error(sel, 0));
}

static void check_present(struct x86_cpu *c, uint16_t sel, uint32_t attr)
{
    if (!(attr & SA_P))
        x86_raise_err(c, VEC_NP, x86_sel_error(sel, 0));
}

static void read_gate(struct x86_cpu *c, uint16_t sel, const struct x86_desc *d,
                      struct call_gate *g)
{
    uint32_t attr = x86_desc_attr(d);

    check_access(c, sel, attr);
    g->sel = (uint16_t)(d->lo >> 16);
    g->ip = (d->lo & 0xffff) | (d->hi & 0xffff0000);
    g->params = 0;
    if (c->long_mode) {
        g->ip |= x86_desc_high(c, d, sel, VEC_GP, 0);
        g->size = 3;
    } else {
        g->size = x86_systype(attr) == SYS_CALL16 ? 1 : 2;
        g->ip &= mask_low(8u << g->size);
        g->params = d->hi & MAX_PARAMS;
    }
    check_present(c, sel, attr);
}

/* The code segment of a gate; a CALL may go inwards. */
static void read_target(struct x86_cpu *c, const struct call_gate *g,
                        bool is_call, struct x86_desc *d, struct x86_seg *cs)
{
    unsigned dpl;

    x86_code_read(c, g->sel, VEC_GP, 0, d, cs);
    dpl = SA_DPL(cs->attr);
    if ((c->long_mode && !(cs->attr & SA_L)) || dpl > c->cpl ||
        (!is_call && !x86_is_conforming(cs->attr) && dpl != c->cpl))
        x86_raise_err(c, VEC_GP, x86_sel_error(g->sel, 0));
    x86_code_present(c, cs, 0);
}

static void jump_gate(struct x86_cpu *c, const struct call_gate *g)
{
    struct x86_desc d;
    struct x86_seg cs;

    read_target(c, g, false, &d, &cs);
    x86_code_limit(c, &cs, g->ip, 0);
    x86_desc_accessed(c, &d, &cs);
    cs.sel = (uint16_t)((cs.sel & ~3u) | c->cpl);
    x86_transfer(c, &cs, NULL, c->cpl);
    c->s.r[R_IP] = g->ip;
}

/* [SDM2 "CALL"] "MORE-PRIVILEGE": the stack of the inner level gets the old
 * SS:rSP, the parameters from the old stack, and the return address. */
static void call_inner(struct x86_cpu *c, const struct call_gate *g,
                       const struct x86_desc *d, struct x86_seg *cs,
                       uint64_t next_ip)
{
    unsigned cpl = SA_DPL(cs->attr);
    uint64_t param[MAX_PARAMS];
    struct x86_stack st;

    if (c->long_mode)
        x86_stack_tss64(c, cpl, 0, 0, &st);
    else
        x86_stack_tss(c, cpl, 0, &st);
    for (unsigned k = 0; k < g->params; k++)
        param[k] = x86_stack_peek(c, g->size, (int64_t)k << g->size);
    x86_stack_room(c, &st, g->size, 4 + g->params);
    x86_code_limit(c, cs, g->ip, 0);
    x86_stack_push(c, &st, g->size, c->s.seg[SEG_SS].sel);
    x86_stack_push(c, &st, g->size, c->s.r[R_SP]);
    for (unsigned k = g->params; k-- > 0;)
        x86_stack_push(c, &st, g->size, param[k]);
    x86_stack_push(c, &st, g->size, c->s.seg[SEG_CS].sel);
    x86_stack_push(c, &st, g->size, next_ip);
    x86_desc_accessed(c, d, cs);
    cs->sel = (uint16_t)((cs->sel & ~3u) | cpl);
    x86_transfer(c, cs, &st.ss, cpl);
    x86_set_sp(c, st.sp);
    c->s.r[R_IP] = g->ip;
}

static void call_gate(struct x86_cpu *c, const struct call_gate *g,
                      uint64_t next_ip)
{
    struct x86_stack st;
    struct x86_desc d;
    struct x86_seg cs;

    read_target(c, g, true, &d, &cs);
    if (!x86_is_conforming(cs.attr) && SA_DPL(cs.attr) < c->cpl) {
        call_inner(c, g, &d, &cs, next_ip);
        return;
    }
    x86_stack_current(c, 0, &st);
    /* A 64-bit gate is pushed for with 64-bit rules, from compatibility mode
     * too; RSP is below 4 GiB there. */
    x86_stack_room(c, &st, g->size, 2);
    x86_code_limit(c, &cs, g->ip, 0);
    x86_stack_push(c, &st, g->size, c->s.seg[SEG_CS].sel);
    x86_stack_push(c, &st, g->size, next_ip);
    x86_desc_accessed(c, &d, &cs);
    x86_set_sp(c, st.sp);
    cs.sel = (uint16_t)((cs.sel & ~3u) | c->cpl);
    x86_transfer(c, &cs, NULL, c->cpl);
    c->s.r[R_IP] = g->ip;
}

static void switch_task(struct x86_cpu *c, uint16_t sel,
                        enum x86_task_reason reason, uint64_t next_ip)
{
    x86_task_switch(c, &(struct x86_task){.sel = sel,
                                          .reason = reason,
                                          .ip = next_ip,
                                          .flags = x86_rflags(c)});
}

static void task_gate(struct x86_cpu *c, uint16_t sel, const struct x86_desc *d,
                      enum x86_task_reason reason, uint64_t next_ip)
{
    check_access(c, sel, x86_desc_attr(d));
    check_present(c, sel, x86_desc_attr(d));
    switch_task(c, x86_task_gate_tss(d), reason, next_ip);
}

void x86_gate_transfer(struct x86_cpu *c, uint16_t sel,
                       const struct x86_desc *d, bool is_call, uint64_t next_ip)
{
    enum x86_task_reason reason = is_call ? X86_TASK_CALL : X86_TASK_JUMP;
    unsigned type = x86_systype(x86_desc_attr(d));
    struct call_gate g;

    /* Type 12 is the 64-bit call gate in IA-32e mode, which has no tasks. */
    if (c->long_mode && type != SYS_CALL32)
        x86_raise_err(c, VEC_GP, x86_sel_error(sel, 0));
    switch (type) {
    case SYS_CALL16:
    case SYS_CALL32:
        read_gate(c, sel, d, &g);
        if (is_call)
            call_gate(c, &g, next_ip);
        else
            jump_gate(c, &g);
        return;
    case SYS_TASKGATE:
        task_gate(c, sel, d, reason, next_ip);
        return;
    case SYS_TSS16_AVAIL:
    case SYS_TSS32_AVAIL:
        check_access(c, sel, x86_desc_attr(d));
        switch_task(c, sel, reason, next_ip);
        return;
    default:
        x86_raise_err(c, VEC_GP, x86_sel_error(sel, 0));
    }
}
