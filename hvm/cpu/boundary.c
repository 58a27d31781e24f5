/* boundary.c: what happens between instructions in VMX non-root operation:
 * injection, windows, pins, monitor trap flag, VMX-preemption timer. [SDM3
 * "Other Causes of VM Exits"], [SDM3 "Event Blocking"] */
#include "hvm/cpu/vmx_state.h"

void vmx_leave(struct vmx *x, unsigned reason, uint64_t qual)
{
    x86_leave_exit(x->c, SENS_NONROOT, reason, qual);
}

/* ---- VMX-preemption timer: counts at the TSC's rate >> IA32_VMX_MISC 4:0 ----
 */
static unsigned timer_shift(const struct vmx *x)
{
    return (unsigned)x->caps.msr[CAP_MISC] & 31;
}

void vmx_timer_fired(void *opaque)
{
    struct vmx *x = opaque;

    x->timer_expired = true;
    x86_attention(x->c);
}

static void timer_start(struct vmx *x)
{
    struct guest_clock *clk = &x->c->v.m->clock;
    uint64_t left = vm_get(x, VMCS_VMX_PREEMPTION_TIMER_VALUE)
                    << timer_shift(x);

    x->timer_expired = left == 0;
    x->timer_end = clock_tsc(clk) + left;
    /* The TSC counts nanoseconds of guest time. */
    if (left != 0)
        clock_arm(clk, &x->timer, x->timer_end);
}

static void timer_stop(struct vmx *x)
{
    struct guest_clock *clk = &x->c->v.m->clock;
    uint64_t now = clock_tsc(clk);

    clock_disarm(clk, &x->timer);
    if (vmx_ctl(x, EXIT_SAVE_TIMER))
        vm_note(x, VMCS_VMX_PREEMPTION_TIMER_VALUE,
                x->timer_end > now ? (x->timer_end - now) >> timer_shift(x)
                                   : 0);
}

/* ---- entry and exit ---- */
static bool tpr_below(const struct vmx *x)
{
    return vmx_ctl(x, PROC_TPR_SHADOW) && x->vapic != NULL &&
           (x->vapic[0x80] >> 4) < (vm_get(x, VMCS_TPR_THRESHOLD) & 15);
}

void vmx_boundary_enter(struct vmx *x)
{
    x->pending = (struct vmx_pending){0};
    x->pause_last = 0;
    x->entry_icount = x->c->v.icount;
    x->entry_delivered = x->c->x.delivered;
    if (vmx_ctl(x, PIN_PREEMPTION_TIMER))
        timer_start(x);
}

void vmx_boundary_leave(struct vmx *x)
{
    if (vmx_ctl(x, PIN_PREEMPTION_TIMER))
        timer_stop(x);
    x->inject = x->mtf_pending = false;
}

/* ---- the boundary ---- */
static bool blocked_by_mov_ss(const struct x86_cpu *c)
{
    return (c->s.shadow & (X86_SHADOW_MOVSS | X86_SHADOW_REP)) != 0;
}

/* Nothing of all below is due here. */
bool vmx_quiet(const struct x86_cpu *c)
{
    const struct vmx *x = vmx_of(c);
    bool window = c->x.want_if && (c->s.rflags & FL_IF) != 0;
    bool intr = vmx_ctl(x, PIN_EXT_INT_EXITING) && c->s.intr_line != 0 &&
                !c->x.hold_intr;

    return !x->inject && !x->mtf_pending && !c->x.step && !window && !intr &&
           !c->x.want_nmi && !tpr_below(x) && !x->timer_expired;
}

/* One instruction has been executed, or an event delivered, or an iteration of
 * a repeated instruction made, since VM entry. */
static bool stepped(const struct vmx *x)
{
    return x->mtf_pending || x->c->v.icount != x->entry_icount ||
           x->c->x.delivered != x->entry_delivered ||
           (x->c->s.shadow & X86_SHADOW_REP);
}

static void pins(struct vmx *x)
{
    struct x86_cpu *c = x->c;
    bool active = c->s.activity == X86_ACTIVE || c->s.activity == X86_HALTED;

    if (c->x.want_nmi && active && !c->s.nmi_blocked && !blocked_by_mov_ss(c))
        vmx_leave(x, EXIT_REASON_NMI_WINDOW, 0);
    if (vmx_ctl(x, PIN_NMI_EXITING) && c->s.nmi_pending &&
        !blocked_by_mov_ss(c) &&
        (!c->s.nmi_blocked || vmx_ctl(x, PIN_VIRTUAL_NMIS))) {
        c->s.nmi_pending = 0;
        vmx_leave(x, EXIT_REASON_EXCEPTION_NMI, 0);
    }
    if (!active || c->s.shadow != 0)
        return;
    if (c->x.want_if && (c->s.rflags & FL_IF))
        vmx_leave(x, EXIT_REASON_INTERRUPT_WINDOW, 0);
    if (vmx_ctl(x, PIN_EXT_INT_EXITING) && c->s.intr_line && !c->x.hold_intr)
        vmx_leave(x, EXIT_REASON_EXTERNAL_INTERRUPT, 0);
}

/* Priorities [SDM3 "Priority Among Concurrent Events"], [SDM3 "Special Features
 * of VM Entry"] for each cause: monitor trap flag, TPR threshold, debug traps,
 * preemption timer, NMI window, NMI, interrupt window, external interrupt. */
bool vmx_boundary(struct x86_cpu *c, struct x86_event *ev)
{
    struct vmx *x = vmx_of(c);

    if (x->inject) {
        x->inject = false;
        *ev = x->injected;
        return true; /* a part of VM entry: before anything else */
    }
    if (c->s.activity == X86_WAIT_SIPI || c->s.init_pending)
        return false; /* the bare processor's too */
    if ((c->x.step || x->mtf_pending) && stepped(x))
        vmx_leave(x, EXIT_REASON_MONITOR_TRAP_FLAG, 0);
    if (tpr_below(x))
        vmx_leave(x, EXIT_REASON_TPR_BELOW_THRESHOLD, 0);
    if (c->s.db_pending != 0 && !(c->s.shadow & X86_SHADOW_MOVSS) &&
        (c->s.activity == X86_ACTIVE || c->s.activity == X86_HALTED))
        return false; /* #DB is the bare processor's to deliver */
    if (x->timer_expired && vmx_ctl(x, PIN_PREEMPTION_TIMER))
        vmx_leave(x, EXIT_REASON_PREEMPTION_TIMER, 0);
    pins(x);
    return false;
}
