/* console.c: the console's ring. [XEN io/console.h] */
#include "experiments/guests/xen/hypercall_asm.h"
#include "experiments/guests/xen/xen.h"

#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

static struct xencons_interface *ring;
static evtchn_port_t port;

void xen_console_init(const struct start_info *si)
{
    ring = phys_to_virt(plat_pte_phys((pte_t)si->console.domU.mfn * PAGE_SIZE));
    port = si->console.domU.evtchn;
}

static void notify(void)
{
    struct evtchn_send send = {.port = port};

    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uintptr_t)&send, 0,
              0);
}

void plat_console(const char *s, size_t n)
{
    volatile struct xencons_interface *r = ring;
    XENCONS_RING_IDX at;
    size_t i;

    for (i = 0; r != NULL && i < n; i++) {
        at = r->out_prod;
        while (at - r->out_cons >= sizeof(r->out)) {
            notify();
            hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
        }
        r->out[MASK_XENCONS_IDX(at, r->out)] = s[i];
        hypercall_barrier();
        r->out_prod = at + 1;
    }
    if (r != NULL)
        notify();
}
