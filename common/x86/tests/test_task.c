/* test_task.c: hardware task switches. [SDM3 "Task Switching", "Task
 * Linking"], tables "Exception Conditions Checked During a Task Switch" and
 * "Effect of a Task Switch on Busy Flag, NT Flag, Previous Task Link Field, and
 * TS Flag". */
#include "common/x86/seg.h"

#include "common/tests/suite.h"
#include "common/x86/debug.h"
#include "common/x86/tests/tables.h"

#define NEW_SP 0xc800u
#define NEW_IP 0x6000u
#define BUSY   (2ull << 40)

static struct bare b;

static void poke32(unsigned at, uint32_t v)
{
    tables_poke(&b, TABLES_TASK + at, v, 4);
}

static void fill_task(void)
{
    static const uint16_t sel[6] = {T_DATA3, T_CODE0, T_DATA0,
                                    T_DATA0, 0,       T_DATA1};

    poke32(0x20, NEW_IP);
    poke32(0x24, 0x2 | FL_CF | FL_IF);
    for (unsigned k = 0; k < 8; k++)
        poke32(0x28 + 4 * k, 0x11111111 * (k + 1));
    poke32(0x38, NEW_SP);
    for (unsigned k = 0; k < 6; k++)
        poke32(0x48 + 4 * k, sel[k]);
    poke32(0x60, 0);
    poke32(0x64, 0);
}

static void setup(void)
{
    bare_init(&b, "triptych");
    tables_protected(&b, 0);
    fill_task();
}

static void teardown(void)
{
    bare_fini(&b);
}

static int far_ptr(uint8_t opcode, uint16_t sel)
{
    uint8_t code[7] = {opcode};

    put_le16(code + 5, sel);
    return bare_exec(&b, code, 7);
}

static int by_gate(bool has_error)
{
    struct x86_event ev = {.type = X86_EV_FAULT,
                           .vector = VEC_DF,
                           .has_error = has_error,
                           .error = 0x1230};

    tables_idt(&b, VEC_DF, tables_gate(T_TASK, 0, T_P | SYS_TASKGATE, 0));
    return tables_deliver(&b, &ev, 0x8123);
}

static void check_new(void)
{
    const struct x86_state *s = &b.c->s;

    ck_assert_uint_eq(s->tr.sel, T_TASK);
    ck_assert_uint_eq(s->tr.base, TABLES_TASK);
    ck_assert_uint_eq(SA_TYPE(s->tr.attr), SYS_TSS32_BUSY);
    ck_assert(s->cr0 & CR0_TS);
    ck_assert_uint_eq(s->r[R_IP], NEW_IP);
    ck_assert_uint_eq(s->r[R_AX], 0x11111111);
    ck_assert_uint_eq(s->r[R_DI], 0x88888888);
    ck_assert_uint_eq(s->seg[SEG_CS].sel, T_CODE0);
    ck_assert_uint_eq(s->seg[SEG_ES].sel, T_DATA3);
    ck_assert(s->seg[SEG_FS].attr & SA_UNUSABLE);
    ck_assert_uint_eq(s->seg[SEG_GS].sel, T_DATA1);
    ck_assert(s->ldtr.attr & SA_UNUSABLE);
    ck_assert(tables_get(&b, T_TASK) & BUSY);
    ck_assert(b.c->sc[SEG_FS].rnone);
    ck_assert(!b.c->sc[SEG_ES].rnone);
}

static void check_saved(uint32_t ip, uint64_t flags)
{
    ck_assert_uint_eq(tables_peek(&b, TABLES_TSS + 0x20, 4), ip);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TSS + 0x24, 4), flags);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TSS + 0x28, 4), 0xcafebabe);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TSS + 0x38, 4), TABLES_STACK0);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TSS + 0x44, 4), 0xd1d1);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TSS + 0x4c, 2), T_CODE0);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TSS + 0x54, 2), T_DATA0);
}

START_TEST(jmp)
{
    b.c->s.r[R_AX] = 0xcafebabe;
    b.c->s.r[R_DI] = 0xd1d1;
    b.c->s.dr[7] = 0x400 | 0x1ff;
    tables_poke(&b, TABLES_TASK, 0x7777, 2);
    ck_assert_int_eq(far_ptr(0xea, T_TASK), BARE_DONE);
    check_new();
    check_saved(TABLES_CODE + 7, FL_ONE);
    ck_assert_uint_eq(b.c->s.r[R_SP], NEW_SP);
    ck_assert_uint_eq(tables_flags(&b), FL_ONE | FL_CF | FL_IF);
    ck_assert_uint_eq(tables_get(&b, T_TSS) & BUSY, 0);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TASK, 2), 0x7777);
    /* local breakpoints go with the task */
    ck_assert_uint_eq(b.c->s.dr[7] & 0x3ff, 0xaa);
}
END_TEST

START_TEST(call_and_back)
{
    b.c->s.r[R_AX] = 0xcafebabe;
    b.c->s.r[R_DI] = 0xd1d1;
    ck_assert_int_eq(far_ptr(0x9a, T_TASK), BARE_DONE);
    check_new();
    check_saved(TABLES_CODE + 7, FL_ONE);
    ck_assert_uint_eq(tables_flags(&b), FL_ONE | FL_CF | FL_IF | FL_NT);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TASK, 2), T_TSS);
    ck_assert(tables_get(&b, T_TSS) & BUSY);
    /* nested: IRET goes back */
    ck_assert_int_eq(bare_run(&b, "\xcf"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.tr.sel, T_TSS);
    ck_assert_uint_eq(b.c->s.r[R_IP], TABLES_CODE + 7);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xcafebabe);
    ck_assert_uint_eq(b.c->s.r[R_SP], TABLES_STACK0);
    ck_assert_uint_eq(tables_flags(&b), FL_ONE);
    ck_assert_uint_eq(tables_get(&b, T_TASK) & BUSY, 0);
    ck_assert(tables_get(&b, T_TSS) & BUSY);
    /* the abandoned task resumes after its IRET, without NT */
    ck_assert_uint_eq(tables_peek(&b, TABLES_TASK + 0x20, 4), NEW_IP + 1);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TASK + 0x24, 4) & FL_NT, 0);
}
END_TEST

START_TEST(task_gate)
{
    tables_set(&b, T_GATE, tables_gate(T_TASK, 0, T_P | SYS_TASKGATE, 0));
    b.c->s.r[R_AX] = 0xcafebabe;
    b.c->s.r[R_DI] = 0xd1d1;
    ck_assert_int_eq(far_ptr(0x9a, T_GATE), BARE_DONE);
    check_new();
}
END_TEST

START_TEST(interrupt)
{
    b.c->s.r[R_AX] = 0xcafebabe;
    b.c->s.r[R_DI] = 0xd1d1;
    ck_assert_int_eq(by_gate(true), BARE_DONE);
    check_new();
    check_saved(0x8123, FL_ONE);
    ck_assert_uint_eq(b.c->s.r[R_SP], NEW_SP - 4);
    ck_assert_uint_eq(tables_peek(&b, NEW_SP - 4, 4), 0x1230);
    ck_assert(b.c->s.rflags & FL_NT);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TASK, 2), T_TSS);
}
END_TEST

START_TEST(to_16bit)
{
    static const uint16_t v[] = {0x6000,  0x2,      0x1111,   0x2222,  0x3333,
                                 0x4444,  NEW_SP,   0x6666,   0x7777,  0x8888,
                                 T_DATA3, T_CODE16, T_DATA16, T_DATA0, 0};

    for (unsigned k = 0; k < 15; k++)
        tables_poke(&b, TABLES_TASK + 0x0e + 2 * k, v[k], 2);
    ck_assert_int_eq(far_ptr(0x9a, T_TASK16), BARE_DONE);
    ck_assert_uint_eq(b.c->code_size, 1);
    ck_assert_uint_eq(b.c->stack_size, 1);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x1111);
    ck_assert_uint_eq(b.c->s.r[R_SP], NEW_SP);
    ck_assert_uint_eq(b.c->s.seg[SEG_DS].sel, T_DATA0);
    ck_assert(b.c->s.seg[SEG_GS].attr & SA_UNUSABLE);
    ck_assert(b.c->s.rflags & FL_NT);
    b.c->s.r[R_BX] = 0xbeef;
    ck_assert_int_eq(bare_run(&b, "\xcf"), BARE_DONE);
    ck_assert_uint_eq(b.c->code_size, 2);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TASK + 0x18, 2), 0xbeef);
    ck_assert_uint_eq(tables_peek(&b, TABLES_TASK + 0x0e, 2), 0x6001);
}
END_TEST

START_TEST(to_v86)
{
    static const uint16_t sel[6] = {0x100, 0x200, 0x300, 0x400, 0x500, 0x600};

    poke32(0x20, 0x1234);
    poke32(0x24, FL_ONE | FL_VM);
    for (unsigned k = 0; k < 6; k++)
        poke32(0x48 + 4 * k, sel[k]);
    ck_assert_int_eq(far_ptr(0xea, T_TASK), BARE_DONE);
    ck_assert(b.c->v86);
    ck_assert_uint_eq(b.c->cpl, 3);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x1234);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].base, 0x2000);
    ck_assert_uint_eq(b.c->s.seg[SEG_GS].base, 0x6000);
}
END_TEST

START_TEST(debug_trap)
{
    poke32(0x64, 1);
    ck_assert_int_eq(far_ptr(0xea, T_TASK), BARE_DONE);
    ck_assert_uint_eq(b.c->s.db_pending, DR6_BT);
}
END_TEST

/* ---- checks before the switch: nothing has changed ---- */
static const struct {
    bool jump; /* else an interrupt through a gate */
    uint16_t sel;
    uint64_t clear; /* bits of its descriptor */
    int vector;
    uint32_t error;
} before[] = {
    {true, T_TSS, 0, VEC_GP, T_TSS}, /* busy */
    {true, T_TASK, 1ull << 47, VEC_NP, T_TASK},
    {true, T_TASK, 1, VEC_TS, T_TASK}, /* limit 0x66 */
    {true, T_TASK16, 1, VEC_TS, T_TASK16},
    {true, T_TASK | 3, 0, VEC_GP, T_TASK}, /* DPL < RPL */
    {false, T_TASK, 1ull << 47, VEC_NP, T_TASK | 1},
    {false, T_TASK, 1, VEC_TS, T_TASK | 1},
};

START_TEST(refused)
{
    unsigned sel = before[_i].sel & 0xfff8u;
    struct x86_state s;
    int vector;

    tables_set(&b, sel, tables_get(&b, sel) & ~before[_i].clear);
    s = b.c->s;
    vector = before[_i].jump ? far_ptr(0xea, before[_i].sel) : by_gate(false);
    ck_assert_int_eq(vector, before[_i].vector);
    ck_assert_uint_eq(b.event.error, before[_i].error);
    ck_assert_mem_eq(&b.c->s, &s, sizeof(s));
}
END_TEST

START_TEST(old_tss_too_small)
{
    b.c->s.tr.limit = 0x66;
    ck_assert_int_eq(far_ptr(0xea, T_TASK), VEC_TS);
    ck_assert_uint_eq(b.event.error, T_TSS);
}
END_TEST

START_TEST(bad_link)
{
    b.c->s.rflags |= FL_NT;
    tables_poke(&b, TABLES_TSS, T_TASK, 2); /* not busy */
    ck_assert_int_eq(bare_run(&b, "\xcf"), VEC_TS);
    ck_assert_uint_eq(b.event.error, T_TASK);
    tables_poke(&b, TABLES_TSS, 0, 2);
    ck_assert_int_eq(bare_run(&b, "\xcf"), VEC_TS);
    ck_assert_uint_eq(b.event.error, 0);
    tables_poke(&b, TABLES_TSS, T_LDATA3, 2);
    ck_assert_int_eq(bare_run(&b, "\xcf"), VEC_TS);
    ck_assert_uint_eq(b.event.error, T_LDATA3);
}
END_TEST

/* ---- checks in the new task ---- */
static const struct {
    unsigned at; /* offset in the TSS */
    uint32_t v;
    int vector;
    uint32_t error;
} after[] = {
    {0x60, T_TSS, VEC_TS, T_TSS}, /* LDT: another type */
    {0x60, 4, VEC_TS, 4},         /* in an LDT */
    {0x4c, 0, VEC_TS, 0},         /* CS */
    {0x4c, T_DATA0, VEC_TS, T_DATA0},
    {0x4c, T_CODE3, VEC_TS, T_CODE3},
    {0x4c, T_ABSENTC, VEC_NP, T_ABSENTC},
    {0x50, 0, VEC_TS, 0}, /* SS */
    {0x50, T_DATA3, VEC_TS, T_DATA3},
    {0x50, T_CODE0, VEC_TS, T_CODE0},
    {0x48, T_END, VEC_TS, T_END}, /* ES */
    {0x54, T_DATA0 | 3, VEC_TS, T_DATA0},
    {0x5c, T_ABSENT, VEC_NP, T_ABSENT},
};

START_TEST(new_context)
{
    poke32(after[_i].at, after[_i].v);
    ck_assert_int_eq(far_ptr(0xea, T_TASK), after[_i].vector);
    ck_assert_uint_eq(b.event.error, after[_i].error);
    /* the fault is the new task's */
    ck_assert_uint_eq(b.c->s.tr.sel, T_TASK);
    ck_assert_uint_eq(b.c->s.r[R_IP], NEW_IP);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x11111111);
    ck_assert(tables_get(&b, T_TASK) & BUSY);
}
END_TEST

/* The same, by an external event and in the middle of a block. */
START_TEST(new_context_ext)
{
    poke32(0x50, T_DATA3);
    ck_assert_int_eq(by_gate(false), VEC_TS);
    ck_assert_uint_eq(b.event.error, T_DATA3 | 1);
    ck_assert_uint_eq(b.c->s.r[R_IP], NEW_IP);
}
END_TEST

/* The whole way, from the middle of a block: the handler's frame holds the new
 * task's EIP. */
START_TEST(new_context_run)
{
    static const uint8_t code[] = {0x90, 0x90, 0xea, 0, 0, 0, 0, T_TASK, 0};
    struct vcpu_exit exit;
    struct error err;

    poke32(0x24, FL_ONE);
    poke32(0x48, T_END);
    tables_idt(&b, VEC_TS, tables_gate(T_CODE0, 0x7000, T_P | SYS_INT32, 0));
    ck_assert(gmem_write(&b.m.mem, TABLES_CODE, code, sizeof(code)));
    tables_poke(&b, 0x7000, 0xf4, 1); /* hlt */
    interp_processor_ops.state_changed(&b.c->v);
    ck_assert_ok(interp_processor_ops.run(&b.c->v, 10, &exit, &err), &err);
    ck_assert_int_eq(b.c->s.activity, X86_HALTED);
    ck_assert_uint_eq(b.c->v.icount, 3); /* nop, nop, hlt */
    ck_assert_uint_eq(b.c->s.r[R_SP], NEW_SP - 16);
    ck_assert_uint_eq(tables_peek(&b, NEW_SP - 16, 4), T_END);
    ck_assert_uint_eq(tables_peek(&b, NEW_SP - 12, 4), NEW_IP);
}
END_TEST

START_TEST(eip_beyond_limit)
{
    poke32(0x4c, T_SMALL);
    ck_assert_int_eq(far_ptr(0xea, T_TASK), VEC_GP);
    ck_assert_uint_eq(b.event.error, 0);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].sel, T_SMALL);
}
END_TEST

/* CR3 comes with the task while paging is on. */
START_TEST(page_directory)
{
    const uint32_t dir[2] = {0x60000, 0x61000};

    for (unsigned k = 0; k < 2; k++)
        tables_poke(&b, dir[k], 0x83, 4); /* 4 MiB, one to one */
    b.c->s.cr4 |= CR4_PSE;
    b.c->s.cr3 = dir[0];
    b.c->s.cr0 |= CR0_PG;
    x86_update_mode(b.c);
    x86_tlb_flush(b.c, true);
    poke32(0x1c, dir[1]);
    ck_assert_int_eq(far_ptr(0xea, T_TASK), BARE_DONE);
    ck_assert_uint_eq(b.c->s.cr3, dir[1]);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *test_task_suite(void)
{
    Suite *s = suite_create("task");
    TCase *t = tcase_create("switch");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, jmp);
    tcase_add_test(t, call_and_back);
    tcase_add_test(t, task_gate);
    tcase_add_test(t, interrupt);
    tcase_add_test(t, to_16bit);
    tcase_add_test(t, to_v86);
    tcase_add_test(t, debug_trap);
    tcase_add_test(t, page_directory);
    suite_add_tcase(s, t);
    t = tcase_create("faults");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, refused, 0, N(before));
    tcase_add_test(t, old_tss_too_small);
    tcase_add_test(t, bad_link);
    tcase_add_loop_test(t, new_context, 0, N(after));
    tcase_add_test(t, new_context_ext);
    tcase_add_test(t, new_context_run);
    tcase_add_test(t, eip_beyond_limit);
    suite_add_tcase(s, t);
    return s;
}
