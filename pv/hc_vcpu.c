/* hc_vcpu.c: vcpu_op [XEN vcpu.h], of the one vcpu that there is. */
#include "pv/evtchn.h"
#include "pv/time.h"

#define PERIOD_MIN_NS 1000000u
#define PERIOD_MAX_NS (1ull << 62)

#define VCPU_INFO_BYTES 64u

/* vcpu 0 runs since the domain was built. */
static int64_t initialise(struct pv_domain *d, uint64_t va)
{
    uint8_t b;
    uint64_t n = d->is32 ? sizeof(struct vcpu_guest_context_x86_32)
                         : sizeof(struct vcpu_guest_context);
    int64_t rc = pv_copy_from(d, &b, va, 1);

    if (rc == 0)
        rc = pv_copy_from(d, &b, va + n - 1, 1);
    return rc != 0 ? rc : -XEN_EEXIST;
}

static int64_t get_runstate(struct pv_domain *d, uint64_t va)
{
    uint8_t buf[PV_RUNSTATE_BYTES];
    unsigned n = pv_time_runstate(d, buf);

    return pv_copy_to(d, va, buf, n);
}

/* Handles of 32-bit guests are the low half of the union. */
static int64_t get_area(struct pv_domain *d, uint64_t va, uint64_t size,
                        uint64_t *area)
{
    int64_t rc;

    *area = 0;
    rc = pv_copy_from(d, area, va, d->is32 ? 4 : 8);
    if (rc == 0 && !pv_range_okay(d, *area, 1, size))
        rc = -XEN_EFAULT;
    return rc;
}

static int64_t runstate_area(struct pv_domain *d, uint64_t va)
{
    uint64_t area;
    int64_t rc = get_area(d, va, d->is32 ? 44 : 48, &area);

    if (rc == 0)
        pv_time_set_runstate_area(d, area);
    return rc;
}

static int64_t time_area(struct pv_domain *d, uint64_t va)
{
    uint64_t area;
    int64_t rc = get_area(d, va, sizeof(struct vcpu_time_info), &area);

    if (rc == 0)
        pv_time_set_area(d, area);
    return rc;
}

static int64_t set_periodic(struct pv_domain *d, uint64_t va)
{
    struct vcpu_set_periodic_timer op;
    int64_t rc = pv_copy_from(d, &op, va, sizeof(op));

    if (rc != 0)
        return rc;
    if (op.period_ns < PERIOD_MIN_NS || op.period_ns > PERIOD_MAX_NS)
        return -XEN_EINVAL;
    pv_time_set_periodic(d, op.period_ns);
    return 0;
}

static int64_t set_singleshot(struct pv_domain *d, uint64_t va)
{
    struct vcpu_set_singleshot_timer op = {0};
    int64_t rc = pv_copy_from(d, &op, va, d->is32 ? 12 : sizeof(op));

    if (rc != 0)
        return rc;
    if ((op.flags & VCPU_SSHOTTMR_future) != 0 &&
        op.timeout_abs_ns < clock_now(&d->m->clock))
        return -XEN_ETIME;
    pv_time_set_singleshot(d, op.timeout_abs_ns);
    return 0;
}

/* The frame stays referenced, and of type writable, for good. */
static int64_t register_info(struct pv_domain *d, uint64_t va)
{
    struct vcpu_register_vcpu_info op;
    uint8_t info[VCPU_INFO_BYTES], sel[8];
    unsigned at =
        (unsigned)(d->is32
                       ? offsetof(struct vcpu_info_x86_32, evtchn_pending_sel)
                       : offsetof(struct vcpu_info, evtchn_pending_sel));
    unsigned width = d->is32 ? 4 : 8;
    int64_t rc = pv_copy_from(d, &op, va, sizeof(op));

    if (rc != 0)
        return rc;
    if (op.offset > PAGE_SIZE - VCPU_INFO_BYTES || op.offset % width != 0)
        return -XEN_ENXIO;
    if (d->vcpu_info_pa >> PAGE_SHIFT != d->shared_mfn)
        return -XEN_EINVAL; /* once only */
    if (pv_get_typed(d, op.mfn, PVT_WRITABLE) != 0)
        return -XEN_EINVAL;
    pv_vinfo_read(d, 0, info, sizeof(info));
    pv_write_frame(d, op.mfn, op.offset, info, sizeof(info));
    d->vcpu_info_pa = (op.mfn << PAGE_SHIFT) + op.offset;
    /* So that nothing is lost, everything is pending. */
    memset(sel, 0xff, sizeof(sel));
    pv_vinfo_write(d, at, sel, width);
    pv_evtchn_mark(d);
    pv_time_publish(d);
    return 0;
}

static int64_t send_nmi(struct pv_domain *d, uint64_t va)
{
    if (va != 0)
        return -XEN_EINVAL;
    pv_send_nmi(d);
    return 0;
}

int64_t pv_do_vcpu_op(struct pv_domain *d, const uint64_t arg[6])
{
    if ((uint32_t)arg[1] >= PV_VCPUS)
        return -XEN_ENOENT;
    switch ((uint32_t)arg[0]) {
    case VCPUOP_initialise:
        return initialise(d, arg[2]);
    case VCPUOP_up:
        return 0;     /* it is */
    case VCPUOP_down: /* of the last one: the end */
        pv_time_shutdown(d, SHUTDOWN_poweroff);
        return 0;
    case VCPUOP_is_up:
        return 1;
    case VCPUOP_get_runstate_info:
        return get_runstate(d, arg[2]);
    case VCPUOP_register_runstate_memory_area:
        return runstate_area(d, arg[2]);
    case VCPUOP_set_periodic_timer:
        return set_periodic(d, arg[2]);
    case VCPUOP_stop_periodic_timer:
        pv_time_set_periodic(d, 0);
        return 0;
    case VCPUOP_set_singleshot_timer:
        return set_singleshot(d, arg[2]);
    case VCPUOP_stop_singleshot_timer:
        pv_time_stop_singleshot(d);
        return 0;
    case VCPUOP_register_vcpu_info:
        return register_info(d, arg[2]);
    case VCPUOP_send_nmi:
        return send_nmi(d, arg[2]);
    case VCPUOP_get_physid:
        return -XEN_EINVAL; /* the vcpu is not pinned */
    case VCPUOP_register_vcpu_time_memory_area:
        return time_area(d, arg[2]);
    }
    return -XEN_ENOSYS;
}
