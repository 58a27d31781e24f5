/* test_hc_time.c: the domain's clock, set_timer_op and the timers of vcpu_op.
 */
#include "common/tests/suite.h"
#include "pv/tests/pvtime.h"
#include "pv/time.h"

START_TEST(clock_is_exact)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct vcpu_time_info ti = pvtime_info(r);

    ck_assert_uint_eq(ti.version % 2, 0);
    ck_assert_uint_eq(ti.flags, XEN_PVCLOCK_TSC_STABLE_BIT);
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0),
        0); /* it would tick millions of times */
    pvrig_advance(r, 123456789012345ull);
    ck_assert_uint_eq(pvtime_system_time(&ti, clock_tsc(&r->m->clock)),
                      clock_now(&r->m->clock));
    pvrig_free(r);
}
END_TEST

START_TEST(wallclock)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
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
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t port = pvtime_port(r);
    uint64_t now = clock_now(&r->m->clock), due = now + 5000;

    ck_assert_int_eq(pvtime_vcpu(r, VCPUOP_stop_periodic_timer), 0);
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
    struct pvrig *r = pvrig_new(0 == 1, NULL);
    uint32_t port = pvtime_port(r);
    size_t i;

    pvtime_vcpu(r, VCPUOP_stop_periodic_timer);
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
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct vcpu_set_singleshot_timer op = {.flags = 0};
    uint32_t port = pvtime_port(r);
    size_t n = _i == 1 ? 12 : sizeof(op);

    pvtime_vcpu(r, VCPUOP_stop_periodic_timer);
    op.timeout_abs_ns = clock_now(&r->m->clock) + 1000;
    ck_assert_int_eq(pvtime_vcpu_op(r, VCPUOP_set_singleshot_timer, &op, n), 0);
    ck_assert_int_eq(pvtime_vcpu(r, VCPUOP_stop_singleshot_timer), 0);
    pvrig_advance(r, 2000);
    ck_assert(!pvrig_pending(r, port));
    op.flags = VCPU_SSHOTTMR_future;
    op.timeout_abs_ns = clock_now(&r->m->clock) - 1;
    ck_assert_int_eq(pvtime_vcpu_op(r, VCPUOP_set_singleshot_timer, &op, n),
                     -XEN_ETIME);
    op.flags = 0;
    ck_assert_int_eq(pvtime_vcpu_op(r, VCPUOP_set_singleshot_timer, &op, n), 0);
    pvrig_advance(r, 0);
    ck_assert(pvrig_pending(r, port));
    pvrig_free(r);
}
END_TEST

START_TEST(periodic)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct vcpu_set_periodic_timer op = {.period_ns = 2000000};
    uint32_t port = pvtime_port(r);

    /* It begins with 100 Hz. */
    pvrig_advance(r, 10000000);
    ck_assert(pvrig_pending(r, port));
    pvrig_clear(r, port);
    ck_assert_int_eq(
        pvtime_vcpu_op(r, VCPUOP_set_periodic_timer, &op, sizeof(op)), 0);
    pvrig_advance(r, 1999999);
    ck_assert(!pvrig_pending(r, port));
    pvrig_advance(r, 1);
    ck_assert(pvrig_pending(r, port));
    pvrig_clear(r, port);
    pvrig_advance(r, 2000000);
    ck_assert(pvrig_pending(r, port));
    pvrig_clear(r, port);
    op.period_ns = 999999;
    ck_assert_int_eq(
        pvtime_vcpu_op(r, VCPUOP_set_periodic_timer, &op, sizeof(op)),
        -XEN_EINVAL);
    op.period_ns = UINT64_MAX;
    ck_assert_int_eq(
        pvtime_vcpu_op(r, VCPUOP_set_periodic_timer, &op, sizeof(op)),
        -XEN_EINVAL);
    ck_assert_int_eq(pvtime_vcpu(r, VCPUOP_stop_periodic_timer), 0);
    pvrig_advance(r, 20000000);
    ck_assert(!pvrig_pending(r, port));
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
    return s;
}
