/* test_hc_evtchn.c: event_channel_op: ports, delivery, errors. */
#include "common/tests/suite.h"
#include "pv/evtchn.h"
#include "pv/tests/pvrig.h"

#define NR __HYPERVISOR_event_channel_op

/* Loop tests: 0 is a 64-bit guest, 1 a 32-bit one. */
static uint32_t alloc(struct pvrig *r, domid_t remote)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = remote};

    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_alloc_unbound, &op, sizeof(op)),
                     0);
    return op.port;
}

static int64_t port_op(struct pvrig *r, unsigned cmd, uint32_t port)
{
    struct evtchn_close op = {.port = port};

    return pvrig_op(r, NR, cmd, &op, sizeof(op));
}

static struct evtchn_status status(struct pvrig *r, uint32_t port)
{
    struct evtchn_status op = {.dom = DOMID_SELF, .port = port};

    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_status, &op, sizeof(op)), 0);
    return op;
}

static int64_t bind_virq(struct pvrig *r, uint32_t virq, uint32_t vcpu,
                         uint32_t *port)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
    int64_t rc = pvrig_op(r, NR, EVTCHNOP_bind_virq, &op, sizeof(op));

    *port = op.port;
    return rc;
}

START_TEST(allocates_and_closes)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t a = alloc(r, 0), b = alloc(r, DOMID_SELF);

    ck_assert_uint_ne(a, 0);
    ck_assert_uint_eq(b, a + 1);
    ck_assert_uint_eq(status(r, a).status, EVTCHNSTAT_unbound);
    ck_assert_uint_eq(status(r, a).u.unbound.dom, 0);
    ck_assert_uint_eq(status(r, b).u.unbound.dom, PV_DOMID);
    ck_assert_int_eq(port_op(r, EVTCHNOP_send, a), 0); /* nobody hears it */
    ck_assert_int_eq(port_op(r, EVTCHNOP_close, a), 0);
    ck_assert_uint_eq(status(r, a).status, EVTCHNSTAT_closed);
    ck_assert_int_eq(port_op(r, EVTCHNOP_close, a), -XEN_EINVAL);
    ck_assert_int_eq(port_op(r, EVTCHNOP_send, a), -XEN_EINVAL);
    ck_assert_uint_eq(alloc(r, 0), a);
    pvrig_free(r);
}
END_TEST

START_TEST(connects_to_itself)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct evtchn_bind_interdomain op = {.remote_dom = DOMID_SELF,
                                         .remote_port = alloc(r, DOMID_SELF)};

    ck_assert_int_eq(
        pvrig_op(r, NR, EVTCHNOP_bind_interdomain, &op, sizeof(op)), 0);
    ck_assert_uint_eq(status(r, op.local_port).u.interdomain.port,
                      op.remote_port);
    ck_assert_uint_eq(status(r, op.remote_port).status, EVTCHNSTAT_interdomain);
    ck_assert_uint_eq(status(r, op.remote_port).u.interdomain.dom, PV_DOMID);
    ck_assert(pvrig_pending(r, op.local_port)); /* in case one was lost */
    ck_assert(!pvrig_pending(r, op.remote_port));
    ck_assert_int_eq(port_op(r, EVTCHNOP_send, op.local_port), 0);
    ck_assert(pvrig_pending(r, op.remote_port));
    pvrig_clear(r, op.local_port);
    ck_assert_int_eq(port_op(r, EVTCHNOP_send, op.remote_port), 0);
    ck_assert(pvrig_pending(r, op.local_port));
    /* One end closed: the other waits for somebody again. */
    ck_assert_int_eq(port_op(r, EVTCHNOP_close, op.local_port), 0);
    ck_assert_uint_eq(status(r, op.remote_port).status, EVTCHNSTAT_unbound);
    ck_assert_uint_eq(status(r, op.remote_port).u.unbound.dom, PV_DOMID);
    pvrig_free(r);
}
END_TEST

START_TEST(binds_virqs_once)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t port, other;

    ck_assert_int_eq(bind_virq(r, VIRQ_TIMER, 0, &port), 0);
    ck_assert_uint_eq(status(r, port).status, EVTCHNSTAT_virq);
    ck_assert_uint_eq(status(r, port).u.virq, VIRQ_TIMER);
    ck_assert_int_eq(bind_virq(r, VIRQ_TIMER, 0, &other), -XEN_EEXIST);
    ck_assert_int_eq(bind_virq(r, VIRQ_DEBUG, 1, &other), -XEN_ENOENT);
    ck_assert_int_eq(bind_virq(r, VIRQ_CONSOLE, 1, &other), -XEN_EINVAL);
    ck_assert_int_eq(bind_virq(r, NR_VIRQS, 0, &other), -XEN_EINVAL);
    ck_assert_int_eq(bind_virq(r, UINT32_MAX, 0, &other), -XEN_EINVAL);
    pv_evtchn_virq(r->d, VIRQ_TIMER);
    ck_assert(pvrig_pending(r, port));
    ck_assert_int_eq(port_op(r, EVTCHNOP_send, port), -XEN_EINVAL);
    ck_assert_int_eq(port_op(r, EVTCHNOP_close, port), 0);
    ck_assert_int_eq(bind_virq(r, VIRQ_TIMER, 0, &port), 0);
    ck_assert(!pvrig_pending(r, port)); /* a new port begins clear */
    pvrig_free(r);
}
END_TEST

START_TEST(sends_ipis)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct evtchn_bind_ipi op = {.vcpu = 0};

    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_bind_ipi, &op, sizeof(op)), 0);
    ck_assert_uint_eq(status(r, op.port).status, EVTCHNSTAT_ipi);
    ck_assert_int_eq(port_op(r, EVTCHNOP_send, op.port), 0);
    ck_assert(pvrig_pending(r, op.port));
    op.vcpu = 1;
    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_bind_ipi, &op, sizeof(op)),
                     -XEN_ENOENT);
    pvrig_free(r);
}
END_TEST

START_TEST(binds_vcpu)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    struct evtchn_bind_vcpu op = {.port = alloc(r, 0)};
    uint32_t timer, console;

    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_bind_vcpu, &op, sizeof(op)), 0);
    op.vcpu = 1;
    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_bind_vcpu, &op, sizeof(op)),
                     -XEN_ENOENT);
    ck_assert_int_eq(bind_virq(r, VIRQ_TIMER, 0, &timer), 0);
    ck_assert_int_eq(bind_virq(r, VIRQ_CONSOLE, 0, &console), 0);
    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_bind_ipi, &ipi, sizeof(ipi)), 0);
    op = (struct evtchn_bind_vcpu){.port = timer};
    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_bind_vcpu, &op, sizeof(op)),
                     -XEN_EINVAL);
    op.port = ipi.port;
    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_bind_vcpu, &op, sizeof(op)),
                     -XEN_EINVAL);
    op.port = console;
    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_bind_vcpu, &op, sizeof(op)), 0);
    pvrig_free(r);
}
END_TEST

static void mask(struct pvrig *r, uint32_t port)
{
    unsigned at =
        (unsigned)(r->d->is32 ? offsetof(struct shared_info_x86_32, evtchn_mask)
                              : offsetof(struct shared_info, evtchn_mask)) +
        port / 8;
    uint8_t b;

    pv_shared_read(r->d, at, &b, 1);
    b = (uint8_t)(b | 1u << port % 8);
    pv_shared_write(r->d, at, &b, 1);
}

static uint64_t selector(struct pvrig *r)
{
    uint64_t v = 0;

    if (r->d->is32)
        pv_vinfo_read(
            r->d, offsetof(struct vcpu_info_x86_32, evtchn_pending_sel), &v, 4);
    else
        pv_vinfo_read(r->d, offsetof(struct vcpu_info, evtchn_pending_sel), &v,
                      8);
    return v;
}

START_TEST(masked_events_wait)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t port;

    ck_assert_int_eq(bind_virq(r, VIRQ_DEBUG, 0, &port), 0);
    mask(r, port);
    pv_evtchn_virq(r->d, VIRQ_DEBUG);
    ck_assert(pvrig_pending(r, port));
    ck_assert(!pv_upcall_pending(r->d));
    ck_assert_uint_eq(selector(r), 0);
    ck_assert_int_eq(port_op(r, EVTCHNOP_unmask, port), 0);
    ck_assert(pv_upcall_pending(r->d));
    ck_assert_uint_eq(selector(r), 1);
    /* Nothing new for one that is pending and was not masked. */
    pv_set_upcall_pending(r->d, false);
    ck_assert_int_eq(port_op(r, EVTCHNOP_unmask, port), 0);
    ck_assert(!pv_upcall_pending(r->d));
    pvrig_free(r);
}
END_TEST

START_TEST(ports_run_out)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF};
    uint32_t last = 0;
    int64_t rc;

    while ((rc = pvrig_op(r, NR, EVTCHNOP_alloc_unbound, &op, sizeof(op))) == 0)
        last = op.port;
    ck_assert_int_eq(rc, -XEN_ENOSPC);
    ck_assert_uint_eq(last, _i == 1 ? 1023 : 4095);
    mask(r, last);
    pv_evtchn_raise(r->d, last);
    ck_assert_uint_eq(selector(r), 0);
    ck_assert_int_eq(port_op(r, EVTCHNOP_unmask, last), 0);
    ck_assert_uint_eq(selector(r), _i == 1 ? 1u << 31 : 1ull << 63);
    pvrig_free(r);
}
END_TEST

START_TEST(resets)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct evtchn_reset op = {.dom = 0};
    uint32_t port = alloc(r, 0), timer;

    ck_assert_int_eq(bind_virq(r, VIRQ_TIMER, 0, &timer), 0);
    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_reset, &op, sizeof(op)),
                     -XEN_EPERM);
    op.dom = 7;
    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_reset, &op, sizeof(op)),
                     -XEN_ESRCH);
    ck_assert_uint_eq(status(r, port).status, EVTCHNSTAT_unbound);
    op.dom = DOMID_SELF;
    ck_assert_int_eq(pvrig_op(r, NR, EVTCHNOP_reset, &op, sizeof(op)), 0);
    ck_assert_uint_eq(status(r, port).status, EVTCHNSTAT_closed);
    ck_assert_uint_eq(status(r, r->d->console_port).status, EVTCHNSTAT_closed);
    ck_assert_int_eq(bind_virq(r, VIRQ_TIMER, 0, &timer), 0);
    pvrig_free(r);
}
END_TEST

/* Other domains, and ports that are none: the error, and no change. */
START_TEST(refuses)
{
    static const struct {
        unsigned cmd;
        uint32_t word[3];
        int rc;
    } cases[] = {
        {EVTCHNOP_alloc_unbound, {0}, -XEN_EPERM},
        {EVTCHNOP_alloc_unbound, {5}, -XEN_ESRCH},
        {EVTCHNOP_bind_interdomain, {DOMID_SELF, 0}, -XEN_EINVAL},
        {EVTCHNOP_bind_interdomain, {DOMID_SELF, 77}, -XEN_EINVAL},
        {EVTCHNOP_bind_interdomain, {DOMID_SELF, UINT32_MAX}, -XEN_EINVAL},
        {EVTCHNOP_bind_interdomain, {0, 1}, -XEN_EINVAL},
        {EVTCHNOP_bind_interdomain, {9, 1}, -XEN_ESRCH},
        {EVTCHNOP_bind_pirq, {1, 0}, -XEN_EINVAL},
        {EVTCHNOP_close, {0}, -XEN_EINVAL},
        {EVTCHNOP_close, {4096}, -XEN_EINVAL},
        {EVTCHNOP_close, {UINT32_MAX}, -XEN_EINVAL},
        {EVTCHNOP_send, {0}, -XEN_EINVAL},
        {EVTCHNOP_send, {77}, -XEN_EINVAL},
        {EVTCHNOP_send, {UINT32_MAX}, -XEN_EINVAL},
        {EVTCHNOP_status, {DOMID_SELF, UINT32_MAX}, -XEN_EINVAL},
        {EVTCHNOP_status, {0, 1}, -XEN_EPERM},
        {EVTCHNOP_status, {3, 1}, -XEN_ESRCH},
        {EVTCHNOP_bind_vcpu, {77, 0}, -XEN_EINVAL},
        {EVTCHNOP_bind_vcpu, {UINT32_MAX, 0}, -XEN_EINVAL},
        {EVTCHNOP_bind_vcpu, {1, UINT32_MAX}, -XEN_ENOENT},
        {EVTCHNOP_bind_ipi, {UINT32_MAX}, -XEN_ENOENT},
        {EVTCHNOP_unmask, {UINT32_MAX}, -XEN_EINVAL},
        {EVTCHNOP_init_control, {0}, -XEN_ENOSYS},
        {EVTCHNOP_expand_array, {0}, -XEN_ENOSYS},
        {EVTCHNOP_set_priority, {1, 1}, -XEN_ENOSYS},
        {14, {0}, -XEN_ENOSYS},
        {UINT32_MAX, {0}, -XEN_ENOSYS},
    };
    struct pvrig *r = pvrig_new(0 == 1, NULL);
    uint32_t op[8];
    uint64_t before;
    size_t i;

    for (i = 0; i < ARRAY_LEN(cases); i++) {
        memset(op, 0, sizeof(op));
        memcpy(op, cases[i].word, sizeof(cases[i].word));
        pvrig_put(r, pvrig_page(r, 0), op, sizeof(op));
        before = pvrig_hash(r);
        ck_assert_msg(pvrig_call(r, NR, cases[i].cmd, pvrig_page(r, 0), 0) ==
                          cases[i].rc,
                      "case %zu", i);
        ck_assert_msg(pvrig_hash(r) == before, "case %zu changed something", i);
    }
    pvrig_free(r);
}
END_TEST

START_TEST(bad_addresses)
{
    static const unsigned out[] = {
        EVTCHNOP_alloc_unbound, EVTCHNOP_bind_interdomain, EVTCHNOP_bind_virq,
        EVTCHNOP_bind_ipi, EVTCHNOP_status};
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t before = pvrig_hash(r);
    unsigned cmd, i;
    size_t k;

    for (i = 0; i < PVRIG_BAD; i++)
        for (cmd = 0; cmd <= EVTCHNOP_reset; cmd++)
            ck_assert_int_eq(pvrig_call(r, NR, cmd, pvrig_bad(r, i), 0),
                             -XEN_EFAULT);
    /* What can be read and not written: nothing is allocated. */
    for (k = 0; k < ARRAY_LEN(out); k++)
        ck_assert_int_eq(pvrig_call(r, NR, out[k], r->tables, 0), -XEN_EFAULT);
    ck_assert_uint_eq(pvrig_hash(r), before);
    pvrig_free(r);
}
END_TEST

START_TEST(older_form)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct evtchn_op op = {.cmd = EVTCHNOP_alloc_unbound,
                           .u.alloc_unbound = {.dom = DOMID_SELF}};
    uint64_t va = pvrig_page(r, 0);

    pvrig_put(r, va, &op, sizeof(op));
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_event_channel_op_compat, va, 0, 0), 0);
    pvrig_get(r, va, &op, sizeof(op));
    ck_assert_uint_eq(status(r, op.u.alloc_unbound.port).status,
                      EVTCHNSTAT_unbound);
    op.cmd = EVTCHNOP_reset;
    pvrig_put(r, va, &op, sizeof(op));
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_event_channel_op_compat, va, 0, 0),
        -XEN_ENOSYS);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_event_channel_op_compat,
                                pvrig_bad(r, 0), 0, 0),
                     -XEN_EFAULT);
    pvrig_free(r);
}
END_TEST

Suite *test_hc_evtchn_suite(void)
{
    Suite *s = suite_create("hc_evtchn");
    TCase *tc = tcase_create("ports");

    tcase_add_loop_test(tc, allocates_and_closes, 0, 2);
    tcase_add_loop_test(tc, connects_to_itself, 0, 2);
    tcase_add_loop_test(tc, binds_virqs_once, 0, 2);
    tcase_add_loop_test(tc, sends_ipis, 0, 2);
    tcase_add_loop_test(tc, binds_vcpu, 0, 2);
    tcase_add_loop_test(tc, masked_events_wait, 0, 2);
    tcase_add_loop_test(tc, ports_run_out, 0, 2);
    tcase_add_loop_test(tc, resets, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("errors");
    tcase_add_test(tc, refuses);
    tcase_add_loop_test(tc, bad_addresses, 0, 2);
    tcase_add_loop_test(tc, older_form, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
