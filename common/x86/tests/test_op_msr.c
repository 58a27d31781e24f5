/* test_op_msr.c: RDMSR, WRMSR, RDTSC, RDPMC, CPUID, cache and wait
 * instructions: privilege, results, counting. */
#include "common/tests/suite.h"
#include "common/x86/seg.h"
#include "common/x86/tests/bare.h"

static struct bare b;

static void setup(void)
{
    bare_init(&b, "triptych");
    bare_protected(&b, 0);
}

static void teardown(void)
{
    bare_fini(&b);
}

static uint64_t counted(enum x86_sensitive op, uint64_t sub)
{
    return ledger_get(&b.c->v.ledger, LEDGER_SENSITIVE, op, sub);
}

/* What each does at CPL 0 and at CPL 3, with rAX = rCX = rDX = 0. */
static const struct {
    const char *bytes;
    unsigned len;
    int cpl0, cpl3;
    enum x86_sensitive op;
} privilege[] = {
    {"\x0f\x32", 2, VEC_GP, VEC_GP, SENS_RDMSR}, /* MSR 0 does not exist */
    {"\x0f\x30", 2, VEC_GP, VEC_GP, SENS_WRMSR},
    {"\x0f\x31", 2, BARE_DONE, BARE_DONE, SENS_RDTSC},
    {"\x0f\x33", 2, VEC_GP, VEC_GP, SENS_RDPMC}, /* no counters */
    {"\x0f\xa2", 2, BARE_DONE, BARE_DONE, SENS_CPUID},
    {"\x0f\x08", 2, BARE_DONE, VEC_GP, SENS_INVD},
    {"\x0f\x09", 2, BARE_DONE, VEC_GP, SENS_WBINVD},
    {"\x0f\x01\x38", 3, BARE_DONE, VEC_GP, SENS_INVLPG},
    {"\x0f\x01\xf9", 3, BARE_DONE, BARE_DONE, SENS_RDTSCP},
    {"\xf4", 1, BARE_DONE, VEC_GP, SENS_HLT},
    {"\xf3\x90", 2, BARE_DONE, BARE_DONE, SENS_PAUSE},
    {"\x0f\xaa", 2, VEC_UD, VEC_UD, SENS_RSM},
    /* hidden or not there at all */
    {"\x0f\x01\xc8", 3, VEC_UD, VEC_UD, SENS_UNDEFINED}, /* MONITOR */
    {"\x0f\x01\xc9", 3, VEC_UD, VEC_UD, SENS_UNDEFINED}, /* MWAIT */
    {"\x0f\x01\xc1", 3, VEC_UD, VEC_UD, SENS_UNDEFINED}, /* VMCALL */
    {"\x0f\x01\xd0", 3, VEC_UD, VEC_UD, SENS_UNDEFINED}, /* XGETBV */
    {"\x0f\x0b", 2, VEC_UD, VEC_UD, SENS_UNDEFINED},
    {"\x0f\xff\xc0", 3, VEC_UD, VEC_UD, SENS_UNDEFINED},
};

START_TEST(privilege_levels)
{
    const char *bytes = privilege[_i].bytes;
    unsigned len = privilege[_i].len;
    enum x86_sensitive op = privilege[_i].op;

    b.c->s.r[R_CX] = b.c->s.r[R_DX] = 0;
    ck_assert_int_eq(bare_exec(&b, bytes, len), privilege[_i].cpl0);
    ck_assert_uint_eq(counted(op, 0), 1);
    x86_set_cpl(b.c, 3);
    b.c->s.r[R_AX] = b.c->s.r[R_CX] = b.c->s.r[R_DX] = 0;
    ck_assert_int_eq(bare_exec(&b, bytes, len), privilege[_i].cpl3);
}
END_TEST

START_TEST(rdtsc_and_tsd)
{
    b.m.clock.skipped_ns = 0x123456789;
    b.c->s.tsc_offset = 0x10;
    b.c->s.tsc_aux = 7;
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\xf9"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x23456799);
    ck_assert_uint_eq(b.c->s.r[R_DX], 1);
    ck_assert_uint_eq(b.c->s.r[R_CX], 7);
    b.c->s.cr4 |= CR4_TSD;
    ck_assert_int_eq(bare_run(&b, "\x0f\x31"), BARE_DONE);
    x86_set_cpl(b.c, 1);
    ck_assert_int_eq(bare_run(&b, "\x0f\x31"), VEC_GP);
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\xf9"), VEC_GP);
}
END_TEST

START_TEST(msr_instructions)
{
    bare_long64(&b, 0);
    b.c->s.r[R_CX] = 0xffffffffc0000082; /* LSTAR; ECX counts */
    b.c->s.r[R_AX] = 0x11111111ffffffff;
    b.c->s.r[R_DX] = 0x22222222ffff8000;
    ck_assert_int_eq(bare_run(&b, "\x0f\x30"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.lstar, 0xffff8000ffffffff);
    ck_assert_int_eq(bare_run(&b, "\x0f\x32"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0xffffffff);
    ck_assert_uint_eq(b.c->s.r[R_DX], 0xffff8000);
    ck_assert_uint_eq(counted(SENS_WRMSR, 0xc0000082), 1);
    b.c->s.r[R_DX] = 0x8000; /* not canonical */
    ck_assert_int_eq(bare_run(&b, "\x0f\x30"), VEC_GP);
    ck_assert_uint_eq(b.c->s.lstar, 0xffff8000ffffffff);
}
END_TEST

START_TEST(cpuid_writes_four_registers)
{
    b.c->s.r[R_AX] = 0xffffffff00000000;
    b.c->s.r[R_BX] = b.c->s.r[R_DX] = ~0ull;
    ck_assert_int_eq(bare_run(&b, "\x0f\xa2"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.r[R_AX], 0x16);
    ck_assert_uint_eq(b.c->s.r[R_BX], 0x756e6547);
    ck_assert_uint_eq(b.c->s.r[R_DX], 0x49656e69);
    ck_assert_uint_eq(b.c->s.r[R_CX], 0x6c65746e);
    ck_assert_uint_eq(counted(SENS_CPUID, 0), 1);
}
END_TEST

START_TEST(invlpg_drops_one_page)
{
    struct x86_tlb_entry *t = b.c->tlbs[X86_VIEW_SUPER];

    t[1].rtag = 0x1000;
    t[2].rtag = 0x2000;
    t[2].pa = 0x2001; /* global ones too */
    b.c->s.r[R_AX] = 0x2345;
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\x38"), BARE_DONE);
    ck_assert_uint_eq(t[1].rtag, 0x1000);
    ck_assert_uint_eq(t[2].rtag, X86_TLB_NONE);
    ck_assert_int_eq(bare_run(&b, "\x0f\x01\xf8"), VEC_UD); /* a register */
}
END_TEST

START_TEST(hlt_halts_and_retires)
{
    ck_assert_int_eq(bare_run(&b, "\xf4"), BARE_DONE);
    ck_assert_uint_eq(b.c->s.activity, X86_HALTED);
    ck_assert_uint_eq(b.c->s.r[R_IP], 0x8001);
    ck_assert_uint_eq(x86_icount(b.c), 1);
    ck_assert(b.c->attention);
}
END_TEST

/* Dispositions decide before anything changes. */
START_TEST(dispositions)
{
    b.c->v.disp.at[SENS_RDTSC] = DISP_FAULT;
    b.c->s.r[R_AX] = 1;
    ck_assert_int_eq(bare_run(&b, "\x0f\x31"), VEC_GP);
    ck_assert_uint_eq(b.c->s.r[R_AX], 1);
}
END_TEST

Suite *test_op_msr_suite(void)
{
    Suite *s = suite_create("op_msr");
    TCase *tc = tcase_create("instructions");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, privilege_levels, 0, ARRAY_LEN(privilege));
    tcase_add_test(tc, rdtsc_and_tsd);
    tcase_add_test(tc, msr_instructions);
    tcase_add_test(tc, cpuid_writes_four_registers);
    tcase_add_test(tc, invlpg_drops_one_page);
    tcase_add_test(tc, hlt_halts_and_retires);
    tcase_add_test(tc, dispositions);
    suite_add_tcase(s, tc);
    return s;
}
