/* test_hc_desc.c: set_gdt, update_descriptor, the LDT of MMUEXT_SET_LDT and how
 * its pages come in. */
#include "common/base/cc.h"
#include "common/tests/suite.h"
#include "common/x86/walk.h"
#include "pv/check.h"
#include "pv/pte.h"
#include "pv/tests/pvrig.h"
#include "pv/vcpu.h"

#define DATA3 0x00cff3000000ffffull /* data, DPL 3 */
#define DATA1 0x00cfb3000000ffffull /* data, DPL 1 */
#define CODE0 0x00cf9b000000ffffull /* code, DPL 0 */

START_TEST(checks_descriptors)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = pvrig_mfn(r, pvrig_page(r, 4)), got;
    const uint64_t good = 0x00cff3000000ffff; /* data, DPL 3 */
    const uint64_t bad[] = {
        0x00008c0000100000, /* call gate */
        0x00008b0000000067, /* TSS */
        0x0000820000000000, /* LDT */
    };

    for (unsigned n = 0; n <= ARRAY_LEN(bad); n++) {
        uint64_t desc = n < ARRAY_LEN(bad) ? bad[n] : good;
        uint64_t ma = (mfn << PAGE_SHIFT) + 8;
        const uint64_t arg32[6] = {(uint32_t)ma, ma >> 32, (uint32_t)desc,
                                   desc >> 32};
        const uint64_t arg64[6] = {ma, desc};

        ck_assert_int_eq(pv_hypercall(r->d, __HYPERVISOR_update_descriptor,
                                      r->d->is32 ? arg32 : arg64),
                         n < ARRAY_LEN(bad) ? -XEN_EINVAL : 0);
    }
    pvrig_get(r, pvrig_page(r, 4) + 8, &got, 8);
    ck_assert_uint_ne(got, 0);
    pvrig_free(r);
}
END_TEST

START_TEST(takes_no_wrong_gdt)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t frame = pvrig_mfn(r, pvrig_page(r, 4));

    /* Mapped writable; too many entries; a list that cannot be read. */
    pvrig_put(r, pvrig_page(r, 0), &frame, sizeof(frame));
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_set_gdt, pvrig_page(r, 0), 8, 0),
        -XEN_EINVAL);
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_set_gdt, pvrig_page(r, 0), 7169, 0),
        -XEN_EINVAL);
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_set_gdt, pvrig_page(r, 0), UINT32_MAX, 0),
        -XEN_EINVAL);
    for (unsigned n = 0; n < PVRIG_BAD; n++)
        ck_assert_int_eq(
            pvrig_call(r, __HYPERVISOR_set_gdt, pvrig_bad(r, n), 8, 0),
            -XEN_EFAULT);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_set_gdt, 0, 0, 0), 0);
    ck_assert(pv_check(r->d));
    pvrig_free(r);
}
END_TEST

/* Scratch page n with a descriptor at its start, mapped read-only: a page of
 * descriptors to be. */
static uint64_t desc_page(struct pvrig *r, unsigned n, uint64_t desc)
{
    uint64_t va = pvrig_page(r, n), mfn = pvrig_mfn(r, va);
    uint8_t zero[PAGE_SIZE] = {0};

    memcpy(zero, &desc, sizeof(desc));
    pvrig_put(r, va, zero, sizeof(zero));
    ck_assert_int_eq(pvrig_map(r, va, mfn << PAGE_SHIFT | 0x61, UVMF_INVLPG),
                     0);
    return mfn;
}

static int64_t update_desc(struct pvrig *r, uint64_t ma, uint64_t desc)
{
    const uint64_t arg32[6] = {(uint32_t)ma, ma >> 32, (uint32_t)desc,
                               desc >> 32};
    const uint64_t arg64[6] = {ma, desc};

    return pv_hypercall(r->d, __HYPERVISOR_update_descriptor,
                        r->d->is32 ? arg32 : arg64);
}

static int64_t set_ldt(struct pvrig *r, uint64_t va, uint64_t ents)
{
    const uint32_t op32[3] = {MMUEXT_SET_LDT, (uint32_t)va, (uint32_t)ents};
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT};
    const uint64_t arg[6] = {pvrig_page(r, 0), 1, 0, DOMID_SELF};

    op.arg1.linear_addr = va;
    op.arg2.nr_ents = (unsigned)ents;
    if (r->d->is32)
        pvrig_put(r, arg[0], op32, sizeof(op32));
    else
        pvrig_put(r, arg[0], &op, sizeof(op));
    return pv_hypercall(r->d, __HYPERVISOR_mmuext_op, arg);
}

/* mov ds, 7: entry 0 of the LDT, privilege 3 */
static const uint8_t load_ds[] = {0xb8, 0x07, 0x00, 0x00, 0x00, 0x8e, 0xd8};

/* ---- GDT ---- */
START_TEST(takes_a_gdt)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = desc_page(r, 4, CODE0), got;

    pvrig_put(r, pvrig_page(r, 0), &mfn, sizeof(mfn));
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_set_gdt, pvrig_page(r, 0), 512, 0), 0);
    ck_assert_uint_eq(r->d->frame[mfn].type, PVT_SEG);
    /* No more privilege than the guest kernel's own */
    pvrig_get(r, pvrig_page(r, 4), &got, 8);
    ck_assert_uint_eq(got >> 45 & 3, r->d->is32 ? 1 : 3);
    /* It cannot be written now, but by update_descriptor. */
    ck_assert_int_eq(
        pvrig_map(r, pvrig_page(r, 4), mfn << PAGE_SHIFT | 0x63, 0),
        -XEN_EBUSY);
    ck_assert_int_eq(update_desc(r, (mfn << PAGE_SHIFT) + 16, DATA3), 0);
    ck_assert_int_eq(update_desc(r, (mfn << PAGE_SHIFT) + 4, DATA3),
                     -XEN_EINVAL);
    ck_assert(pv_check(r->d));
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_set_gdt, 0, 0, 0), 0);
    ck_assert_uint_eq(r->d->frame[mfn].type_count, 0);
    pvrig_free(r);
}
END_TEST

START_TEST(updates_nobody_elses)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    const uint64_t bad[] = {r->d->gdt_page_mfn, r->d->m2p_mfn,
                            pvrig_mfn(r, r->tables), 0, r->d->nr_frames};
    uint64_t hash = pvrig_hash(r);

    for (unsigned n = 0; n < ARRAY_LEN(bad); n++)
        ck_assert_int_eq(update_desc(r, bad[n] << PAGE_SHIFT, DATA3),
                         -XEN_EINVAL);
    ck_assert_int_eq(update_desc(r, UINT64_MAX & ~7ull, DATA3), -XEN_EINVAL);
    ck_assert_uint_eq(pvrig_hash(r), hash);
    pvrig_free(r);
}
END_TEST

/* ---- LDT ---- */

/* A page comes in when the processor first reads from it. */
START_TEST(pages_the_ldt_in)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t mfn = desc_page(r, 4, DATA3);

    pvrig_arm(r);
    ck_assert_int_eq(set_ldt(r, pvrig_page(r, 4), 512), 0);
    ck_assert_uint_eq(r->d->frame[mfn].type_count, 0);
    pvrig_run(r, load_ds, sizeof(load_ds), 2);
    ck_assert_int_eq(pvrig_trap(r), -1);
    ck_assert_uint_eq(r->d->c->s.seg[SEG_DS].sel, 7);
    ck_assert_uint_eq(r->d->frame[mfn].type, PVT_SEG);
    ck_assert_uint_eq(r->d->frame[mfn].type_count, 1);
    ck_assert(pv_check(r->d));
    /* Another LDT, and it is the guest's again. */
    ck_assert_int_eq(set_ldt(r, 0, 0), 0);
    ck_assert_uint_eq(r->d->frame[mfn].type_count, 0);
    pvrig_free(r);
}
END_TEST

/* A page that is mapped writable, a page table, nothing, a wrong descriptor:
 * the fault is the guest's, at the address of its table. */
START_TEST(takes_no_wrong_ldt)
{
    struct pvrig *r = pvrig_new(_i & 1, NULL);
    uint64_t va = pvrig_page(r, 4);

    pvrig_arm(r);
    switch (_i >> 1) {
    case 0:
        break;
    case 1:
        va = r->tables;
        break;
    case 2:
        pvrig_unmap(r, va);
        break;
    default:
        desc_page(r, 4, 0x0000890000000067); /* a TSS */
        break;
    }
    ck_assert_int_eq(set_ldt(r, va, 512), 0);
    pvrig_run(r, load_ds, sizeof(load_ds), 2);
    ck_assert_int_eq(pvrig_trap(r), VEC_PF);
    ck_assert_uint_eq(r->d->ctrl[2], va);
    ck_assert(pv_check(r->d));
    pvrig_free(r);
}
END_TEST

START_TEST(hostile_ldts)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t hole = r->d->is32 ? PV_HOLE32_START : PV_HOLE64_START;

    pvrig_arm(r);
    ck_assert_int_eq(set_ldt(r, pvrig_page(r, 4), UINT32_MAX), -XEN_EINVAL);
    ck_assert_int_eq(set_ldt(r, pvrig_page(r, 4), 8193), -XEN_EINVAL);
    ck_assert_int_eq(set_ldt(r, hole, 1), -XEN_EINVAL);
    ck_assert_int_eq(set_ldt(r, hole - PAGE_SIZE, 8192), -XEN_EINVAL);
    ck_assert_int_eq(set_ldt(r, pvrig_page(r, 4) + 1, 1), -XEN_EINVAL);
    /* Beyond its end there is nothing. */
    desc_page(r, 4, DATA3);
    ck_assert_int_eq(set_ldt(r, pvrig_page(r, 4), 0), 0);
    pvrig_run(r, load_ds, sizeof(load_ds), 2);
    ck_assert_int_eq(pvrig_trap(r), VEC_GP);
    pvrig_free(r);
}
END_TEST

Suite *test_hc_desc_suite(void)
{
    Suite *s = suite_create("hc_desc");
    TCase *tc = tcase_create("GDT");

    tcase_add_loop_test(tc, checks_descriptors, 0, 2);
    tcase_add_loop_test(tc, takes_no_wrong_gdt, 0, 2);
    tcase_add_loop_test(tc, takes_a_gdt, 0, 2);
    tcase_add_loop_test(tc, updates_nobody_elses, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("LDT");
    tcase_add_loop_test(tc, pages_the_ldt_in, 0, 2);
    tcase_add_loop_test(tc, takes_no_wrong_ldt, 0, 8);
    tcase_add_loop_test(tc, hostile_ldts, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
