/* test_apic.c: the virtual-APIC page, the APIC-access page; activity states in
 * VMX non-root operation. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/entry_internal.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

#define RIP() VG_GET(&g, GUEST_RIP)

/* ---- TPR shadow ---- */
START_TEST(cr8_is_the_virtual_apics)
{
    VG_START(&g, "\x44\x0f\x20\xc0\x31\xdb\xb3\x05\x44\x0f\x22\xc3");
    vg_ctl(&g, PROC_TPR_SHADOW, true);
    vg_put(&g, VG_VAPIC + 0x80, 0x93, 1);
    VG_SET(&g, TPR_THRESHOLD, 6);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_TPR_BELOW_THRESHOLD);
    ck_assert_uint_eq(g.c->s.r[R_AX], 9);
    ck_assert_uint_eq(vg_peek(&g, VG_VAPIC + 0x80, 1), 0x50);
    ck_assert_uint_eq(RIP(), VG_CODE + 12); /* trap-like */
    VG_SET(&g, TPR_THRESHOLD, 5);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    vg_fini(&g);
}
END_TEST

/* The APIC-access page: registers exit, TPR is virtualized if there is a
 * shadow. */
static const struct {
    const char *code;
    unsigned n;
    uint64_t address;
    bool shadow;
    int64_t qual; /* -1: no exit */
} apic[] = {
#define ROW(code, address, shadow, qual)                                       \
    {                                                                          \
        code, sizeof(code) - 1, address, shadow, qual                          \
    }
    ROW("\x8b\x00", 0x5020, false, 0x0020), /* mov eax, [rax] */
    ROW("\x89\x18", 0x50b0, false, 0x10b0), /* mov [rax], ebx */
    ROW("\xff\xe0", 0x5000, false, 0x2000), /* jmp rax */
    ROW("\x8b\x00", 0x5080, false, 0x0080),
    ROW("\x8b\x00", 0x5080, true, -1),
    ROW("\x89\x18", 0x5080, true, -1),
    ROW("\x8b\x00", 0x5090, true, 0x0090),
#undef ROW
};

START_TEST(apic_access_page)
{
    vg_start(&g, apic[_i].code, apic[_i].n);
    vg_ctl(&g, PROC_TPR_SHADOW, apic[_i].shadow);
    vg_ctl(&g, PROC2_VIRTUALIZE_APIC, true);
    VG_SET(&g, APIC_ACCESS_ADDR, 0x5000);
    vg_put(&g, VG_VAPIC + 0x80, 0x40, 1);
    g.c->s.r[R_AX] = apic[_i].address;
    g.c->s.r[R_BX] = 0x30;
    if (apic[_i].qual >= 0) {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_APIC_ACCESS);
        ck_assert_int_eq((int64_t)VG_GET(&g, EXIT_QUALIFICATION),
                         apic[_i].qual);
        ck_assert_uint_eq(VG_GET(&g, GUEST_LINEAR_ADDRESS), apic[_i].address);
    } else {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
        if (apic[_i].code[0] == '\x8b')
            ck_assert_uint_eq(g.c->s.r[R_AX], 0x40);
        else
            ck_assert_uint_eq(vg_peek(&g, VG_VAPIC + 0x80, 1), 0x30);
    }
    ck_assert_uint_eq(vg_peek(&g, 0x5080, 4), 0); /* not in the page itself */
    vg_fini(&g);
}
END_TEST

/* ---- activity states ---- */
START_TEST(entry_into_hlt)
{
    VG_START(&g, "\x90");
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    VG_SET(&g, GUEST_ACTIVITY_STATE, 1);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_LIMIT + EXIT_HALTED);
    vg_intr(&g, true);
    ck_assert_uint_eq(vg_run(&g), EXIT_REASON_EXTERNAL_INTERRUPT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_ACTIVITY_STATE), 1);
    vg_intr(&g, false);
    /* An injected interrupt wakes it. */
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD, INJ_VALID | 0x30);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(RIP(), VG_HANDLER(0x30));
    ck_assert_uint_eq(VG_GET(&g, GUEST_ACTIVITY_STATE), 0);
    vg_fini(&g);
}
END_TEST

START_TEST(window_and_timer_end_hlt)
{
    VG_START(&g, "\x90");
    VG_SET(&g, GUEST_ACTIVITY_STATE, 1);
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    vg_ctl(&g, PROC_INTR_WINDOW, true);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_INTERRUPT_WINDOW);
    vg_ctl(&g, PROC_INTR_WINDOW, false);
    vg_ctl(&g, PIN_PREEMPTION_TIMER, true);
    VG_SET(&g, VMX_PREEMPTION_TIMER_VALUE, 50);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_LIMIT + EXIT_HALTED);
    clock_skip_to(&g.m->clock, clock_next_due(&g.m->clock));
    clock_run_due(&g.m->clock);
    ck_assert_uint_eq(vg_run(&g), EXIT_REASON_PREEMPTION_TIMER);
    vg_fini(&g);
}
END_TEST

START_TEST(entry_into_shutdown)
{
    VG_START(&g, "\x90");
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    vg_ctl(&g, PIN_NMI_EXITING, true);
    VG_SET(&g, GUEST_ACTIVITY_STATE, 2);
    vg_intr(&g, true); /* blocked there */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_LIMIT + EXIT_SHUTDOWN);
    g.m->cpu->nmi(g.m->cpu_opaque);
    ck_assert_uint_eq(vg_run(&g), EXIT_REASON_EXCEPTION_NMI);
    ck_assert_uint_eq(VG_GET(&g, GUEST_ACTIVITY_STATE), 2);
    vg_fini(&g);
}
END_TEST

START_TEST(wait_for_sipi)
{
    VG_START(&g, "\x90");
    VG_SET(&g, GUEST_ACTIVITY_STATE, 3);
    g.m->cpu->init(g.m->cpu_opaque); /* blocked there */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_LIMIT + EXIT_WAIT_SIPI);
    g.m->cpu->sipi(g.m->cpu_opaque, 0x9a);
    ck_assert_uint_eq(vg_run(&g), EXIT_REASON_SIPI_SIGNAL);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 0x9a);
    vg_fini(&g);
}
END_TEST

/* INIT: exits in every state but wait-for-SIPI, behind what VM entry injects.
 */
START_TEST(init_exits_after_an_injected_event)
{
    VG_START(&g, "\x90");
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD, INJ_VALID | 0x30);
    g.m->cpu->init(g.m->cpu_opaque);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_INIT_SIGNAL);
    ck_assert_uint_eq(RIP(), VG_HANDLER(0x30));
    ck_assert_uint_eq(VG_GET(&g, IDT_VECTORING_INFO_FIELD) >> 31, 0);
    vg_fini(&g);
}
END_TEST

Suite *test_apic_suite(void)
{
    Suite *s = suite_create("apic");
    TCase *tc = tcase_create("apic");

    tcase_add_test(tc, cr8_is_the_virtual_apics);
    tcase_add_loop_test(tc, apic_access_page, 0, ARRAY_LEN(apic));
    suite_add_tcase(s, tc);
    tc = tcase_create("activity");
    tcase_add_test(tc, entry_into_hlt);
    tcase_add_test(tc, window_and_timer_end_hlt);
    tcase_add_test(tc, entry_into_shutdown);
    tcase_add_test(tc, wait_for_sipi);
    tcase_add_test(tc, init_exits_after_an_injected_event);
    suite_add_tcase(s, tc);
    return s;
}
