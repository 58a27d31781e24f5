/* test_iret.c: IRET in every mode. [SDM2 "IRET/IRETD/IRETQ"]: operation. */
#include "common/x86/seg.h"

#include "common/tests/suite.h"
#include "common/x86/tests/tables.h"

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
}

static void teardown(void)
{
    bare_fini(&b);
}

/* Put a frame of units of n bytes at the top of the stack. */
static uint64_t frame(unsigned n, uint64_t ip, uint64_t cs, uint64_t fl,
                      uint64_t sp, uint64_t ss)
{
    uint64_t at = b.c->s.r[R_SP] -= 0x40;
    const uint64_t v[5] = {ip, cs, fl, sp, ss};

    at += b.c->s.seg[SEG_SS].base * (b.c->code_size != 3);
    for (unsigned k = 0; k < 5; k++)
        tables_poke(&b, at + n * k, v[k], n);
    return b.c->s.r[R_SP];
}

/* ---- protected mode: where to ---- */
static const struct {
    unsigned cpl;
    uint16_t cs, ss;
    uint32_t eip;
    int vector;
    uint32_t error;
} returns[] = {
    {0, T_CODE0, 0, 0x1234, BARE_DONE, 0},
    {0, T_CODE3 | 3, T_DATA3 | 3, 0x1234, BARE_DONE, 0},
    {3, T_CODE3 | 3, 0, 0x1234, BARE_DONE, 0},
    {3, T_CODE0, 0, 0, VEC_GP, T_CODE0},
    {0, 0, 0, 0, VEC_GP, 0},
    {0, T_END, 0, 0, VEC_GP, T_END},
    {0, T_ABSENTC, 0, 0, VEC_NP, T_ABSENTC},
    {0, T_SMALL, 0, 0x100, VEC_GP, 0},
    {0, T_CODE3 | 3, 0, 0, VEC_GP, 0},
    {0, T_CODE3 | 3, T_DATA0 | 3, 0, VEC_GP, T_DATA0},
    {0, T_CODE3 | 3, T_ABSENT | 3, 0, VEC_SS, T_ABSENT},
};

START_TEST(where)
{
    uint64_t sp;
    int vector;

    tables_protected(&b, returns[_i].cpl);
    b.c->s.nmi_blocked = 1;
    sp = frame(4, returns[_i].eip, returns[_i].cs, 0x2, 0xc000, returns[_i].ss);
    vector = bare_run(&b, "\xcf");
    ck_assert_int_eq(vector, returns[_i].vector);
    /* "even if it faults" */
    ck_assert_uint_eq(b.c->s.nmi_blocked, 0);
    if (vector != BARE_DONE) {
        ck_assert_uint_eq(b.event.error, returns[_i].error);
        ck_assert_uint_eq(b.c->s.r[R_SP], sp);
        ck_assert_uint_eq(b.c->s.r[R_IP], TABLES_CODE);
        return;
    }
    ck_assert_uint_eq(b.c->s.r[R_IP], returns[_i].eip);
    ck_assert_uint_eq(b.c->cpl, returns[_i].cs & 3u);
    ck_assert_uint_eq(b.c->s.r[R_SP], (returns[_i].cs & 3u) > returns[_i].cpl
                                          ? 0xc000
                                          : sp + 12);
}
END_TEST

/* ---- which flags ---- */
#define ALWAYS                                                                 \
    (FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF | FL_TF | FL_DF | FL_OF | FL_NT)
#define WIDE (FL_RF | FL_AC | FL_ID)

static const struct {
    unsigned cpl, iopl;
    bool op16;
    uint64_t may; /* bits that change */
} flags[] = {
    {0, 0, false, ALWAYS | WIDE | FL_IF | FL_IOPL | FL_VIF | FL_VIP},
    {0, 0, true, ALWAYS | FL_IF | FL_IOPL},
    {3, 0, false, ALWAYS | WIDE},
    {3, 0, true, ALWAYS},
    {3, 3, false, ALWAYS | WIDE | FL_IF},
    {1, 0, false, ALWAYS | WIDE},
    {1, 1, false, ALWAYS | WIDE | FL_IF},
};

START_TEST(which_flags)
{
    static const uint16_t code[] = {T_CODE0, T_CODE1 | 1, 0, T_CODE3 | 3};
    uint64_t all = ALWAYS | WIDE | FL_IF | FL_IOPL | FL_VIF | FL_VIP;
    uint64_t start = FL_ONE | flags[_i].iopl << 12;

    tables_protected(&b, flags[_i].cpl);
    b.c->s.rflags = start;
    frame(flags[_i].op16 ? 2 : 4, 0x10, code[flags[_i].cpl], all ^ start, 0, 0);
    ck_assert_int_eq(flags[_i].op16 ? bare_run(&b, "\x66\xcf")
                                    : bare_run(&b, "\xcf"),
                     BARE_DONE);
    ck_assert_uint_eq(tables_flags(&b), start ^ flags[_i].may);
}
END_TEST

/* AC takes effect with the return. */
START_TEST(alignment_check)
{
    tables_protected(&b, 0);
    b.c->s.cr0 |= CR0_AM;
    frame(4, 0x10, T_CODE3 | 3, FL_ONE | FL_AC, 0xc000, T_DATA3 | 3);
    ck_assert_int_eq(bare_run(&b, "\xcf"), BARE_DONE);
    ck_assert_ptr_eq(b.c->tlb, b.c->tlbs[X86_VIEWS]);
}
END_TEST

/* Segments that the outer level may not use become null; a return to the same
 * level leaves them. */
START_TEST(outer_nulls)
{
    tables_protected(&b, 0);
    frame(4, 0x10, T_CODE0, FL_ONE, 0, 0);
    ck_assert_int_eq(bare_run(&b, "\xcf"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.seg[SEG_DS].sel, T_DATA0);
    x86_load_seg(b.c, SEG_ES, T_DATA3);
    frame(4, 0x10, T_CODE3 | 3, FL_ONE, 0xc000, T_DATA3 | 3);
    ck_assert_int_eq(bare_run(&b, "\xcf"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.seg[SEG_DS].sel, 0);
    ck_assert(b.c->s.seg[SEG_DS].attr & SA_UNUSABLE);
    ck_assert_uint_eq(b.c->s.seg[SEG_ES].sel, T_DATA3);
}
END_TEST

/* A return to a 16-bit stack loads SP only. */
START_TEST(small_stack)
{
    tables_protected(&b, 0);
    tables_set(&b, T_DATA3, tables_desc(0, 0xffff, T_P | T_RW | T_DPL(3), 0));
    frame(4, 0x10, T_CODE3 | 3, FL_ONE, 0x12345678, T_DATA3 | 3);
    b.c->s.r[R_SP] = 0x0000a000 - 0x40;
    ck_assert_int_eq(bare_run(&b, "\xcf"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_SP], 0x5678);
}
END_TEST

/* ---- 64-bit mode ---- */
static const struct {
    unsigned cpl;
    uint16_t cs, ss;
    uint64_t rip;
    int vector;
    uint32_t error;
} wide[] = {
    {0, T_CODE64, 0, 0x1234, BARE_DONE, 0}, /* null SS but at CPL 3 */
    {0, T_CODE64, T_DATA0, 0xffffffff81000000, BARE_DONE, 0},
    {0, T_CODE64U | 3, T_DATA3 | 3, 0x1234, BARE_DONE, 0},
    {0, T_CODE3 | 3, T_DATA3 | 3, 0x1234, BARE_DONE, 0}, /* compatibility */
    {3, T_CODE64U | 3, T_DATA3 | 3, 0x1234, BARE_DONE, 0},
    {0, T_CODE64U | 3, 3, 0, VEC_GP, 0},
    {0, T_CODE0, 0, 0, VEC_GP, 0}, /* not for compatibility code */
    {0, T_CODE64, T_DATA3 | 3, 0, VEC_GP, T_DATA3},
    {0, T_CODE64, T_DATA0, 1ull << 47, VEC_GP, 0},
    {0, T_LD, T_DATA0, 0, VEC_GP, T_LD},
};

START_TEST(iretq)
{
    int vector;

    tables_long64(&b, wide[_i].cpl);
    frame(8, wide[_i].rip, wide[_i].cs, FL_ONE, 0xc123, wide[_i].ss);
    vector = bare_run(&b, "\x48\xcf");
    ck_assert_int_eq(vector, wide[_i].vector);
    if (vector != BARE_DONE) {
        ck_assert_uint_eq(b.event.error, wide[_i].error);
        return;
    }
    ck_assert_uint_eq(b.c->s.r[R_SP], 0xc123); /* always popped */
    ck_assert_uint_eq(b.c->s.seg[SEG_SS].sel, wide[_i].ss);
    ck_assert_uint_eq(b.c->cpl, wide[_i].cs & 3u);
    ck_assert_uint_eq(b.c->s.r[R_IP], wide[_i].rip);
    ck_assert_uint_eq(b.c->code_size, wide[_i].cs == (T_CODE3 | 3) ? 2 : 3);
}
END_TEST

START_TEST(no_nested_task)
{
    tables_long64(&b, 0);
    b.c->s.rflags |= FL_NT;
    frame(8, 0, T_CODE64, FL_ONE, 0xc000, 0);
    ck_assert_int_eq(bare_run(&b, "\x48\xcf"), VEC_GP);
    ck_assert_uint_eq(b.event.error, 0);
}
END_TEST

/* ---- real-address and virtual-8086 mode ---- */
START_TEST(real_mode)
{
    uint64_t fixed = FL_VM | FL_VIF | FL_VIP;

    bare_real(&b);
    b.c->s.r[R_SP] = 0x1000;
    frame(2, 0x1234, 0x100, 0x7fd7, 0, 0);
    ck_assert_int_eq(bare_run(&b, "\xcf"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x1234);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].base, 0x1000);
    ck_assert_uint_eq(tables_flags(&b), 0x7fd7);
    frame(4, 0x1234, 0x100, 0x3f0002, 0, 0);
    ck_assert_int_eq(bare_run(&b, "\x66\xcf"), BARE_DONE);
    ck_assert_uint_eq(tables_flags(&b), 0x3f0002 & ~fixed);
    frame(4, 0x10000, 0x100, 2, 0, 0);
    ck_assert_int_eq(bare_run(&b, "\x66\xcf"), VEC_GP);
}
END_TEST

START_TEST(to_v86)
{
    static const uint32_t v[9] = {0x1234, 0x1000, 0x3b0202 | FL_VM,
                                  0x8765, 0x2000, 0x3000,
                                  0x4000, 0x5000, 0x6000};
    static const uint8_t seg[] = {SEG_SS, SEG_ES, SEG_DS, SEG_FS, SEG_GS};
    const struct x86_seg *s = b.c->s.seg;

    tables_protected(&b, 0);
    for (unsigned k = 0; k < 9; k++)
        tables_poke(&b, TABLES_STACK0 + 4 * k, v[k], 4);
    ck_assert_int_eq(bare_run(&b, "\xcf"), BARE_DONE);
    ck_assert(b.c->v86);
    ck_assert_uint_eq(b.c->cpl, 3);
    ck_assert_uint_eq(b.c->code_size, 1);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x1234);
    ck_assert_uint_eq(b.c->s.r[R_SP], 0x8765);
    ck_assert_uint_eq(tables_flags(&b), v[2]);
    ck_assert_uint_eq(s[SEG_CS].base, 0x10000);
    for (unsigned k = 0; k < 5; k++) {
        ck_assert_uint_eq(s[seg[k]].sel, v[4 + k]);
        ck_assert_uint_eq(s[seg[k]].base, v[4 + k] << 4);
        ck_assert_uint_eq(s[seg[k]].limit, 0xffff);
        ck_assert_uint_eq(SA_DPL(s[seg[k]].attr), 3);
    }
}
END_TEST

/* VM in the image counts at CPL 0 and with 32-bit operands only. */
START_TEST(vm_ignored)
{
    tables_protected(&b, 3);
    frame(4, 0x10, T_CODE3 | 3, FL_ONE | FL_VM, 0, 0);
    ck_assert_int_eq(bare_run(&b, "\xcf"), BARE_DONE);
    ck_assert(!b.c->v86);
    ck_assert_uint_eq(b.c->s.rflags & FL_VM, 0);
}
END_TEST

static const struct {
    unsigned iopl;
    bool vme, op32;
    uint64_t flags; /* before, beside VM and IOPL */
    uint32_t image;
    int vector;
    uint64_t after;
} v86[] = {
    {3, false, false, 0, 0x202, BARE_DONE, FL_IF},
    {3, false, true, 0, 0x240202, BARE_DONE, FL_IF | FL_ID | FL_AC},
    {3, false, true, FL_VIF, 0x100202, BARE_DONE, FL_IF | FL_VIF},
    {3, false, false, FL_IF, 0x2, BARE_DONE, 0}, /* IOPL stays 3 */
    {0, false, false, 0, 0x202, VEC_GP, 0},
    {0, true, false, 0, 0x3202, BARE_DONE, FL_VIF},
    {0, true, false, FL_VIF | FL_IF, 0x2, BARE_DONE, FL_IF},
    {0, true, true, 0, 0x202, VEC_GP, 0},
    {0, true, false, 0, 0x102, VEC_GP, 0}, /* TF */
    {0, true, false, FL_VIP, 0x202, VEC_GP, 0},
    {0, true, false, FL_VIP, 0x2, BARE_DONE, FL_VIP},
};

START_TEST(in_v86)
{
    uint64_t fixed = FL_ONE | FL_VM | v86[_i].iopl << 12;
    int vector;

    tables_v86(&b, v86[_i].iopl);
    b.c->s.rflags |= v86[_i].flags;
    b.c->s.cr4 |= v86[_i].vme ? CR4_VME : 0;
    frame(v86[_i].op32 ? 4 : 2, 0x55, 0x900, v86[_i].image, 0, 0);
    vector = v86[_i].op32 ? bare_run(&b, "\x66\xcf") : bare_run(&b, "\xcf");
    ck_assert_int_eq(vector, v86[_i].vector);
    if (vector != BARE_DONE)
        return;
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x55);
    ck_assert_uint_eq(b.c->s.seg[SEG_CS].base, 0x9000);
    ck_assert_uint_eq(tables_flags(&b), fixed | v86[_i].after);
    ck_assert(b.c->v86);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *test_iret_suite(void)
{
    Suite *s = suite_create("iret");
    TCase *t = tcase_create("protected");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, where, 0, N(returns));
    tcase_add_loop_test(t, which_flags, 0, N(flags));
    tcase_add_test(t, alignment_check);
    tcase_add_test(t, outer_nulls);
    tcase_add_test(t, small_stack);
    suite_add_tcase(s, t);
    t = tcase_create("long");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, iretq, 0, N(wide));
    tcase_add_test(t, no_nested_task);
    suite_add_tcase(s, t);
    t = tcase_create("8086");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, real_mode);
    tcase_add_test(t, to_v86);
    tcase_add_test(t, vm_ignored);
    tcase_add_loop_test(t, in_v86, 0, N(v86));
    suite_add_tcase(s, t);
    return s;
}
