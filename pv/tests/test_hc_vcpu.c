/* test_hc_vcpu.c: vcpu_op: areas that the guest names, refusals, the end. */
#include "common/tests/suite.h"
#include "pv/evtchn.h"
#include "pv/tests/pvtime.h"
#include "pv/time.h"

START_TEST(moves_vcpu_info)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t page = pvrig_page(r, 2);
    struct vcpu_register_vcpu_info op = {.mfn = pvrig_mfn(r, page),
                                         .offset = 0x40};
    uint8_t info[64];
    struct vcpu_time_info ti;

    pv_set_upcall_mask(r->d, true);
    ck_assert_int_eq(
        pvtime_vcpu_op(r, VCPUOP_register_vcpu_info, &op, sizeof(op)), 0);
    pvrig_get(r, page + 0x40, info, sizeof(info));
    ck_assert_uint_eq(info[0], 1); /* everything is pending */
    ck_assert_uint_eq(info[1], 1); /* and masked, as it was */
    ti = pvtime_info(r);
    ck_assert_mem_eq(info + 32, &ti, sizeof(ti));
    pv_set_upcall_pending(r->d, false);
    pvrig_get(r, page + 0x40, info, 1);
    ck_assert_uint_eq(info[0], 0);
    /* Once. */
    ck_assert_int_eq(
        pvtime_vcpu_op(r, VCPUOP_register_vcpu_info, &op, sizeof(op)),
        -XEN_EINVAL);
    pvrig_free(r);
}
END_TEST

START_TEST(bad_vcpu_info)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
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
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t area = pvrig_page(r, 3) + 8, va[1] = {area};
    unsigned at = _i == 1 ? 4 : 8;
    uint8_t buf[PV_RUNSTATE_BYTES];
    uint32_t port = pvtime_port(r);
    uint64_t v;

    pvtime_vcpu(r, VCPUOP_stop_periodic_timer);
    ck_assert_int_eq(
        pvtime_vcpu_op(r, VCPUOP_register_runstate_memory_area, va, sizeof(va)),
        0);
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
    ck_assert_int_eq(
        pvtime_vcpu_op(r, VCPUOP_get_runstate_info, buf, sizeof(buf)), 0);
    memcpy(&v, buf + at + 8, 8);
    ck_assert_uint_eq(v, 1050);
    pvrig_free(r);
}
END_TEST

START_TEST(time_area)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t area = pvrig_page(r, 4), va[1] = {area};
    struct vcpu_time_info ti;

    pvrig_advance(r, 5000);
    ck_assert_int_eq(pvtime_vcpu_op(r, VCPUOP_register_vcpu_time_memory_area,
                                    va, sizeof(va)),
                     0);
    pvrig_get(r, area, &ti, sizeof(ti));
    ck_assert_uint_eq(ti.version % 2, 0);
    ck_assert_uint_ne(ti.version, 0);
    ck_assert_uint_eq(pvtime_system_time(&ti, clock_tsc(&r->m->clock)),
                      clock_now(&r->m->clock));
    pvrig_free(r);
}
END_TEST

START_TEST(vcpu_refuses)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
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

    ck_assert_int_eq(pvtime_vcpu(r, VCPUOP_is_up), 1);
    ck_assert_int_eq(pvtime_vcpu(r, VCPUOP_up), 0);
    ck_assert_int_eq(pvtime_vcpu(r, VCPUOP_get_physid), -XEN_EINVAL);
    ck_assert_int_eq(pvtime_vcpu(r, 14), -XEN_ENOSYS);
    ck_assert_int_eq(pvtime_vcpu(r, UINT32_MAX), -XEN_ENOSYS);
    ck_assert_int_eq(pvtime_vcpu_op(r, VCPUOP_send_nmi, va, 8), -XEN_EINVAL);
    ck_assert_int_eq(
        pvtime_vcpu_op(r, VCPUOP_register_runstate_memory_area, va, sizeof(va)),
        -XEN_EFAULT);
    ck_assert_int_eq(pvtime_vcpu_op(r, VCPUOP_register_vcpu_time_memory_area,
                                    va, sizeof(va)),
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
    struct pvrig *r = pvrig_new(0 == 1, NULL);

    ck_assert_int_eq(pvtime_vcpu(r, VCPUOP_send_nmi), 0);
    ck_assert(r->d->nmi_pending);
    ck_assert_int_eq(pvtime_vcpu(r, VCPUOP_down), 0);
    ck_assert_int_eq(r->m->end, MACHINE_POWEROFF);
    pvrig_free(r);
}
END_TEST

Suite *test_hc_vcpu_suite(void)
{
    Suite *s = suite_create("hc_vcpu");
    TCase *tc = tcase_create("vcpu");

    tcase_add_loop_test(tc, moves_vcpu_info, 0, 2);
    tcase_add_loop_test(tc, bad_vcpu_info, 0, 2);
    tcase_add_loop_test(tc, runstate, 0, 2);
    tcase_add_loop_test(tc, time_area, 0, 2);
    tcase_add_loop_test(tc, vcpu_refuses, 0, 2);
    tcase_add_test(tc, vcpu_ends);
    suite_add_tcase(s, tc);
    return s;
}
