/* test_nmi.c: NMIs in VMX non-root operation: exits, virtual NMIs, what IRET
 * does to their blocking. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/entry_internal.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

#define RIP() VG_GET(&g, GUEST_RIP)

static void nmi_handler_returns(void)
{
    vg_put(&g, VG_HANDLER(VEC_NMI), 0xcf48, 2);
}

START_TEST(virtual_nmis_are_blocked_until_iret)
{
    VG_START(&g, "\x90\x90");
    nmi_handler_returns();
    vg_ctl(&g, PROC_NMI_WINDOW, true);
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD, INJ_VALID | INJ_NMI << 8 | 2);
    /* No window in the handler; after its IRET there is. */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_NMI_WINDOW);
    ck_assert_uint_eq(RIP(), VG_CODE);
    ck_assert_uint_eq(g.v->icount, 1);
    ck_assert_uint_eq(VG_GET(&g, GUEST_INTERRUPTIBILITY_INFO), 0);
    vg_fini(&g);
}
END_TEST

/* A physical NMI exits while virtual NMIs are blocked. */
START_TEST(nmi_exits_in_spite_of_virtual_blocking)
{
    VG_START(&g, "\x90\x90");
    vg_ctl(&g, PIN_VIRTUAL_NMIS, _i == 0);
    vg_ctl(&g, PIN_NMI_EXITING, true);
    VG_SET(&g, GUEST_INTERRUPTIBILITY_INFO, 8);
    g.m->cpu->nmi(g.m->cpu_opaque);
    ck_assert_uint_eq(vg_go(&g),
                      _i == 0 ? EXIT_REASON_EXCEPTION_NMI : EXIT_REASON_HLT);
    vg_fini(&g);
}
END_TEST

/* NMI exiting without virtual NMIs: IRET leaves blocking alone; with neither,
 * it unblocks, and the guest takes its NMIs. */
START_TEST(iret_and_nmi_blocking)
{
    VG_START(&g, "\x90\x90");
    nmi_handler_returns();
    vg_ctl(&g, PIN_NMI_EXITING, _i == 0);
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD, INJ_VALID | INJ_NMI << 8 | 2);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_INTERRUPTIBILITY_INFO), _i == 0 ? 8 : 0);
    vg_fini(&g);
}
END_TEST

START_TEST(nmi_without_exiting_is_the_guests)
{
    VG_START(&g, "\x90");
    g.m->cpu->nmi(g.m->cpu_opaque);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(RIP(), VG_HANDLER(VEC_NMI));
    ck_assert_uint_eq(VG_GET(&g, GUEST_INTERRUPTIBILITY_INFO), 8);
    vg_fini(&g);
}
END_TEST

/* A fault of the IRET that unblocks: bit 12 of the information. */
START_TEST(fault_of_iret_tells_of_unblocking)
{
    VG_START(&g, "\x48\xcf");
    vg_ctl(&g, PIN_VIRTUAL_NMIS, true);
    VG_SET(&g, GUEST_INTERRUPTIBILITY_INFO, _i == 2 ? 0 : 8);
    if (_i == 1)
        VG_SET(&g, GUEST_RSP, 0x400000); /* not in EPT */
    else
        VG_SET(&g, GUEST_RSP, 0x10000000000);
    VG_SET(&g, EXCEPTION_BITMAP, BIT(VEC_PF));
    if (_i == 1) {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EPT_VIOLATION);
        ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), BIT(12) | 0x181);
    } else {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXCEPTION_NMI);
        ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO) >> 12 & 1, _i == 0);
    }
    ck_assert_uint_eq(VG_GET(&g, GUEST_INTERRUPTIBILITY_INFO), 0);
    vg_fini(&g);
}
END_TEST

Suite *test_nmi_suite(void)
{
    Suite *s = suite_create("nmi");
    TCase *tc = tcase_create("nmis");

    tcase_add_test(tc, virtual_nmis_are_blocked_until_iret);
    tcase_add_loop_test(tc, nmi_exits_in_spite_of_virtual_blocking, 0, 2);
    tcase_add_loop_test(tc, iret_and_nmi_blocking, 0, 2);
    tcase_add_test(tc, nmi_without_exiting_is_the_guests);
    tcase_add_loop_test(tc, fault_of_iret_tells_of_unblocking, 0, 3);
    suite_add_tcase(s, tc);
    return s;
}
