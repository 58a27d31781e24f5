/* test_tlb.c: translation registers and cache: page sizes, insertion,
 * replacement, purges; addresses that are not implemented. */
#include "vti-ia64/cpu/tests/mmurig.h"

#include "common/base/bits.h"
#include "common/tests/suite.h"

#define REGION(n) ((uint64_t)(n) << 61)

static struct mmurig r;

static void setup(void)
{
    mmurig_init(&r);
}

static void teardown(void)
{
    mmurig_fini(&r);
}

static bool insert(bool x, int tr, uint64_t va, uint64_t pte, unsigned ps)
{
    return ia64_tlb_insert(&r.m, x, tr, va, pte, ps << 2);
}

static int reads(uint64_t va)
{
    return mmurig_access(&r, va, IA64_READ, 0);
}

/* 4K to 256M by factors of 4, and 4G; a page is aligned in both spaces. */
START_TEST(page_sizes)
{
    const uint64_t pa = 0x2aaaaaaaaaaaull << 1;

    for (unsigned ps = 0; ps < 64; ps++) {
        bool known = (ps >= 12 && ps <= 28 && ps % 2 == 0) || ps == 32;
        uint64_t size = 1ull << ps, va = REGION(3) + (5ull << 40);

        ck_assert_int_eq(
            insert(false, -1, va + size / 2, MMURIG_PTE | (pa & ~0xfffull), ps),
            known);
        if (!known)
            continue;
        ck_assert_int_eq(reads(va), -1);
        ck_assert_uint_eq(r.x.pa, pa & ~(size - 1) & mask_low(IA64_PA_BITS));
        ck_assert_uint_eq(r.x.ps, ps);
        ck_assert_int_eq(reads(va + size - 1), -1);
        ck_assert_uint_eq(r.x.pa, (pa & ~(size - 1) & mask_low(IA64_PA_BITS)) +
                                      size - 1);
        ck_assert_int_eq(reads(va + size), IA64_VEC_ALT_DTLB);
        ck_assert_int_eq(reads(va - 1), IA64_VEC_ALT_DTLB);
        ia64_tlb_purge_all(&r.m);
    }
}
END_TEST

/* Of a page that is not present all but its size is software's. */
START_TEST(reserved_fields)
{
    static const struct {
        uint64_t pte, itir;
    } bad[] = {
        {MMURIG_PTE | 2, 14 << 2},          {MMURIG_PTE | 1ull << 50, 14 << 2},
        {MMURIG_PTE | 1 << 2, 14 << 2},     {MMURIG_PTE | 2 << 2, 14 << 2},
        {MMURIG_PTE | 3 << 2, 14 << 2},     {MMURIG_PTE, 14 << 2 | 1},
        {MMURIG_PTE, 14 << 2 | 1ull << 32},
    };

    for (unsigned k = 0; k < ARRAY_LEN(bad); k++) {
        ck_assert(
            !ia64_tlb_insert(&r.m, false, -1, 0, bad[k].pte, bad[k].itir));
        ck_assert(ia64_tlb_insert(&r.m, false, -1, 0, bad[k].pte & ~PTE_P,
                                  bad[k].itir));
    }
    ck_assert(!ia64_tlb_insert(&r.m, false, -1, 0, 0, 13 << 2));
}
END_TEST

/* Instruction and data, regions and identifiers are apart. */
START_TEST(what_matches)
{
    ck_assert(insert(false, -1, REGION(1), MMURIG_PTE | 0x4000, 14));
    ck_assert_int_eq(reads(REGION(1) + 8), -1);
    ck_assert_int_eq(mmurig_access(&r, REGION(1), IA64_EXEC, 0),
                     IA64_VEC_ALT_ITLB);
    ck_assert_int_eq(reads(REGION(2)), IA64_VEC_ALT_DTLB);
    ck_assert_uint_eq(r.f.ifa, REGION(2));
    ck_assert_uint_eq(r.f.itir, 14 << 2 | 3 << 8); /* of the region */
    ck_assert_uint_eq(r.f.isr, ISR_R);
    r.s.rr[2] = r.s.rr[1]; /* the same address space */
    ck_assert_int_eq(reads(REGION(2)), -1);
    r.s.rr[1] ^= 1 << 8;
    ck_assert_int_eq(reads(REGION(1)), IA64_VEC_ALT_DTLB);
}
END_TEST

/* The cache: the oldest goes. What a new entry overlaps goes too; registers
 * stay and are found first. */
START_TEST(replacement)
{
    for (uint64_t k = 0; k <= IA64_TCS; k++)
        ck_assert(insert(false, -1, k << 14, MMURIG_PTE | k << 14, 14));
    ck_assert_int_eq(reads(0), IA64_VEC_ALT_DTLB);
    for (uint64_t k = 1; k <= IA64_TCS; k++)
        ck_assert_int_eq(reads(k << 14), -1);
    ck_assert(insert(false, -1, 2 << 14, MMURIG_PTE | 1ull << 30, 16));
    ck_assert_int_eq(reads(3 << 14), -1);
    ck_assert_uint_eq(r.x.pa, (1ull << 30) + (3 << 14));
    ck_assert_int_eq(reads(4 << 14), -1);
    ck_assert_uint_eq(r.x.pa, 4 << 14);
    ck_assert(insert(false, 7, 4 << 14, MMURIG_PTE | 1ull << 31, 14));
    ck_assert(insert(false, -1, 4 << 14, MMURIG_PTE | 1ull << 32, 14));
    ck_assert_int_eq(reads(4 << 14), -1);
    ck_assert_uint_eq(r.x.pa, 1ull << 31);
}
END_TEST

START_TEST(purges)
{
    for (unsigned x = 0; x < 2; x++) {
        ck_assert(insert(x, 3, 0x100000, MMURIG_PTE, 14));
        ck_assert(insert(x, -1, 0x200000, MMURIG_PTE, 14));
        ck_assert(insert(x, -1, 0x300000, MMURIG_PTE, 14));
    }
    ia64_tlb_purge(&r.m, 0x100000, 14); /* not registers */
    ia64_tlb_purge(&r.m, 0x201000, 12); /* what overlaps */
    ck_assert_int_eq(reads(0x100000), -1);
    ck_assert_int_eq(reads(0x200000), IA64_VEC_ALT_DTLB);
    ck_assert_int_eq(mmurig_access(&r, 0x200000, IA64_EXEC, 0),
                     IA64_VEC_ALT_ITLB);
    ck_assert_int_eq(reads(0x300000), -1);
    ia64_tlb_purge_tr(&r.m, true, 0x100000, 14); /* the one of its kind */
    ck_assert_int_eq(mmurig_access(&r, 0x100000, IA64_EXEC, 0),
                     IA64_VEC_ALT_ITLB);
    ck_assert_int_eq(reads(0x100000), -1);
    ia64_tlb_purge_all(&r.m); /* the cache */
    ck_assert_int_eq(reads(0x300000), IA64_VEC_ALT_DTLB);
    ck_assert_int_eq(reads(0x100000), -1);
}
END_TEST

START_TEST(unimplemented_addresses)
{
    r.m.va_msb = 50;
    ck_assert_int_eq(reads(1ull << 50), IA64_VEC_GENERAL);
    ck_assert_uint_eq(r.f.isr, ISR_R | IA64_GE_RESERVED);
    ck_assert_int_eq(reads((1ull << 50) - 1), IA64_VEC_ALT_DTLB);
    r.m.va_msb = IA64_VA_MSB;
    ck_assert_int_eq(reads(1ull << 60), IA64_VEC_ALT_DTLB);
    r.s.psr |= PSR_VM; /* one bit less: 60 and 59 must be equal */
    ck_assert_int_eq(reads(1ull << 60), IA64_VEC_GENERAL);
    ck_assert_int_eq(reads(3ull << 59), IA64_VEC_ALT_DTLB);
    ck_assert(
        !ia64_mmu_translate(&r.m, 1ull << 51, IA64_READ, 0, false, &r.x, &r.f));
    ck_assert_uint_eq(r.f.vector, IA64_VEC_GENERAL);
}
END_TEST

Suite *test_tlb_suite(void)
{
    Suite *s = suite_create("tlb");
    TCase *tc = tcase_create("registers and cache");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, page_sizes);
    tcase_add_test(tc, reserved_fields);
    tcase_add_test(tc, what_matches);
    tcase_add_test(tc, replacement);
    tcase_add_test(tc, purges);
    tcase_add_test(tc, unimplemented_addresses);
    suite_add_tcase(s, tc);
    return s;
}
