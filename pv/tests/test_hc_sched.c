/* test_hc_sched.c: sched_op: waiting for events, and the end of the domain. */
#include "common/tests/suite.h"
#include "pv/evtchn.h"
#include "pv/tests/pvtime.h"
#include "pv/time.h"

static int64_t sched_op(struct pvrig *r, unsigned cmd, void *arg, size_t n)
{
    return pvrig_op(r, __HYPERVISOR_sched_op, cmd, arg, n);
}

START_TEST(blocks_until_an_event)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t port = pvtime_port(r);

    pvtime_vcpu(r, VCPUOP_stop_periodic_timer);
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
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    uint32_t port[2] = {pvtime_port(r)};

    pvtime_vcpu(r, VCPUOP_stop_periodic_timer);
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
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t port = pvtime_port(r);

    pvtime_vcpu(r, VCPUOP_stop_periodic_timer);
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
    struct pvrig *r = pvrig_new(_i == 1, NULL);
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
    struct pvrig *r = pvrig_new(0 == 1, NULL);
    struct sched_shutdown op = {.reason = ends[_i].reason};

    ck_assert_int_eq(sched_op(r, SCHEDOP_shutdown, &op, sizeof(op)),
                     ends[_i].rc);
    ck_assert_int_eq(r->m->end, ends[_i].end);
    ck_assert_int_eq(pv_crashed(r->d), ends[_i].crash);
    pvrig_free(r);
    r = pvrig_new(1 == 1, NULL);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_sched_op_compat,
                                SCHEDOP_shutdown, ends[_i].reason, 0),
                     ends[_i].rc);
    ck_assert_int_eq(r->m->end, ends[_i].end);
    pvrig_free(r);
}
END_TEST

START_TEST(latches_a_code)
{
    struct pvrig *r = pvrig_new(0 == 1, NULL);
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
    struct pvrig *r = pvrig_new(0 == 1, NULL);
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
    struct pvrig *r = pvrig_new(0 == 1, NULL);
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

Suite *test_hc_sched_suite(void)
{
    Suite *s = suite_create("hc_sched");
    TCase *tc = tcase_create("sched");

    tcase_add_loop_test(tc, blocks_until_an_event, 0, 2);
    tcase_add_loop_test(tc, polls, 0, 2);
    tcase_add_loop_test(tc, poll_times_out, 0, 2);
    tcase_add_loop_test(tc, poll_errors, 0, 2);
    tcase_add_loop_test(tc, shuts_down, 0, ARRAY_LEN(ends));
    tcase_add_test(tc, latches_a_code);
    tcase_add_test(tc, watchdogs);
    tcase_add_test(tc, sched_refuses);
    suite_add_tcase(s, tc);
    return s;
}
