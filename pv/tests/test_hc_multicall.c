/* test_hc_multicall.c: multicall: results, re-entry, long batches. */
#include "common/tests/suite.h"
#include "pv/preempt.h"
#include "pv/tests/pvrig.h"

#define NR __HYPERVISOR_multicall

static unsigned width(const struct pvrig *r)
{
    return r->d->is32 ? 4 : 8;
}

static uint64_t at(const struct pvrig *r, unsigned i)
{
    return pvrig_page(r, 0) + (uint64_t)i * 8 * width(r);
}

static void entry(struct pvrig *r, unsigned i, uint64_t op, uint64_t a,
                  uint64_t b, uint64_t c)
{
    uint64_t v[8] = {op, 0x5555, a, b, c};
    unsigned k;

    for (k = 0; k < 8; k++)
        pvrig_put(r, at(r, i) + k * width(r), &v[k], width(r));
}

static int64_t result(struct pvrig *r, unsigned i)
{
    uint64_t v = 0;

    pvrig_get(r, at(r, i) + width(r), &v, width(r));
    return r->d->is32 ? (int32_t)v : (int64_t)v;
}

START_TEST(calls_several)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);

    entry(r, 0, __HYPERVISOR_xen_version, XENVER_version, 0, 0);
    entry(r, 1, 47, 0, 0, 0);
    entry(r, 2, __HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0);
    entry(r, 3, __HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0);
    ck_assert_int_eq(pvrig_call(r, NR, at(r, 0), 4, 0), 0);
    ck_assert_int_eq(result(r, 0), 4 << 16 | 17);
    ck_assert_int_eq(result(r, 1), -XEN_ENOSYS);
    ck_assert_int_eq(result(r, 2), 1);
    ck_assert_int_eq(result(r, 3), -XEN_ENOENT);
    ck_assert_int_eq(pvrig_call(r, NR, at(r, 0), 0, 0), 0);
    /* Counted one by one. */
    ck_assert_uint_eq(
        ledger_get(&r->v->ledger, LEDGER_PV_ENTRY, NR, __HYPERVISOR_vcpu_op),
        2);
    pvrig_free(r);
}
END_TEST

START_TEST(not_within_itself)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);

    entry(r, 0, NR, at(r, 2), 1, 0);
    entry(r, 1, __HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0);
    entry(r, 2, __HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0);
    ck_assert_int_eq(pvrig_call(r, NR, at(r, 0), 2, 0), 0);
    ck_assert_int_eq(result(r, 0), -XEN_EINVAL);
    ck_assert_int_eq(result(r, 1), 1);
    ck_assert_int_eq(result(r, 2), 0x5555);
    ck_assert(!r->d->in_multicall);
    pvrig_free(r);
}
END_TEST

START_TEST(bad_lists)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t before = pvrig_hash(r);
    unsigned i;

    for (i = 0; i < PVRIG_BAD; i++) {
        ck_assert_int_eq(pvrig_call(r, NR, pvrig_bad(r, i), 1, 0), -XEN_EFAULT);
        ck_assert_int_eq(pvrig_call(r, NR, pvrig_bad(r, i), UINT32_MAX, 0),
                         -XEN_EFAULT);
    }
    ck_assert_int_eq(pvrig_call(r, NR, at(r, 0), UINT64_MAX, 0), -XEN_EFAULT);
    ck_assert_int_eq(pvrig_call(r, NR, at(r, 0), 1ull << 58, 0), -XEN_EFAULT);
    ck_assert(!r->d->in_multicall);
    ck_assert_uint_eq(pvrig_hash(r), before);
    pvrig_free(r);
}
END_TEST

/* The results cannot be written: the call was made, and that is the end. */
START_TEST(readonly_list)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);

    ck_assert_int_eq(pvrig_call(r, NR, r->tables, 2, 0), -XEN_EFAULT);
    ck_assert(!r->d->in_multicall);
    pvrig_free(r);
}
END_TEST

/* A long batch inside gives way: the instruction is executed again, from that
 * entry on, which has its own rest. */
START_TEST(gives_way)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    const struct x86_state *s = &r->d->c->s;
    uint64_t ip = s->r[R_IP], n = 4, icount = ++r->v->icount;
    unsigned i;

    for (i = 0; i < n; i++)
        entry(r, i, __HYPERVISOR_console_io, CONSOLEIO_write, 0, at(r, 0));
    entry(r, 1, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref,
          pvrig_page(r, 2), PV_PREEMPT_ENTRIES + 3);
    ck_assert_int_eq(pvrig_call(r, NR, at(r, 0), n, 0), 0);
    ck_assert_uint_eq(s->r[R_IP], ip - 2);
    ck_assert_uint_eq(r->v->icount, icount - 1);
    ck_assert_uint_eq(s->r[R_AX], NR);
    ck_assert_uint_eq(s->r[_i == 1 ? R_BX : R_DI], at(r, 1));
    ck_assert_uint_eq(s->r[_i == 1 ? R_CX : R_SI], n - 1);
    ck_assert(r->d->no_result);
    ck_assert_int_eq(result(r, 0), 0);
    ck_assert_int_eq(result(r, 1), 0x5555); /* not yet */
    r->d->no_result = false;
    ck_assert_int_eq(pvrig_call(r, NR, at(r, 1), n - 1, 0), 0);
    ck_assert_int_eq(result(r, 1), 0);
    ck_assert_int_eq(result(r, 3), 0);
    ck_assert(!r->d->no_result);
    pvrig_free(r);
}
END_TEST

/* A kick waits for no more than one entry. */
START_TEST(gives_way_to_a_kick)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    unsigned i;

    for (i = 0; i < 3; i++)
        entry(r, i, __HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0);
    r->v->icount++;
    r->v->kicked = 1;
    ck_assert_int_eq(pvrig_call(r, NR, at(r, 0), 3, 0), 0);
    ck_assert_int_eq(result(r, 0), 1);
    ck_assert_int_eq(result(r, 1), 0x5555);
    ck_assert_uint_eq(r->d->c->s.r[_i == 1 ? R_CX : R_SI], 2);
    r->v->kicked = 0;
    r->d->no_result = false;
    ck_assert_int_eq(pvrig_call(r, NR, at(r, 1), 2, 0), 0);
    ck_assert_int_eq(result(r, 2), 1);
    pvrig_free(r);
}
END_TEST

Suite *test_hc_multicall_suite(void)
{
    Suite *s = suite_create("hc_multicall");
    TCase *tc = tcase_create("multicall");

    tcase_add_loop_test(tc, calls_several, 0, 2);
    tcase_add_loop_test(tc, not_within_itself, 0, 2);
    tcase_add_loop_test(tc, bad_lists, 0, 2);
    tcase_add_loop_test(tc, readonly_list, 0, 2);
    tcase_add_loop_test(tc, gives_way, 0, 2);
    tcase_add_loop_test(tc, gives_way_to_a_kick, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
