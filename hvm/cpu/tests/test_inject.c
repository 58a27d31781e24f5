/* test_inject.c: event injection at VM entry, delivery through the guest's IDT,
 * and IDT-vectoring information where something happens on the way. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "hvm/cpu/entry_internal.h"
#include "hvm/cpu/tests/vmguest.h"

static struct vmguest g;

#define INFO(type, v) (INJ_VALID | (uint32_t)(type) << 8 | (v))
#define NO_STACK      0x10000000000ull /* not mapped by the guest */
#define NO_PAGE       0x400000u        /* mapped by the guest, not by EPT */

static void inject(enum inj_type type, unsigned vector, int error)
{
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD,
           INFO(type, vector) | (error >= 0 ? INJ_ERRCODE : 0));
    if (error >= 0)
        VG_SET(&g, VM_ENTRY_EXCEPTION_ERROR_CODE, (unsigned)error);
}

static bool has_error(unsigned v)
{
    return v == VEC_DF || (v >= VEC_TS && v <= VEC_PF) || v == VEC_AC;
}

/* ---- types by vectors, in every mode ---- */
static const struct {
    enum inj_type type;
    uint8_t vector;
    unsigned length; /* of the instruction, for software's */
} events[] = {
    {INJ_EXT_INT, 0x20, 0}, {INJ_EXT_INT, 0xff, 0}, {INJ_NMI, 2, 0},
    {INJ_HW_EXC, 0, 0},     {INJ_HW_EXC, 1, 0},     {INJ_HW_EXC, 6, 0},
    {INJ_HW_EXC, 8, 0},     {INJ_HW_EXC, 13, 0},    {INJ_HW_EXC, 14, 0},
    {INJ_HW_EXC, 17, 0},    {INJ_HW_EXC, 18, 0},    {INJ_SW_INT, 0x80, 2},
    {INJ_SW_INT, 3, 5},     {INJ_PRIV_EXC, 1, 1},   {INJ_SW_EXC, 3, 1},
    {INJ_SW_EXC, 4, 15},
};
#define EVENTS ARRAY_LEN(events)

static unsigned slot_size(void)
{
    return g.mode == VG_64 ? 8 : g.mode == VG_REAL ? 2 : 4;
}

/* The frame of the handler, from the top of its stack. */
static uint64_t pushed(unsigned slot)
{
    return vg_peek(&g, VG_GET(&g, GUEST_RSP) + slot * slot_size(), slot_size());
}

START_TEST(event_is_delivered)
{
    unsigned k = (unsigned)_i % EVENTS, v = events[k].vector, slot = 0;
    enum vg_mode mode = (enum vg_mode)(_i / (int)EVENTS);
    bool error =
        events[k].type == INJ_HW_EXC && has_error(v) && mode != VG_REAL;
    uint64_t flags = FL_ONE | FL_IF | (mode == VG_V86 ? FL_VM : 0);

    vg_init(&g, "all", mode);
    if (mode == VG_V86) /* INT n wants IOPL 3 */
        flags |= FL_IOPL;
    VG_SET(&g, GUEST_RFLAGS, flags);
    inject(events[k].type, v, error ? (int)(v == VEC_DF ? 0 : 0x1234) : -1);
    VG_SET(&g, VM_ENTRY_INSTRUCTION_LEN, events[k].length);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_HANDLER(v));
    if (error)
        ck_assert_uint_eq(pushed(slot++), v == VEC_DF ? 0 : 0x1234);
    ck_assert_uint_eq(pushed(slot), VG_CODE + events[k].length);
    ck_assert_uint_eq(pushed(slot + 2), flags & mask_low(8 * slot_size()));
    /* The field is not valid any more; injected NMIs block NMIs. */
    ck_assert_uint_eq(VG_GET(&g, VM_ENTRY_INTR_INFO_FIELD) >> 31, 0);
    ck_assert_uint_eq(VG_GET(&g, GUEST_INTERRUPTIBILITY_INFO),
                      events[k].type == INJ_NMI ? 8 : 0);
    /* A software interrupt completes its instruction. */
    ck_assert_uint_eq(g.v->icount, events[k].length != 0 ? 1 : 0);
    ck_assert_uint_eq(vmx_counts(g.v)->injected, 1);
    vg_fini(&g);
}
END_TEST

/* CR2 and DR6 are the VMM's to set; RF is pushed as it is. */
START_TEST(injection_changes_no_cause)
{
    vg_init(&g, "all", VG_64);
    g.c->s.cr2 = 0x777;
    inject(INJ_HW_EXC, VEC_PF, 2);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.cr2, 0x777);
    ck_assert_uint_eq(pushed(3) & FL_RF, 0);
    inject(INJ_HW_EXC, VEC_DB, -1);
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_RF);
    VG_SET(&g, GUEST_DR7, 0x400 | BIT(13)); /* GD */
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(g.c->s.dr[6], 0xffff0ff0);
    ck_assert_uint_eq(VG_GET(&g, GUEST_DR7), 0x400 | BIT(13));
    ck_assert_uint_eq(pushed(2) & FL_RF, FL_RF);
    vg_fini(&g);
}
END_TEST

/* The gate's DPL counts for INT n and INT3, not for the others. */
START_TEST(injection_by_software_checks_the_gate)
{
    vg_init(&g, "all", VG_64);
    vg_put(&g, VG_IDT + 16 * 0x80 + 5, 0x8e, 1); /* DPL 0 */
    VG_SET(&g, GUEST_CS_SELECTOR, VG_UCS);
    VG_SET(&g, GUEST_SS_SELECTOR, VG_UDS);
    VG_SET(&g, GUEST_CS_AR_BYTES, 0xa0fb);
    VG_SET(&g, GUEST_SS_AR_BYTES, 0xc0f3);
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    inject(_i ? INJ_SW_INT : INJ_EXT_INT, 0x80, -1);
    VG_SET(&g, VM_ENTRY_INSTRUCTION_LEN, 2);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_HANDLER(_i ? VEC_GP : 0x80));
    if (_i) /* the instruction did not complete */
        ck_assert_uint_eq(pushed(1), VG_CODE);
    vg_fini(&g);
}
END_TEST

/* ---- things that happen during delivery ---- */

/* A page fault of the handler's stack, intercepted. */
START_TEST(exception_during_delivery_exits)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, EXCEPTION_BITMAP, BIT(VEC_PF));
    VG_SET(&g, GUEST_RSP, NO_STACK);
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    inject(events[_i].type, events[_i].vector,
           events[_i].type == INJ_HW_EXC && has_error(events[_i].vector) ? 0x18
                                                                         : -1);
    VG_SET(&g, VM_ENTRY_INSTRUCTION_LEN, events[_i].length);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXCEPTION_NMI);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO),
                      INFO(INJ_HW_EXC, VEC_PF) | INJ_ERRCODE);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_ERROR_CODE), 2);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), NO_STACK - 8);
    ck_assert_uint_eq(VG_GET(&g, IDT_VECTORING_INFO_FIELD) & ~INJ_ERRCODE,
                      INFO(events[_i].type, events[_i].vector));
    if (VG_GET(&g, IDT_VECTORING_INFO_FIELD) & INJ_ERRCODE)
        ck_assert_uint_eq(VG_GET(&g, IDT_VECTORING_ERROR_CODE), 0x18);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INSTRUCTION_LEN), events[_i].length);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_CODE);
    ck_assert_uint_eq(g.v->icount, 0);
    vg_fini(&g);
}
END_TEST

/* Not intercepted: the double-fault rules, whose end is a triple fault. */
START_TEST(faults_combine_without_intercepts)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, GUEST_RSP, NO_STACK);
    inject(INJ_HW_EXC, VEC_GP, 0);
    if (_i == 0) {
        VG_SET(&g, EXCEPTION_BITMAP, BIT(VEC_DF));
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EXCEPTION_NMI);
        ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO),
                          INFO(INJ_HW_EXC, VEC_DF) | INJ_ERRCODE);
    } else {
        ck_assert_uint_eq(vg_go(&g), EXIT_REASON_TRIPLE_FAULT);
        ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INTR_INFO) >> 31, 0);
    }
    /* Neither counts as an exit during delivery. */
    ck_assert_uint_eq(VG_GET(&g, IDT_VECTORING_INFO_FIELD) >> 31, 0);
    vg_fini(&g);
}
END_TEST

/* Of events that the guest raises itself, too: INT 80H, #UD. */
static const struct {
    const char *code;
    unsigned n, info, length;
} raised[] = {
    {"\xcd\x80", 2, INFO(INJ_SW_INT, 0x80), 2},
    {"\xcc", 1, INFO(INJ_SW_EXC, VEC_BP), 1},
    {"\xf1", 1, INFO(INJ_PRIV_EXC, VEC_DB), 1},
    {"\x0f\x0b", 2, INFO(INJ_HW_EXC, VEC_UD), 0},
};

START_TEST(ept_violation_during_delivery)
{
    vg_init(&g, "all", VG_64);
    VG_SET(&g, GUEST_RSP, NO_PAGE);
    vg_code(&g, raised[_i].code, raised[_i].n);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_EPT_VIOLATION);
    ck_assert_uint_eq(VG_GET(&g, IDT_VECTORING_INFO_FIELD), raised[_i].info);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INSTRUCTION_LEN), raised[_i].length);
    ck_assert_uint_eq(VG_GET(&g, GUEST_PHYSICAL_ADDRESS), NO_PAGE - 8);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP), VG_CODE);
    /* The VMM maps the page and injects what it was told. */
    VG_SET(&g, VM_ENTRY_INTR_INFO_FIELD, raised[_i].info);
    VG_SET(&g, VM_ENTRY_INSTRUCTION_LEN, raised[_i].length);
    VG_SET(&g, GUEST_RSP, VG_STACK);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_HLT);
    ck_assert_uint_eq(VG_GET(&g, GUEST_RIP),
                      VG_HANDLER(raised[_i].info & 0xff));
    ck_assert_uint_eq(pushed(0), VG_CODE + raised[_i].length);
    ck_assert_uint_eq(g.v->icount, raised[_i].length != 0 ? 1 : 0);
    vg_fini(&g);
}
END_TEST

START_TEST(task_gate_during_delivery)
{
    vg_init(&g, "all", VG_32);
    vg_put(&g, VG_GDT + 0x30, vg_peek(&g, VG_GDT + VG_TR, 8) & ~BITQ(41), 8);
    vg_put(&g, VG_IDT + 8 * 0x40, 0x0000e50000300000, 8);
    VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_IF);
    if (_i == 0)
        vg_code(&g, "\xcd\x40", 2);
    else
        inject(INJ_EXT_INT, 0x40, -1);
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_TASK_SWITCH);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION), 3u << 30 | 0x30);
    ck_assert_uint_eq(VG_GET(&g, IDT_VECTORING_INFO_FIELD),
                      INFO(_i == 0 ? INJ_SW_INT : INJ_EXT_INT, 0x40));
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INSTRUCTION_LEN), _i == 0 ? 2 : 0);
    vg_fini(&g);
}
END_TEST

/* Task switches by instructions: the source in bits 31:30. */
START_TEST(task_switch_by_instruction)
{
    vg_init(&g, "all", VG_32);
    vg_put(&g, VG_GDT + 0x30, vg_peek(&g, VG_GDT + VG_TR, 8) & ~BITQ(41), 8);
    vg_put(&g, VG_TSS, 0x30, 2); /* back link, for IRET */
    if (_i == 0) {
        vg_code(&g, "\x9a\0\0\0\0\x30\0", 7);
    } else {
        vg_put(&g, VG_GDT + 0x35, 0x8b, 1);
        VG_SET(&g, GUEST_RFLAGS, FL_ONE | FL_NT);
        vg_code(&g, "\xcf", 1);
    }
    ck_assert_uint_eq(vg_go(&g), EXIT_REASON_TASK_SWITCH);
    ck_assert_uint_eq(VG_GET(&g, EXIT_QUALIFICATION),
                      (uint32_t)_i << 30 | 0x30);
    ck_assert_uint_eq(VG_GET(&g, VM_EXIT_INSTRUCTION_LEN), _i == 0 ? 7 : 1);
    ck_assert_uint_eq(VG_GET(&g, IDT_VECTORING_INFO_FIELD) >> 31, 0);
    vg_fini(&g);
}
END_TEST

Suite *test_inject_suite(void)
{
    Suite *s = suite_create("inject");
    TCase *tc = tcase_create("injection");

    tcase_add_loop_test(tc, event_is_delivered, 0, VG_MODES * (int)EVENTS);
    tcase_add_test(tc, injection_changes_no_cause);
    tcase_add_loop_test(tc, injection_by_software_checks_the_gate, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("vectoring");
    tcase_add_loop_test(tc, exception_during_delivery_exits, 0, EVENTS);
    tcase_add_loop_test(tc, faults_combine_without_intercepts, 0, 2);
    tcase_add_loop_test(tc, ept_violation_during_delivery, 0,
                        ARRAY_LEN(raised));
    tcase_add_loop_test(tc, task_gate_during_delivery, 0, 2);
    tcase_add_loop_test(tc, task_switch_by_instruction, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
