/* test_hypercall.c: the ledger's rows of hypercalls: one for each sub-operation
 * that there is, one for all numbers that a guest makes up. */
#include "pv/hypercall.h"

#include "common/tests/suite.h"
#include "pv/engine.h"
#include "pv/memop.h"
#include "pv/tests/pvrig.h"

#define NUMBERS 64u /* that Xen has for hypercalls */

/* The newest row must be this. */
static void newest(struct pvrig *r, enum ledger_kind kind, const char *name,
                   uint64_t count)
{
    const struct ledger_row *row = &r->v->ledger.row[r->v->ledger.nr - 1];
    char text[40];

    ck_assert_uint_eq(row->kind, kind);
    ck_assert(pv_reason_name(row, text, sizeof(text)));
    ck_assert_str_eq(text, name);
    ck_assert_uint_eq(row->count, count);
}

/* Numbers that no hypercall has as a sub-operation; nor memory_op, which looks
 * at the low bits. */
static uint64_t made_up(unsigned i)
{
    static const uint64_t odd[] = {UINT64_MAX, UINT32_MAX, 0x7fffffff,
                                   1ull << 32 | ((1u << PV_MEMOP_OP_BITS) - 1)};

    return i < ARRAY_LEN(odd) ? odd[i]
                              : ((uint64_t)i << PV_MEMOP_OP_BITS) +
                                    (1u << PV_MEMOP_OP_BITS) - 1;
}

START_TEST(made_up_sub_operations)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    unsigned nr, i, with_sub = 0;

    for (nr = 0; nr < NUMBERS; nr++) {
        uint32_t before = r->v->ledger.nr;

        if (!pv_hypercall_has_sub(nr))
            continue;
        for (i = 0; i < 1000; i++)
            pvrig_call(r, nr, made_up(i), made_up(i), 0);
        ck_assert_uint_eq(r->v->ledger.nr, before + 1);
        newest(r, LEDGER_PV_HYPERCALL, pv_hypercall_name(nr), 1000);
        with_sub++;
    }
    ck_assert_uint_gt(with_sub, 0);
    pvrig_free(r);
}
END_TEST

START_TEST(made_up_hypercalls)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t before = r->v->ledger.nr;
    unsigned i;

    for (i = 0; i < 1000; i++)
        ck_assert_int_eq(pvrig_call(r, NUMBERS + i * i, i, i, i), -XEN_ENOSYS);
    ck_assert_uint_eq(r->v->ledger.nr, before + 1);
    newest(r, LEDGER_PV_HYPERCALL, "unknown", 1000);
    pvrig_free(r);
}
END_TEST

/* Sub-operations that there are have rows of their own; where memory_op begins
 * makes no other. */
START_TEST(rows_of_sub_operations)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    unsigned i;

    for (i = 0; i < 100; i++)
        pvrig_call(r, __HYPERVISOR_memory_op,
                   XENMEM_populate_physmap | i << PV_MEMOP_OP_BITS,
                   pvrig_bad(r, 0), 0);
    newest(r, LEDGER_PV_HYPERCALL, "XENMEM_populate_physmap", 100);
    pvrig_call(r, __HYPERVISOR_xen_version, XENVER_build_id, 0, 0);
    newest(r, LEDGER_PV_HYPERCALL, "xen_version", 1);
    pvrig_call(r, __HYPERVISOR_xen_version, XENVER_build_id + 1, 0, 0);
    newest(r, LEDGER_PV_HYPERCALL, "xen_version", 1);
    pvrig_call(r, __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0);
    newest(r, LEDGER_PV_HYPERCALL, "XENVER_pagesize", 1);
    pvrig_free(r);
}
END_TEST

/* ---- entries of batches ---- */

/* Row n of the entries of a batch: one entry each. */
static void entries(struct pvrig *r, unsigned nr, unsigned row, uint64_t count)
{
    ck_assert_uint_eq(ledger_get(&r->v->ledger, LEDGER_PV_ENTRY, nr, row),
                      count);
}

START_TEST(made_up_entries_of_multicall)
{
    struct pvrig *r = pvrig_new(0 == 1, NULL);
    uint64_t va = pvrig_page(r, 0);
    struct multicall_entry e = {0};
    uint32_t before = r->v->ledger.nr;
    unsigned i;

    for (i = 0; i < 1000; i++) {
        e.op = i < 500 ? NUMBERS + i * i : UINT64_MAX - i;
        pvrig_put(r, va, &e, sizeof(e));
        ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_multicall, va, 1, 0), 0);
    }
    entries(r, __HYPERVISOR_multicall, pv_hypercall_row(UINT64_MAX), 1000);
    /* multicall, its entries, what they call */
    ck_assert_uint_eq(r->v->ledger.nr, before + 3);
    pvrig_free(r);
}
END_TEST

START_TEST(made_up_entries_of_mmuext)
{
    struct pvrig *r = pvrig_new(0 == 1, NULL);
    uint64_t va = pvrig_page(r, 0);
    const uint64_t arg[6] = {va, 1, 0, DOMID_SELF};
    struct mmuext_op op = {0};
    uint32_t before = r->v->ledger.nr;
    unsigned i;

    for (i = 0; i < 1000; i++) {
        op.cmd = i < 500 ? MMUEXT_UNMARK_SUPER + 1 + i * i : UINT32_MAX - i;
        pvrig_put(r, va, &op, sizeof(op));
        ck_assert_int_eq(pv_hypercall(r->d, __HYPERVISOR_mmuext_op, arg),
                         -XEN_ENOSYS);
    }
    entries(r, __HYPERVISOR_mmuext_op, MMUEXT_UNMARK_SUPER + 1, 1000);
    newest(r, LEDGER_PV_ENTRY, "entry:mmuext_op", 1000);
    ck_assert_uint_eq(r->v->ledger.nr, before + 2);
    pvrig_free(r);
}
END_TEST

/* mmu_update's are two bits of an address; grant_table_op has entries only of
 * those that there are. */
START_TEST(made_up_entries_of_others)
{
    struct pvrig *r = pvrig_new(0 == 1, NULL);
    uint64_t va = pvrig_page(r, 0);
    uint32_t before = r->v->ledger.nr;
    unsigned i;

    for (i = 0; i < 1000; i++) {
        const struct mmu_update u = {.ptr = made_up(i) * 4 + i, .val = 0};
        const uint64_t arg[6] = {va, 1, 0, DOMID_SELF};

        pvrig_put(r, va, &u, sizeof(u));
        pv_hypercall(r->d, __HYPERVISOR_mmu_update, arg);
        pvrig_call(r, __HYPERVISOR_grant_table_op, made_up(i), va, 1);
    }
    ck_assert_uint_eq(r->v->ledger.nr, before + 2 + 4);
    pvrig_free(r);
}
END_TEST

Suite *test_hypercall_suite(void)
{
    Suite *s = suite_create("hypercall");
    TCase *tc = tcase_create("ledger");

    tcase_add_loop_test(tc, made_up_sub_operations, 0, 2);
    tcase_add_loop_test(tc, made_up_hypercalls, 0, 2);
    tcase_add_loop_test(tc, rows_of_sub_operations, 0, 2);
    tcase_add_test(tc, made_up_entries_of_multicall);
    tcase_add_test(tc, made_up_entries_of_mmuext);
    tcase_add_test(tc, made_up_entries_of_others);
    suite_add_tcase(s, tc);
    return s;
}
