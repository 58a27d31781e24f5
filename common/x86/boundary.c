/* boundary.c: what happens between instructions, whatever runs them: signals
 * from the board, events, exceptions, single steps. */
#include "common/x86/boundary.h"

#include <stdatomic.h>

#include "common/x86/debug.h"
#include "common/x86/flags.h"
#include "common/x86/mem.h"
#include "common/x86/seg.h"
#include "common/x86/trace.h"

/* Events delivered in a row without one instruction retiring after which a
 * guest is called stalled. A real processor would go on for ever. */
#define STALL_LIMIT (1u << 20)

/* ---- events ---- */
static bool contributory(unsigned vec)
{
    return vec == VEC_DE || (vec >= VEC_TS && vec <= VEC_GP);
}

/* [SDM3 "Interrupt 8—Double Fault Exception (#DF)"]: what to deliver when
 * `second` came up while `first` was being delivered. */
static void combine(struct x86_cpu *c, const struct x86_event *first,
                    struct x86_event *second)
{
    bool exception = first->type == X86_EV_FAULT || first->type == X86_EV_TRAP;

    if (!exception)
        return;
    if (first->vector == VEC_DF) {
        x86_sensitive(c, SENS_TRIPLE_FAULT, 0, 0);
        x86_leave_shutdown(c);
    }
    if ((contributory(first->vector) && contributory(second->vector)) ||
        (first->vector == VEC_PF &&
         (contributory(second->vector) || second->vector == VEC_PF))) {
        if (second->vector == VEC_PF)
            c->s.cr2 = second->cr2;
        *second = (struct x86_event){
            .type = X86_EV_FAULT, .vector = VEC_DF, .has_error = true};
    }
}

static void deliver(struct x86_cpu *c, const struct x86_event *ev)
{
    uint64_t ip = c->s.r[R_IP];

    c->interp->current = *ev;
    c->event = *ev; /* for an engine that takes it */
    c->delivering = true;
    if (ev->injected)
        ; /* nobody is asked */
    else if (ev->type == X86_EV_FAULT || ev->type == X86_EV_TRAP)
        x86_sensitive(c, SENS_EXCEPTION, ev->vector, ev->error);
    else if (ev->type == X86_EV_EXTINT)
        x86_sensitive(c, SENS_EXTINT, ev->vector, 0);
    else if (ev->type == X86_EV_NMI)
        x86_sensitive(c, SENS_NMI, 0, 0);
    x86_deliver(c, ev, ev->by_insn ? ev->next_ip : ip);
    c->delivering = false;
    if (ev->by_insn)
        c->v.icount = ++c->block_icount;
    c->attention = 1;
}

/* A handler was left by longjmp: its instruction did not complete. */
/* The running instruction did not complete: RIP is its own, count the rest. */
static void stop_at_insn(struct x86_cpu *c)
{
    if (c->interp->running)
        c->s.r[R_IP] = (c->s.r[R_IP] + c->insn->off) & c->ip_mask;
    x86_retire(c);
}

/* Something was raised: c->event, by an instruction or during delivery. */
/* Deliver what left the running instruction by longjmp (c->event). */
static void take_event(struct x86_cpu *c)
{
    struct x86_event ev = c->event;

    if (c->interp->running && !ev.by_insn) /* it has made no access then */
        c->s.db_pending &= c->interp->db_held;
    stop_at_insn(c);
    if (c->delivering) {
        if (c->ext != NULL && c->ext->nested != NULL)
            c->ext->nested(c, &ev);
        combine(c, &c->interp->current, &ev);
    }
    deliver(c, &ev);
}

bool x86_stalled(struct x86_cpu *c)
{
    struct x86_interp *in = c->interp;

    /* In the middle of a repeated instruction there is progress. */
    if (in->stall_icount != c->v.icount || (c->s.shadow & X86_SHADOW_REP)) {
        in->stall_icount = c->v.icount;
        in->stalled = 0;
    }
    return ++in->stalled > STALL_LIMIT;
}

/* ---- boundaries ---- */

/* INIT and start-up IPI; true if the vcpu runs on. */
static bool reset_signals(struct x86_cpu *c)
{
    uint8_t vector;

    if (c->s.init_pending &&
        !(c->ext != NULL && c->s.activity == X86_WAIT_SIPI)) {
        c->s.init_pending = 0;
        x86_sensitive(c, SENS_INIT, 0, 0);
        x86_init_signal(c);
        c->s.rflags &= ~(uint64_t)FL_ARITH;
        if (c->v.id != 0)
            c->s.activity = X86_WAIT_SIPI;
    }
    if (c->s.sipi_pending) {
        vector = (uint8_t)c->s.sipi_pending;
        c->s.sipi_pending = 0;
        if (c->s.activity == X86_WAIT_SIPI) {
            x86_sensitive(c, SENS_SIPI, vector, 0);
            x86_set_seg(c, SEG_CS, (uint16_t)(vector << 8),
                        (uint64_t)vector << 12, 0xffff, c->s.seg[SEG_CS].attr);
            c->s.r[R_IP] = 0;
            c->s.activity = X86_ACTIVE;
        }
    }
    return c->s.activity != X86_WAIT_SIPI;
}

static bool nmi_ready(const struct x86_cpu *c)
{
    return c->s.nmi_pending && !c->s.nmi_blocked &&
           !(c->s.shadow & (X86_SHADOW_MOVSS | X86_SHADOW_REP));
}

static bool intr_ready(const struct x86_cpu *c)
{
    return c->s.intr_line && (c->s.rflags & FL_IF) && c->s.shadow == 0 &&
           !c->x.hold_intr;
}

/* Deliver what is due at this boundary, in the order of
 * [SDM3 "Priority Among Concurrent Events"]. */
static void boundary_events(struct x86_cpu *c)
{
    struct x86_event ev = {0};
    uint32_t db = c->s.db_pending;

    if (db != 0 && !(c->s.shadow & X86_SHADOW_MOVSS)) {
        c->s.db_pending = 0;
        ev =
            (struct x86_event){.type = X86_EV_TRAP, .vector = VEC_DB, .db = db};
        deliver(c, &ev);
    } else if (nmi_ready(c)) {
        c->s.nmi_pending = 0;
        ev = (struct x86_event){.type = X86_EV_NMI, .vector = VEC_NMI};
        deliver(c, &ev);
    } else if (intr_ready(c)) {
        ev = (struct x86_event){.type = X86_EV_EXTINT,
                                .vector = machine_intr_ack(c->v.m)};
        deliver(c, &ev);
    }
}

/* One instruction with everything looked at: trace, breakpoints, single step,
 * interrupt shadows. */
void x86_step(struct x86_cpu *c)
{
    uint64_t tf = c->s.rflags & FL_TF, rf = c->s.rflags & FL_RF, dr6;
    uint8_t cpl = c->cpl;

    if (!rf && (c->s.dr[7] & 0xff) != 0 &&
        !(c->s.shadow & (X86_SHADOW_MOVSS | X86_SHADOW_REP))) {
        dr6 = x86_debug_insn_match(
            c, (c->code_size == 3 ? 0 : c->s.seg[SEG_CS].base) + c->s.r[R_IP]);
        if (dr6 != 0)
            x86_db_fault(c, dr6);
    }
    c->s.rflags &= ~(uint64_t)FL_RF;
    c->held_shadow = c->s.shadow & ~X86_SHADOW_REP;
    c->s.shadow = 0;
    c->interp->db_held = c->s.db_pending;
    if (c->v.icount >= c->config.trace_from)
        x86_trace_insn(c);
    x86_interp_block(c, 1);
    c->held_shadow = 0;
    /* Not after a SYSCALL whose FMASK cleared TF [SDM2 "SYSCALL"]. */
    if (tf && ((c->s.rflags & FL_TF) || c->cpl >= cpl))
        c->s.db_pending |= DR6_BS;
    c->attention = 1;
}

bool x86_must_step_beside_rf(const struct x86_cpu *c)
{
    return c->s.shadow != 0 || (c->s.rflags & FL_TF) != 0 ||
           (c->s.dr[7] & 0xff) != 0 || c->v.icount >= c->config.trace_from ||
           c->x.step;
}

bool x86_must_step(const struct x86_cpu *c)
{
    return (c->s.rflags & FL_RF) != 0 || x86_must_step_beside_rf(c);
}

/* Everything but running instructions. Returns true when run() must return
 * c->exit. */
bool x86_boundary(struct x86_cpu *c)
{
    struct x86_event ev = {0};

    c->attention = 0;
    /* Another thread sets `kicked`, then `attention`: one of them is seen. */
    atomic_thread_fence(memory_order_seq_cst);
    if (c->v.kicked) {
        c->v.kicked = 0;
        c->exit.kind = EXIT_KICKED;
        return true;
    }
    if (c->machine_attention) {
        c->machine_attention = false;
        c->exit.kind = EXIT_ATTENTION;
        return true;
    }
    while (unlikely(x86_ext_at_boundary(c)) && c->ext->boundary(c, &ev))
        deliver(c, &ev);
    if (!reset_signals(c)) {
        c->exit.kind = EXIT_WAIT_SIPI;
        return true;
    }
    if (c->s.activity == X86_HALTED &&
        (c->s.db_pending != 0 || nmi_ready(c) || intr_ready(c)))
        c->s.activity = X86_ACTIVE;
    if (c->s.activity != X86_ACTIVE) {
        c->exit.kind =
            c->s.activity == X86_HALTED ? EXIT_HALTED : EXIT_SHUTDOWN;
        c->exit.qual = (c->s.rflags & FL_IF) != 0;
        return true;
    }
    boundary_events(c);
    /* Whoever steps sees an event's delivery before the handler runs. */
    if (unlikely(c->x.step) && x86_ext_at_boundary(c) && c->attention)
        c->ext->boundary(c, &ev);
    return false;
}

/* ---- the contract ---- */
/* Between runs the state is architectural: into and out of the form that
 * handlers know (cpu.h, invariants). */
static void run_enter(struct x86_cpu *c)
{
    c->arith = arith_from_rflags(c->s.rflags);
    c->s.rflags &= ~(uint64_t)FL_ARITH;
    c->block_icount = c->v.icount;
    c->insn0 = c->insn = c->interp->part;
    c->delivering = false;
    c->held_shadow = 0;
    c->attention = 1;
}

static void run_leave(struct x86_cpu *c)
{
    c->s.rflags |= arith_to_rflags(c->arith);
}

/* The exit is the guest's state from before the instruction, also where the
 * instruction runs in the shadow of STI or MOV SS. */
static void leave_exit(struct x86_cpu *c)
{
    c->exit.insn_len = 0;
    if (c->interp->running) {
        c->left = *c->insn;
        c->exit.insn_len = c->insn->len;
        c->s.db_pending &= c->interp->db_held;
    }
    c->s.shadow |= c->held_shadow;
    stop_at_insn(c);
}

enum status x86_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                    void (*loop)(struct x86_cpu *c))
{
    struct x86_cpu *c = x86_cpu(v);

    c->exit = (struct vcpu_exit){.kind = EXIT_BUDGET};
    c->budget_end =
        v->icount + budget < v->icount ? UINT64_MAX : v->icount + budget;
    c->run_to = c->budget_end;
    if (v->icount < c->config.trace_from && c->config.trace_from < c->run_to)
        c->run_to = c->config.trace_from; /* from there on it steps */
    run_enter(c);
    switch (_setjmp(c->leave)) {
    case 0:
        loop(c);
        break;
    case X86_LEAVE_EVENT:
        if (x86_stalled(c)) {
            c->exit.kind = EXIT_STALLED;
            stop_at_insn(c);
            break;
        }
        take_event(c);
        loop(c);
        break;
    case X86_LEAVE_EXIT:
        leave_exit(c);
        break;
    default:
        c->s.activity = X86_SHUTDOWN;
        c->exit.kind = EXIT_SHUTDOWN;
        stop_at_insn(c);
        break;
    }
    run_leave(c);
    *exit = c->exit;
    return ST_OK;
}
