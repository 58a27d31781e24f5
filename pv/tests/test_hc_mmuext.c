/* test_hc_mmuext.c: mmuext_op: what it does, and each refusal. */
#include "common/base/cc.h"
#include "common/tests/suite.h"
#include "pv/check.h"
#include "pv/pte.h"
#include "pv/tests/pvrig.h"

#define RO 0x61ull /* present, A, D */
#define RW 0x63ull

static int64_t mmuext(struct pvrig *r, unsigned cmd, uint64_t a1, uint64_t a2)
{
    const uint32_t op32[3] = {cmd, (uint32_t)a1, (uint32_t)a2};
    const uint64_t arg[6] = {pvrig_page(r, 0), 1, 0, DOMID_SELF};
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = a1;
    memcpy(&op.arg2, &a2, sizeof(a2));
    if (r->d->is32)
        pvrig_put(r, pvrig_page(r, 0), op32, sizeof(op32));
    else
        pvrig_put(r, pvrig_page(r, 0), &op, sizeof(op));
    return pv_hypercall(r->d, __HYPERVISOR_mmuext_op, arg);
}

/* A frame of the guest's that nothing maps writable: a table to be. */
static uint64_t spare(struct pvrig *r, unsigned page, uint64_t first)
{
    uint64_t va = pvrig_page(r, page), mfn = pvrig_mfn(r, va);
    uint8_t zero[PAGE_SIZE] = {0};

    memcpy(zero, &first, sizeof(first));
    pvrig_put(r, va, zero, sizeof(zero));
    ck_assert_int_eq(pvrig_map(r, va, pvrig_pte(mfn, RO), UVMF_INVLPG), 0);
    return mfn;
}

START_TEST(pins)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t l1 = spare(r, 3, pvrig_pte(pvrig_mfn(r, pvrig_page(r, 8)), RW));
    uint64_t rw = pvrig_mfn(r, pvrig_page(r, 4));

    ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L1_TABLE, l1, 0), 0);
    ck_assert_uint_eq(r->d->frame[l1].type, PVT_L1);
    ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L1_TABLE, l1, 0), -XEN_EINVAL);
    ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L2_TABLE, l1, 0), -XEN_EINVAL);
    /* While it is a table it cannot be mapped writable... */
    ck_assert_int_eq(pvrig_map(r, pvrig_page(r, 3), pvrig_pte(l1, RW), 0),
                     -XEN_EBUSY);
    ck_assert(pv_check(r->d));
    ck_assert_int_eq(mmuext(r, MMUEXT_UNPIN_TABLE, l1, 0), 0);
    ck_assert_int_eq(mmuext(r, MMUEXT_UNPIN_TABLE, l1, 0), -XEN_EINVAL);
    /* ...and afterwards it can. */
    ck_assert_int_eq(pvrig_map(r, pvrig_page(r, 3), pvrig_pte(l1, RW), 0), 0);
    /* What is mapped writable is no table. */
    ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L1_TABLE, rw, 0), -XEN_EINVAL);
    ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L1_TABLE, 1ull << 38, 0),
                     -XEN_EINVAL);
    ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L1_TABLE, r->d->m2p_mfn, 0),
                     -XEN_EINVAL);
    pvrig_done(r);
}
END_TEST

/* One wrong entry, and nothing is held. */
START_TEST(pins_no_wrong_table)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t good = pvrig_pte(pvrig_mfn(r, pvrig_page(r, 8)), RW);
    uint64_t bad = pvrig_pte(r->d->m2p_mfn, RO);
    uint64_t l1 = spare(r, 3, good);
    uint8_t two[16];

    memcpy(two, &good, 8);
    memcpy(two + 8, &bad, 8);
    pv_write_frame(r->d, l1, 0, two, sizeof(two));
    ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L1_TABLE, l1, 0), -XEN_EBUSY);
    ck_assert_uint_eq(r->d->frame[l1].type_count, 0);
    /* A table that points to itself. */
    bad = pvrig_pte(l1, 0x27);
    pv_write_frame(r->d, l1, 0, &bad, 8);
    ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L2_TABLE, l1, 0), -XEN_EINVAL);
    bad = pvrig_pte(l1, RW);
    pv_write_frame(r->d, l1, 0, &bad, 8);
    ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L1_TABLE, l1, 0), -XEN_EBUSY);
    pvrig_done(r);
}
END_TEST

/* A chain of tables, from the bottom up: each level can be pinned, and none as
 * another. */
START_TEST(pins_every_level)
{
    static const unsigned cmd[] = {MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
                                   MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE};
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    unsigned levels = r->d->is32 ? 2 : 4, n, k;
    uint64_t e = pvrig_pte(pvrig_mfn(r, pvrig_page(r, 8)), RW), t[4];

    for (n = 0; n < levels; n++) {
        t[n] = spare(r, 10 + n, e);
        e = pvrig_pte(t[n], 0x67);
    }
    for (n = levels; n-- > 0;) {
        ck_assert_int_eq(mmuext(r, cmd[n], t[n], 0), 0);
        for (k = 0; k < levels; k++)
            ck_assert_int_eq(mmuext(r, cmd[k], t[n], 0), -XEN_EINVAL);
        ck_assert(pv_check(r->d));
    }
    for (n = levels; n-- > 0;)
        ck_assert_int_eq(mmuext(r, MMUEXT_UNPIN_TABLE, t[n], 0), 0);
    for (n = 0; n < levels; n++)
        ck_assert_uint_eq(r->d->frame[t[n]].type_count, 0);
    if (r->d->is32) {
        /* PAE: all four must be there; and there is no fourth level. */
        e = spare(r, 14, pvrig_pte(t[1], 1));
        ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L3_TABLE, e, 0), -XEN_EINVAL);
        ck_assert_int_eq(mmuext(r, MMUEXT_PIN_L4_TABLE, e, 0), -XEN_EINVAL);
    }
    pvrig_done(r);
}
END_TEST

START_TEST(base_pointers)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t top = r->d->kernel_cr3 >> PAGE_SHIFT;
    uint64_t data = pvrig_mfn(r, pvrig_page(r, 4));

    ck_assert_int_eq(mmuext(r, MMUEXT_NEW_BASEPTR, top, 0), 0);
    ck_assert_int_eq(mmuext(r, MMUEXT_NEW_BASEPTR, data, 0), -XEN_EINVAL);
    ck_assert_int_eq(mmuext(r, MMUEXT_NEW_BASEPTR, 1ull << 38, 0), -XEN_EINVAL);
    ck_assert_uint_eq(r->d->kernel_cr3 >> PAGE_SHIFT, top);
    if (r->d->is32) {
        ck_assert_int_eq(mmuext(r, MMUEXT_NEW_USER_BASEPTR, top, 0),
                         -XEN_ENOSYS);
    } else {
        ck_assert_int_eq(mmuext(r, MMUEXT_NEW_USER_BASEPTR, data, 0),
                         -XEN_EINVAL);
        ck_assert_int_eq(mmuext(r, MMUEXT_NEW_USER_BASEPTR, top, 0), 0);
        ck_assert_uint_eq(r->d->user_cr3 >> PAGE_SHIFT, top);
        ck_assert(pv_check(r->d));
        ck_assert_int_eq(mmuext(r, MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
    }
    pvrig_done(r);
}
END_TEST

START_TEST(pages)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t a = pvrig_mfn(r, pvrig_page(r, 4)), v = 42;
    uint64_t b = pvrig_mfn(r, pvrig_page(r, 5));
    uint64_t table = pvrig_mfn(r, r->tables);

    pvrig_put(r, pvrig_page(r, 4) + 8, &v, sizeof(v));
    ck_assert_int_eq(mmuext(r, MMUEXT_COPY_PAGE, b, a), 0);
    ck_assert_uint_eq(pvrig_get32(r, pvrig_page(r, 5) + 8), 42);
    ck_assert_int_eq(mmuext(r, MMUEXT_CLEAR_PAGE, b, 0), 0);
    ck_assert_uint_eq(pvrig_get32(r, pvrig_page(r, 5) + 8), 0);
    ck_assert_int_eq(mmuext(r, MMUEXT_CLEAR_PAGE, table, 0), -XEN_EINVAL);
    ck_assert_int_eq(mmuext(r, MMUEXT_COPY_PAGE, table, a), -XEN_EINVAL);
    ck_assert_int_eq(mmuext(r, MMUEXT_COPY_PAGE, b, r->d->m2p_mfn),
                     -XEN_EINVAL);
    pvrig_done(r);
}
END_TEST

START_TEST(other_operations)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t va = pvrig_page(r, 1);

    ck_assert_int_eq(mmuext(r, MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
    ck_assert_int_eq(mmuext(r, MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
    ck_assert_int_eq(mmuext(r, MMUEXT_INVLPG_LOCAL, va, 0), 0);
    ck_assert_int_eq(mmuext(r, MMUEXT_INVLPG_ALL, va, 0), 0);
    ck_assert_int_eq(mmuext(r, MMUEXT_TLB_FLUSH_MULTI, 0, va), 0);
    ck_assert_int_eq(mmuext(r, MMUEXT_TLB_FLUSH_MULTI, 0, 0x7000), -XEN_EFAULT);
    ck_assert_int_eq(mmuext(r, MMUEXT_INVLPG_MULTI, va, 0x7000), -XEN_EFAULT);
    ck_assert_int_eq(mmuext(r, MMUEXT_FLUSH_CACHE, 0, 0), -XEN_EACCES);
    ck_assert_int_eq(mmuext(r, MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), -XEN_EINVAL);
    ck_assert_int_eq(mmuext(r, MMUEXT_MARK_SUPER, 0, 0), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(mmuext(r, MMUEXT_UNMARK_SUPER, 0, 0), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(mmuext(r, 0x7fffffff, 0, 0), -XEN_ENOSYS);
    ck_assert_int_eq(mmuext(r, MMUEXT_SET_LDT, va, 8193), -XEN_EINVAL);
    ck_assert_int_eq(mmuext(r, MMUEXT_SET_LDT, va + 8, 1), -XEN_EINVAL);
    ck_assert_int_eq(mmuext(r, MMUEXT_SET_LDT, va, 16), 0);
    ck_assert_int_eq(mmuext(r, MMUEXT_SET_LDT, 0, 0), 0);
    pvrig_done(r);
}
END_TEST

Suite *test_hc_mmuext_suite(void)
{
    Suite *s = suite_create("hc_mmuext");
    TCase *tc = tcase_create("mmuext_op");

    tcase_add_loop_test(tc, pins, 0, 2);
    tcase_add_loop_test(tc, pins_no_wrong_table, 0, 2);
    tcase_add_loop_test(tc, pins_every_level, 0, 2);
    tcase_add_loop_test(tc, base_pointers, 0, 2);
    tcase_add_loop_test(tc, pages, 0, 2);
    tcase_add_loop_test(tc, other_operations, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
