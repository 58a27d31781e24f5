/* kvm_run.c: KVM_RUN and what it comes back for. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/dev/lapic.h"
#include "hvm/cpu/exits.h"
#include "hvm/kvm/kvm_priv.h"

/* Host time between two looks at timers and console. */
#define SLICE_NS 2000000

/* The run that SIGUSR2 ends, of this thread. */
static _Thread_local volatile struct kvm_run *running;

static void on_signal(int sig)
{
    (void)sig;
    if (running != NULL)
        running->immediate_exit = 1;
}

enum status kvm_signals(struct kvm_cpu *k, struct error *err)
{
    struct sigaction sa = {.sa_handler = on_signal};
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID,
                          .sigev_signo = SIGUSR2};

    ev._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    if (sigaction(SIGUSR2, &sa, NULL) != 0 ||
        timer_create(CLOCK_MONOTONIC, &ev, &k->timer) != 0)
        return err_set_errno(err, ST_HOST, errno, "timer of KVM_RUN");
    k->timed = true;
    return ST_OK;
}

void kvm_kick(struct vcpu *v)
{
    x86_cpu_kick(v);
    kvm_cpu(v)->run->immediate_exit = 1;
}

static void arm(struct kvm_cpu *k, uint64_t ns)
{
    struct itimerspec t = {.it_value = {.tv_nsec = (long)ns}};

    timer_settime(k->timer, 0, &t, NULL);
}

static void count(struct vcpu *v, unsigned reason, uint64_t sub)
{
    ledger_add(&v->ledger, LEDGER_EXIT, reason, sub, 1);
}

/* ---- what the guest did ---- */
static void do_io(struct vcpu *v, struct kvm_run *r)
{
    uint8_t *p = (uint8_t *)r + r->io.data_offset;
    uint64_t value;

    count(v, EXIT_REASON_IO_INSTRUCTION, r->io.port);
    for (uint32_t n = 0; n < r->io.count; n++, p += r->io.size) {
        value = 0;
        if (r->io.direction == KVM_EXIT_IO_IN) {
            value = bus_read(&v->m->bus, BUS_PORT, r->io.port, r->io.size);
            memcpy(p, &value, r->io.size);
        } else {
            memcpy(&value, p, r->io.size);
            bus_write(&v->m->bus, BUS_PORT, r->io.port, r->io.size, value);
        }
    }
}

static void do_mmio(struct vcpu *v, struct kvm_run *r)
{
    uint64_t value = 0, pa = r->mmio.phys_addr;
    uint32_t n = r->mmio.len;

    count(v, EXIT_REASON_EPT_VIOLATION, pa & PAGE_MASK);
    if (gmem_find(&v->m->mem, pa) != NULL)
        return; /* a write to ROM */
    if (r->mmio.is_write) {
        memcpy(&value, r->mmio.data, n);
        bus_write(&v->m->bus, BUS_MMIO, pa, n, value);
    } else {
        value = bus_read(&v->m->bus, BUS_MMIO, pa, n);
        memcpy(r->mmio.data, &value, n);
    }
}

/* ---- interrupts: the machine's controllers, KVM_INTERRUPT ---- */
static enum status before(struct vcpu *v, struct kvm_cpu *k, struct error *err)
{
    struct x86_cpu *c = x86_cpu(v);
    struct kvm_run *r = k->run;
    struct kvm_interrupt irq;

    if (c->s.nmi_pending) {
        c->s.nmi_pending = 0;
        k->halted = false;
        if (ioctl(k->vcpu, KVM_NMI) != 0)
            return err_set_errno(err, ST_HOST, errno, "KVM_NMI");
    }
    r->request_interrupt_window = 0;
    if (c->s.intr_line && r->ready_for_interrupt_injection) {
        irq.irq = machine_intr_ack(v->m);
        k->halted = false;
        if (ioctl(k->vcpu, KVM_INTERRUPT, &irq) != 0)
            return err_set_errno(err, ST_HOST, errno, "KVM_INTERRUPT");
        ledger_add(&v->ledger, LEDGER_INJECT, 0, irq.irq, 1);
    }
    if (c->s.intr_line)
        r->request_interrupt_window = 1;
    if (v->m->lapic != NULL) {
        r->cr8 = lapic_get_tpr(v->m->lapic);
        r->apic_base = lapic_get_base(v->m->lapic);
    }
    return ST_OK;
}

static void after(struct vcpu *v, const struct kvm_run *r)
{
    struct lapic *l = v->m->lapic;

    if (l == NULL)
        return;
    if (r->cr8 != lapic_get_tpr(l))
        lapic_set_tpr(l, (uint8_t)r->cr8);
    if (r->apic_base != lapic_get_base(l))
        (void)lapic_set_base(l, r->apic_base);
}

/* ---- one exit ---- */
enum next { ON, RETURN };

static enum status unable(const struct kvm_run *r, struct error *err)
{
    if (r->exit_reason == KVM_EXIT_FAIL_ENTRY)
        return err_set(
            err, ST_HOST, "KVM: VM entry failed: reason 0x%llx",
            (unsigned long long)r->fail_entry.hardware_entry_failure_reason);
    if (r->exit_reason == KVM_EXIT_INTERNAL_ERROR)
        return err_set(err, ST_HOST,
                       "KVM: internal error %u: it cannot carry out an "
                       "instruction of the guest",
                       r->internal.suberror);
    return err_set(err, ST_HOST, "KVM: exit %u", r->exit_reason);
}

static enum status look(struct vcpu *v, struct kvm_cpu *k, enum next *next,
                        struct vcpu_exit *exit, struct error *err)
{
    struct kvm_run *r = k->run;

    *next = ON;
    switch (r->exit_reason) {
    case KVM_EXIT_IO:
        do_io(v, r);
        break;
    case KVM_EXIT_MMIO:
        do_mmio(v, r);
        break;
    case KVM_EXIT_IRQ_WINDOW_OPEN:
        count(v, EXIT_REASON_INTERRUPT_WINDOW, 0);
        break;
    case KVM_EXIT_INTR:
    case KVM_EXIT_SET_TPR:
        break;
    case KVM_EXIT_HLT:
        count(v, EXIT_REASON_HLT, 0);
        k->halted = true;
        break;
    case KVM_EXIT_SHUTDOWN:
        count(v, EXIT_REASON_TRIPLE_FAULT, 0);
        exit->kind = EXIT_SHUTDOWN;
        *next = RETURN;
        break;
    default:
        return unable(r, err);
    }
    return ST_OK;
}

/* Halted until an interrupt that it takes, or an NMI. */
static bool stays_halted(const struct vcpu *v, const struct kvm_cpu *k)
{
    const struct x86_cpu *c = (const struct x86_cpu *)(const void *)v;

    return k->halted && !c->s.nmi_pending &&
           !(c->s.intr_line && k->run->if_flag);
}

/* What the run loop is to see before the guest goes on. */
static bool must_return(struct vcpu *v, struct kvm_cpu *k,
                        struct vcpu_exit *exit)
{
    struct x86_cpu *c = x86_cpu(v);

    if (v->kicked) {
        v->kicked = 0;
        exit->kind = EXIT_KICKED;
    } else if (c->machine_attention || v->m->end != MACHINE_RUNNING) {
        c->machine_attention = false;
        exit->kind = EXIT_ATTENTION;
    } else if (stays_halted(v, k)) {
        exit->kind = EXIT_HALTED;
        exit->qual = k->run->if_flag;
    } else {
        return false;
    }
    return true;
}

/* One KVM_RUN of a slice at most. An access to a device ends with the next
 * one: state is read only then. */
static enum status run_once(struct vcpu *v, struct kvm_cpu *k, enum next *next,
                            struct vcpu_exit *exit, struct error *err)
{
    enum status st = before(v, k, err);
    int r;

    if (st != ST_OK)
        return st;
    r = ioctl(k->vcpu, KVM_RUN, 0);
    after(v, k->run);
    if (r == 0)
        return look(v, k, next, exit, err);
    if (errno != EINTR && errno != EAGAIN)
        return err_set_errno(err, ST_HOST, errno, "KVM_RUN");
    *next = RETURN;
    exit->kind = EXIT_BUDGET;
    return ST_OK;
}

/* Let an I/O instruction that has exited end, without running on. */
static void settle(struct kvm_cpu *k)
{
    k->run->immediate_exit = 1;
    (void)ioctl(k->vcpu, KVM_RUN, 0);
    k->run->immediate_exit = 0;
}

enum status kvm_run(struct vcpu *v, uint64_t budget, struct vcpu_exit *exit,
                    struct error *err)
{
    struct kvm_cpu *k = kvm_cpu(v);
    struct x86_state *s = &x86_cpu(v)->s;
    uint64_t due = clock_next_due(&v->m->clock), now = clock_now(&v->m->clock);
    uint64_t slice = due > now && due - now < SLICE_NS ? due - now : SLICE_NS;
    enum next next = ON;
    enum status st = ST_OK;

    *exit = (struct vcpu_exit){.kind = EXIT_BUDGET};
    if (budget == 0)
        return ST_OK;
    if (memcmp(s, &k->was, offsetof(struct x86_state, activity)) != 0)
        st = kvm_state_put(k, s, err);
    running = k->run;
    k->run->immediate_exit = 0;
    arm(k, slice);
    while (st == ST_OK && next == ON && !must_return(v, k, exit))
        st = run_once(v, k, &next, exit, err);
    arm(k, 0);
    running = NULL;
    if (st != ST_OK)
        return st;
    settle(k);
    st = kvm_state_get(k, s, err);
    k->was = *s;
    return st;
}
