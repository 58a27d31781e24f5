/* twins.s: a small kernel: two processes with address spaces of their own at
 * level 3, their pages brought by TLB misses, system calls by break, and a timer
 * that switches between them. Each computes fib(12) eight times, or as often as
 * the command line says (a decimal number), by recursion deeper than its first
 * frames, and prints a letter each time. It exits with 0 if both had the right
 * result.
 *
 * A process uses r8-r15, its frames, p6, p7, b0, b6; the kernel works in bank 0
 * and saves the rest where it switches. Region 1 is the process's: its region
 * identifier tells the two apart. */
    .include "start.inc"
    .include "ssc.inc"

    .set USER, 1 << 61
    .set TICK, 20 /* of the interval timer, 2 MHz */
    .set RID_A, 0x100
    .set RID_B, 0x101
    /* system calls: r15; an argument in r32 */
    .set SYS_PUTCHAR, 1
    .set SYS_EXIT, 2
    .set BREAK_SYSCALL, 0x100000
    /* in what is kept of a process */
    .set PROCESS_R10, 2 * 8
    .set PROCESS_DONE, 20 * 8

    .macro user_pin nr, rid, at
    movl r3 = USER ;;
    movl r4 = PAGE_SHIFT << 2 | (\rid) << 8 ;;
    mov rr[r3] = r4 ;;
    srlz.d ;;
    movl r3 = USER + \at ;;
    mov cr.ifa = r3 ;;
    mov r3 = PAGE_SHIFT << 2 ;;
    mov cr.itir = r3 ;;
    mov r3 = \nr ;;
    movl r4 = (\at) | PTE_USER ;;
    itr.d dtr[r3] = r4 ;;
    srlz.d ;;
    .endm

    start
    /* How often */
    movl r32 = arguments ;;
    ssc SSC_GET_ARGS
    movl r9 = arguments ;;
    add r8 = r8, r9 ;;
    st1 [r8] = r0
    mov r8 = 0 ;;
1:
    ld1 r10 = [r9], 1 ;;
    adds r10 = -'0', r10
    shladd r11 = r8, 2, r8 ;;
    cmp.gtu p6, p7 = 10, r10
    shladd r11 = r11, 1, r10 ;;
    (p6) mov r8 = r11
    (p6) br.cond.sptk.few 1b ;;
    cmp.eq p6, p7 = 0, r8 ;;
    (p6) mov r8 = 8
    movl r9 = twin_a + PROCESS_R10
    movl r10 = twin_b + PROCESS_R10 ;;
    st8 [r9] = r8
    st8 [r10] = r8
    /* The kernel stores frames into these without a miss. */
    rsm PSR_IC ;;
    srlz.d ;;
    user_pin 1, RID_A, 0x600000
    user_pin 2, RID_B, 0x700000
    mov r3 = 0x40 ;;
    mov cr.itv = r3 ;;
    mov r3 = ar.itc ;;
    adds r3 = TICK, r3 ;;
    mov cr.itm = r3 ;;
    bsw.0 ;;
    cover ;;
    br.cond.sptk.few resume ;;

    /* ---- processes: what switches save, in this order ---- */
    .data
    .align 16
    .macro process rid, stack, letter
    data8 0, \letter, 0, 0, 0, 0, 0, 0 /* r8-r15 */
    data8 1 /* pr */
    data8 0, 0 /* b0, b6 */
    data8 0, 0 /* ar.pfs, ar.lc */
    data8 PSR_ON | PSR_I | 3 << 32, USER + main, 1 << 63 /* IPSR, IIP, IFS */
    data8 USER + \stack, 0, 15 /* bspstore, rnat, rsc */
    data8 PAGE_SHIFT << 2 | (\rid) << 8 /* region 1 */
    data8 0 /* done */
    .endm
twin_a:
    process RID_A, 0x600000, 'A'
twin_b:
    process RID_B, 0x700000, 'B'
current:
    data8 twin_a
ticks:
    data8 0
arguments:
    .skip 1024

    .macro save value
    mov r21 = \value ;;
    st8 [r20] = r21, 8 ;;
    .endm
    .macro load place
    ld8 r21 = [r20], 8 ;;
    mov \place = r21 ;;
    .endm

    .text
/* The process that runs is saved and the other one, unless it is done, resumed.
 * PSR.ic is 0, bank 0 current, pr in r31. */
switch:
    cover ;;
    movl r20 = current ;;
    ld8 r20 = [r20] ;;
    .irp nr, 8, 9, 10, 11, 12, 13, 14, 15
    st8 [r20] = r\nr, 8 ;;
    .endr
    st8 [r20] = r31, 8 ;;
    .irp from, b0, b6, ar.pfs, ar.lc, cr.ipsr, cr.iip, cr.ifs
    save \from
    .endr
    mov r22 = ar.rsc ;;
    mov ar.rsc = 0 ;;
    flushrs ;;
    save ar.bspstore
    save ar.rnat
    st8 [r20] = r22 ;;
    movl r20 = current ;;
    ld8 r21 = [r20] ;;
    movl r22 = twin_a ;;
    movl r23 = twin_b ;;
    cmp.eq p6, p7 = r21, r22 ;;
    (p6) mov r22 = r23 ;;
    adds r24 = PROCESS_DONE, r22 ;;
    ld8 r24 = [r24] ;;
    cmp.ne p6, p7 = 0, r24 ;;
    (p6) mov r22 = r21 ;;
    st8 [r20] = r22 ;;
resume:
    movl r20 = current ;;
    ld8 r20 = [r20] ;;
    .irp nr, 8, 9, 10, 11, 12, 13, 14, 15
    ld8 r\nr = [r20], 8 ;;
    .endr
    ld8 r31 = [r20], 8 ;;
    .irp to, b0, b6, ar.pfs, ar.lc, cr.ipsr, cr.iip, cr.ifs
    load \to
    .endr
    load ar.bspstore
    load ar.rnat
    load ar.rsc
    ld8 r21 = [r20] ;;
    movl r22 = USER ;;
    mov rr[r22] = r21 ;;
    srlz.d ;;
    mov pr = r31, -1 ;;
    rfi ;;

panic:
    alloc r2 = ar.pfs, 0, 0, 8, 0 ;;
    print "panic"
    exit_with 2

/* The process is done; its result is in r32. */
done:
    cmp.ne p6, p7 = 0, r32 ;;
    (p6) br.cond.sptk.few panic ;;
    movl r20 = current ;;
    ld8 r20 = [r20] ;;
    adds r20 = PROCESS_DONE, r20 ;;
    mov r21 = 1 ;;
    st8 [r20] = r21 ;;
    movl r22 = twin_a + PROCESS_DONE ;;
    ld8 r22 = [r22] ;;
    movl r23 = twin_b + PROCESS_DONE ;;
    ld8 r23 = [r23] ;;
    and r22 = r22, r23 ;;
    cmp.eq p6, p7 = 0, r22 ;;
    (p6) br.cond.sptk.few switch ;;
    alloc r2 = ar.pfs, 0, 0, 8, 0 ;;
    print "\n"
    /* There were ticks. */
    movl r20 = ticks ;;
    ld8 r20 = [r20] ;;
    cmp.eq p6, p7 = 0, r20 ;;
    (p6) br.cond.sptk.few panic ;;
    exit_with 0

    library

    /* ---- what the processes run, in region 1 ---- */
    .align 16
main:
    alloc r33 = ar.pfs, 1, 5, 1, 0 ;;
    mov r34 = r9 ;;
    mov r37 = r10 ;;
    mov r35 = 0 ;;
1:
    mov r38 = 12 ;;
    br.call.sptk.few b0 = fib ;;
    mov r36 = r8 ;;
    mov r32 = r34 ;;
    mov r15 = SYS_PUTCHAR ;;
    break.m BREAK_SYSCALL ;;
    adds r35 = 1, r35 ;;
    cmp.ne p6, p7 = r37, r35 ;;
    (p6) br.cond.sptk.few 1b ;;
    mov r38 = 144 ;;
    sub r32 = r36, r38 ;;
    mov r15 = SYS_EXIT ;;
    break.m BREAK_SYSCALL ;;

fib:
    alloc r34 = ar.pfs, 1, 5, 1, 0 ;;
    mov r33 = b0 ;;
    mov r8 = r32 ;;
    cmp.gt p6, p7 = 2, r32 ;;
    (p6) br.cond.sptk.few 2f ;;
    adds r38 = -1, r32 ;;
    br.call.sptk.few b0 = fib ;;
    mov r36 = r8 ;;
    adds r38 = -2, r32 ;;
    br.call.sptk.few b0 = fib ;;
    add r8 = r8, r36 ;;
2:
    mov b0 = r33 ;;
    mov ar.pfs = r34 ;;
    br.ret.sptk.few b0 ;;

    /* ---- interruptions ---- */

    /* Pages of region 1 are those of region 0 at the same place. */
    .macro bring insert
    mov r31 = pr ;;
    mov r16 = cr.ifa ;;
    extr.u r17 = r16, 61, 3 ;;
    cmp.ne p6, p7 = 1, r17 ;;
    (p6) br.cond.sptk.few panic ;;
    extr.u r16 = r16, PAGE_SHIFT, 10 ;;
    shl r16 = r16, PAGE_SHIFT ;;
    movl r17 = PTE_USER ;;
    or r16 = r16, r17 ;;
    mov r17 = PAGE_SHIFT << 2 ;;
    mov cr.itir = r17 ;;
    \insert r16 ;;
    mov pr = r31, -1 ;;
    rfi ;;
    .endm

    .macro no_such at
    vector \at
    br.cond.sptk.few panic ;;
    .endm

    no_such 0x0000
    no_such 0x0400
    no_such 0x0800
    vector 0x0c00
    bring itc.i
    vector 0x1000
    bring itc.d
    no_such 0x1400
    no_such 0x2000

    vector 0x2c00
    mov r31 = pr ;;
    mov r16 = cr.iim ;;
    movl r17 = BREAK_SYSCALL ;;
    cmp.ne p6, p7 = r16, r17 ;;
    (p6) br.cond.sptk.few panic ;;
    cmp.eq p6, p7 = SYS_EXIT, r15 ;;
    (p6) br.cond.sptk.few done ;;
    ssc SSC_PUTCHAR
    next_instruction
    mov pr = r31, -1 ;;
    rfi ;;

    vector 0x3000
    mov r31 = pr ;;
    mov r16 = cr.ivr ;;
    srlz.d ;;
    mov cr.eoi = r0 ;;
    movl r17 = ticks ;;
    ld8 r16 = [r17] ;;
    adds r16 = 1, r16 ;;
    st8 [r17] = r16 ;;
    mov r16 = ar.itc ;;
    adds r16 = TICK, r16 ;;
    mov cr.itm = r16 ;;
    br.cond.sptk.few switch ;;

    no_such 0x5000
    no_such 0x5300
    no_such 0x5400
