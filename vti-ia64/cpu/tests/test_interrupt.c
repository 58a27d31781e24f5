/* test_interrupt.c: what an interruption collects, and what PSR becomes. */
#include "vti-ia64/cpu/fault.h"

#include <string.h>

#include "common/tests/suite.h"

static struct ia64_state s;

static void setup(void)
{
    memset(&s, 0, sizeof(s));
    s.psr = PSR_DEFINED & ~(PSR_RI | PSR_IS);
    s.psr |= 2ull << PSR_RI_SHIFT;
    s.ip = 0x1230;
    s.iipa_now = 0x1220;
    s.iva = 0x98000;
    s.ifs = IFS_V | 7;
    s.ifa = 1;
    s.itir = 2;
    s.iim = 3;
    s.iha = 4;
}

static const struct ia64_fault fault = {.vector = IA64_VEC_DTLB,
                                        .isr = ISR_R,
                                        .ifa = 0x10,
                                        .itir = 0x20,
                                        .iim = 0x30,
                                        .iha = 0x40,
                                        .sets = IA64_SETS_IFA | IA64_SETS_ITIR};

/* ic 1: all of the interruption, and of the others what the fault sets. */
START_TEST(collects)
{
    uint64_t psr = s.psr, to;

    to = ia64_collect(&s, &fault);
    ck_assert_uint_eq(s.ipsr, psr);
    ck_assert_uint_eq(s.iip, 0x1230);
    ck_assert_uint_eq(s.iipa, 0x1220);
    ck_assert_uint_eq(s.ifs, 0);
    ck_assert_uint_eq(s.isr, ISR_R | 2ull << ISR_EI_SHIFT);
    ck_assert_uint_eq(s.ifa, 0x10);
    ck_assert_uint_eq(s.itir, 0x20);
    ck_assert_uint_eq(s.iim, 3);
    ck_assert_uint_eq(s.iha, 4);
    ck_assert_uint_eq(s.ip, 0x98000 + IA64_VEC_DTLB);
    ck_assert_uint_eq(to, PSR_UP | PSR_MFL | PSR_MFH | PSR_PK | PSR_DT |
                              PSR_RT | PSR_MC | PSR_IT);
    s.dcr = DCR_BE | DCR_PP;
    ck_assert_uint_eq(ia64_collect(&s, &fault) & (PSR_BE | PSR_PP),
                      PSR_BE | PSR_PP);
}
END_TEST

/* ic 0: ISR alone, with ni; the nested TLB miss not even that. */
START_TEST(nested)
{
    struct ia64_fault f = fault;

    s.psr &= ~PSR_IC;
    (void)ia64_collect(&s, &fault);
    ck_assert_uint_eq(s.isr, ISR_R | ISR_NI | 2ull << ISR_EI_SHIFT);
    ck_assert_uint_eq(s.iip | s.ipsr | s.iipa, 0);
    ck_assert_uint_eq(s.ifs, IFS_V | 7);
    ck_assert_uint_eq(s.ifa, 1);
    ck_assert_uint_eq(s.itir, 2);
    s.isr = 0x77;
    f.vector = IA64_VEC_NESTED_DTLB;
    (void)ia64_collect(&s, &f);
    ck_assert_uint_eq(s.isr, 0x77);
    ck_assert_uint_eq(s.ip, 0x98000 + IA64_VEC_NESTED_DTLB);
}
END_TEST

/* An incomplete frame: ISR.ir, and its loads wait. A trap has its own ei. */
START_TEST(incomplete_frames_and_traps)
{
    struct ia64_fault f = fault;

    s.cfle = 1;
    (void)ia64_collect(&s, &fault);
    ck_assert_uint_eq(s.isr & ISR_IR, ISR_IR);
    ck_assert_uint_eq(s.cfle, 0);
    f.sets = IA64_TRAP;
    f.isr = 1ull << ISR_EI_SHIFT;
    (void)ia64_collect(&s, &f);
    ck_assert_uint_eq(s.isr, 1ull << ISR_EI_SHIFT);
}
END_TEST

Suite *test_interrupt_suite(void)
{
    Suite *suite = suite_create("interrupt");
    TCase *tc = tcase_create("collection");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, collects);
    tcase_add_test(tc, nested);
    tcase_add_test(tc, incomplete_frames_and_traps);
    suite_add_tcase(suite, tc);
    return suite;
}
