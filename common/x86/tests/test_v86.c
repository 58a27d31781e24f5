/* test_v86.c: INT n in virtual-8086 mode. [SDM3 "Handling Software Interrupts
 * in Virtual-8086 Mode"], table "Software Interrupt Handling Methods". */
#include "common/x86/seg.h"

#include "common/tests/suite.h"
#include "common/x86/tests/tables.h"

#define VEC    0x21u
#define STACK  (0xc000u + 0x100u) /* linear */
#define IOMAP  0x88u              /* as tables.h has it */
#define BITMAP (TABLES_TSS + IOMAP - 32 + VEC / 8)

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
}

static void teardown(void)
{
    bare_fini(&b);
}

enum { REDIRECTED = -2, SOFT = -3 }; /* beside vectors */

static const struct {
    unsigned method; /* the manual's number */
    bool vme;
    unsigned iopl;
    bool bit; /* in the redirection bitmap */
    int result;
} methods[] = {
    {1, false, 3, false, SOFT},      {1, false, 3, true, SOFT},
    {2, false, 0, false, VEC_GP},    {2, false, 2, true, VEC_GP},
    {3, true, 0, true, VEC_GP},      {4, true, 3, true, SOFT},
    {5, true, 3, false, REDIRECTED}, {6, true, 0, false, REDIRECTED},
};

START_TEST(method)
{
    uint64_t flags = FL_IF | FL_TF | FL_VIF;
    bool virtual_if = methods[_i].iopl < 3;
    int vector;

    tables_v86(&b, methods[_i].iopl);
    b.c->s.rflags |= flags;
    b.c->s.cr4 |= methods[_i].vme ? CR4_VME : 0;
    tables_poke(&b, BITMAP, methods[_i].bit ? 1u << (VEC & 7) : 0, 1);
    tables_poke(&b, VEC * 4, 0x90001234, 4);
    vector = bare_run(&b, "\xcd\x21");
    if (methods[_i].result == SOFT) {
        ck_assert_int_eq(vector, VEC);
        ck_assert_int_eq(b.event.type, X86_EV_SOFT);
        ck_assert_uint_eq(b.event.next_ip, 0x12);
        return;
    }
    if (methods[_i].result == VEC_GP) {
        ck_assert_int_eq(vector, VEC_GP);
        ck_assert_uint_eq(b.event.error, 0);
        return;
    }
    ck_assert_int_eq(vector, BARE_DONE);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].base, 0x90000);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x1234);
    ck_assert_uint_eq(b.c->s.r[R_SP], 0x100 - 6);
    ck_assert_uint_eq(tables_peek(&b, STACK - 6, 4), 0x08000012);
    ck_assert_uint_eq(tables_peek(&b, STACK - 2, 2),
                      FL_ONE | FL_IF | FL_TF | FL_IOPL);
    ck_assert_uint_eq(b.c->s.rflags & flags, virtual_if ? FL_IF : FL_VIF);
    ck_assert_uint_eq(b.c->s.rflags & FL_IOPL, methods[_i].iopl << 12);
}
END_TEST

/* Without VIF the pushed IF is clear, whatever IF is. */
START_TEST(pushed_if)
{
    tables_v86(&b, 0);
    b.c->s.rflags |= FL_IF;
    b.c->s.cr4 |= CR4_VME;
    ck_assert_int_eq(bare_run(&b, "\xcd\x21"), BARE_DONE);
    ck_assert_uint_eq(tables_peek(&b, STACK - 2, 2), FL_ONE | FL_IOPL);
    ck_assert(b.c->s.rflags & FL_IF);
}
END_TEST

START_TEST(bitmap_beyond_tss)
{
    tables_v86(&b, 3);
    b.c->s.cr4 |= CR4_VME;
    b.c->s.tr.limit = IOMAP - 32 + VEC / 8 - 1;
    ck_assert_int_eq(bare_run(&b, "\xcd\x21"), VEC_GP);
    b.c->s.tr.limit++;
    ck_assert_int_eq(bare_run(&b, "\xcd\x21"), BARE_DONE);
    tables_v86(&b, 3);
    b.c->s.cr4 |= CR4_VME;
    tables_poke(&b, TABLES_TSS + 0x66, 31, 2); /* no room below it */
    ck_assert_int_eq(bare_run(&b, "\xcd\x21"), VEC_GP);
}
END_TEST

/* INT3 and INTO are neither IOPL-sensitive nor redirected. */
START_TEST(others)
{
    tables_v86(&b, 0);
    b.c->s.cr4 |= CR4_VME;
    ck_assert_int_eq(bare_run(&b, "\xcc"), VEC_BP);
    ck_assert_int_eq(b.event.type, X86_EV_SOFT);
    ck_assert_int_eq(bare_run(&b, "\xcd\x03"), BARE_DONE);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *test_v86_suite(void)
{
    Suite *s = suite_create("v86");
    TCase *t = tcase_create("int");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, method, 0, N(methods));
    tcase_add_test(t, pushed_if);
    tcase_add_test(t, bitmap_beyond_tss);
    tcase_add_test(t, others);
    suite_add_tcase(s, t);
    return s;
}
