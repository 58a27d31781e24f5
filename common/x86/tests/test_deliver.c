/* test_deliver.c: events through the IDT and the interrupt vector table.
 * [SDM2 "INT n/INTO/INT3/INT1"]: operation; [SDM3 "Interrupt and Exception
 * Handling"]. */
#include "common/x86/seg.h"

#include "common/tests/suite.h"
#include "common/x86/debug.h"
#include "common/x86/tests/tables.h"

#define VECTOR       0x41u
#define HANDLER      0x7654u
#define IDT_ERR(ext) (VECTOR * 8 | 2 | (ext))

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
}

static void teardown(void)
{
    bare_fini(&b);
}

static struct x86_event event(enum x86_event_type type, uint8_t vector)
{
    return (struct x86_event){.type = type, .vector = vector};
}

static int deliver(enum x86_event_type type)
{
    struct x86_event ev = event(type, VECTOR);

    return tables_deliver(&b, &ev, 0x8123);
}

/* ---- checks of the gate and of what it names ---- */
static const struct {
    bool wide;
    unsigned cpl;
    uint16_t sel;
    unsigned access;
    enum x86_event_type type;
    int vector;
    uint32_t error;
} gates[] = {
    {false, 0, T_CODE0, T_P | SYS_INT32, X86_EV_EXTINT, BARE_DONE, 0},
    {false, 3, T_CODE0, T_P | SYS_TRAP32, X86_EV_FAULT, BARE_DONE, 0},
    {false, 3, T_CODE0, T_P | SYS_INT16, X86_EV_FAULT, BARE_DONE, 0},
    {false, 3, T_CODE0, T_P | SYS_TRAP16, X86_EV_FAULT, BARE_DONE, 0},
    {false, 3, T_CODE1, T_P | SYS_INT32, X86_EV_FAULT, BARE_DONE, 0},
    {false, 3, T_CODE3, T_P | SYS_INT32, X86_EV_FAULT, BARE_DONE, 0},
    {false, 3, T_CONFORM, T_P | SYS_INT32, X86_EV_FAULT, BARE_DONE, 0},
    {false, 0, T_CODE0, T_P | SYS_CALL32, X86_EV_EXTINT, VEC_GP, IDT_ERR(1)},
    {false, 0, T_CODE0, 0, X86_EV_SOFT, VEC_GP, IDT_ERR(0)},
    {false, 0, T_CODE0, T_P | T_RX, X86_EV_SOFT, VEC_GP, IDT_ERR(0)},
    {false, 0, T_CODE0, SYS_INT32, X86_EV_FAULT, VEC_NP, IDT_ERR(1)},
    {false, 0, T_CODE0, SYS_INT32, X86_EV_SOFT, VEC_NP, IDT_ERR(0)},
    /* DPL is for software interrupts only */
    {false, 3, T_CODE0, T_P | SYS_INT32, X86_EV_SOFT, VEC_GP, IDT_ERR(0)},
    {false, 3, T_CODE0, T_P | SYS_INT32 | T_DPL(3), X86_EV_SOFT, BARE_DONE, 0},
    {false, 3, T_CODE0, SYS_INT32, X86_EV_SOFT, VEC_GP, IDT_ERR(0)},
    {false, 3, T_CODE0, T_P | SYS_INT32, X86_EV_TRAP, BARE_DONE, 0},
    {false, 0, 0, T_P | SYS_INT32, X86_EV_EXTINT, VEC_GP, 1},
    {false, 0, 0, T_P | SYS_INT32, X86_EV_SOFT, VEC_GP, 0},
    {false, 0, T_END, T_P | SYS_INT32, X86_EV_EXTINT, VEC_GP, T_END | 1},
    {false, 0, T_DATA0, T_P | SYS_INT32, X86_EV_SOFT, VEC_GP, T_DATA0},
    {false, 0, T_CODE3, T_P | SYS_INT32, X86_EV_NMI, VEC_GP, T_CODE3 | 1},
    {false, 0, T_ABSENTC, T_P | SYS_INT32, X86_EV_NMI, VEC_NP, T_ABSENTC | 1},
    {false, 0, T_SMALL, T_P | SYS_INT32, X86_EV_NMI, VEC_GP, 1},
    {true, 0, T_CODE64, T_P | SYS_INT32, X86_EV_EXTINT, BARE_DONE, 0},
    {true, 3, T_CODE64, T_P | SYS_TRAP32, X86_EV_FAULT, BARE_DONE, 0},
    {true, 3, T_CODE64, T_P | SYS_INT32, X86_EV_SOFT, VEC_GP, IDT_ERR(0)},
    {true, 0, T_CODE64, T_P | SYS_INT16, X86_EV_EXTINT, VEC_GP, IDT_ERR(1)},
    {true, 0, T_TASK, T_P | SYS_TASKGATE, X86_EV_EXTINT, VEC_GP, IDT_ERR(1)},
    {true, 0, T_CODE0, T_P | SYS_INT32, X86_EV_EXTINT, VEC_GP, T_CODE0 | 1},
    {true, 0, T_LD, T_P | SYS_INT32, X86_EV_EXTINT, VEC_GP, T_LD | 1},
    {true, 0, T_CODE64, SYS_INT32, X86_EV_EXTINT, VEC_NP, IDT_ERR(1)},
    {true, 3, T_CODE64U, T_P | SYS_INT32, X86_EV_EXTINT, BARE_DONE, 0},
};

START_TEST(gate)
{
    struct x86_state before;
    int vector;

    if (gates[_i].wide)
        tables_long64(&b, gates[_i].cpl);
    else
        tables_protected(&b, gates[_i].cpl);
    b.c->s.rflags |= FL_IF | FL_TF | FL_NT | FL_AC;
    tables_idt(&b, VECTOR,
               tables_gate(gates[_i].sel, HANDLER, gates[_i].access, 0));
    before = b.c->s;
    vector = deliver(gates[_i].type);
    ck_assert_int_eq(vector, gates[_i].vector);
    if (vector != BARE_DONE) {
        ck_assert_uint_eq(b.event.error, gates[_i].error);
        ck_assert_mem_eq(&b.c->s, &before, sizeof(before));
        return;
    }
    ck_assert_uint_eq(b.c->s.r[R_IP], HANDLER);
    ck_assert_uint_eq(b.c->s.rflags & (FL_TF | FL_NT | FL_RF | FL_VM), 0);
    ck_assert(b.c->s.rflags & FL_AC);
    /* bit 0 of the type: a trap gate, which leaves IF */
    ck_assert_uint_eq((b.c->s.rflags & FL_IF) != 0, gates[_i].access & 1);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].sel & ~3u, gates[_i].sel);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].sel & 3u, b.c->cpl);
}
END_TEST

START_TEST(idt_limit)
{
    tables_protected(&b, 0);
    tables_idt(&b, VECTOR, tables_gate(T_CODE0, HANDLER, T_P | SYS_INT32, 0));
    b.c->s.idtr.limit = VECTOR * 8 + 6;
    ck_assert_int_eq(deliver(X86_EV_EXTINT), VEC_GP);
    ck_assert_uint_eq(b.event.error, IDT_ERR(1));
    b.c->s.idtr.limit = VECTOR * 8 + 7;
    ck_assert_int_eq(deliver(X86_EV_EXTINT), BARE_DONE);
    tables_long64(&b, 0);
    tables_idt(&b, VECTOR, tables_gate(T_CODE64, HANDLER, T_P | SYS_INT32, 0));
    b.c->s.idtr.limit = VECTOR * 16 + 14;
    ck_assert_int_eq(deliver(X86_EV_SOFT), VEC_GP);
    ck_assert_uint_eq(b.event.error, IDT_ERR(0));
}
END_TEST

/* ---- frames ---- */
static void check_frame(uint64_t at, unsigned n, const uint64_t *v, unsigned nr)
{
    ck_assert_uint_eq(b.c->s.r[R_SP], at);
    for (unsigned k = 0; k < nr; k++)
        ck_assert_uint_eq(tables_peek(&b, at + n * k, n), v[k]);
}

START_TEST(frame_inner)
{
    struct x86_event ev = event(X86_EV_FAULT, VEC_GP);
    const uint64_t v[] = {0xabcd,      0x8123,        T_CODE3 | 3,
                          0x2 | FL_RF, TABLES_STACK3, T_DATA3 | 3};

    tables_protected(&b, 3);
    tables_idt(&b, VEC_GP, tables_gate(T_CODE0, HANDLER, T_P | SYS_INT32, 0));
    ev.has_error = true;
    ev.error = 0xabcd;
    ck_assert_int_eq(tables_deliver(&b, &ev, 0x8123), BARE_DONE);
    check_frame(TABLES_STACK0 - 24, 4, v, 6);
    ck_assert_uint_eq(b.c->s.seg[SEG_SS].sel, T_DATA0);
    ck_assert_uint_eq(b.c->cpl, 0);
    ck_assert_uint_eq(b.c->view, X86_VIEW_SUPER);
}
END_TEST

START_TEST(frame_inner16)
{
    const uint64_t v[] = {0x8123, T_CODE3 | 3, 2, TABLES_STACK3, T_DATA3 | 3};

    tables_protected(&b, 3);
    tables_idt(&b, VECTOR,
               tables_gate(T_CODE0, 0x12340000 | HANDLER, T_P | SYS_INT16, 0));
    ck_assert_int_eq(deliver(X86_EV_EXTINT), BARE_DONE);
    check_frame(TABLES_STACK0 - 10, 2, v, 5);
    ck_assert_uint_eq(b.c->s.r[R_IP], HANDLER);
}
END_TEST

START_TEST(frame_same)
{
    const uint64_t v[] = {0x8123, T_CODE0, 0x202};

    tables_protected(&b, 0);
    b.c->s.rflags |= FL_IF;
    tables_idt(&b, VECTOR, tables_gate(T_CODE0, HANDLER, T_P | SYS_INT32, 0));
    ck_assert_int_eq(deliver(X86_EV_EXTINT), BARE_DONE);
    check_frame(TABLES_STACK0 - 12, 4, v, 3);
}
END_TEST

START_TEST(frame_long)
{
    struct x86_event ev = event(X86_EV_FAULT, VEC_PF);
    const uint64_t v[] = {6,         0x8123,        T_CODE64U | 3,
                          2 | FL_RF, TABLES_STACK3, T_DATA3 | 3};
    const uint64_t same[] = {0x8123, T_CODE64, 2, TABLES_STACK0 - 5, T_DATA0};

    tables_long64(&b, 3);
    tables_idt(&b, VEC_PF, tables_gate(T_CODE64, HANDLER, T_P | SYS_INT32, 0));
    ev.has_error = true;
    ev.error = 6;
    ev.cr2 = 0xffff800000001234;
    ck_assert_int_eq(tables_deliver(&b, &ev, 0x8123), BARE_DONE);
    check_frame(TABLES_STACK0 - 48, 8, v, 6);
    ck_assert_uint_eq(b.c->s.seg[SEG_SS].sel, 0);
    ck_assert_uint_eq(b.c->s.cr2, 0xffff800000001234);
    /* without change of privilege: aligned, SS:RSP all the same, SS stays */
    tables_long64(&b, 0);
    b.c->s.r[R_SP] -= 5;
    tables_idt(&b, VECTOR, tables_gate(T_CODE64, HANDLER, T_P | SYS_INT32, 0));
    ck_assert_int_eq(deliver(X86_EV_EXTINT), BARE_DONE);
    check_frame(TABLES_STACK0 - 16 - 40, 8, same, 5);
    ck_assert_uint_eq(b.c->s.seg[SEG_SS].sel, T_DATA0);
}
END_TEST

START_TEST(interrupt_stack_table)
{
    const uint64_t v[] = {0x8123, T_CODE64, 2, TABLES_STACK0, T_DATA0};

    tables_long64(&b, 0);
    tables_idt(&b, VECTOR, tables_gate(T_CODE64, HANDLER, T_P | SYS_INT32, 1));
    ck_assert_int_eq(deliver(X86_EV_EXTINT), BARE_DONE);
    check_frame(TABLES_IST1 - 40, 8, v, 5);
    ck_assert_uint_eq(b.c->s.seg[SEG_SS].sel, T_DATA0);
    /* a stack that is not canonical: #SS with the selector null | EXT */
    tables_long64(&b, 0);
    tables_poke(&b, TABLES_TSS + 36, 0x900000000000, 8);
    ck_assert_int_eq(deliver(X86_EV_EXTINT), VEC_SS);
    ck_assert_uint_eq(b.event.error, 1);
    b.c->s.tr.limit = 42;
    ck_assert_int_eq(deliver(X86_EV_SOFT), VEC_TS);
    ck_assert_uint_eq(b.event.error, T_TSS);
    ck_assert_int_eq(deliver(X86_EV_NMI), VEC_TS);
    ck_assert_uint_eq(b.event.error, T_TSS | 1);
}
END_TEST

START_TEST(stack_full)
{
    struct x86_state before;

    tables_protected(&b, 0);
    tables_idt(&b, VECTOR, tables_gate(T_CODE0, HANDLER, T_P | SYS_INT32, 0));
    x86_load_seg(b.c, SEG_SS, T_DOWN);
    b.c->s.r[R_SP] = 0x1008; /* room for two */
    before = b.c->s;
    ck_assert_int_eq(deliver(X86_EV_EXTINT), VEC_SS);
    ck_assert_uint_eq(b.event.error, 1);
    ck_assert_mem_eq(&b.c->s, &before, sizeof(before));
    ck_assert_int_eq(deliver(X86_EV_SOFT), VEC_SS);
    ck_assert_uint_eq(b.event.error, 0);
}
END_TEST

START_TEST(real_mode)
{
    struct x86_event ev = event(X86_EV_FAULT, VEC_GP);
    const uint64_t v[] = {0x8123, 0, 0x202};

    bare_real(&b);
    b.c->s.idtr = (struct x86_dtable){0x100, 0x3ff};
    b.c->s.rflags |= FL_IF;
    b.c->s.r[R_SP] = 0x1000;
    tables_poke(&b, 0x100 + VEC_GP * 4, 0x20001234, 4);
    ev.has_error = true; /* not pushed here */
    ck_assert_int_eq(tables_deliver(&b, &ev, 0x8123), BARE_DONE);
    check_frame(0x1000 - 6, 2, v, 3);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].base, 0x20000);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x1234);
    ck_assert_uint_eq(b.c->s.rflags & FL_IF, 0);
    b.c->s.idtr.limit = VEC_GP * 4 + 2;
    ck_assert_int_eq(tables_deliver(&b, &ev, 0x8123), VEC_GP);
}
END_TEST

START_TEST(from_v86)
{
    const uint64_t v[] = {0x8123, 0x800, 2 | FL_VM | FL_IF,
                          0x100,  0xc00, 0xe00,
                          0xd00,  0xf00, 0x100};

    tables_v86(&b, 0);
    b.c->s.rflags |= FL_IF;
    tables_idt(&b, VECTOR, tables_gate(T_CODE0, HANDLER, T_P | SYS_INT32, 0));
    ck_assert_int_eq(deliver(X86_EV_EXTINT), BARE_DONE);
    check_frame(TABLES_STACK0 - 36, 4, v, 9);
    ck_assert(!b.c->v86);
    ck_assert_uint_eq(b.c->cpl, 0);
    ck_assert_uint_eq(b.c->code_size, 2);
    ck_assert(b.c->s.seg[SEG_DS].attr & SA_UNUSABLE);
    ck_assert_uint_eq(b.c->s.seg[SEG_GS].sel, 0);
    /* the handler must be at level 0, in nonconforming code */
    tables_v86(&b, 0);
    tables_idt(&b, VECTOR, tables_gate(T_CODE1, HANDLER, T_P | SYS_INT32, 0));
    ck_assert_int_eq(deliver(X86_EV_EXTINT), VEC_GP);
    ck_assert_uint_eq(b.event.error, T_CODE1 | 1);
    ck_assert(b.c->v86);
    tables_idt(&b, VECTOR, tables_gate(T_CONFORM, HANDLER, T_P | SYS_INT32, 0));
    ck_assert_int_eq(deliver(X86_EV_EXTINT), VEC_GP);
    ck_assert_uint_eq(b.event.error, T_CONFORM | 1);
}
END_TEST

/* ---- what events leave beside the frame ---- */

/* RF in the image: [SDM3 "Instruction-Breakpoint Exception Condition"]. */
static const struct {
    enum x86_event_type type;
    uint8_t vector;
    uint64_t db;
    uint64_t rf_before, rf;
} images[] = {
    {X86_EV_FAULT, VEC_PF, 0, 0, FL_RF},
    {X86_EV_FAULT, VEC_UD, 0, 0, FL_RF},
    {X86_EV_FAULT, VEC_DB, DR6_B(0), 0, 0},
    {X86_EV_FAULT, VEC_DB, DR6_BD, 0, FL_RF},
    {X86_EV_TRAP, VEC_DB, DR6_BS, 0, 0},
    {X86_EV_FAULT, VEC_DF, 0, 0, 0},
    {X86_EV_EXTINT, 0x41, 0, 0, 0},
    {X86_EV_EXTINT, 0x41, 0, FL_RF, FL_RF},
    {X86_EV_SOFT, 0x41, 0, 0, 0},
};

START_TEST(resume_flag)
{
    struct x86_event ev = event(images[_i].type, images[_i].vector);

    tables_protected(&b, 0);
    tables_idt(&b, ev.vector,
               tables_gate(T_CODE0, HANDLER, T_P | SYS_INT32, 0));
    ev.db = images[_i].db;
    b.c->s.rflags |= images[_i].rf_before;
    ck_assert_int_eq(tables_deliver(&b, &ev, 0x8123), BARE_DONE);
    ck_assert_uint_eq(tables_peek(&b, TABLES_STACK0 - 4, 4) & FL_RF,
                      images[_i].rf);
    ck_assert_uint_eq(b.c->s.dr[6] & DR6_WRITE, images[_i].db);
}
END_TEST

START_TEST(side_effects)
{
    struct x86_event ev = event(X86_EV_TRAP, VEC_DB);

    tables_protected(&b, 0);
    tables_idt(&b, VEC_DB, tables_gate(T_CODE0, HANDLER, T_P | SYS_INT32, 0));
    tables_idt(&b, VEC_NMI, tables_gate(T_CODE0, HANDLER, T_P | SYS_INT32, 0));
    b.c->s.dr[7] |= DR7_GD;
    b.c->s.shadow = X86_SHADOW_STI;
    ck_assert_int_eq(tables_deliver(&b, &ev, 0x8123), BARE_DONE);
    ck_assert_uint_eq(b.c->s.dr[7] & DR7_GD, 0);
    ck_assert_uint_eq(b.c->s.shadow, 0);
    ck_assert_uint_eq(b.c->s.nmi_blocked, 0);
    ev = event(X86_EV_NMI, VEC_NMI);
    ck_assert_int_eq(tables_deliver(&b, &ev, 0x8123), BARE_DONE);
    ck_assert_uint_eq(b.c->s.nmi_blocked, 1);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *test_deliver_suite(void)
{
    Suite *s = suite_create("deliver");
    TCase *t = tcase_create("gates");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, gate, 0, N(gates));
    tcase_add_test(t, idt_limit);
    suite_add_tcase(s, t);
    t = tcase_create("frames");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, frame_inner);
    tcase_add_test(t, frame_inner16);
    tcase_add_test(t, frame_same);
    tcase_add_test(t, frame_long);
    tcase_add_test(t, interrupt_stack_table);
    tcase_add_test(t, stack_full);
    tcase_add_test(t, real_mode);
    tcase_add_test(t, from_v86);
    suite_add_tcase(s, t);
    t = tcase_create("effects");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, resume_flag, 0, N(images));
    tcase_add_test(t, side_effects);
    suite_add_tcase(s, t);
    return s;
}
