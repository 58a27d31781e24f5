/* pvtime.c: what tests of time share. */
#include "pv/tests/pvtime.h"

#include "common/tests/suite.h"
#include "pv/time.h"

uint32_t pvtime_port(struct pvrig *r)
{
    struct evtchn_bind_virq op = {.virq = VIRQ_TIMER};

    ck_assert_int_eq(pvrig_op(r, __HYPERVISOR_event_channel_op,
                              EVTCHNOP_bind_virq, &op, sizeof(op)),
                     0);
    return op.port;
}

int64_t pvtime_vcpu_op(struct pvrig *r, unsigned cmd, void *arg, size_t n)
{
    uint64_t va = pvrig_page(r, 0);
    int64_t rc;

    pvrig_put(r, va, arg, n);
    rc = pvrig_call(r, __HYPERVISOR_vcpu_op, cmd, 0, va);
    pvrig_get(r, va, arg, n);
    return rc;
}

int64_t pvtime_vcpu(struct pvrig *r, unsigned cmd)
{
    return pvrig_call(r, __HYPERVISOR_vcpu_op, cmd, 0, 0);
}

struct vcpu_time_info pvtime_info(struct pvrig *r)
{
    struct vcpu_time_info ti;

    pv_vinfo_read(r->d,
                  (unsigned)(r->d->is32
                                 ? offsetof(struct vcpu_info_x86_32, time)
                                 : offsetof(struct vcpu_info, time)),
                  &ti, sizeof(ti));
    return ti;
}

uint64_t pvtime_system_time(const struct vcpu_time_info *ti, uint64_t tsc)
{
    uint64_t delta = tsc - ti->tsc_timestamp;

    delta =
        ti->tsc_shift < 0 ? delta >> -ti->tsc_shift : delta << ti->tsc_shift;
    return ti->system_time +
           (uint64_t)(((unsigned __int128)delta * ti->tsc_to_system_mul) >> 32);
}
