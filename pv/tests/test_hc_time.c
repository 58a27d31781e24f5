/* test_hc_time.c: vcpu_op, sched_op, set_timer_op and the domain's time. */
#include "common/tests/suite.h"
#include "pv/evtchn.h"
#include "pv/tests/pvrig.h"
#include "pv/time.h"

static struct pvrig *rig(int i)
{
    return pvrig_new(i == 1, NULL);
}

static uint32_t timer_port(struct pvrig *r)
{
    struct evtchn_bind_virq op = {.virq = VIRQ_TIMER};

    ck_assert_int_eq(pvrig_op(r, __HYPERVISOR_event_channel_op,
                              EVTCHNOP_bind_virq, &op, sizeof(op)),
                     0);
    return op.port;
}

static int64_t vcpu_op(struct pvrig *r, unsigned cmd, void *arg, size_t n)
{
    uint64_t va = pvrig_page(r, 0);
    int64_t rc;

    pvrig_put(r, va, arg, n);
    rc = pvrig_call(r, __HYPERVISOR_vcpu_op, cmd, 0, va);
    pvrig_get(r, va, arg, n);
    return rc;
}

static int64_t vcpu_plain(struct pvrig *r, unsigned cmd)
{
    return pvrig_call(r, __HYPERVISOR_vcpu_op, cmd, 0, 0);
}

static struct vcpu_time_info time_info(struct pvrig *r)
{
    struct vcpu_time_info ti;

    pv_vinfo_read(r->d,
                  (unsigned)(r->d->is32
                                 ? offsetof(struct vcpu_info_x86_32, time)
                                 : offsetof(struct vcpu_info, time)),
                  &ti, sizeof(ti));
    return ti;
}

/* The guest's own arithmetic [XEN xen.h "struct vcpu_time_info"]. */
static uint64_t system_time(const struct vcpu_time_info *ti, uint64_t tsc)
{
    uint64_t delta = tsc - ti->tsc_timestamp;

    delta =
        ti->tsc_shift < 0 ? delta >> -ti->tsc_shift : delta << ti->tsc_shift;
    return ti->system_time +
           (uint64_t)(((unsigned __int128)delta * ti->tsc_to_system_mul) >> 32);
}

START_TEST(clock_is_exact)
{
    struct pvrig *r = rig(_i);
    struct vcpu_time_info ti = time_info(r);

    ck_assert_uint_eq(ti.version % 2, 0);
    ck_assert_uint_eq(ti.flags, XEN_PVCLOCK_TSC_STABLE_BIT);
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0),
        0); /* it would tick millions of times */
    pvrig_advance(r, 123456789012345ull);
    ck_assert_uint_eq(system_time(&ti, clock_tsc(&r->m->clock)),
                      clock_now(&r->m->clock));
    pvrig_free(r);
}
END_TEST

START_TEST(wallclock)
{
    struct pvrig *r = rig(_i);
    uint32_t wc[3];

    pv_shared_read(
        r->d,
        (unsigned)(_i == 1 ? offsetof(struct shared_info_x86_32, wc_version)
                           : offsetof(struct shared_info, wc_version)),
        wc, sizeof(wc));
    ck_assert_uint_eq(wc[0] % 2, 0);
    ck_assert_uint_eq(wc[1], CLOCK_START_DATE);
    ck_assert_uint_eq(wc[2], 0);
    pvrig_free(r);
}
END_TEST

START_TEST(singleshot)
{
    struct pvrig *r = rig(_i);
    uint32_t port = timer_port(r);
    uint64_t now = clock_now(&r->m->clock), due = now + 5000;

    ck_assert_int_eq(vcpu_plain(r, VCPUOP_stop_periodic_timer), 0);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_set_timer_op,
                                _i == 1 ? (uint32_t)due : due, due >> 32, 0),
                     0);
    pvrig_advance(r, 4999);
    ck_assert(!pvrig_pending(r, port));
    pvrig_advance(r, 1);
    ck_assert(pvrig_pending(r, port));
    pvrig_clear(r, port);
    /* 0 stops; a time of long ago comes at once. */
    due += 100000;
    pvrig_call(r, __HYPERVISOR_set_timer_op, due, 0, 0);
    pvrig_call(r, __HYPERVISOR_set_timer_op, 0, 0, 0);
    pvrig_advance(r, 200000);
    ck_assert(!pvrig_pending(r, port));
    pvrig_call(r, __HYPERVISOR_set_timer_op, 1, 0, 0);
    pvrig_advance(r, 0);
    ck_assert(pvrig_pending(r, port));
    pvrig_free(r);
}
END_TEST

/* Far and negative times: in 100 ms, as Xen does for old Linux. */
START_TEST(odd_times)
{
    static const uint64_t odd[] = {UINT64_MAX, 1ull << 63, 1ull << 52};
    struct pvrig *r = rig(0);
    uint32_t port = timer_port(r);
    size_t i;

    vcpu_plain(r, VCPUOP_stop_periodic_timer);
    for (i = 0; i < ARRAY_LEN(odd); i++) {
        pvrig_clear(r, port);
        pvrig_call(r, __HYPERVISOR_set_timer_op, odd[i], 0, 0);
        pvrig_advance(r, 99999999);
        ck_assert(!pvrig_pending(r, port));
        pvrig_advance(r, 1);
        ck_assert(pvrig_pending(r, port));
    }
    pvrig_free(r);
}
END_TEST

START_TEST(vcpu_singleshot)
{
    struct pvrig *r = rig(_i);
    struct vcpu_set_singleshot_timer op = {.flags = 0};
    uint32_t port = timer_port(r);
    size_t n = _i == 1 ? 12 : sizeof(op);

    vcpu_plain(r, VCPUOP_stop_periodic_timer);
    op.timeout_abs_ns = clock_now(&r->m->clock) + 1000;
    ck_assert_int_eq(vcpu_op(r, VCPUOP_set_singleshot_timer, &op, n), 0);
    ck_assert_int_eq(vcpu_plain(r, VCPUOP_stop_singleshot_timer), 0);
    pvrig_advance(r, 2000);
    ck_assert(!pvrig_pending(r, port));
    op.flags = VCPU_SSHOTTMR_future;
    op.timeout_abs_ns = clock_now(&r->m->clock) - 1;
    ck_assert_int_eq(vcpu_op(r, VCPUOP_set_singleshot_timer, &op, n),
                     -XEN_ETIME);
    op.flags = 0;
    ck_assert_int_eq(vcpu_op(r, VCPUOP_set_singleshot_timer, &op, n), 0);
    pvrig_advance(r, 0);
    ck_assert(pvrig_pending(r, port));
    pvrig_free(r);
}
END_TEST

START_TEST(periodic)
{
    struct pvrig *r = rig(_i);
    struct vcpu_set_periodic_timer op = {.period_ns = 2000000};
    uint32_t port = timer_port(r);

    /* It begins with 100 Hz. */
    pvrig_advance(r, 10000000);
    ck_assert(pvrig_pending(r, port));
    pvrig_clear(r, port);
    ck_assert_int_eq(vcpu_op(r, VCPUOP_set_periodic_timer, &op, sizeof(op)), 0);
    pvrig_advance(r, 1999999);
    ck_assert(!pvrig_pending(r, port));
    pvrig_advance(r, 1);
    ck_assert(pvrig_pending(r, port));
    pvrig_clear(r, port);
    pvrig_advance(r, 2000000);
    ck_assert(pvrig_pending(r, port));
    pvrig_clear(r, port);
    op.period_ns = 999999;
    ck_assert_int_eq(vcpu_op(r, VCPUOP_set_periodic_timer, &op, sizeof(op)),
                     -XEN_EINVAL);
    op.period_ns = UINT64_MAX;
    ck_assert_int_eq(vcpu_op(r, VCPUOP_set_periodic_timer, &op, sizeof(op)),
                     -XEN_EINVAL);
    ck_assert_int_eq(vcpu_plain(r, VCPUOP_stop_periodic_timer), 0);
    pvrig_advance(r, 20000000);
    ck_assert(!pvrig_pending(r, port));
    pvrig_free(r);
}
END_TEST

static int64_t sched_op(struct pvrig *r, unsigned cmd, void *arg, size_t n)
{
    return pvrig_op(r, __HYPERVISOR_sched_op, cmd, arg, n);
}

START_TEST(blocks_until_an_event)
{
    struct pvrig *r = rig(_i);
    uint32_t port = timer_port(r);

    vcpu_plain(r, VCPUOP_stop_periodic_timer);
    pv_set_upcall_mask(r->d, true);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0),
                     0);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_sched_op, SCHEDOP_block, 0, 0),
                     0);
    ck_assert(!pv_upcall_mask(r->d));
    ck_assert_uint_eq(r->d->time->state, RUNSTATE_blocked);
    ck_assert_int_eq(r->d->c->s.activity, X86_HALTED);
    pvrig_advance(r, 777);
    pv_evtchn_raise(r->d, port);
    ck_assert_uint_eq(r->d->time->state, RUNSTATE_running);
    ck_assert_uint_eq(r->d->time->spent[RUNSTATE_blocked], 777);
    /* With one pending it does not block. */
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_sched_op_compat, SCHEDOP_block, 0, 0), 0);
    ck_assert_uint_eq(r->d->time->state, RUNSTATE_running);
    pvrig_free(r);
}
END_TEST

/* struct sched_poll at page 0, the ports at page 1. */
static int64_t poll(struct pvrig *r, const uint32_t *port, uint32_t n,
                    uint64_t timeout)
{
    uint64_t list = pvrig_page(r, 1);
    uint8_t raw[24] = {0};
    unsigned w = r->d->is32 ? 4 : 8;

    memcpy(raw, &list, w);
    memcpy(raw + w, &n, 4);
    memcpy(raw + (w == 4 ? 8 : 16), &timeout, 8);
    if (n > 0 && n <= 128)
        pvrig_put(r, list, port, n * 4);
    return sched_op(r, SCHEDOP_poll, raw, sizeof(raw));
}

static bool polling(struct pvrig *r)
{
    bool is = r->d->c->s.activity == X86_HALTED;

    ck_assert_int_eq(is, r->d->time->state == RUNSTATE_blocked);
    return is;
}

START_TEST(polls)
{
    struct pvrig *r = rig(_i);
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    uint32_t port[2] = {timer_port(r)};

    vcpu_plain(r, VCPUOP_stop_periodic_timer);
    ck_assert_int_eq(pvrig_op(r, __HYPERVISOR_event_channel_op,
                              EVTCHNOP_bind_ipi, &ipi, sizeof(ipi)),
                     0);
    port[1] = ipi.port;
    pv_set_upcall_mask(r->d, true);
    ck_assert_int_eq(poll(r, port, 1, 0), 0);
    ck_assert(polling(r));
    pv_evtchn_raise(r->d, port[1]);
    ck_assert(polling(r)); /* another one */
    pv_evtchn_raise(r->d, port[0]);
    ck_assert(!polling(r));
    ck_assert(pv_upcall_mask(r->d));
    /* One of two is pending: no wait. */
    pvrig_clear(r, port[1]);
    ck_assert_int_eq(poll(r, port, 2, 0), 0);
    ck_assert(!polling(r));
    pvrig_clear(r, port[0]);
    ck_assert_int_eq(poll(r, port, 2, 0), 0);
    ck_assert(polling(r));
    pv_evtchn_raise(r->d, port[1]);
    ck_assert(!polling(r));
    pvrig_free(r);
}
END_TEST

START_TEST(poll_times_out)
{
    struct pvrig *r = rig(_i);
    uint32_t port = timer_port(r);

    vcpu_plain(r, VCPUOP_stop_periodic_timer);
    pv_set_upcall_mask(r->d, true);
    ck_assert_int_eq(poll(r, &port, 1, clock_now(&r->m->clock) + 500), 0);
    pvrig_advance(r, 499);
    ck_assert(polling(r));
    pvrig_advance(r, 1);
    ck_assert(!polling(r));
    pvrig_advance(r, 10);
    ck_assert_int_eq(poll(r, &port, 1, 1), 0); /* over already */
    ck_assert(!polling(r));
    ck_assert_int_eq(poll(r, NULL, 0, clock_now(&r->m->clock) + 5), 0);
    ck_assert(polling(r));
    pvrig_advance(r, 5);
    ck_assert(!polling(r));
    pvrig_free(r);
}
END_TEST

START_TEST(poll_errors)
{
    struct pvrig *r = rig(_i);
    uint32_t port = UINT32_MAX, zero = 0;
    unsigned i;

    ck_assert_int_eq(poll(r, &port, 129, 0), -XEN_EINVAL);
    ck_assert_int_eq(poll(r, &port, UINT32_MAX, 0), -XEN_EINVAL);
    ck_assert_int_eq(poll(r, &port, 1, 0), -XEN_EINVAL);
    ck_assert_int_eq(poll(r, &zero, 1, 0), -XEN_EINVAL);
    ck_assert(!polling(r));
    for (i = 0; i < PVRIG_BAD; i++) {
        uint64_t bad = pvrig_bad(r, i);
        uint8_t raw[24] = {0};

        memcpy(raw, &bad, _i == 1 ? 4 : 8);
        raw[_i == 1 ? 4 : 8] = 1;
        ck_assert_int_eq(sched_op(r, SCHEDOP_poll, raw, sizeof(raw)),
                         -XEN_EFAULT);
        ck_assert_int_eq(
            pvrig_call(r, __HYPERVISOR_sched_op, SCHEDOP_poll, bad, 0),
            -XEN_EFAULT);
    }
    ck_assert(!polling(r));
    pvrig_free(r);
}
END_TEST

/* ---- the end ---- */

static const struct {
    uint32_t reason;
    enum machine_end end;
    bool crash;
    int rc;
} ends[] = {
    {SHUTDOWN_poweroff, MACHINE_POWEROFF, false, 0},
    {SHUTDOWN_reboot, MACHINE_RESET, false, 0},
    {SHUTDOWN_watchdog, MACHINE_RESET, false, 0},
    {SHUTDOWN_crash, MACHINE_RUNNING, true, 0},
    {SHUTDOWN_soft_reset, MACHINE_RUNNING, true, 0},
    {200, MACHINE_RUNNING, true, 0},
    {SHUTDOWN_suspend, MACHINE_RUNNING, false, 1}, /* was cancelled */
};

START_TEST(shuts_down)
{
    struct pvrig *r = rig(0);
    struct sched_shutdown op = {.reason = ends[_i].reason};

    ck_assert_int_eq(sched_op(r, SCHEDOP_shutdown, &op, sizeof(op)),
                     ends[_i].rc);
    ck_assert_int_eq(r->m->end, ends[_i].end);
    ck_assert_int_eq(pv_crashed(r->d), ends[_i].crash);
    pvrig_free(r);
    r = rig(1);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_sched_op_compat,
                                SCHEDOP_shutdown, ends[_i].reason, 0),
                     ends[_i].rc);
    ck_assert_int_eq(r->m->end, ends[_i].end);
    pvrig_free(r);
}
END_TEST

START_TEST(latches_a_code)
{
    struct pvrig *r = rig(0);
    struct sched_shutdown op = {.reason = SHUTDOWN_reboot};

    ck_assert_int_eq(sched_op(r, SCHEDOP_shutdown_code, &op, sizeof(op)), 0);
    op.reason = SHUTDOWN_crash;
    ck_assert_int_eq(sched_op(r, SCHEDOP_shutdown_code, &op, sizeof(op)), 0);
    ck_assert_int_eq(r->m->end, MACHINE_RUNNING);
    op.reason = SHUTDOWN_poweroff;
    ck_assert_int_eq(sched_op(r, SCHEDOP_shutdown, &op, sizeof(op)), 0);
    ck_assert_int_eq(r->m->end, MACHINE_RESET);
    pvrig_free(r);
}
END_TEST

START_TEST(watchdogs)
{
    struct pvrig *r = rig(0);
    struct sched_watchdog op = {.id = 0, .timeout = 10};

    ck_assert_int_eq(sched_op(r, SCHEDOP_watchdog, &op, sizeof(op)), 1);
    ck_assert_int_eq(sched_op(r, SCHEDOP_watchdog, &op, sizeof(op)), 2);
    ck_assert_int_eq(sched_op(r, SCHEDOP_watchdog, &op, sizeof(op)),
                     -XEN_ENOSPC);
    op = (struct sched_watchdog){.id = 1, .timeout = 0};
    ck_assert_int_eq(sched_op(r, SCHEDOP_watchdog, &op, sizeof(op)), 0);
    ck_assert_int_eq(sched_op(r, SCHEDOP_watchdog, &op, sizeof(op)),
                     -XEN_EINVAL);
    op.id = 3;
    ck_assert_int_eq(sched_op(r, SCHEDOP_watchdog, &op, sizeof(op)),
                     -XEN_EINVAL);
    op.id = UINT32_MAX;
    ck_assert_int_eq(sched_op(r, SCHEDOP_watchdog, &op, sizeof(op)),
                     -XEN_EINVAL);
    pvrig_advance(r, 9 * CLOCK_NS_PER_S);
    op = (struct sched_watchdog){.id = 2, .timeout = UINT32_MAX};
    ck_assert_int_eq(sched_op(r, SCHEDOP_watchdog, &op, sizeof(op)), 0);
    pvrig_advance(r, 5 * CLOCK_NS_PER_S);
    ck_assert_int_eq(r->m->end, MACHINE_RUNNING);
    op.timeout = 1;
    ck_assert_int_eq(sched_op(r, SCHEDOP_watchdog, &op, sizeof(op)), 0);
    pvrig_advance(r, CLOCK_NS_PER_S);
    ck_assert_int_eq(r->m->end, MACHINE_RESET);
    pvrig_free(r);
}
END_TEST

START_TEST(sched_refuses)
{
    static const struct {
        unsigned nr, cmd;
        uint32_t word[2];
        int rc;
    } cases[] = {
        {__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, {0}, -XEN_EPERM},
        {__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, {1}, -XEN_EPERM},
        {__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, {8}, -XEN_ESRCH},
        {__HYPERVISOR_sched_op, SCHEDOP_pin_override, {0}, -XEN_EPERM},
        {__HYPERVISOR_sched_op, 8, {0}, -XEN_ENOSYS},
        {__HYPERVISOR_sched_op, UINT32_MAX, {0}, -XEN_ENOSYS},
        {__HYPERVISOR_sched_op_compat, SCHEDOP_poll, {0}, -XEN_ENOSYS},
    };
    struct pvrig *r = rig(0);
    uint64_t before;
    uint32_t op[2];
    unsigned cmd;
    size_t i;

    for (i = 0; i < ARRAY_LEN(cases); i++) {
        memcpy(op, cases[i].word, sizeof(op));
        ck_assert_msg(pvrig_op(r, cases[i].nr, cases[i].cmd, op, sizeof(op)) ==
                          cases[i].rc,
                      "case %zu", i);
    }
    before = pvrig_hash(r);
    for (i = 0; i < PVRIG_BAD; i++)
        for (cmd = SCHEDOP_shutdown; cmd <= SCHEDOP_watchdog; cmd++)
            ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_sched_op, cmd,
                                        pvrig_bad(r, (unsigned)i), 0),
                             -XEN_EFAULT);
    ck_assert_uint_eq(pvrig_hash(r), before);
    pvrig_free(r);
}
END_TEST

/* ---- areas ---- */

START_TEST(moves_vcpu_info)
{
    struct pvrig *r = rig(_i);
    uint64_t page = pvrig_page(r, 2);
    struct vcpu_register_vcpu_info op = {.mfn = pvrig_mfn(r, page),
                                         .offset = 0x40};
    uint8_t info[64];
    struct vcpu_time_info ti;

    pv_set_upcall_mask(r->d, true);
    ck_assert_int_eq(vcpu_op(r, VCPUOP_register_vcpu_info, &op, sizeof(op)), 0);
    pvrig_get(r, page + 0x40, info, sizeof(info));
    ck_assert_uint_eq(info[0], 1); /* everything is pending */
    ck_assert_uint_eq(info[1], 1); /* and masked, as it was */
    ti = time_info(r);
    ck_assert_mem_eq(info + 32, &ti, sizeof(ti));
    pv_set_upcall_pending(r->d, false);
    pvrig_get(r, page + 0x40, info, 1);
    ck_assert_uint_eq(info[0], 0);
    /* Once. */
    ck_assert_int_eq(vcpu_op(r, VCPUOP_register_vcpu_info, &op, sizeof(op)),
                     -XEN_EINVAL);
    pvrig_free(r);
}
END_TEST

START_TEST(bad_vcpu_info)
{
    struct pvrig *r = rig(_i);
    uint64_t good = pvrig_mfn(r, pvrig_page(r, 2));
    struct vcpu_register_vcpu_info cases[] = {
        {.mfn = good, .offset = 4096 - 63},
        {.mfn = good, .offset = UINT32_MAX},
        {.mfn = good, .offset = 2},
        {.mfn = pvrig_mfn(r, r->tables)}, /* a page table */
        {.mfn = r->d->m2p_mfn},           /* the VMM's */
        {.mfn = 0},                       /* nobody's */
        {.mfn = UINT64_MAX},              /* not there */
        {.mfn = r->d->nr_frames},
    };
    uint64_t before;
    size_t i;

    for (i = 0; i < ARRAY_LEN(cases); i++) {
        pvrig_put(r, pvrig_page(r, 0), &cases[i], sizeof(cases[i]));
        before = pvrig_hash(r);
        ck_assert_msg(
            pvrig_call(r, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0,
                       pvrig_page(r, 0)) == (i < 3 ? -XEN_ENXIO : -XEN_EINVAL),
            "case %zu", i);
        ck_assert_msg(pvrig_hash(r) == before, "case %zu changed something", i);
    }
    pvrig_free(r);
}
END_TEST

START_TEST(runstate)
{
    struct pvrig *r = rig(_i);
    uint64_t area = pvrig_page(r, 3) + 8, va[1] = {area};
    unsigned at = _i == 1 ? 4 : 8;
    uint8_t buf[PV_RUNSTATE_BYTES];
    uint32_t port = timer_port(r);
    uint64_t v;

    vcpu_plain(r, VCPUOP_stop_periodic_timer);
    ck_assert_int_eq(
        vcpu_op(r, VCPUOP_register_runstate_memory_area, va, sizeof(va)), 0);
    ck_assert_uint_eq(pvrig_get32(r, area), RUNSTATE_running);
    pvrig_advance(r, 1000);
    pvrig_call(r, __HYPERVISOR_sched_op, SCHEDOP_block, 0, 0);
    ck_assert_uint_eq(pvrig_get32(r, area), RUNSTATE_blocked);
    pvrig_get(r, area + at + 8, &v, 8);
    ck_assert_uint_eq(v, 1000);
    pvrig_advance(r, 300);
    pv_evtchn_raise(r->d, port);
    ck_assert_uint_eq(pvrig_get32(r, area), RUNSTATE_running);
    pvrig_get(r, area + at + 8 + 16, &v, 8);
    ck_assert_uint_eq(v, 300);
    pvrig_advance(r, 50);
    ck_assert_int_eq(vcpu_op(r, VCPUOP_get_runstate_info, buf, sizeof(buf)), 0);
    memcpy(&v, buf + at + 8, 8);
    ck_assert_uint_eq(v, 1050);
    pvrig_free(r);
}
END_TEST

START_TEST(time_area)
{
    struct pvrig *r = rig(_i);
    uint64_t area = pvrig_page(r, 4), va[1] = {area};
    struct vcpu_time_info ti;

    pvrig_advance(r, 5000);
    ck_assert_int_eq(
        vcpu_op(r, VCPUOP_register_vcpu_time_memory_area, va, sizeof(va)), 0);
    pvrig_get(r, area, &ti, sizeof(ti));
    ck_assert_uint_eq(ti.version % 2, 0);
    ck_assert_uint_ne(ti.version, 0);
    ck_assert_uint_eq(system_time(&ti, clock_tsc(&r->m->clock)),
                      clock_now(&r->m->clock));
    pvrig_free(r);
}
END_TEST

START_TEST(vcpu_refuses)
{
    struct pvrig *r = rig(_i);
    uint64_t hole = pvrig_bad(r, 0), va[1] = {hole}, before;
    static const unsigned reads[] = {VCPUOP_initialise,
                                     VCPUOP_get_runstate_info,
                                     VCPUOP_set_periodic_timer,
                                     VCPUOP_set_singleshot_timer,
                                     VCPUOP_register_vcpu_info,
                                     VCPUOP_register_runstate_memory_area,
                                     VCPUOP_register_vcpu_time_memory_area};
    unsigned i, cmd;
    size_t k;

    ck_assert_int_eq(vcpu_plain(r, VCPUOP_is_up), 1);
    ck_assert_int_eq(vcpu_plain(r, VCPUOP_up), 0);
    ck_assert_int_eq(vcpu_plain(r, VCPUOP_get_physid), -XEN_EINVAL);
    ck_assert_int_eq(vcpu_plain(r, 14), -XEN_ENOSYS);
    ck_assert_int_eq(vcpu_plain(r, UINT32_MAX), -XEN_ENOSYS);
    ck_assert_int_eq(vcpu_op(r, VCPUOP_send_nmi, va, 8), -XEN_EINVAL);
    ck_assert_int_eq(
        vcpu_op(r, VCPUOP_register_runstate_memory_area, va, sizeof(va)),
        -XEN_EFAULT);
    ck_assert_int_eq(
        vcpu_op(r, VCPUOP_register_vcpu_time_memory_area, va, sizeof(va)),
        -XEN_EFAULT);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_vcpu_op, VCPUOP_initialise, 0,
                                pvrig_page(r, 0)),
                     -XEN_EEXIST);
    before = pvrig_hash(r);
    for (cmd = 0; cmd < 14; cmd++)
        for (i = 1; i != 0; i <<= 1)
            ck_assert_int_eq(
                pvrig_call(r, __HYPERVISOR_vcpu_op, cmd, i, pvrig_page(r, 0)),
                -XEN_ENOENT);
    for (i = 0; i < PVRIG_BAD; i++)
        for (k = 0; k < ARRAY_LEN(reads); k++)
            ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_vcpu_op, reads[k], 0,
                                        pvrig_bad(r, i)),
                             -XEN_EFAULT);
    ck_assert_uint_eq(pvrig_hash(r), before);
    pvrig_free(r);
}
END_TEST

START_TEST(vcpu_ends)
{
    struct pvrig *r = rig(0);

    ck_assert_int_eq(vcpu_plain(r, VCPUOP_send_nmi), 0);
    ck_assert(r->d->nmi_pending);
    ck_assert_int_eq(vcpu_plain(r, VCPUOP_down), 0);
    ck_assert_int_eq(r->m->end, MACHINE_POWEROFF);
    pvrig_free(r);
}
END_TEST

Suite *test_hc_time_suite(void)
{
    Suite *s = suite_create("hc_time");
    TCase *tc = tcase_create("time");

    tcase_add_loop_test(tc, clock_is_exact, 0, 2);
    tcase_add_loop_test(tc, wallclock, 0, 2);
    tcase_add_loop_test(tc, singleshot, 0, 2);
    tcase_add_test(tc, odd_times);
    tcase_add_loop_test(tc, vcpu_singleshot, 0, 2);
    tcase_add_loop_test(tc, periodic, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("sched");
    tcase_add_loop_test(tc, blocks_until_an_event, 0, 2);
    tcase_add_loop_test(tc, polls, 0, 2);
    tcase_add_loop_test(tc, poll_times_out, 0, 2);
    tcase_add_loop_test(tc, poll_errors, 0, 2);
    tcase_add_loop_test(tc, shuts_down, 0, ARRAY_LEN(ends));
    tcase_add_test(tc, latches_a_code);
    tcase_add_test(tc, watchdogs);
    tcase_add_test(tc, sched_refuses);
    suite_add_tcase(s, tc);
    tc = tcase_create("vcpu");
    tcase_add_loop_test(tc, moves_vcpu_info, 0, 2);
    tcase_add_loop_test(tc, bad_vcpu_info, 0, 2);
    tcase_add_loop_test(tc, runstate, 0, 2);
    tcase_add_loop_test(tc, time_area, 0, 2);
    tcase_add_loop_test(tc, vcpu_refuses, 0, 2);
    tcase_add_test(tc, vcpu_ends);
    suite_add_tcase(s, tc);
    return s;
}
