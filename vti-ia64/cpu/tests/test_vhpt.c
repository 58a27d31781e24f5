/* test_vhpt.c: the VHPT walker in both formats: what it inserts, when it is
 * off, how its searches fail. */
#include "vti-ia64/cpu/tests/mmurig.h"

#include "common/base/bits.h"
#include "common/tests/suite.h"

#define TABLE_PA 0x80000ull
#define TABLE_PS 18u
#define VA       (3ull << 61 | 5ull << 14)
#define PAGE     (MMURIG_PTE | 0x4000)

static struct mmurig r;
static uint64_t at; /* of VA's entry, virtual */

/* A table of 32 KiB in region 7 for long entries, in VA's own for short ones,
 * mapped by a register. */
static void table(bool lng)
{
    uint64_t va = (lng ? 7ull : 3ull) << 61 | 1ull << 40;

    mmurig_init(&r);
    for (unsigned k = 0; k < 8; k++)
        r.s.rr[k] |= RR_VE;
    r.s.pta = va | 15u << 2 | PTA_VE | (lng ? PTA_VF : 0);
    ck_assert(ia64_tlb_insert(&r.m, false, 0, va, MMURIG_PTE | TABLE_PA,
                              TABLE_PS << 2 | 9 << 8));
    at = ia64_thash(&r.m, VA);
    ck_assert_uint_lt(at - va, 32768);
}

static void entry(uint64_t pte, uint64_t itir, uint64_t tag)
{
    uint64_t words[4] = {pte, itir, tag, 0};

    for (unsigned k = 0; k < 4 && (r.s.dcr & DCR_BE); k++)
        words[k] = __builtin_bswap64(words[k]);
    gmem_write(&r.mem, TABLE_PA + (at & mask_low(TABLE_PS)), words,
               r.s.pta & PTA_VF ? 32 : 8);
}

static int reads(void)
{
    return mmurig_access(&r, VA + 0x123, IA64_READ, 0);
}

static void teardown(void)
{
    mmurig_fini(&r);
}

/* Size and key are the region's. */
START_TEST(short_format)
{
    table(false);
    ck_assert_uint_eq(at & mask_low(15), 5 * 8);
    r.s.dcr = _i ? DCR_BE : 0;
    entry(PAGE, 0, 0);
    ck_assert_int_eq(reads(), -1);
    ck_assert_uint_eq(r.x.pa, 0x4123);
    ck_assert_uint_eq(r.x.ps, 14);
    ck_assert_uint_eq(r.x.key, 4);
    /* It is in the cache now, for data alone. */
    entry(0, 0, 0);
    ck_assert_int_eq(reads(), -1);
    ck_assert_int_eq(mmurig_access(&r, VA, IA64_EXEC, 0), IA64_VEC_NOT_PRESENT);
}
END_TEST

/* Its own size and key, if the tag is that of the address. */
START_TEST(long_format)
{
    uint64_t tag;

    table(true);
    tag = ia64_ttag(&r.m, VA);
    r.s.dcr = _i ? DCR_BE : 0;
    entry(PAGE, 12 << 2 | 77 << 8, tag);
    ck_assert_int_eq(reads(), -1);
    ck_assert_uint_eq(r.x.pa, 0x4123);
    ck_assert_uint_eq(r.x.ps, 12);
    ck_assert_uint_eq(r.x.key, 77);
    ia64_tlb_purge_all(&r.m);
    entry(PAGE, 12 << 2, tag ^ 1);
    ck_assert_int_eq(reads(), IA64_VEC_DTLB);
    ck_assert_uint_eq(r.f.iha, at);
    ck_assert_uint_eq(r.f.ifa, VA + 0x123);
    ck_assert_uint_eq(r.f.itir, 14 << 2 | 4 << 8);
    ck_assert_uint_eq(r.f.sets, IA64_SETS_IFA | IA64_SETS_ITIR | IA64_SETS_IHA);
    entry(PAGE, 12 << 2, tag | 1ull << 63); /* invalid */
    ck_assert_int_eq(reads(), IA64_VEC_DTLB);
    entry(PAGE | 2, 12 << 2, tag); /* reserved */
    ck_assert_int_eq(reads(), IA64_VEC_DTLB);
    ck_assert_int_eq(mmurig_access(&r, VA, IA64_EXEC, 0), IA64_VEC_ITLB);
    entry(PAGE & ~PTE_P, 12 << 2, tag); /* is inserted */
    ck_assert_int_eq(reads(), IA64_VEC_NOT_PRESENT);
}
END_TEST

/* The table is not mapped: the VHPT Translation fault, with the size and
 * identifier of its region. Unusable: the search has failed. */
START_TEST(the_table_itself)
{
    static const uint64_t unusable[] = {
        MMURIG_PTE & ~PTE_P, MMURIG_PTE & ~PTE_A, MMURIG_PTE | 4 << 2,
        MMURIG_PTE | 7 << 2};
    uint64_t va;

    table(true);
    va = at;
    entry(PAGE, 12 << 2, ia64_ttag(&r.m, VA));
    for (unsigned k = 0; k < ARRAY_LEN(unusable); k++) {
        ck_assert(ia64_tlb_insert(&r.m, false, 0, va, unusable[k] | TABLE_PA,
                                  TABLE_PS << 2));
        ck_assert_int_eq(reads(), IA64_VEC_DTLB);
    }
    ck_assert(ia64_tlb_insert(&r.m, false, 0, va, MMURIG_PTE | TABLE_PA,
                              TABLE_PS << 2 | 9 << 8));
    r.s.psr |= PSR_PK; /* no key register has its key */
    ck_assert_int_eq(reads(), IA64_VEC_DTLB);
    r.s.pkr[5] = 9 << 8 | PKR_V | PKR_RD;
    ck_assert_int_eq(reads(), IA64_VEC_DTLB);
    r.s.psr &= ~PSR_PK;
    ia64_tlb_purge_tr(&r.m, false, va, TABLE_PS);
    ck_assert_int_eq(reads(), IA64_VEC_VHPT);
    ck_assert_uint_eq(r.f.iha, at);
    ck_assert_uint_eq(r.f.itir, 14 << 2 | 8 << 8);
    r.s.psr &= ~PSR_IC;
    ck_assert_int_eq(reads(), IA64_VEC_NESTED_DTLB);
}
END_TEST

/* PTA.ve, RR.ve, PSR.dt; for instructions PSR.ic too. */
START_TEST(the_walker_is_off)
{
    table(false);
    entry(PAGE, 0, 0);
    r.s.pta ^= PTA_VE;
    ck_assert_int_eq(reads(), IA64_VEC_ALT_DTLB);
    r.s.pta ^= PTA_VE;
    r.s.rr[3] ^= RR_VE;
    ck_assert_int_eq(reads(), IA64_VEC_ALT_DTLB);
    r.s.rr[3] ^= RR_VE;
    r.s.psr ^= PSR_DT;
    ck_assert_int_eq(reads(), IA64_VEC_ALT_DTLB);
    ck_assert_int_eq(mmurig_access(&r, VA, IA64_EXEC, 0), IA64_VEC_ALT_ITLB);
    r.s.psr ^= PSR_DT | PSR_IC;
    ck_assert_int_eq(mmurig_access(&r, VA, IA64_EXEC, 0), IA64_VEC_ALT_ITLB);
    ck_assert_int_eq(reads(), -1);
    ck_assert_int_eq(mmurig_access(&r, VA + (1 << 20), IA64_READ, 0),
                     IA64_VEC_NOT_PRESENT);
}
END_TEST

Suite *test_vhpt_suite(void)
{
    Suite *s = suite_create("vhpt");
    TCase *tc = tcase_create("walker");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, short_format, 0, 2);
    tcase_add_loop_test(tc, long_format, 0, 2);
    tcase_add_test(tc, the_table_itself);
    tcase_add_test(tc, the_walker_is_off);
    suite_add_tcase(s, tc);
    return s;
}
