/* test_guests.c: small guests that check themselves: exit code 0, or which
 * check failed. */
#include <string.h>

#include "common/tests/suite.h"
#include "vti-ia64/platform/tests/asmguest.h"

/* SSC exit with the code in r40 (out0 of a frame of 8 locals). */
#define START                                                                  \
    ".text\n.global _start\n_start:\n"                                         \
    "alloc r2=ar.pfs,0,8,4,0 ;;\n"
#define EXIT "done: mov r32=r40 ;;\n mov r15=66 ;;\n break.m 0x80001 ;;\n"
/* Go on if reg is val, else exit with the number. */
#define CHECK(nr, reg, val)                                                    \
    "mov r40=" #nr " ;;\n movl r3=" #val " ;;\n cmp.eq p6,p7=" #reg ",r3 ;;\n" \
    "(p7) br.cond.sptk.few done ;;\n"
#define OK "mov r40=0 ;;\n"

static void passes(const char *source)
{
    struct asmguest_end e;

    asmguest_run(source, false, 1000000, &e);
    ck_assert_int_eq(e.end, RUN_MACHINE);
    ck_assert_uint_eq(e.code, 0);
}

START_TEST(putchar_prints)
{
    struct asmguest_end e;

    asmguest_run(
        START "mov r32=72 ;;\n mov r15=31 ;;\n break.m 0x80001 ;;\n"
              "mov r32=105 ;;\n mov r15=31 ;;\n break.m 0x80001 ;;\n" OK EXIT,
        false, 1000, &e);
    ck_assert_str_eq(e.console, "Hi");
    ck_assert_uint_eq(e.code, 0);
}
END_TEST

START_TEST(integers)
{
    passes(
        START "movl r8=0x123456789abcdef0 ;;\n mov r9=-1 ;;\n"
              "add r10=r8,r9,1 ;;\n" CHECK(
                  1, r10, 0x123456789abcdef0) "sub r10=r0,r8 "
                                              ";;\n" CHECK(2, r10,
                                                           0xedcba98765432110) "shladd r10=r9,3,r8 ;;\n" CHECK(3,
                                                                                                               r10,
                                                                                                               0x123456789abcdee8) "extr r10=r8,4,8 ;;\n" CHECK(4,
                                                                                                                                                                r10,
                                                                                                                                                                0xffffffffffffffef) "dep.z r10=r8,60,8 ;;\n" CHECK(5,
                                                                                                                                                                                                                   r10, 0) "dep r10=-1,r8,8,16 ;;\n" CHECK(6,
                                                                                                                                                                                                                                                           r10, 0x123456789afffff0) "popcnt r10=r8 ;;\n" CHECK(7,
                                                                                                                                                                                                                                                                                                               r10, 32) "mux1 r10=r8,@rev ;;\n" CHECK(8,
                                                                                                                                                                                                                                                                                                                                                      r10, 0xf0debc9a78563412) "addp4 r10=r8,r9 ;;\n" CHECK(9,
                                                                                                                                                                                                                                                                                                                                                                                                            r10,
                                                                                                                                                                                                                                                                                                                                                                                                            0x600000009abcdeef) "pack4.sss r10=r8,r9 ;;\n" CHECK(10,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                 r10,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                 0xffffffff7fff8000)
                                                  OK EXIT);
}
END_TEST

/* Ten values through a rotating pipeline of three stages. */
START_TEST(modulo_loop)
{
    passes(".text\n.global _start\n_start:\n"
           "alloc r2=ar.pfs,0,16,4,8 ;;\n"
           "mov ar.lc=9 ;;\n mov ar.ec=3 ;;\n mov pr.rot=1<<16 ;;\n"
           "mov r8=0 ;;\n mov r9=0 ;;\n .align 16\n"
           "1: {.mii\n (p16) adds r9=1,r9\n nop.i 0\n nop.i 0 ;;\n}\n"
           "{.mii\n (p16) mov r32=r9\n (p17) shl r36=r33,1\n nop.i 0\n;;\n}\n"
           "{.mib\n (p18) add r8=r8,r37\n nop.i 0\n br.ctop.sptk.few 1b ;;\n}\n"
           "clrrrb ;;\n" CHECK(1, r8, 110) OK
           "done: mov r32=r40 ;;\n mov r15=66 ;;\n break.m 0x80001 ;;\n");
}
END_TEST

/* Recursion that overflows the 96 stacked registers many times. */
START_TEST(register_stack)
{
    passes(
        ".text\n.global _start\n_start:\n"
        "movl r3=0x400000 ;;\n mov ar.bspstore=r3 ;;\n"
        "alloc r2=ar.pfs,0,9,1,0 ;;\n mov r41=200 ;;\n"
        "{.mib\n nop.m 0\n nop.i 0\n br.call.sptk.few b0=sum ;;\n}\n" CHECK(
            1, r8,
            20100) "flushrs ;;\n" OK EXIT
                   "sum: alloc r33=ar.pfs,1,7,1,0 ;;\n mov r34=b0 ;;\n"
                   "cmp.eq p6,p7=0,r32 ;;\n mov r35=r32 ;;\n mov r8=0 ;;\n"
                   "(p6) br.cond.sptk.few 2f ;;\n adds r40=-1,r32 ;;\n"
                   "{.mib\n nop.m 0\n nop.i 0\n br.call.sptk.few b0=sum ;;\n}\n"
                   "add r8=r8,r35 ;;\n"
                   "2: mov b0=r34 ;;\n mov ar.pfs=r33 ;;\n br.ret.sptk.few b0 "
                   ";;\n");
}
END_TEST

/* NaT through registers, memory (spill, fill) and chk.s; the ALAT. */
START_TEST(speculation)
{
    passes(START
           "movl r8=0x180000 ;;\n mov r9=77 ;;\n st8 [r8]=r9 ;;\n"
           "ld8.a r10=[r8] ;;\n ld8.c.clr r10=[r8] ;;\n" CHECK(
               1, r10, 77) "ld8.a r10=[r8] ;;\n mov r9=78 ;;\n st8 [r8]=r9 ;;\n"
                           "ld8.c.clr r10=[r8] ;;\n" CHECK(2, r10, 78)
           /* uncacheable memory is not speculative: NaT */
           "movl r14=0x8000000000180000 ;;\n ld8.s r11=[r14] ;;\n"
           "tnat.nz p8,p9=r11 ;;\n mov r12=0 ;;\n"
           "(p8) mov r12=1 ;;\n" CHECK(
               3, r12, 1) "add r11=r11,r8 ;;\n st8.spill [r8]=r11 ;;\n"
                          "mov r13=0 ;;\n ld8.fill r13=[r8] ;;\n"
                          "mov r12=0 ;;\n chk.s.m r13,3f ;;\n mov r12=1 ;;\n"
                          "3: adds r12=1,r12 ;;\n" CHECK(4, r12, 1) OK EXIT);
}
END_TEST

/* What is in memory is zero-extended, ar.ccv is compared whole. */
START_TEST(compare_and_exchange)
{
    passes(START
           "movl r8=0x180000 ;;\n movl r9=0x1ff ;;\n mov r11=0x55 ;;\n"
           "st8 [r8]=r9 ;;\n mov.m ar.ccv=r9 ;;\n"
           "cmpxchg1.acq r10=[r8],r11,ar.ccv ;;\n" CHECK(
               1, r10, 0xff) "mov r9=0xff ;;\n mov.m ar.ccv=r9 ;;\n"
                             "ld8 r10=[r8] ;;\n" CHECK(
                                 2, r10,
                                 0x1ff) "cmpxchg1.acq r10=[r8],r11,ar.ccv ;;\n"
                                        "ld8 r10=[r8] ;;\n" CHECK(3, r10, 0x155)
                                            OK EXIT);
}
END_TEST

/* A break, a TLB miss that the handler serves, and the interval timer. */
START_TEST(interruptions)
{
    passes(
        START "movl r3=0x200000 ;;\n mov cr.iva=r3 ;;\n bsw.1 ;;\n"
              "movl r3=0x38 ;;\n mov r4=0 ;;\n mov rr[r4]=r3 ;;\n srlz.d ;;\n"
              "mov r20=0 ;;\n ssm 0x2000 ;;\n srlz.d ;;\n"
              "break.i 0x1234 ;;\n" CHECK(1, r8, 0x1234)
        /* data translation on: the page at 0 comes from the handler */
        "ssm 0x20000 ;;\n srlz.d ;;\n movl r9=0x180000 ;;\n ld8 r10=[r9] ;;\n"
        "rsm 0x20000 ;;\n srlz.d ;;\n" CHECK(2, r10, 0x5678)
            CHECK(3, r11, 0x180000)
        /* the timer, 20 ticks from now */
        "mov r9=0x40 ;;\n mov cr.itv=r9 ;;\n mov r9=ar.itc ;;\n"
        "adds r9=20,r9 ;;\n mov cr.itm=r9 ;;\n mov r12=0 ;;\n ssm 0x4000 ;;\n"
        "4: cmp.eq p8,p9=0,r12 ;;\n (p8) br.cond.sptk.few 4b ;;\n" CHECK(
            4, r12,
            0x40) "rsm 0x4000 ;;\n rsm 0x2000 ;;\n" OK EXIT
                  ".data\n data8 0x5678\n"
                  ".section .ivt,\"ax\"\n .org 0x1000\n" /* alternate data TLB
                                                          */
                  "mov r11=cr.ifa ;;\n movl r17=0x661 ;;\n mov r18=24<<2 ;;\n"
                  "mov cr.itir=r18 ;;\n itc.d r17 ;;\n srlz.d ;;\n rfi ;;\n"
                  ".org 0x2c00\n" /* break: go on after it */
                  "mov r8=cr.iim ;;\n mov r16=cr.ipsr ;;\n mov r17=cr.iip ;;\n"
                  "adds r17=16,r17 ;;\n mov cr.iip=r17 ;;\n dep r16=0,r16,41,2 "
                  ";;\n"
                  "mov cr.ipsr=r16 ;;\n rfi ;;\n"
                  ".org 0x3000\n" /* external interrupt */
                  "mov r12=cr.ivr ;;\n mov cr.eoi=r0 ;;\n srlz.d ;;\n rfi "
                  ";;\n");
}
END_TEST

START_TEST(floating_point)
{
    passes(START
           "movl r8=0x4008000000000000 ;;\n setf.d f8=r8 ;;\n" /* 3 */
           "movl r8=0x4000000000000000 ;;\n setf.d f9=r8 ;;\n" /* 2 */
           "fma.d.s0 f10=f8,f9,f1 ;;\n getf.d r10=f10 ;;\n" CHECK(
               1, r10,
               0x401c000000000000) "fcvt.fx.trunc.s1 f11=f10 ;;\n getf.sig "
                                   "r10=f11 ;;\n" CHECK(
                                       2, r10,
                                       7) "xma.l f12=f11,f11,f11 "
                                          ";;\n getf.sig r10=f12 "
                                          ";;\n" CHECK(3, r10,
                                                       56) "fcmp."
                                                           "lt."
                                                           "s1 "
                                                           "p8,"
                                                           "p9="
                                                           "f8,"
                                                           "f9 "
                                                           ";;\n "
                                                           "mov "
                                                           "r10="
                                                           "1 "
                                                           ";;\n "
                                                           "(p8) "
                                                           "mov "
                                                           "r10="
                                                           "2 "
                                                           ";;"
                                                           "\n" CHECK(4, r10, 1)
                                                               OK EXIT);
}
END_TEST

START_TEST(user_program)
{
    struct asmguest_end e;

    asmguest_run(".text\n.global _start\n_start:\n"
                 "alloc r2=ar.pfs,0,0,8,0 ;;\n mov r32=1 ;;\n"
                 "movl r33=text ;;\n mov r34=6 ;;\n mov r15=1027 ;;\n"
                 "break.i 0x100000 ;;\n mov r32=r8 ;;\n mov r15=1025 ;;\n"
                 "break.i 0x100000 ;;\n .data\ntext: .ascii \"hello\\n\"\n",
                 true, 1000, &e);
    ck_assert_str_eq(e.console, "hello\n");
    ck_assert_int_eq(e.end, RUN_MACHINE);
    ck_assert_uint_eq(e.code, 6);
}
END_TEST

Suite *test_guests_suite(void)
{
    Suite *s = suite_create("guests");
    TCase *tc = tcase_create("assembled");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, putchar_prints);
    tcase_add_test(tc, integers);
    tcase_add_test(tc, modulo_loop);
    tcase_add_test(tc, register_stack);
    tcase_add_test(tc, speculation);
    tcase_add_test(tc, compare_and_exchange);
    tcase_add_test(tc, interruptions);
    tcase_add_test(tc, floating_point);
    tcase_add_test(tc, user_program);
    suite_add_tcase(s, tc);
    return s;
}
