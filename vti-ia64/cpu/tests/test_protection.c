/* test_protection.c: what a page that is there is denied for: keys, rights,
 * access bits, in the order of their faults; deferral of speculative loads. */
#include "vti-ia64/cpu/tests/mmurig.h"

#include <string.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"

#define VA  0x40000ull
#define KEY 0x1234u

static struct mmurig r;

static void setup(void)
{
    mmurig_init(&r);
}

static void teardown(void)
{
    mmurig_fini(&r);
}

static void page(uint64_t pte)
{
    for (unsigned x = 0; x < 2; x++)
        ck_assert(
            ia64_tlb_insert(&r.m, x, 0, VA, pte | VA, 14 << 2 | KEY << 8));
}

static int access_at(unsigned access, unsigned pl)
{
    return mmurig_access(&r, VA, access, pl);
}

/* The table of rights as the manual has it: what each level may, by the page's
 * level. Letters r, w, x; P: execute, promote. [ISDM2 "Page Access Rights"] */
static const struct {
    const char *at[4]; /* of level 3 pages: levels 3, 2, 1, 0 */
} rights3[8] = {
    {{"r", "r", "r", "r"}},      {{"rx", "rx", "rx", "rx"}},
    {{"rw", "rw", "rw", "rw"}},  {{"rwx", "rwx", "rwx", "rwx"}},
    {{"r", "rw", "rw", "rw"}},   {{"rx", "rx", "rx", "rwx"}},
    {{"rwx", "rw", "rw", "rw"}}, {{"x", "x", "x", "rx"}},
};
/* At level 0 of a page of level 0, where it is not as that of level 3. */
static const char *const rights0[8] = {[6] = "rwx"};

START_TEST(access_rights)
{
    static const struct {
        unsigned access;
        char letter;
    } kinds[] = {{IA64_READ, 'r'}, {IA64_WRITE, 'w'}, {IA64_EXEC, 'x'}};

    for (unsigned ar = 0; ar < 8; ar++)
        for (unsigned pl = 0; pl < 4; pl++)
            for (unsigned cpl = 0; cpl < 4; cpl++)
                for (unsigned k = 0; k < 3; k++) {
                    const char *may =
                        rights3[ar].at[cpl == pl && cpl != 0 ? 0 : 3 - cpl];
                    bool inside = cpl <= pl || ar == 7;

                    if (cpl == 0 && pl == 0 && rights0[ar] != NULL)
                        may = rights0[ar];
                    ck_assert_msg(
                        ia64_rights(ar, pl, cpl, kinds[k].access) ==
                            (inside && strchr(may, kinds[k].letter) != NULL),
                        "rights %u, page of level %u, level %u, %c", ar, pl,
                        cpl, kinds[k].letter);
                }
}
END_TEST

START_TEST(protection_keys)
{
    page(MMURIG_PTE);
    ck_assert_int_eq(access_at(IA64_READ, 0), -1); /* PSR.pk is 0 */
    r.s.psr |= PSR_PK;
    ck_assert_int_eq(access_at(IA64_READ, 0), IA64_VEC_DKEY_MISS);
    ck_assert_uint_eq(r.f.itir, 14 << 2 | 1 << 8);
    ck_assert_int_eq(access_at(IA64_EXEC, 0), IA64_VEC_IKEY_MISS);
    ia64_set_pkr(&r.s, 15, KEY << 8); /* not valid */
    ck_assert_int_eq(access_at(IA64_READ, 0), IA64_VEC_DKEY_MISS);
    for (unsigned deny = 0; deny < 8; deny++) {
        ia64_set_pkr(&r.s, 15, KEY << 8 | PKR_V | deny << 1);
        ck_assert_int_eq(access_at(IA64_WRITE, 0),
                         deny & 1 ? (int)IA64_VEC_KEY_PERM : -1);
        ck_assert_int_eq(access_at(IA64_READ, 0),
                         deny & 2 ? (int)IA64_VEC_KEY_PERM : -1);
        ck_assert_int_eq(access_at(IA64_EXEC, 0),
                         deny & 4 ? (int)IA64_VEC_KEY_PERM : -1);
        ck_assert_int_eq(access_at(IA64_READ | IA64_WRITE, 0),
                         deny & 3 ? (int)IA64_VEC_KEY_PERM : -1);
    }
    /* In one valid register at most. */
    ia64_set_pkr(&r.s, 2, KEY << 8 | PKR_V);
    ck_assert_uint_eq(r.s.pkr[15] & PKR_V, 0);
    ck_assert_int_eq(access_at(IA64_READ | IA64_WRITE, 0), -1);
    ck_assert_uint_eq(ia64_tak(&r.m, VA), KEY << 8);
    ck_assert_uint_eq(ia64_tak(&r.m, 0), 1);
}
END_TEST

/* All is wrong with the page at first; each fault comes when those before it
 * are mended. [ISDM2 "Interruption Priorities"] */
START_TEST(faults_by_priority)
{
    uint64_t pte = 7 << 2 | VA; /* level 0, rights 0, a NaT page */

    r.s.psr |= PSR_PK;
    r.m.va_msb = 17; /* VA is not implemented */
    ck_assert_int_eq(access_at(IA64_WRITE, 3), IA64_VEC_GENERAL);
    r.m.va_msb = IA64_VA_MSB;
    ck_assert_int_eq(access_at(IA64_WRITE, 3), IA64_VEC_ALT_DTLB);
    page(pte);
    ck_assert_int_eq(access_at(IA64_WRITE, 3), IA64_VEC_NOT_PRESENT);
    page(pte |= PTE_P);
    ck_assert_int_eq(access_at(IA64_WRITE, 3), IA64_VEC_NAT);
    ck_assert_uint_eq(r.f.isr, ISR_W | IA64_NAT_PAGE);
    page(pte &= ~(7ull << 2));
    ck_assert_int_eq(access_at(IA64_WRITE, 3), IA64_VEC_DKEY_MISS);
    r.s.pkr[0] = KEY << 8 | PKR_V | PKR_WD;
    ck_assert_int_eq(access_at(IA64_WRITE, 3), IA64_VEC_KEY_PERM);
    r.s.pkr[0] = KEY << 8 | PKR_V;
    ck_assert_int_eq(access_at(IA64_WRITE, 3), IA64_VEC_DRIGHTS);
    page(pte |= 2 << 9 | 3 << 7);
    ck_assert_int_eq(access_at(IA64_WRITE, 3), IA64_VEC_DIRTY);
    page(pte |= PTE_D);
    ck_assert_int_eq(access_at(IA64_WRITE, 3), IA64_VEC_DACCESS);
    page(pte | PTE_A);
    ck_assert_int_eq(access_at(IA64_WRITE, 3), -1);
    /* What says that the bits are not looked at. */
    page(pte &= ~PTE_D);
    ck_assert_int_eq(access_at(IA64_WRITE | IA64_NO_ACCESS_BITS, 3), -1);
    ck_assert_int_eq(access_at(IA64_READ | IA64_NO_RIGHTS, 3), -1);
    r.s.psr |= PSR_DA;
    ck_assert_int_eq(access_at(IA64_WRITE, 3), -1);
    ck_assert_int_eq(access_at(IA64_EXEC, 3), IA64_VEC_IRIGHTS);
    page(pte |= 3 << 9);
    ck_assert_int_eq(access_at(IA64_EXEC, 3), IA64_VEC_IACCESS);
    r.s.psr |= PSR_IA;
    ck_assert_int_eq(access_at(IA64_EXEC, 3), -1);
}
END_TEST

/* With PSR.ic, DCR's bit and the code page's ed bit decide; without, all are
 * deferred. */
START_TEST(deferral)
{
    static const struct {
        enum ia64_vector vector;
        uint64_t dcr;
    } t[] = {{IA64_VEC_DTLB, DCR_DM},      {IA64_VEC_ALT_DTLB, DCR_DM},
             {IA64_VEC_VHPT, DCR_DM},      {IA64_VEC_NOT_PRESENT, DCR_DP},
             {IA64_VEC_DKEY_MISS, DCR_DK}, {IA64_VEC_KEY_PERM, DCR_DX},
             {IA64_VEC_DRIGHTS, DCR_DR},   {IA64_VEC_DACCESS, DCR_DA},
             {IA64_VEC_DEBUG, DCR_DD}};

    for (unsigned k = 0; k < ARRAY_LEN(t); k++) {
        const struct ia64_fault f = {.vector = t[k].vector};

        page(MMURIG_PTE | PTE_ED);
        r.s.dcr = t[k].dcr;
        ck_assert(ia64_deferred(&r.m, VA, &f));
        r.s.dcr = DCR_DEFINED & ~t[k].dcr;
        ck_assert(!ia64_deferred(&r.m, VA, &f));
        r.s.psr &= ~PSR_IC;
        ck_assert(ia64_deferred(&r.m, VA, &f));
        r.s.psr |= PSR_IC;
        page(MMURIG_PTE);
        r.s.dcr = DCR_DEFINED;
        ck_assert(!ia64_deferred(&r.m, VA, &f));
    }
}
END_TEST

Suite *test_protection_suite(void)
{
    Suite *s = suite_create("protection");
    TCase *tc = tcase_create("pages");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, access_rights);
    tcase_add_test(tc, protection_keys);
    tcase_add_test(tc, faults_by_priority);
    tcase_add_test(tc, deferral);
    suite_add_tcase(s, tc);
    return s;
}
