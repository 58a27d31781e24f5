/* events.c: traps, system calls, the timer's event and waiting for it.
 * [XEN xen.h "struct vcpu_info"], [XEN event_channel.h], [XEN vcpu.h],
 * [XEN callback.h] */
#include "experiments/guests/xen/hypercall_asm.h"
#include "experiments/guests/xen/xen.h"

#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define NR_EXCEPTIONS 20
#define MASK_EVENTS   4 /* trap_info.flags: the DPL, and this */
#define NS_PER_S      1000000000u
#define BITS          (8 * sizeof(xen_ulong_t))

extern void (*const xen_trap_stubs[NR_EXCEPTIONS])(void);
extern void xen_event_entry(void), xen_syscall_entry(void),
    xen_failsafe_entry(void);

static evtchn_port_t timer_port;

static struct trap_info trap(unsigned vector, unsigned dpl, void (*entry)(void))
{
    return (struct trap_info){
        .vector = (uint8_t)vector,
        .flags = (uint8_t)(dpl | MASK_EVENTS),
        .cs = FLAT_KERNEL_CS,
        .address = (uintptr_t)entry,
    };
}

static void set_callback(unsigned type, void (*entry)(void))
{
    struct callback_register r = {
        .type = (uint16_t)type,
        .flags = CALLBACKF_mask_events,
#ifdef __x86_64__
        .address = (uintptr_t)entry,
#else
        .address = {.cs = FLAT_KERNEL_CS, .eip = (uintptr_t)entry},
#endif
    };

    hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, (uintptr_t)&r, 0,
              0);
}

void xen_trap_init(void)
{
    static struct trap_info traps[NR_EXCEPTIONS + 2];
    unsigned i;

    for (i = 0; i < NR_EXCEPTIONS; i++)
        traps[i] = trap(i, i == 3 || i == 4 ? 3 : 0, xen_trap_stubs[i]);
    traps[i] = trap(TRAP_SYSCALL, 3, xen_syscall_entry);
    hypercall(__HYPERVISOR_set_trap_table, (uintptr_t)traps, 0, 0, 0);
    set_callback(CALLBACKTYPE_event, xen_event_entry);
    set_callback(CALLBACKTYPE_failsafe, xen_failsafe_entry);
#ifdef __x86_64__
    set_callback(CALLBACKTYPE_syscall, xen_syscall_entry);
#endif
    for (i = 0; i < sizeof(xen_shared.evtchn_mask) / sizeof(xen_ulong_t); i++)
        xen_shared.evtchn_mask[i] = ~(xen_ulong_t)0;
}

void xen_trap(struct frame *f)
{
    kernel_trap(f,
                f->vector == TRAP_PAGE ? xen_shared.vcpu_info[0].arch.cr2 : 0);
}

void plat_kernel_stack(uintptr_t top)
{
    hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, top, 0, 0);
}

void plat_user_frame(struct frame *f, uintptr_t ip, uintptr_t sp)
{
    const struct frame zero = {0};

    *f = zero;
    f->ip = ip;
    f->cs = FLAT_USER_CS | 3;
    f->flags = 0x202; /* IF: events are not masked */
    f->sp = sp;
    f->ss = FLAT_USER_SS | 3;
}

void plat_timer_start(unsigned hz)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_TIMER};
    struct vcpu_set_periodic_timer period = {.period_ns = NS_PER_S / hz};

    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq,
              (uintptr_t)&bind, 0, 0);
    timer_port = bind.port;
    xen_shared.evtchn_mask[timer_port / BITS] &=
        ~((xen_ulong_t)1 << timer_port % BITS);
    hypercall(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0,
              (uintptr_t)&period, 0);
}

/* All levels of the event, from the vcpu's down to the port's. */
void plat_timer_ack(void)
{
    struct vcpu_info *v = &xen_shared.vcpu_info[0];

    v->evtchn_upcall_pending = 0;
    __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    __atomic_and_fetch(&xen_shared.evtchn_pending[timer_port / BITS],
                       ~((xen_ulong_t)1 << timer_port % BITS),
                       __ATOMIC_SEQ_CST);
}

/* The hypercall unmasks events; the one that ends the wait has been handled
 * when it returns. */
void plat_idle(void)
{
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
    xen_shared.vcpu_info[0].evtchn_upcall_mask = 1;
    hypercall_barrier();
}
