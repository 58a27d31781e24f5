/* test_hc_mmu.c: mmu_update, update_va_mapping: what they do, each refusal, and
 * guests that try to map what is not theirs. */
#include "common/base/cc.h"
#include "common/tests/suite.h"
#include "common/x86/walk.h"
#include "pv/mmu.h"
#include "pv/preempt.h"
#include "pv/pte.h"
#include "pv/tests/pvrig.h"

#define RO 0x61ull /* present, A, D */
#define RW 0x63ull

/* Machine address of the L1 entry that maps va. */
static uint64_t l1e_of(struct pvrig *r, uint64_t va)
{
    unsigned index;
    uint64_t mfn;

    ck_assert(pv_find_l1e(r->d, va, &mfn, &index));
    return mfn << PAGE_SHIFT | index * 8;
}

static uint64_t read_l1e(struct pvrig *r, uint64_t va)
{
    uint64_t ma = l1e_of(r, va);

    return pv_pte_read(r->d, ma >> PAGE_SHIFT, (ma & 4095) / 8);
}

static int64_t call4(struct pvrig *r, unsigned nr, uint64_t a, uint64_t b,
                     uint64_t c, uint64_t e)
{
    const uint64_t arg[6] = {a, b, c, e};

    return pv_hypercall(r->d, nr, arg);
}

static int64_t update(struct pvrig *r, uint64_t ptr, uint64_t val)
{
    const struct mmu_update u = {ptr, val};

    pvrig_put(r, pvrig_page(r, 0), &u, sizeof(u));
    return call4(r, __HYPERVISOR_mmu_update, pvrig_page(r, 0), 1, 0,
                 DOMID_SELF);
}

/* ---- mmu_update ---- */
START_TEST(maps_and_unmaps)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t va = pvrig_page(r, 3), a = pvrig_mfn(r, va);
    uint64_t b = pvrig_mfn(r, pvrig_page(r, 4)), e;

    ck_assert_int_eq(update(r, l1e_of(r, va), pvrig_pte(b, RW)), 0);
    ck_assert_uint_eq(pvrig_mfn(r, va), b);
    e = read_l1e(r, va);
    /* 64-bit: a kernel's entry is marked and made a user's. */
    ck_assert_int_eq((e & PV_PTE_GUEST_KERNEL) != 0, !r->d->is32);
    ck_assert_int_eq((e & X86_PTE_US) != 0, !r->d->is32);
    ck_assert_int_eq(update(r, l1e_of(r, va), 0), 0);
    ck_assert_uint_eq(read_l1e(r, va), 0);
    ck_assert_int_eq(update(r, l1e_of(r, va), pvrig_pte(a, RO)), 0);
    ck_assert_uint_eq(pvrig_mfn(r, va), a);
    pvrig_done(r);
}
END_TEST

START_TEST(keeps_a_and_d)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t va = pvrig_page(r, 3), mfn = pvrig_mfn(r, va), ma = l1e_of(r, va);

    ck_assert_int_eq(update(r, ma | MMU_NORMAL_PT_UPDATE, pvrig_pte(mfn, RW)),
                     0);
    ck_assert_int_eq(
        update(r, ma | MMU_PT_UPDATE_PRESERVE_AD, pvrig_pte(mfn, X86_PTE_P)),
        0);
    ck_assert_uint_eq(read_l1e(r, va) & (X86_PTE_A | X86_PTE_D),
                      X86_PTE_A | X86_PTE_D);
    ck_assert_int_eq(
        update(r, ma | MMU_PT_UPDATE_NO_TRANSLATE, pvrig_pte(mfn, X86_PTE_P)),
        0);
    ck_assert_uint_eq(read_l1e(r, va) & (X86_PTE_A | X86_PTE_D), 0);
    pvrig_done(r);
}
END_TEST

START_TEST(writes_plain_frames)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 5)), v;

    ck_assert_int_eq(update(r, pvrig_pte(mfn, 16), 0x1122334455667788), 0);
    pvrig_get(r, pvrig_page(r, 5) + 16, &v, sizeof(v));
    ck_assert_uint_eq(v, 0x1122334455667788);
    pvrig_done(r);
}
END_TEST

START_TEST(sets_m2p)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 5)), v = 0;
    unsigned size = r->d->is32 ? 4 : 8;

    ck_assert_int_eq(update(r, pvrig_pte(mfn, MMU_MACHPHYS_UPDATE), 0x1234), 0);
    /* The guest sees it in the table, and cannot write there. */
    gmem_read(&r->m->mem, (r->d->m2p_mfn << PAGE_SHIFT) + mfn * size, &v, size);
    ck_assert_uint_eq(v, 0x1234);
    ck_assert_int_eq(
        update(r, pvrig_pte(r->d->m2p_mfn, MMU_MACHPHYS_UPDATE), 1),
        -XEN_EINVAL);
    ck_assert_int_eq(update(r, pvrig_pte(1ull << 39, MMU_MACHPHYS_UPDATE), 1),
                     -XEN_EINVAL);
    pvrig_done(r);
}
END_TEST

/* Each value is refused and changes nothing. */
START_TEST(refuses_entries)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t va = pvrig_page(r, 3), mine = pvrig_mfn(r, va), hash;
    uint64_t table = pvrig_mfn(r, r->tables), was = read_l1e(r, va);
    const struct {
        uint64_t e;
        int rc;
    } bad[] = {
        {pvrig_pte(r->d->m2p_mfn, RO), -XEN_EBUSY},      /* the VMM's */
        {pvrig_pte(r->d->gdt_page_mfn, RW), -XEN_EBUSY}, /* the VMM's */
        {pvrig_pte(table, RW), -XEN_EBUSY},      /* a page table, writable */
        {pvrig_pte(1ull << 38, RO), -XEN_EPERM}, /* beyond memory */
        {pvrig_pte(0xa0, RW), -XEN_EPERM},       /* device memory */
        {pvrig_pte(0xffffffffffull, RO), -XEN_EINVAL},
        {pvrig_pte(mine, RO | X86_PTE_PCD), -XEN_EINVAL},
        {pvrig_pte(mine, RO | X86_PTE_PS), -XEN_EINVAL},
        {pvrig_pte(mine, RO | PV_PTE_GNTTAB), -XEN_EINVAL},
        {pvrig_pte(0x101, RO), -XEN_EBUSY}, /* not given to the guest */
    };

    update(r, l1e_of(r, va), was); /* the request is in place */
    hash = pvrig_hash(r);
    for (unsigned n = 0; n < ARRAY_LEN(bad); n++) {
        ck_assert_int_eq(update(r, l1e_of(r, va), bad[n].e), bad[n].rc);
        ck_assert_uint_eq(read_l1e(r, va), was);
    }
    update(r, l1e_of(r, va), was);
    ck_assert_uint_eq(pvrig_hash(r), hash);
    pvrig_done(r);
}
END_TEST

START_TEST(refuses_places)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t top = r->d->kernel_cr3 >> PAGE_SHIFT;
    uint64_t mine = pvrig_mfn(r, pvrig_page(r, 3));

    /* A frame that is not the guest's. */
    ck_assert_int_eq(update(r, pvrig_pte(r->d->gdt_page_mfn, 0), 0),
                     -XEN_EINVAL);
    ck_assert_int_eq(update(r, pvrig_pte(1ull << 38, 0), 0), -XEN_EINVAL);
    ck_assert_int_eq(update(r, UINT64_MAX & ~7ull, 0), -XEN_EINVAL);
    /* Upper entries: data as a table; a table at the wrong level. */
    ck_assert_int_eq(update(r, pvrig_pte(top, 0), pvrig_pte(mine, 0x27)),
                     -XEN_EINVAL);
    ck_assert_int_eq(update(r, pvrig_pte(top, 0), pvrig_pte(top, 0x27)),
                     -XEN_EINVAL);
    if (!r->d->is32) {
        /* The hole is the VMM's. */
        ck_assert_int_eq(update(r, pvrig_pte(top, 256 * 8), 0), -XEN_EINVAL);
        ck_assert_int_eq(update(r, pvrig_pte(top, 271 * 8), 0), -XEN_EINVAL);
    }
    pvrig_done(r);
}
END_TEST

START_TEST(batches)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t va = pvrig_page(r, 3), mfn = pvrig_mfn(r, va), l1e = l1e_of(r, va);
    const struct mmu_update u[3] = {
        {l1e, pvrig_pte(mfn, RO)}, {pvrig_pte(1ull << 38, 0), 0}, {l1e, 0}};
    uint32_t ndone = 7;

    pvrig_put(r, pvrig_page(r, 0), u, sizeof(u));
    pvrig_put(r, pvrig_page(r, 1), &ndone, 4);
    ck_assert_int_eq(call4(r, __HYPERVISOR_mmu_update, pvrig_page(r, 0), 3,
                           pvrig_page(r, 1), DOMID_SELF),
                     -XEN_EINVAL);
    ck_assert_uint_eq(pvrig_get32(r, pvrig_page(r, 1)), 1);
    ck_assert_uint_eq(read_l1e(r, va) & 3, 1);
    ck_assert_uint_eq(
        ledger_get(&r->v->ledger, LEDGER_PV_ENTRY, __HYPERVISOR_mmu_update, 0),
        2);
    pvrig_done(r);
}
END_TEST

START_TEST(bad_batches)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t page = pvrig_page(r, 0);
    uint64_t hash = pvrig_hash(r);

    for (unsigned n = 0; n < PVRIG_BAD; n++)
        ck_assert_int_eq(call4(r, __HYPERVISOR_mmu_update, pvrig_bad(r, n), 1,
                               0, DOMID_SELF),
                         -XEN_EFAULT);
    for (unsigned n = 0; n < PVRIG_BAD; n++)
        ck_assert_int_eq(
            call4(r, __HYPERVISOR_mmuext_op, pvrig_bad(r, n), 1, 0, DOMID_SELF),
            -XEN_EFAULT);
    ck_assert_int_lt(
        call4(r, __HYPERVISOR_mmu_update, page, UINT32_MAX, 0, DOMID_SELF), 0);
    ck_assert_int_lt(
        call4(r, __HYPERVISOR_mmuext_op, page, UINT32_MAX, 0, DOMID_SELF), 0);
    ck_assert_int_eq(call4(r, __HYPERVISOR_mmu_update, page, 0, 0, DOMID_IO),
                     -XEN_EPERM);
    ck_assert_int_eq(call4(r, __HYPERVISOR_mmu_update, page, 0, 0, 77),
                     -XEN_ESRCH);
    ck_assert_int_eq(
        call4(r, __HYPERVISOR_mmu_update, page, 0, 0, DOMID_SELF | 78u << 16),
        -XEN_ESRCH);
    ck_assert_int_eq(call4(r, __HYPERVISOR_mmuext_op, page, 0, 0, DOMID_XEN),
                     -XEN_EPERM);
    ck_assert_uint_eq(pvrig_hash(r), hash);
    pvrig_done(r);
}
END_TEST

/* More requests than one call does: the instruction is made again with the
 * rest, and the number done is that of all. */
static void long_batch(struct pvrig *r, unsigned nr, unsigned count)
{
    const struct x86_state *s = &r->d->c->s;
    uint64_t ip = s->r[R_IP], pdone = pvrig_page(r, 1), rest[4];
    static const uint8_t at[2][4] = {{R_DI, R_SI, R_DX, R_10},
                                     {R_BX, R_CX, R_DX, R_SI}};

    r->v->icount++;
    call4(r, nr, pvrig_page(r, 20), count, pdone, DOMID_SELF);
    ck_assert(r->d->no_result);
    ck_assert_uint_eq(s->r[R_IP], ip - 2);
    ck_assert_uint_eq(s->r[R_AX], nr);
    for (unsigned n = 0; n < 4; n++)
        rest[n] = s->r[at[r->d->is32][n]];
    ck_assert_uint_eq(rest[1], (count - PV_PREEMPT_ENTRIES) | PV_BATCH_REST);
    ck_assert_uint_eq(pvrig_get32(r, pdone), PV_PREEMPT_ENTRIES);
    r->d->no_result = false;
    ck_assert_int_eq(call4(r, nr, rest[0], rest[1], rest[2], rest[3]), 0);
    ck_assert_uint_eq(pvrig_get32(r, pdone), count);
}

START_TEST(long_batches_give_way)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    const struct mmu_update u = {pvrig_pte(pvrig_mfn(r, pvrig_page(r, 5)), 0),
                                 1};
    const uint32_t op32[3] = {MMUEXT_INVLPG_LOCAL, 0, 0};
    struct mmuext_op op = {.cmd = MMUEXT_INVLPG_LOCAL};
    unsigned size = r->d->is32 ? sizeof(op32) : sizeof(op), n;
    uint64_t list = pvrig_page(r, 20);

    for (n = 0; n < PV_PREEMPT_ENTRIES + 9; n++)
        pvrig_put(r, list + n * sizeof(u), &u, sizeof(u));
    long_batch(r, __HYPERVISOR_mmu_update, PV_PREEMPT_ENTRIES + 9);
    for (n = 0; n < PV_PREEMPT_ENTRIES + 9; n++)
        pvrig_put(r, list + n * size,
                  r->d->is32 ? (const void *)op32 : (const void *)&op, size);
    long_batch(r, __HYPERVISOR_mmuext_op, PV_PREEMPT_ENTRIES + 9);
    pvrig_done(r);
}
END_TEST

/* 2^32 - 1 is a rest of 2^31 - 1: what was done before is the guest's claim. */
START_TEST(counts_of_all_ones)
{
    static const unsigned nr[] = {__HYPERVISOR_mmu_update,
                                  __HYPERVISOR_mmuext_op};
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t before = 77;

    for (unsigned n = 0; n < 2; n++) {
        pvrig_put(r, pvrig_page(r, 1), &before, 4);
        ck_assert_int_lt(call4(r, nr[n], pvrig_page(r, 0), UINT32_MAX,
                               pvrig_page(r, 1), DOMID_SELF),
                         0);
        ck_assert_uint_eq(pvrig_get32(r, pvrig_page(r, 1)), before);
        ck_assert_int_eq(call4(r, nr[n], pvrig_page(r, 0), UINT32_MAX,
                               pvrig_bad(r, 3), DOMID_SELF),
                         -XEN_EFAULT);
    }
    pvrig_done(r);
}
END_TEST

/* In a multicall its entry keeps the rest, and another is as it would be. */
START_TEST(gives_way_in_a_multicall)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    const struct mmu_update u = {pvrig_pte(pvrig_mfn(r, pvrig_page(r, 5)), 0),
                                 1};
    unsigned w = r->d->is32 ? 4 : 8, n;
    uint64_t at = pvrig_page(r, 0),
             e[8] = {__HYPERVISOR_mmu_update, 0x5555, pvrig_page(r, 20),
                     PV_PREEMPT_ENTRIES + 1,  0,      DOMID_SELF};

    for (n = 0; n <= PV_PREEMPT_ENTRIES; n++)
        pvrig_put(r, e[2] + n * sizeof(u), &u, sizeof(u));
    for (n = 0; n < 8; n++)
        pvrig_put(r, at + n * w, &e[n], w);
    r->v->icount++;
    pvrig_call(r, __HYPERVISOR_multicall, at, 1, 0);
    ck_assert_uint_eq(pvrig_get32(r, at + w), 0x5555);
    ck_assert_uint_eq(pvrig_get32(r, at + 3 * w), 1 | PV_BATCH_REST);
    r->d->no_result = false;
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_multicall, at, 1, 0), 0);
    ck_assert_uint_eq(pvrig_get32(r, at + w), 0);
    pvrig_done(r);
}
END_TEST

/* ---- update_va_mapping ---- */
START_TEST(by_address)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t va = pvrig_page(r, 3), b = pvrig_mfn(r, pvrig_page(r, 4));

    ck_assert_int_eq(pvrig_map(r, va, pvrig_pte(b, RO), UVMF_INVLPG), 0);
    ck_assert_uint_eq(pvrig_mfn(r, va), b);
    ck_assert_int_eq(pvrig_map(r, va, 0, UVMF_TLB_FLUSH | UVMF_LOCAL), 0);
    ck_assert_uint_eq(read_l1e(r, va), 0);
    ck_assert_int_eq(pvrig_map(r, va, 0, UVMF_INVLPG | UVMF_ALL), 0);
    for (unsigned n = 0; n < PVRIG_BAD; n++)
        if (!pv_range_okay(r->d, pvrig_bad(r, n), 1, 1))
            ck_assert_int_eq(pvrig_map(r, pvrig_bad(r, n), 0, 0), -XEN_EINVAL);
    ck_assert_int_eq(pvrig_map(r, 0x7000, pvrig_pte(b, RO), 0), -XEN_EINVAL);
    ck_assert_int_eq(
        pvrig_map(r, va, pvrig_pte(pvrig_mfn(r, r->tables), RW), 0),
        -XEN_EBUSY);
    /* A map of vcpus that cannot be read. */
    ck_assert_int_eq(pvrig_map(r, va, pvrig_pte(b, RO), UVMF_INVLPG | 0x7000),
                     -XEN_EFAULT);
    pvrig_done(r);
}
END_TEST

START_TEST(for_another_domain)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t va = pvrig_page(r, 3);
    const uint64_t dom[] = {DOMID_SELF, DOMID_IO, 77};
    const int want[] = {0, -XEN_EPERM, -XEN_ESRCH};

    for (unsigned n = 0; n < 3; n++) {
        const uint64_t arg32[6] = {va, 0, 0, 0, dom[n]};
        const uint64_t arg64[6] = {va, 0, 0, dom[n]};

        ck_assert_int_eq(
            pv_hypercall(r->d, __HYPERVISOR_update_va_mapping_otherdomain,
                         r->d->is32 ? arg32 : arg64),
            want[n]);
    }
    pvrig_done(r);
}
END_TEST

Suite *test_hc_mmu_suite(void)
{
    Suite *s = suite_create("hc_mmu");
    TCase *tc = tcase_create("mmu_update");

    tcase_add_loop_test(tc, maps_and_unmaps, 0, 2);
    tcase_add_loop_test(tc, keeps_a_and_d, 0, 2);
    tcase_add_loop_test(tc, writes_plain_frames, 0, 2);
    tcase_add_loop_test(tc, sets_m2p, 0, 2);
    tcase_add_loop_test(tc, refuses_entries, 0, 2);
    tcase_add_loop_test(tc, refuses_places, 0, 2);
    tcase_add_loop_test(tc, batches, 0, 2);
    tcase_add_loop_test(tc, bad_batches, 0, 2);
    tcase_add_loop_test(tc, long_batches_give_way, 0, 2);
    tcase_add_loop_test(tc, counts_of_all_ones, 0, 2);
    tcase_add_loop_test(tc, gives_way_in_a_multicall, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("update_va_mapping");
    tcase_add_loop_test(tc, by_address, 0, 2);
    tcase_add_loop_test(tc, for_another_domain, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
