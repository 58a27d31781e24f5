/* hc_sched.c: sched_op and its older form [XEN sched.h]. */
#include "pv/evtchn.h"
#include "pv/time.h"

#define POLL_MAX 128u /* ports in one SCHEDOP_poll, as Xen has it */

/* struct sched_poll in either layout. */
struct poll {
    uint64_t ports;
    uint32_t nr_ports;
    uint64_t timeout;
};

static int64_t get_poll(struct pv_domain *d, uint64_t va, struct poll *p)
{
    struct sched_poll raw;
    uint32_t raw32[4];
    int64_t rc;

    if (d->is32) {
        rc = pv_copy_from(d, raw32, va, sizeof(raw32));
        if (rc == 0)
            *p = (struct poll){raw32[0], raw32[1],
                               (uint64_t)raw32[3] << 32 | raw32[2]};
        return rc;
    }
    rc = pv_copy_from(d, &raw, va, sizeof(raw));
    if (rc == 0)
        *p = (struct poll){(uintptr_t)raw.ports.p, raw.nr_ports, raw.timeout};
    return rc;
}

static bool event_waits(struct pv_domain *d)
{
    return pv_upcall_pending(d) && !pv_upcall_mask(d);
}

/* 1: one of the ports is pending. */
static int64_t look_at_ports(struct pv_domain *d, const struct poll *p,
                             uint32_t *port)
{
    int64_t rc;
    uint32_t i;

    for (i = 0; i < p->nr_ports; i++) {
        rc = pv_copy_from(d, port, p->ports + 4ull * i, sizeof(*port));
        if (rc != 0)
            return rc;
        if (pv_evtchn_port(d, *port) == NULL)
            return -XEN_EINVAL;
        if (pv_evtchn_pending(d, *port))
            return 1;
    }
    return 0;
}

static int64_t poll(struct pv_domain *d, uint64_t va)
{
    struct poll p;
    uint32_t port = 0;
    int64_t rc = get_poll(d, va, &p);

    if (rc != 0)
        return rc;
    if (p.nr_ports > POLL_MAX)
        return -XEN_EINVAL;
    if (!pv_range_okay(d, p.ports, p.nr_ports, sizeof(port)))
        return -XEN_EFAULT;
    if (event_waits(d))
        return 0;
    rc = look_at_ports(d, &p, &port);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    if (p.timeout != 0 && p.timeout <= clock_now(&d->m->clock))
        return 0;
    d->evtchn->poll_port = p.nr_ports == 1 ? port : PV_POLL_ANY;
    pv_time_blocked(d, p.timeout);
    pv_poll(d);
    return 0;
}

static void block(struct pv_domain *d)
{
    if (!pv_upcall_pending(d))
        pv_time_blocked(d, 0);
    pv_block(d);
}

/* To suspend needs somebody who saves the domain; the answer 1 says that it was
 * cancelled. */
static int64_t shut_down(struct pv_domain *d, uint32_t reason)
{
    if ((uint8_t)reason == SHUTDOWN_suspend && !d->time->has_shutdown_code)
        return 1;
    pv_time_shutdown(d, (uint8_t)reason);
    return 0;
}

static int64_t shutdown_op(struct pv_domain *d, uint32_t cmd, uint64_t va)
{
    struct sched_shutdown op;
    int64_t rc = pv_copy_from(d, &op, va, sizeof(op));

    if (rc != 0)
        return rc;
    if (cmd == SCHEDOP_shutdown)
        return shut_down(d, op.reason);
    if (!d->time->has_shutdown_code) {
        d->time->has_shutdown_code = true;
        d->time->shutdown_code = (uint8_t)op.reason;
    }
    return 0;
}

static int64_t remote_shutdown(struct pv_domain *d, uint64_t va)
{
    struct sched_remote_shutdown op;
    int64_t rc = pv_copy_from(d, &op, va, sizeof(op));

    if (rc != 0)
        return rc;
    if (op.domain_id != PV_DOMID && op.domain_id != PV_DOMID_BACKEND)
        return -XEN_ESRCH;
    return -XEN_EPERM;
}

static int64_t watchdog(struct pv_domain *d, uint64_t va)
{
    struct sched_watchdog op;
    int64_t rc = pv_copy_from(d, &op, va, sizeof(op));

    return rc != 0 ? rc : pv_time_watchdog(d, op.id, op.timeout);
}

int64_t pv_do_sched_op(struct pv_domain *d, const uint64_t arg[6])
{
    uint32_t cmd = (uint32_t)arg[0];

    switch (cmd) {
    case SCHEDOP_yield:
        return 0;
    case SCHEDOP_block:
        block(d);
        return 0;
    case SCHEDOP_shutdown:
    case SCHEDOP_shutdown_code:
        return shutdown_op(d, cmd, arg[1]);
    case SCHEDOP_poll:
        return poll(d, arg[1]);
    case SCHEDOP_remote_shutdown:
        return remote_shutdown(d, arg[1]);
    case SCHEDOP_watchdog:
        return watchdog(d, arg[1]);
    case SCHEDOP_pin_override:
        return -XEN_EPERM; /* the hardware domain's */
    }
    return -XEN_ENOSYS;
}

int64_t pv_do_sched_op_compat(struct pv_domain *d, const uint64_t arg[6])
{
    switch ((uint32_t)arg[0]) {
    case SCHEDOP_yield:
        return 0;
    case SCHEDOP_block:
        block(d);
        return 0;
    case SCHEDOP_shutdown:
        return shut_down(d, (uint32_t)arg[1]);
    }
    return -XEN_ENOSYS;
}
