/* test_boundary.c: what VMX does between instructions: pins, windows, blocking,
 * monitor trap flag, preemption timer, pending debug exceptions. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/entry_internal.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

#define RIP() VG_GET(&g, GUEST_RIP)

/* A fixed interrupt by the local APIC, which raises INTR. */
static void apic_interrupt(unsigned vector)
{
    bus_write(&g.m->bus, BUS_MMIO, 0xfee000f0, 4, 0x1ff);
    bus_write(&g.m->bus, BUS_MMIO, 0xfee00300, 4, 0x44000 | vector);
}

/* ---- external interrupts ---- */

/* They exit whatever IF says, but not while STI or MOV SS blocks. */
START_TEST(interrupt_exits_whatever_if)
{
    VG_START(&g, "\x90\x90");
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | (_i ? FL_IF : 0));
    vg_intr(&g, true);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXTERNAL_INTERRUPT);
    ck_assert_uint_eq(RIP(), VG_CODE);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO) >> 31, 0);
    ck_assert(vmx_intr(g.v)); /* not acknowledged */
    vg_fini(&g);
}
END_TEST

START_TEST(blocking_holds_interrupts_back)
{
    VG_START(&g, "\x90\x90");
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    VG_SET(&g, GUEST_INTERRUPTIBILITY_INFO, _i ? 2 : 1);
    vg_intr(&g, true);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXTERNAL_INTERRUPT);
    ck_assert_uint_eq(RIP(), VG_CODE + 1);
    ck_assert_uint_eq(VG_GET(&g, GUEST_INTERRUPTIBILITY_INFO), 0);
    vg_fini(&g);
}
END_TEST

START_TEST(acknowledged_on_exit)
{
    VG_START(&g, "\x90\x90");
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    vg_ctl(&g, EXIT_ACK_INTR, true);
    apic_interrupt(0x77);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXTERNAL_INTERRUPT);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO), INJ_VALID | 0x77);
    ck_assert(!vmx_intr(g.v));
    vg_fini(&g);
}
END_TEST

/* Without the control the guest takes it through its own IDT, with IF only. */
START_TEST(without_exiting_the_guest_takes_it)
{
    VG_START(&g, "\x90\x90");
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | (_i ? FL_IF : 0));
    apic_interrupt(0x77);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(RIP(), _i ? VG_HANDLER(0x77) : VG_CODE + 2);
    vg_fini(&g);
}
END_TEST

/* The VMM's protocol for a guest with IF clear: hold, ask for a window, inject
 * there: at the instruction at which the bare machine would deliver. */
START_TEST(held_until_the_window)
{
    VG_START(&g, "\x90\xfb\x90\x90"); /* nop; sti; nop; nop */
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    apic_interrupt(0x77);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXTERNAL_INTERRUPT);
    vmx_hold_intr(g.v, true);
    vg_ctl(&g, PROC_INTR_WINDOW, true);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_INTERRUPT_WINDOW);
    ck_assert_uint_eq(RIP(), VG_CODE + 3);
    ck_assert_uint_eq(g.v->icount, 3);
    vg_ctl(&g, PROC_INTR_WINDOW, false);
    vmx_hold_intr(g.v, false);
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD, INJ_VALID | machine_intr_ack(g.m));
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(RIP(), VG_HANDLER(0x77));
    ck_assert_uint_eq(g.v->icount, 3);
    vg_fini(&g);
}
END_TEST

/* Letting go of a pin that is still up is seen at the next boundary. */
START_TEST(release_is_seen)
{
    VG_START(&g, "\x90\x90");
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    vmx_hold_intr(g.v, true);
    vg_intr(&g, true);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    vmx_hold_intr(g.v, false);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXTERNAL_INTERRUPT);
    vg_fini(&g);
}
END_TEST

/* ---- windows: every way to set IF ---- */
static const struct {
    const char *code;
    unsigned n, at; /* of the exit */
} openings[] = {
#define ROW(code, at)                                                          \
    {                                                                          \
        code, sizeof(code) - 1, at                                             \
    }
    ROW("\x90\xfb\x90\x90", 3),             /* STI: one later */
    ROW("\x68\x02\x02\0\0\x9d\x90", 6),     /* POPF */
    ROW("\x48\xcf\x90\x90", 3),             /* IRETQ, to the second NOP */
    ROW("\xfb\x8e\xd0\x90\x90", 4),         /* STI; MOV SS; NOP */
    ROW("\x9c\xfa\xfb\x50\x58\x9d\x90", 4), /* PUSHF; CLI; STI; PUSH */
    ROW("\xfb\xfa\xfb\x90\x90", 4),         /* STI; CLI; STI; NOP */
#undef ROW
};

/* What IRET takes. */
static void put_frame(void)
{
    static const uint32_t frame[] = {VG_CODE + 3, VG_CS, FL_ONE | FL_IF,
                                     VG_STACK, VG_DS};

    for (unsigned k = 0; k < ARRAY_LEN(frame); k++)
        vg_put(&g, VG_STACK + 8 * k, frame[k], 8);
}

/* The first time without a window: then it is code that the processor knows,
 * and may have translated otherwise. */
START_TEST(window_opens)
{
    vg_start(&g, openings[_i].code, openings[_i].n);
    put_frame();
    g.c->s.r[R_AX] = VG_DS;
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    g.v->processor->drop(g.v);
    put_frame();
    VG_SET(&g, GUEST_RIP, VG_CODE);
    VG_SET(&g, GUEST_RSP, VG_STACK);
    VG_SET(&g, GUEST_RFLAGS, FL_ONE);
    vg_ctl(&g, PROC_INTR_WINDOW, true);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_INTERRUPT_WINDOW);
    ck_assert_uint_eq(RIP(), VG_CODE + openings[_i].at);
    /* Open: it exits before anything else. */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_INTERRUPT_WINDOW);
    ck_assert_uint_eq(RIP(), VG_CODE + openings[_i].at);
    vg_fini(&g);
}
END_TEST

START_TEST(window_shut)
{
    VG_START(&g, "\x90\x90");
    vg_ctl(&g, PROC_INTR_WINDOW, true);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    vg_fini(&g);
}
END_TEST

/* The order of what is due at one boundary. */
START_TEST(priorities)
{
    VG_START(&g, "\x90");
    vg_ctl(&g, PIN_EXT_INT_EXITING, true);
    vg_ctl(&g, PROC_INTR_WINDOW, true);
    vg_ctl(&g, PROC_NMI_WINDOW, true); /* and NMI exiting, virtual NMIs */
    vg_ctl(&g, PIN_PREEMPTION_TIMER, true);
    vg_ctl(&g, PROC_TPR_SHADOW, true);
    VG_SET(&g, TPR_THRESHOLD, 3);
    vg_put(&g, VG_VAPIC + 0x80, 0x20, 1);
    vg_ctl(&g, PROC2_VIRTUALIZE_APIC, true); /* entry does not check VTPR */
    VG_SET(&g, APIC_ACCESS_ADDR, 0x1ff000);
    VG_SET(&g, EXCEPTION_BITMAP, BIT(VEC_DB));
    VG_SET(&g, GUEST_PENDING_DBG_EXCEPTIONS, BIT(14));
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    vg_intr(&g, true);
    g.m->cpu->nmi(g.m->cpu_opaque);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_TPR_BELOW_THRESHOLD);
    VG_SET(&g, TPR_THRESHOLD, 0);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXCEPTION_NMI); /* #DB */
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO) & 0xff, VEC_DB);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), BIT(14));
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_PREEMPTION_TIMER);
    vg_ctl(&g, PIN_PREEMPTION_TIMER, false);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_NMI_WINDOW);
    vg_ctl(&g, PROC_NMI_WINDOW, false);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXCEPTION_NMI);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO),
                      INJ_VALID | INJ_NMI << 8 | 2);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_INTERRUPT_WINDOW);
    vg_ctl(&g, PROC_INTR_WINDOW, false);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXTERNAL_INTERRUPT);
    vg_intr(&g, false);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(RIP(), VG_CODE + 1);
    vg_fini(&g);
}
END_TEST

/* ---- blocking by STI and MOV SS is saved ---- */
START_TEST(blocking_is_in_the_exit)
{
    static const struct {
        const char *code;
        unsigned n, state;
    } rows[] = {
        {"\xfb\xf4", 2, 1},         /* STI; HLT */
        {"\x8e\xd0\x0f\xa2", 4, 2}, /* MOV SS; CPUID */
        {"\xfb\x90\x0f\xa2", 4, 0}, /* STI; NOP; CPUID */
    };

    vg_start(&g, rows[_i].code, rows[_i].n);
    g.c->s.r[R_AX] = VG_DS;
    vg_go(&g);
    ck_assert_uint_eq(VG_GET(&g, GUEST_INTERRUPTIBILITY_INFO), rows[_i].state);
    vg_fini(&g);
}
END_TEST

/* ---- pending debug exceptions ---- */
static const struct {
    uint64_t pending;
    unsigned block; /* interruptibility */
    uint64_t dr6;   /* 0: no #DB at once */
} traps[] = {
    {0, 0, 0},
    {BIT(14), 0, BIT(14)},
    {BIT(12) | 3, 0, 3},
    {3, 0, 0}, /* of breakpoints that are not enabled */
    {BIT(14) | 1, 0, BIT(14)},
    {BIT(12) | 1, 2, 0}, /* MOV SS blocks it, for one instruction */
};

START_TEST(pending_debug_exceptions)
{
    VG_START(&g, "\x90\x90");
    VG_SET(&g, EXCEPTION_BITMAP, BIT(VEC_DB));
    VG_SET(&g, GUEST_PENDING_DBG_EXCEPTIONS, traps[_i].pending);
    VG_SET(&g, GUEST_INTERRUPTIBILITY_INFO, traps[_i].block);
    if (traps[_i].dr6 != 0) {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXCEPTION_NMI);
        ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), traps[_i].dr6);
        ck_assert_uint_eq(RIP(), VG_CODE);
        ck_assert_uint_eq(VG_GET(&g, GUEST_PENDING_DBG_EXCEPTIONS), 0);
    } else if (traps[_i].block != 0) {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXCEPTION_NMI);
        ck_assert_uint_eq(RIP(), VG_CODE + 1);
    } else {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    }
    vg_fini(&g);
}
END_TEST

/* An injected event drops them, but software's behind MOV SS. */
START_TEST(injection_and_pending_debug_exceptions)
{
    static const struct {
        enum inj_type type;
        unsigned vector, block;
        bool kept;
    } rows[] = {
        {INJ_EXT_INT, 0x30, 0, false},  {INJ_NMI, 2, 0, false},
        {INJ_HW_EXC, VEC_UD, 0, false}, {INJ_PRIV_EXC, VEC_DB, 2, false},
        {INJ_SW_INT, 0x30, 0, false},   {INJ_SW_INT, 0x30, 2, true},
        {INJ_SW_EXC, VEC_BP, 2, true},
    };

    VG_START(&g, "\x90");
    VG_SET(&g, EXCEPTION_BITMAP, BIT(VEC_DB));
    VG_SET(&g, GUEST_PENDING_DBG_EXCEPTIONS, BIT(12) | 1);
    VG_SET(&g, GUEST_INTERRUPTIBILITY_INFO, rows[_i].block);
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD,
           INJ_VALID | (uint32_t)rows[_i].type << 8 | rows[_i].vector);
    VG_SET(&g, VM_ENTRY_INSTRUCTION_LEN, 1);
    ck_assert_uint_eq(vg_go(&g), rows[_i].kept ? EXIT_REASON_EXCEPTION_NMI
                                               : EXIT_REASON_HLT);
    ck_assert_uint_eq(RIP(), VG_HANDLER(rows[_i].vector));
    vg_fini(&g);
}
END_TEST

/* A single step behind MOV SS is pending in an exit of the next instruction. */
START_TEST(pending_debug_exceptions_are_saved)
{
    VG_START(&g, "\x8e\xd0\x0f\xa2");
    g.c->s.r[R_AX] = VG_DS;
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_TF);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_CPUID);
    ck_assert_uint_eq(VG_GET(&g, GUEST_PENDING_DBG_EXCEPTIONS), BIT(14));
    ck_assert_uint_eq(VG_GET(&g, GUEST_INTERRUPTIBILITY_INFO), 2);
    vg_fini(&g);
}
END_TEST

/* ---- monitor trap flag ---- */
START_TEST(monitor_trap_flag_steps)
{
    VG_START(&g, "\x90\x0f\x0b"); /* nop; ud2 */
    vg_ctl(&g, PROC_MONITOR_TRAP_FLAG, true);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_MONITOR_TRAP_FLAG);
    ck_assert_uint_eq(RIP(), VG_CODE + 1);
    /* A fault's delivery counts. */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_MONITOR_TRAP_FLAG);
    ck_assert_uint_eq(RIP(), VG_HANDLER(VEC_UD));
    /* So does an injected event, before its handler's first instruction. */
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD, INJ_VALID | 0x30);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_MONITOR_TRAP_FLAG);
    ck_assert_uint_eq(RIP(), VG_HANDLER(0x30));
    /* Another exit comes first. */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    vg_fini(&g);
}
END_TEST

START_TEST(monitor_trap_flag_steps_iterations)
{
    VG_START(&g, "\xf3\xaa"); /* rep stosb */
    vg_ctl(&g, PROC_MONITOR_TRAP_FLAG, true);
    g.c->s.r[R_CX] = 3;
    g.c->s.r[R_DI] = 0x5000;
    for (unsigned n = 2; n > 0; n--) {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_MONITOR_TRAP_FLAG);
        ck_assert_uint_eq(g.c->s.r[R_CX], n);
        ck_assert_uint_eq(RIP(), VG_CODE);
    }
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_MONITOR_TRAP_FLAG);
    ck_assert_uint_eq(RIP(), VG_CODE + 2);
    vg_fini(&g);
}
END_TEST

START_TEST(pending_mtf_exit_is_injected)
{
    VG_START(&g, "\x90");
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD, INJ_VALID | INJ_OTHER << 8);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_MONITOR_TRAP_FLAG);
    ck_assert_uint_eq(RIP(), VG_CODE);
    vg_fini(&g);
}
END_TEST

/* ---- VMX-preemption timer ---- */
START_TEST(preemption_timer_counts)
{
    VG_START(&g, "\xeb\xfe");
    vg_ctl(&g, PIN_PREEMPTION_TIMER, true);
    vg_ctl(&g, EXIT_SAVE_TIMER, true);
    VG_SET(&g, VMX_PREEMPTION_TIMER_VALUE, 10);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_PREEMPTION_TIMER);
    /* "all" counts at the TSC's rate, an instruction a tick. */
    ck_assert_uint_eq(g.v->icount, 10);
    ck_assert_uint_eq(VG_GET(&g, VMX_PREEMPTION_TIMER_VALUE), 0);
    /* 0 expires at once; what is left is saved by another exit. */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_PREEMPTION_TIMER);
    ck_assert_uint_eq(g.v->icount, 10);
    VG_SET(&g, VMX_PREEMPTION_TIMER_VALUE, 1000);
    vg_code(&g, "\x90\x90\x90", 3);
    VG_SET(&g, GUEST_RIP, VG_CODE);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, VMX_PREEMPTION_TIMER_VALUE), 997);
    vg_fini(&g);
}
END_TEST

/* ---- PAUSE loops ---- */
START_TEST(pause_loop)
{
    VG_START(&g, "\xf3\x90\xeb\xfc");
    vg_ctl(&g, PROC2_PAUSE_LOOP, true);
    VG_SET(&g, PLE_GAP, 10);
    VG_SET(&g, PLE_WINDOW, 100);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_PAUSE_INSTRUCTION);
    ck_assert_uint_gt(g.v->icount, 100);
    ck_assert_uint_lt(g.v->icount, 110);
    VG_SET(&g, PLE_GAP, 1); /* each PAUSE is the first of its loop */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_LIMIT + EXIT_BUDGET);
    vg_fini(&g);
}
END_TEST

Suite *test_boundary_suite(void)
{
    Suite *s = suite_create("boundary");
    TCase *tc = tcase_create("interrupts");

    tcase_add_loop_test(tc, interrupt_exits_whatever_if, 0, 2);
    tcase_add_loop_test(tc, blocking_holds_interrupts_back, 0, 2);
    tcase_add_test(tc, acknowledged_on_exit);
    tcase_add_loop_test(tc, without_exiting_the_guest_takes_it, 0, 2);
    tcase_add_test(tc, held_until_the_window);
    tcase_add_test(tc, release_is_seen);
    tcase_add_loop_test(tc, window_opens, 0, ARRAY_LEN(openings));
    tcase_add_test(tc, window_shut);
    tcase_add_test(tc, priorities);
    suite_add_tcase(s, tc);
    tc = tcase_create("instructions");
    tcase_add_loop_test(tc, blocking_is_in_the_exit, 0, 3);
    tcase_add_loop_test(tc, pending_debug_exceptions, 0, ARRAY_LEN(traps));
    tcase_add_test(tc, pending_debug_exceptions_are_saved);
    tcase_add_loop_test(tc, injection_and_pending_debug_exceptions, 0, 7);
    tcase_add_test(tc, monitor_trap_flag_steps);
    tcase_add_test(tc, monitor_trap_flag_steps_iterations);
    tcase_add_test(tc, pending_mtf_exit_is_injected);
    tcase_add_test(tc, preemption_timer_counts);
    tcase_add_test(tc, pause_loop);
    suite_add_tcase(s, tc);
    return s;
}
