/* far.c: far JMP and CALL: real-address and virtual-8086 mode, code segments;
 * the rest is in gate.c. [SDM2 "JMP", "CALL"]. */
#include "common/x86/op.h"
#include "common/x86/stack.h"

static uint64_t cut(uint64_t off, unsigned size)
{
    return off & mask_low(8u << size);
}

/* ---- real-address and virtual-8086 mode ---- */
static void check_real(struct x86_cpu *c, uint64_t ip)
{
    if (ip > c->s.seg[SEG_CS].limit)
        x86_gp0(c);
}

static void set_real(struct x86_cpu *c, uint16_t sel, uint64_t ip)
{
    x86_load_seg_real(c, SEG_CS, sel);
    c->s.r[R_IP] = ip;
}

/* ---- code segments ---- */

/* A transfer that keeps CPL. */
static void check_direct(struct x86_cpu *c, uint16_t sel, struct x86_desc *d,
                         struct x86_seg *cs)
{
    unsigned dpl;

    x86_code_read(c, sel, VEC_GP, 0, d, cs);
    dpl = SA_DPL(cs->attr);
    if (x86_is_conforming(cs->attr) ? dpl > c->cpl
                                    : SEL_RPL(sel) > c->cpl || dpl != c->cpl)
        x86_raise_err(c, VEC_GP, x86_sel_error(sel, 0));
    x86_code_present(c, cs, 0);
    cs->sel = (uint16_t)((sel & ~3u) | c->cpl);
}

/* False if sel names a system descriptor, which is in d. */
static bool names_code(struct x86_cpu *c, uint16_t sel, struct x86_desc *d)
{
    if (x86_sel_null(sel))
        x86_gp0(c);
    x86_desc_read(c, sel, VEC_GP, 0, d);
    return (x86_desc_attr(d) & SA_S) != 0;
}

void x86_far_jump(struct x86_cpu *c, uint16_t sel, uint64_t off, unsigned size)
{
    uint64_t ip = cut(off, size);
    struct x86_desc d;
    struct x86_seg cs;

    if (!x86_protected(c)) {
        check_real(c, ip);
        set_real(c, sel, ip);
        return;
    }
    if (!names_code(c, sel, &d)) {
        x86_gate_transfer(c, sel, &d, false, x86_next_ip(c, c->insn));
        return;
    }
    check_direct(c, sel, &d, &cs);
    x86_code_limit(c, &cs, ip, 0);
    x86_desc_accessed(c, &d, &cs);
    x86_transfer(c, &cs, NULL, c->cpl);
    c->s.r[R_IP] = ip;
}

void x86_far_call(struct x86_cpu *c, uint16_t sel, uint64_t off, unsigned size,
                  uint64_t next_ip)
{
    uint64_t ip = cut(off, size);
    struct x86_stack st;
    struct x86_desc d;
    struct x86_seg cs;

    if (x86_protected(c)) {
        if (!names_code(c, sel, &d)) {
            x86_gate_transfer(c, sel, &d, true, next_ip);
            return;
        }
        check_direct(c, sel, &d, &cs);
    }
    x86_stack_current(c, 0, &st);
    x86_stack_room(c, &st, size, 2);
    if (x86_protected(c))
        x86_code_limit(c, &cs, ip, 0);
    else
        check_real(c, ip);
    x86_stack_push(c, &st, size, c->s.seg[SEG_CS].sel);
    x86_stack_push(c, &st, size, next_ip);
    if (!x86_protected(c)) {
        x86_set_sp(c, st.sp);
        set_real(c, sel, ip);
        return;
    }
    x86_desc_accessed(c, &d, &cs);
    x86_set_sp(c, st.sp);
    x86_transfer(c, &cs, NULL, c->cpl);
    c->s.r[R_IP] = ip;
}

/* ---- RET ---- */
static void ret_real(struct x86_cpu *c, unsigned size, uint16_t pop_bytes)
{
    int64_t n = 1 << size;
    uint64_t ip = x86_stack_peek(c, size, 0);
    uint16_t sel = (uint16_t)x86_stack_peek(c, size, n);

    check_real(c, ip);
    x86_set_sp(c, x86_sp_off(c, 2 * n + pop_bytes));
    set_real(c, sel, ip);
}

/* [SDM2 "RET"] "RETURN-TO-OUTER-PRIVILEGE-LEVEL" */
static void ret_outer(struct x86_cpu *c, unsigned size, uint16_t pop_bytes,
                      const struct x86_desc *d, struct x86_seg *cs, uint64_t ip)
{
    int64_t n = 1 << size;
    uint64_t sp = x86_stack_peek(c, size, 2 * n + pop_bytes);
    uint16_t sel = (uint16_t)x86_stack_peek(c, size, 3 * n + pop_bytes);
    unsigned rpl = SEL_RPL(cs->sel);
    struct x86_seg ss;

    x86_return_stack(c, sel, rpl, cs, &ss);
    x86_code_limit(c, cs, ip, 0);
    x86_desc_accessed(c, d, cs);
    x86_transfer(c, cs, &ss, rpl);
    x86_set_sp(c, (sp + pop_bytes) & c->stack_mask);
    x86_null_outer(c);
    c->s.r[R_IP] = ip;
}

/* Shared with IRET (protect.h). */
void x86_return_code(struct x86_cpu *c, uint16_t sel, struct x86_desc *d,
                     struct x86_seg *cs)
{
    unsigned rpl = SEL_RPL(sel), dpl;

    x86_code_read(c, sel, VEC_GP, 0, d, cs);
    dpl = SA_DPL(cs->attr);
    if (rpl < c->cpl || (x86_is_conforming(cs->attr) ? dpl > rpl : dpl != rpl))
        x86_raise_err(c, VEC_GP, x86_sel_error(sel, 0));
    x86_code_present(c, cs, 0);
}

void x86_far_ret(struct x86_cpu *c, unsigned size, uint16_t pop_bytes)
{
    struct x86_desc d;
    struct x86_seg cs;
    uint64_t ip;
    int64_t n = 1 << size;

    if (!x86_protected(c)) {
        ret_real(c, size, pop_bytes);
        return;
    }
    ip = x86_stack_peek(c, size, 0);
    x86_return_code(c, (uint16_t)x86_stack_peek(c, size, n), &d, &cs);
    if (SEL_RPL(cs.sel) > c->cpl) {
        ret_outer(c, size, pop_bytes, &d, &cs, ip);
        return;
    }
    x86_code_limit(c, &cs, ip, 0);
    x86_desc_accessed(c, &d, &cs);
    x86_set_sp(c, x86_sp_off(c, 2 * n + pop_bytes));
    x86_transfer(c, &cs, NULL, c->cpl);
    c->s.r[R_IP] = ip;
}
