/* test_op_pushf.c: PUSHF and POPF by privilege, mode and size. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "common/x86/tests/bare.h"

#define TOP 0x4000u
#define ALL 0x3fffffu /* every bit up to ID */

static struct bare b;
static struct x86_cpu *c;

static void setup(void)
{
    bare_init(&b, "triptych");
    c = b.c;
}

static void teardown(void)
{
    bare_fini(&b);
}

enum mode { REAL, PROT0, PROT3, LONG0, LONG3, V86 };

static void enter(enum mode m, unsigned iopl)
{
    if (m == REAL || m == V86)
        bare_real(&b);
    else if (m == LONG0 || m == LONG3)
        bare_long64(&b, m == LONG3 ? 3 : 0);
    else
        bare_protected(&b, m == PROT3 ? 3 : 0);
    c->s.rflags = FL_ONE | iopl << 12;
    if (m == V86) {
        c->s.cr0 |= CR0_PE;
        c->s.rflags |= FL_VM;
    }
    c->arith = arith_from_rflags(0);
    x86_update_mode(c);
    c->s.r[R_SP] = TOP;
}

static void on_stack(uint64_t v)
{
    gmem_write(&b.m.mem, TOP, &v, 8);
}

static uint64_t stacked(unsigned n)
{
    uint64_t v = 0;

    gmem_read(&b.m.mem, TOP - n, &v, n);
    return v;
}

#define POP_ALL (FL_ARITH | FL_TF | FL_DF | FL_NT)

/* What POPF changes when it pops all ones, and all zeroes over all ones */
static const struct {
    enum mode mode;
    unsigned iopl;
    const char *bytes;
    unsigned n;
    uint32_t may;
} pops[] = {
    {REAL, 0, "\x9d", 1, POP_ALL | FL_IF | FL_IOPL},
    {REAL, 0, "\x66\x9d", 2, POP_ALL | FL_IF | FL_IOPL | FL_AC | FL_ID},
    {PROT0, 0, "\x9d", 1, POP_ALL | FL_IF | FL_IOPL | FL_AC | FL_ID},
    {PROT0, 0, "\x66\x9d", 2, POP_ALL | FL_IF | FL_IOPL},
    {PROT3, 0, "\x9d", 1, POP_ALL | FL_AC | FL_ID},
    {PROT3, 0, "\x66\x9d", 2, POP_ALL},
    {PROT3, 3, "\x9d", 1, POP_ALL | FL_IF | FL_AC | FL_ID},
    {PROT3, 3, "\x66\x9d", 2, POP_ALL | FL_IF},
    {LONG0, 0, "\x9d", 1, POP_ALL | FL_IF | FL_IOPL | FL_AC | FL_ID},
    {LONG3, 0, "\x9d", 1, POP_ALL | FL_AC | FL_ID},
    {LONG3, 3, "\x9d", 1, POP_ALL | FL_IF | FL_AC | FL_ID},
    {LONG3, 0, "\x66\x9d", 2, POP_ALL},
    {V86, 3, "\x9d", 1, POP_ALL | FL_IF},
    {V86, 3, "\x66\x9d", 2, POP_ALL | FL_IF | FL_AC | FL_ID},
};

START_TEST(popf_changes_what_it_may)
{
    uint64_t before, after;

    enter(pops[_i].mode, pops[_i].iopl);
    before = x86_rflags(c);
    on_stack(~0ull);
    ck_assert_int_eq(bare_exec(&b, pops[_i].bytes, pops[_i].n), BARE_DONE);
    after = x86_rflags(c);
    ck_assert_uint_eq(after, before | pops[_i].may);
    enter(pops[_i].mode, pops[_i].iopl);
    x86_set_rflags(c, ALL, POP_ALL | FL_IF | FL_AC | FL_ID | FL_VIF | FL_VIP);
    before = x86_rflags(c);
    on_stack(0);
    ck_assert_int_eq(bare_exec(&b, pops[_i].bytes, pops[_i].n), BARE_DONE);
    after = x86_rflags(c);
    ck_assert_uint_eq(after, before & ~(uint64_t)pops[_i].may);
    ck_assert(after & FL_VIF);
}
END_TEST

START_TEST(stack_moves_by_size)
{
    enter(LONG0, 0);
    ck_assert_int_eq(bare_run(&b, "\x9c"), BARE_DONE);
    ck_assert_uint_eq(c->s.r[R_SP], TOP - 8);
    ck_assert_uint_eq(stacked(8), FL_ONE);
    ck_assert_int_eq(bare_run(&b, "\x9d"), BARE_DONE);
    ck_assert_uint_eq(c->s.r[R_SP], TOP);
    ck_assert_int_eq(bare_run(&b, "\x66\x9c"), BARE_DONE);
    ck_assert_uint_eq(c->s.r[R_SP], TOP - 2);
    enter(PROT0, 0);
    ck_assert_int_eq(bare_run(&b, "\x9c"), BARE_DONE);
    ck_assert_uint_eq(c->s.r[R_SP], TOP - 4);
}
END_TEST

START_TEST(image)
{
    enter(PROT3, 2);
    x86_set_rflags(c, ALL, FL_ARITH | FL_IF | FL_DF | FL_RF | FL_ID | FL_NT);
    ck_assert_int_eq(bare_run(&b, "\x9c"), BARE_DONE);
    ck_assert_uint_eq(stacked(4), FL_ONE | FL_ARITH | FL_IF | FL_DF | FL_ID |
                                      FL_NT | 2u << 12); /* RF reads as 0 */
    enter(V86, 3);
    ck_assert_int_eq(bare_run(&b, "\x66\x9c"), BARE_DONE);
    ck_assert_uint_eq(stacked(4), FL_ONE | FL_IOPL); /* so does VM */
}
END_TEST

START_TEST(v86_without_iopl)
{
    enter(V86, 0);
    ck_assert_int_eq(bare_run(&b, "\x9c"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x9d"), VEC_GP);
    c->s.cr4 |= CR4_VME;
    ck_assert_int_eq(bare_run(&b, "\x66\x9c"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x66\x9d"), VEC_GP);
    ck_assert_uint_eq(c->s.r[R_SP], TOP);
}
END_TEST

START_TEST(v86_with_virtual_interrupt_flag)
{
    enter(V86, 0);
    c->s.cr4 |= CR4_VME;
    x86_set_rflags(c, FL_IF, FL_IF);
    ck_assert_int_eq(bare_run(&b, "\x9c"), BARE_DONE); /* VIF is clear */
    ck_assert_uint_eq(stacked(2), FL_ONE | FL_IOPL);
    on_stack(0);
    gmem_write(&b.m.mem, TOP - 2, &(uint16_t){FL_IF | FL_CF}, 2);
    ck_assert_int_eq(bare_run(&b, "\x9d"), BARE_DONE);
    ck_assert_uint_eq(x86_rflags(c), FL_ONE | FL_IF | FL_VIF | FL_VM | FL_CF);
    x86_set_rflags(c, 0, FL_IF);
    ck_assert_int_eq(bare_run(&b, "\x9c"), BARE_DONE); /* IF is not seen */
    ck_assert_uint_eq(stacked(2), FL_ONE | FL_IOPL | FL_IF | FL_CF);
    x86_set_rflags(c, FL_VIP, FL_VIP);
    ck_assert_int_eq(bare_run(&b, "\x9d"), VEC_GP); /* IF with VIP */
    gmem_write(&b.m.mem, TOP - 2, &(uint16_t){FL_TF}, 2);
    ck_assert_int_eq(bare_run(&b, "\x9d"), VEC_GP);
    ck_assert_uint_eq(c->s.r[R_SP], TOP - 2);
    gmem_write(&b.m.mem, TOP - 2, &(uint16_t){0}, 2);
    ck_assert_int_eq(bare_run(&b, "\x9d"), BARE_DONE);
    ck_assert_uint_eq(x86_rflags(c), FL_ONE | FL_VM | FL_VIP);
}
END_TEST

/* The Popek-Goldberg violation: IF and IOPL stay, and nothing is said. */
START_TEST(silent_popf)
{
    enter(PROT0, 0);
    c->v.disp.at[SENS_POPF] = DISP_SILENT;
    on_stack(~0ull);
    ck_assert_int_eq(bare_run(&b, "\x9d"), BARE_DONE);
    ck_assert_uint_eq(x86_rflags(c), FL_ONE | POP_ALL | FL_AC | FL_ID);
}
END_TEST

START_TEST(dispositions_come_first)
{
    enter(PROT0, 0);
    on_stack(~0ull);
    c->v.disp.at[SENS_POPF] = c->v.disp.at[SENS_PUSHF] = DISP_FAULT;
    ck_assert_int_eq(bare_run(&b, "\x9d"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x9c"), VEC_GP);
    ck_assert_uint_eq(c->s.r[R_SP], TOP);
    ck_assert_uint_eq(x86_rflags(c), FL_ONE);
    ck_assert_uint_eq(ledger_get(&c->v.ledger, LEDGER_SENSITIVE, SENS_POPF, 0),
                      1);
}
END_TEST

START_TEST(fault_changes_nothing)
{
    enter(PROT0, 0);
    c->s.seg[SEG_SS].limit = TOP;
    x86_seg_update(c, SEG_SS);
    ck_assert_int_eq(bare_run(&b, "\x9d"), VEC_SS);
    ck_assert_uint_eq(c->s.r[R_SP], TOP);
    ck_assert_uint_eq(x86_rflags(c), FL_ONE);
}
END_TEST

Suite *test_op_pushf_suite(void)
{
    Suite *s = suite_create("op_pushf");
    TCase *t = tcase_create("op_pushf");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, popf_changes_what_it_may, 0, ARRAY_LEN(pops));
    tcase_add_test(t, stack_moves_by_size);
    tcase_add_test(t, image);
    tcase_add_test(t, v86_without_iopl);
    tcase_add_test(t, v86_with_virtual_interrupt_flag);
    tcase_add_test(t, silent_popf);
    tcase_add_test(t, dispositions_come_first);
    tcase_add_test(t, fault_changes_nothing);
    suite_add_tcase(s, t);
    return s;
}
