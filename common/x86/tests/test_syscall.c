/* test_syscall.c: SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS; CLI and STI.
 * [SDM2], Intel's way where vendors differ. */
#include "common/tests/suite.h"
#include "common/x86/flags.h"
#include "common/x86/tests/tables.h"

#define KERNEL 0xffffffff81000000ull
#define BAD    0x0000800000000000ull /* not canonical */

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
}

static void teardown(void)
{
    bare_fini(&b);
}

static void long64(unsigned cpl)
{
    struct x86_state *s = &b.c->s;

    tables_long64(&b, cpl);
    s->efer |= EFER_SCE;
    s->star = 0x0023001000000000;
    s->lstar = KERNEL;
    s->fmask = FL_IF | FL_TF | FL_AC | FL_CF;
    s->sysenter_cs = 0x10;
    s->sysenter_esp = KERNEL + 0x1000;
    s->sysenter_eip = KERNEL + 0x2000;
}

static void check_seg(const struct x86_seg *s, uint16_t sel, uint32_t attr)
{
    ck_assert_uint_eq(s->sel, sel);
    ck_assert_uint_eq(s->base, 0);
    ck_assert_uint_eq(s->limit, 0xffffffff);
    ck_assert_uint_eq(s->attr, attr);
}

/* Access rights as VMX stores them. */
#define AR_CODE64(dpl) (0xa09bu | (dpl) << 5)
#define AR_CODE32(dpl) (0xc09bu | (dpl) << 5)
#define AR_STACK(dpl)  (0xc093u | (dpl) << 5)

START_TEST(syscall_sysret)
{
    struct x86_state *s = &b.c->s;

    long64(3);
    s->r[R_SP] = 0x7fff;
    x86_set_rflags(b.c, FL_IF | FL_CF | FL_ZF, FL_IF | FL_CF | FL_ZF);
    ck_assert_int_eq(bare_run(&b, "\x0f\x05"), BARE_DONE);
    ck_assert_uint_eq(s->r[R_IP], KERNEL);
    ck_assert_uint_eq(s->r[R_CX], TABLES_CODE + 2);
    ck_assert_uint_eq(s->r[R_11], FL_ONE | FL_IF | FL_CF | FL_ZF);
    ck_assert_uint_eq(tables_flags(&b), FL_ONE | FL_ZF);
    ck_assert_uint_eq(s->r[R_SP], 0x7fff); /* the stack is the kernel's job */
    check_seg(&s->seg[SEG_CS], 0x10, AR_CODE64(0u));
    check_seg(&s->seg[SEG_SS], 0x18, AR_STACK(0u));
    ck_assert_uint_eq(b.c->cpl, 0);
    ck_assert_uint_eq(b.c->view, X86_VIEW_SUPER);
    /* back to 64-bit code */
    s->r[R_11] |= FL_RF | FL_VM;
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\x07"), BARE_DONE);
    ck_assert_uint_eq(s->r[R_IP], TABLES_CODE + 2);
    ck_assert_uint_eq(tables_flags(&b), FL_ONE | FL_IF | FL_CF | FL_ZF);
    check_seg(&s->seg[SEG_CS], 0x33, AR_CODE64(3u));
    check_seg(&s->seg[SEG_SS], 0x2b, AR_STACK(3u));
    ck_assert_uint_eq(b.c->cpl, 3);
    ck_assert_uint_eq(b.c->view, X86_VIEW_USER);
}
END_TEST

START_TEST(sysret32)
{
    long64(0);
    b.c->s.r[R_CX] = 0x1234567890;
    b.c->s.r[R_11] = 0;
    ck_assert_int_eq(bare_run(&b, "\x0f\x07"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x34567890);
    ck_assert_uint_eq(b.c->code_size, 2);
    check_seg(&b.c->s.seg[SEG_CS], 0x23, AR_CODE32(3u));
    check_seg(&b.c->s.seg[SEG_SS], 0x2b, AR_STACK(3u));
    ck_assert_uint_eq(tables_flags(&b), FL_ONE);
}
END_TEST

START_TEST(syscall_faults)
{
    long64(3);
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\x07"), VEC_GP); /* CPL 3 */
    b.c->s.efer &= ~(uint64_t)EFER_SCE;
    ck_assert_int_eq(bare_run(&b, "\x0f\x05"), VEC_UD);
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\x07"), VEC_UD);
    /* the known flaw: #GP at CPL 0, with the user's stack */
    long64(0);
    b.c->s.r[R_CX] = BAD;
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\x07"), VEC_GP);
    ck_assert_uint_eq(b.c->cpl, 0);
    ck_assert_int_eq(bare_run(&b, "\x0f\x07"), BARE_DONE); /* 32 bits of it */
    /* outside 64-bit mode: not on Intel's */
    ck_assert_int_eq(bare_run(&b, "\x0f\x05"), VEC_UD);
    tables_protected(&b, 0);
    b.c->s.efer |= EFER_SCE;
    ck_assert_int_eq(bare_run(&b, "\x0f\x05"), VEC_UD);
}
END_TEST

START_TEST(sysenter_long)
{
    struct x86_state *s = &b.c->s;

    long64(3);
    s->rflags |= FL_IF | FL_TF;
    ck_assert_int_eq(bare_run(&b, "\x0f\x34"), BARE_DONE);
    ck_assert_uint_eq(s->r[R_IP], KERNEL + 0x2000);
    ck_assert_uint_eq(s->r[R_SP], KERNEL + 0x1000);
    ck_assert_uint_eq(s->rflags & (FL_IF | FL_TF), FL_TF);
    check_seg(&s->seg[SEG_CS], 0x10, AR_CODE64(0u));
    check_seg(&s->seg[SEG_SS], 0x18, AR_STACK(0u));
    s->r[R_DX] = 0x7fffffff1234;
    s->r[R_CX] = 0x7fffffff5678;
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\x35"), BARE_DONE);
    ck_assert_uint_eq(s->r[R_IP], 0x7fffffff1234);
    ck_assert_uint_eq(s->r[R_SP], 0x7fffffff5678);
    check_seg(&s->seg[SEG_CS], 0x33, AR_CODE64(3u));
    check_seg(&s->seg[SEG_SS], 0x3b, AR_STACK(3u));
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\x35"), VEC_GP); /* CPL 3 */
}
END_TEST

START_TEST(sysexit_canonical)
{
    long64(0);
    b.c->s.r[R_DX] = BAD;
    b.c->s.r[R_CX] = 0;
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\x35"), VEC_GP);
    b.c->s.r[R_DX] = 0;
    b.c->s.r[R_CX] = BAD;
    ck_assert_int_eq(bare_run(&b, "\x48\x0f\x35"), VEC_GP);
    ck_assert_uint_eq(b.c->cpl, 0);
    ck_assert_int_eq(bare_run(&b, "\x0f\x35"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_SP], 0);
    check_seg(&b.c->s.seg[SEG_CS], 0x23, AR_CODE32(3u));
    check_seg(&b.c->s.seg[SEG_SS], 0x2b, AR_STACK(3u));
}
END_TEST

START_TEST(sysenter_legacy)
{
    struct x86_state *s = &b.c->s;

    tables_protected(&b, 3);
    s->sysenter_cs = 3; /* null */
    ck_assert_int_eq(bare_run(&b, "\x0f\x34"), VEC_GP);
    s->sysenter_cs = 0x13;
    s->sysenter_esp = 0x1000;
    s->sysenter_eip = 0x2000;
    ck_assert_int_eq(bare_run(&b, "\x0f\x34"), BARE_DONE);
    check_seg(&s->seg[SEG_CS], 0x10, AR_CODE32(0u));
    check_seg(&s->seg[SEG_SS], 0x18, AR_STACK(0u));
    ck_assert_uint_eq(s->r[R_IP], 0x2000);
    s->r[R_DX] = 0x1234;
    s->r[R_CX] = 0x5678;
    ck_assert_int_eq(bare_run(&b, "\x0f\x35"), BARE_DONE);
    ck_assert_uint_eq(s->r[R_IP], 0x1234);
    ck_assert_uint_eq(s->r[R_SP], 0x5678);
    check_seg(&s->seg[SEG_CS], 0x23, AR_CODE32(3u));
    bare_real(&b);
    ck_assert_int_eq(bare_run(&b, "\x0f\x34"), VEC_GP);
}
END_TEST

START_TEST(sysenter_v86)
{
    tables_v86(&b, 3);
    b.c->s.sysenter_cs = 0x10;
    ck_assert_int_eq(bare_run(&b, "\x0f\x34"), BARE_DONE);
    ck_assert(!b.c->v86);
    ck_assert_uint_eq(b.c->cpl, 0);
    ck_assert_uint_eq(b.c->code_size, 2);
    ck_assert_uint_eq(b.c->s.rflags & FL_VM, 0);
}
END_TEST

START_TEST(swapgs)
{
    long64(0);
    b.c->s.seg[SEG_GS].base = 0x1000;
    b.c->s.kernel_gs_base = KERNEL;
    x86_update_mode(b.c);
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\xf8"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.seg[SEG_GS].base, KERNEL);
    ck_assert_uint_eq(b.c->sc[SEG_GS].base, KERNEL);
    ck_assert_uint_eq(b.c->s.kernel_gs_base, 0x1000);
    long64(3);
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\xf8"), VEC_GP);
    tables_protected(&b, 0);
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\xf8"), VEC_UD);
}
END_TEST

/* ---- CLI and STI: [SDM2 "CLI", "STI"], decision tables ---- */
enum { REAL = 4, V86 = 5 };

static const struct {
    unsigned cpl; /* or REAL, V86 */
    unsigned iopl;
    uint64_t cr4, flags;
    int cli, sti;
    uint64_t flag; /* the one they clear and set */
} flags[] = {
    {REAL, 0, 0, 0, BARE_DONE, BARE_DONE, FL_IF},
    {0, 0, 0, 0, BARE_DONE, BARE_DONE, FL_IF},
    {1, 0, 0, 0, VEC_GP, VEC_GP, 0},
    {1, 1, 0, 0, BARE_DONE, BARE_DONE, FL_IF},
    {3, 0, 0, 0, VEC_GP, VEC_GP, 0},
    {3, 2, 0, 0, VEC_GP, VEC_GP, 0},
    {3, 3, 0, 0, BARE_DONE, BARE_DONE, FL_IF},
    {3, 0, CR4_PVI, 0, BARE_DONE, BARE_DONE, FL_VIF},
    {3, 0, CR4_PVI, FL_VIP, BARE_DONE, VEC_GP, FL_VIF},
    {3, 3, CR4_PVI, FL_VIP, BARE_DONE, BARE_DONE, FL_IF},
    {3, 0, CR4_VME, 0, VEC_GP, VEC_GP, 0},
    {1, 0, CR4_PVI, 0, VEC_GP, VEC_GP, 0},
    {V86, 3, 0, 0, BARE_DONE, BARE_DONE, FL_IF},
    {V86, 0, 0, 0, VEC_GP, VEC_GP, 0},
    {V86, 0, CR4_VME, 0, BARE_DONE, BARE_DONE, FL_VIF},
    {V86, 0, CR4_VME, FL_VIP, BARE_DONE, VEC_GP, FL_VIF},
    {V86, 0, CR4_PVI, 0, VEC_GP, VEC_GP, 0},
};

START_TEST(cli_sti)
{
    uint64_t *fl = &b.c->s.rflags, both = FL_IF | FL_VIF, start;
    int vector;

    if (flags[_i].cpl == REAL)
        bare_real(&b);
    else if (flags[_i].cpl == V86)
        tables_v86(&b, flags[_i].iopl);
    else
        tables_protected(&b, flags[_i].cpl);
    *fl |= flags[_i].iopl << 12 | flags[_i].flags | both;
    b.c->s.cr4 |= flags[_i].cr4;
    start = *fl;
    ck_assert_int_eq(bare_run(&b, "\xfa"), flags[_i].cli);
    ck_assert_uint_eq(*fl, start & ~flags[_i].flag);
    *fl = start = start & ~both;
    vector = bare_run(&b, "\xfb");
    ck_assert_int_eq(vector, flags[_i].sti);
    ck_assert_uint_eq(*fl,
                      vector == BARE_DONE ? start | flags[_i].flag : start);
    ck_assert_uint_eq(
        b.c->s.shadow,
        vector == BARE_DONE && flags[_i].flag == FL_IF ? X86_SHADOW_STI : 0);
}
END_TEST

/* No shadow if IF was set already. */
START_TEST(sti_again)
{
    tables_protected(&b, 0);
    b.c->s.rflags |= FL_IF;
    ck_assert_int_eq(bare_run(&b, "\xfb"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.shadow, 0);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *test_syscall_suite(void)
{
    Suite *s = suite_create("syscall");
    TCase *t = tcase_create("syscall");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, syscall_sysret);
    tcase_add_test(t, sysret32);
    tcase_add_test(t, syscall_faults);
    tcase_add_test(t, sysenter_long);
    tcase_add_test(t, sysexit_canonical);
    tcase_add_test(t, sysenter_legacy);
    tcase_add_test(t, sysenter_v86);
    tcase_add_test(t, swapgs);
    suite_add_tcase(s, t);
    t = tcase_create("flags");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, cli_sti, 0, N(flags));
    tcase_add_test(t, sti_again);
    suite_add_tcase(s, t);
    return s;
}
