/* test_fptraps.c: what ISR tells of floating-point faults and traps, of pairs
 * too; the registers of a load of pairs. Guests that check themselves. */
#include "common/tests/suite.h"
#include "vti-ia64/platform/tests/asmguest.h"

/* Interruptions go to .ivt: r8 counts illegal operations, r9 is ISR.code of the
 * last Floating-point fault, r10 of the last trap. A fault's bundle is passed
 * over. r40 is the exit code. */
#define START                                                                  \
    ".text\n.global _start\n_start:\n"                                         \
    "alloc r2=ar.pfs,0,16,0,0 ;;\n movl r3=0x200000 ;;\n"                      \
    "mov cr.iva=r3 ;;\n bsw.1 ;;\n mov r8=0 ;;\n mov r9=0 ;;\n"                \
    "mov r10=0 ;;\n ssm 0x2000 ;;\n srlz.d ;;\n"
#define CHECK(nr, reg, val)                                                    \
    "mov r40=" #nr " ;;\n movl r3=" #val " ;;\n cmp.eq p6,p7=" #reg ",r3 ;;\n" \
    "(p7) br.cond.sptk.few done ;;\n"
#define END                                                                    \
    "mov r40=0 ;;\ndone: mov r32=r40 ;;\n mov r15=66 ;;\n"                     \
    "break.m 0x80001 ;;\n .section .ivt,\"ax\"\n"                              \
    ".org 0x5400\n adds r8=1,r8 ;;\n br.sptk.few next ;;\n"                    \
    ".org 0x5c00\n mov r9=cr.isr ;;\n zxt2 r9=r9 ;;\n br.sptk.few next ;;\n"   \
    ".org 0x5d00\n mov r10=cr.isr ;;\n zxt2 r10=r10 ;;\n rfi ;;\n"             \
    "next: mov r16=cr.iip ;;\n adds r16=16,r16 ;;\n mov cr.iip=r16 ;;\n"       \
    "mov r16=cr.ipsr ;;\n dep r16=0,r16,41,2 ;;\n mov cr.ipsr=r16 ;;\n"        \
    "rfi ;;\n"
/* One instruction alone in a bundle */
#define FP(insn)   "{.mfi\n nop.m 0\n " insn "\n nop.i 0 ;;\n}\n"
#define LOAD(insn) "{.mmi\n " insn "\n nop.m 0\n nop.i 0 ;;\n}\n"
/* What is masked: V 1, D 2, Z 4, O 8, U 16, I 32. */
#define MASKED(low) "movl r3=0x9804c027003" #low " ;;\n mov.m ar.fpsr=r3 ;;\n"
/* The pair in f6, multiplied by itself */
#define SQUARE(pair)                                                           \
    "movl r3=" #pair " ;;\n setf.sig f6=r3 ;;\n" FP("fpmpy f7=f6,f6")

static void passes(const char *source)
{
    struct asmguest_end e;

    asmguest_run(source, false, 100000, &e);
    ck_assert_int_eq(e.end, RUN_MACHINE);
    ck_assert_uint_eq(e.code, 0);
}

START_TEST(faults_of_pairs)
{
    passes(START MASKED(00) SQUARE(0x3f8000007fa00000) CHECK(1, r9, 0x10)
               SQUARE(0x7fa000003f800000) CHECK(2, r9, 0x01)
                   SQUARE(0x7fa0000000000001) CHECK(3, r9, 0x21) END);
}
END_TEST

/* 2^127 squared overflows, exactly; 1 + 2^-23 squared is not exact. */
START_TEST(traps_of_pairs)
{
    passes(START MASKED(00) SQUARE(0x3f8000007f000000) CHECK(1, r10, 0x81)
               SQUARE(0x7f0000003f800000) CHECK(2, r10, 0x801)
                   SQUARE(0x3f8000003f800001) CHECK(3, r10, 0x201)
                       SQUARE(0x3f8000017f000000) CHECK(4, r10, 0x2081) END);
}
END_TEST

/* The exponents of 2^254 and 2^-252, modulo 256. */
START_TEST(trapped_halves_wrap)
{
    passes(START MASKED(00)
               SQUARE(0x7f00000000800000) "getf.sig r11=f7 ;;\n" CHECK(
                   1, r11, 0x3e80000041800000) END);
}
END_TEST

/* A masked underflow is no bit of ISR when it is the inexact result that traps;
 * an underflow that traps also tells that it is inexact. */
START_TEST(only_enabled_traps_are_told)
{
    passes(START "mov r3=0x1000 ;;\n setf.exp f8=r3 ;;\n" MASKED(1f)
               FP("fmpy.s f9=f8,f8") CHECK(1, r10, 0x2001)
                   MASKED(20) "movl r3=0xffff000000000001 ;;\n"
                              "setf.sig f6=r3 ;;\n movl r3=0xff00 ;;\n"
                              "setf.exp f8=r3 ;;\n fmerge.se f8=f8,f6 ;;\n" FP(
                                  "fmpy.s f9=f8,f8") CHECK(2, r10, 0x3001) END);
}
END_TEST

/* Equal targets and f0 as one are illegal where they would be written; where
 * not, an approximation clears its predicate all the same. */
START_TEST(illegal_by_predicate)
{
    passes(START "cmp.eq p8,p9=r0,r0 ;;\n cmp.eq p10,p11=r0,r0 ;;\n" FP(
        "(p9) fcmp.eq p10,p10=f1,f1") CHECK(1, r8,
                                            0) FP("(p8) fcmp.eq p10,p10=f1,f1")
               CHECK(2, r8, 1) FP("(p9) fcmp.eq.unc p10,p10=f1,f1") CHECK(
                   3, r8, 2) FP("(p8) frcpa f0,p10=f1,f1") CHECK(4, r8, 3)
                   FP("(p9) frcpa f0,p10=f1,f1") CHECK(
                       5, r8,
                       3) "mov r11=0 ;;\n (p10) mov r11=1 ;;\n" CHECK(6, r11, 0)
                       END);
}
END_TEST

/* f32 is odd and f33 even after one rotation. */
START_TEST(targets_of_pairs_rotate)
{
    passes(START
           "movl r11=0x180000 ;;\n mov ar.lc=1 ;;\n mov ar.ec=1 ;;\n"
           "{.mib\n nop.m 0\n nop.i 0\n br.ctop.sptk.few 1f ;;\n}\n1:\n" LOAD(
               "ldfps f4,f32=[r11]") CHECK(1, r8, 0) LOAD("ldfps f4,f33=[r11]")
               CHECK(2, r8, 1) LOAD("ldfps f34,f33=[r11]") CHECK(3, r8, 1)
                   LOAD("ldfps f35,f33=[r11]") CHECK(4, r8, 2) END
           ".data\n data8 0\n");
}
END_TEST

Suite *test_fptraps_suite(void)
{
    Suite *s = suite_create("fptraps");
    TCase *tc = tcase_create("floating-point interruptions");

    tcase_add_test(tc, faults_of_pairs);
    tcase_add_test(tc, traps_of_pairs);
    tcase_add_test(tc, trapped_halves_wrap);
    tcase_add_test(tc, only_enabled_traps_are_told);
    tcase_add_test(tc, illegal_by_predicate);
    tcase_add_test(tc, targets_of_pairs_rotate);
    suite_add_tcase(s, tc);
    return s;
}
