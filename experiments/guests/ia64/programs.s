/* programs.s: runs programs from a file, each from registers of its own, and
 * writes what they left to another: of what vti-ia64/cpu/tests/skirun.c
 * compares with Ski.
 *
 * "programs" is read to BATCH: a page with the number of programs, a block of
 * 4 KiB for each, their code. A block, in words of 8 bytes: the entry, r1 to
 * r127; at 128 their NaTs (2), pr, fpsr, unat, ccv, lc, ec, csd, a sum of
 * interruptions, the last one (vector and ISR), b0 to b7; at 160 f2 to f127; at 416 the words at DATA. A program
 * ends with `break END`; an instruction that faults is passed over. The blocks,
 * with what is in the registers then, are written to "results".
 *
 * Physical mode; the program has bank 1 and a frame of 96 rotating registers.
 * All else is bank 0: r21 is the sum of interruptions, r29 the last. */
    .include "start.inc"
    .include "ssc.inc"

    .set BATCH, 0x1000000
    .set BLOCKS, BATCH + 4096
    .set BATCH_MAX, 0x4000000
    .set DATA, 0x300000
    .set DATA_WORDS, 64
    .set END, 0x1ffff
    .set PSR_BN, 1 << 44
    .set AT_NATS, 128 * 8
    .set AT_STATE, 130 * 8
    .set AT_FR, 160 * 8
    .set AT_DATA, 416 * 8

    /* ---- names by number ---- */
    .macro load_gr first, last, from
    .set nr, \first
    .rept \last - \first + 1
    load_one %nr, \from
    .set nr, nr + 1
    .endr
    .endm
    .altmacro
    .macro load_one nr, from
    ld8.fill r\nr = [\from], 8 ;;
    .endm
    .macro store_one nr, to
    st8.spill [\to] = r\nr, 8 ;;
    .endm
    .macro store_gr first, last, to
    .set nr, \first
    .rept \last - \first + 1
    store_one %nr, \to
    .set nr, nr + 1
    .endr
    .endm
    .macro load_fr nr
    ldf.fill f\nr = [r24], 16 ;;
    .endm
    .macro store_fr nr
    stf.spill [r24] = f\nr, 16 ;;
    .endm
    .macro all_fr what
    .set nr, 2
    .rept 126
    \what %nr
    .set nr, nr + 1
    .endr
    .endm
    /* The next word of the state */
    .macro load what
    ld8 r23 = [r24], 8 ;;
    mov \what = r23 ;;
    .endm
    .macro store what
    mov r23 = \what ;;
    st8 [r24] = r23, 8 ;;
    .endm
    /* r24: in the block of the program */
    .macro block offset
    movl r24 = current ;;
    ld8 r24 = [r24] ;;
    adds r24 = \offset, r24 ;;
    .endm
    .macro copy from, to
    mov r23 = DATA_WORDS - 1 ;;
    mov ar.lc = r23 ;;
1:  ld8 r23 = [\from], 8 ;;
    st8 [\to] = r23, 8
    br.cloop.sptk.few 1b ;;
    .endm
    /* Open `path`, move what `request` says: r28 is the file */
    .macro file path, how, number
    args \path, \how
    ssc SSC_OPEN
    mov r28 = r8 ;;
    cmp.gt p6, p7 = 0, r28
    (p6) br.cond.sptk.few failed ;;
    args 0, 1, request, 0
    mov r32 = r28 ;;
    ssc \number
    mov r32 = r28 ;;
    ssc SSC_CLOSE
    .endm

    .text
    .global _start
_start:
    bsw.0 ;;
    alloc r2 = ar.pfs, 0, 96, 0, 0 ;;
    mov ar.rsc = 0 ;;
    movl r3 = ivt ;;
    mov cr.iva = r3 ;;
    file programs, 1, SSC_READ

next:
    movl r24 = BATCH ;;
    ld8 r25 = [r24] ;;
    cmp.eq p6, p7 = 0, r25
    (p6) br.cond.sptk.few written ;;
    adds r25 = -1, r25 ;;
    st8 [r24] = r25 ;;

    /* ---- registers ---- */
    clrrrb ;;
    alloc r2 = ar.pfs, 0, 96, 0, 96 ;;
    block AT_DATA
    movl r25 = DATA ;;
    copy r24, r25
    block AT_FR
    all_fr load_fr
    block 0
    ld8 r27 = [r24] ;;
    mov cr.iip = r27
    adds r1 = 16 * 8, r24 /* bank 1 sees r1 */
    adds r24 = AT_NATS, r24 ;;
    ld8 r27 = [r24], 8 ;;
    mov ar.unat = r27
    ld8 r27 = [r24], 8 ;;
    bsw.1 ;;
    load_gr 16, 31, r1
    bsw.0 ;;
    block 8
    load_gr 1, 15, r24
    adds r24 = 16 * 8, r24 ;;
    load_gr 32, 63, r24
    mov ar.unat = r27 ;;
    load_gr 64, 127, r24
    block AT_STATE
    ld8 r26 = [r24], 8 ;;
    load ar.fpsr
    load ar.unat
    load ar.ccv
    load ar.lc
    load ar.ec
    load ar.csd
    ld8 r21 = [r24], 8 ;;
    ld8 r29 = [r24], 8 ;;
    .irp b, b0, b1, b2, b3, b4, b5, b6, b7
    load \b
    .endr
    movl r23 = PSR_IC | PSR_BN ;;
    mov cr.ipsr = r23
    mov cr.ifs = r0
    mov pr = r26, -1 ;;
    rfi ;;

    /* ---- the program is at its end: PSR.ic 0, bank 0, its pr in r31 ---- */
finish:
    mov r26 = ar.unat
    mov ar.unat = r0
    block 8
    store_gr 1, 15, r24
    mov r1 = r24 ;;
    adds r24 = 16 * 8, r24 ;;
    store_gr 32, 63, r24
    bsw.1 ;;
    store_gr 16, 31, r1
    bsw.0 ;;
    mov r27 = ar.unat ;;
    store_gr 64, 127, r24
    st8 [r24] = r27, 8 ;;
    store ar.unat
    store r31
    store ar.fpsr
    store r26
    store ar.ccv
    store ar.lc
    store ar.ec
    store ar.csd
    store r21
    store r29
    .irp b, b0, b1, b2, b3, b4, b5, b6, b7
    store \b
    .endr
    block AT_FR
    all_fr store_fr
    block AT_DATA
    movl r25 = DATA ;;
    copy r25, r24
    movl r25 = current ;;
    ld8 r24 = [r25] ;;
    adds r24 = 4096, r24 ;;
    st8 [r25] = r24
    br.cond.sptk.few next ;;

written:
    movl r24 = current ;;
    ld8 r24 = [r24] ;;
    movl r25 = BLOCKS ;;
    sub r26 = r24, r25
    movl r24 = request ;;
    st8 [r24] = r25, 8 ;;
    st4 [r24] = r26 ;;
    clrrrb ;;
    alloc r2 = ar.pfs, 0, 96, 0, 0 ;;
    file results, 2, SSC_WRITE
    exit_with 0
failed:
    exit_with 1

    .data
    .align 16
request:
    data8 BATCH
    data4 BATCH_MAX, 0
current:
    data8 BLOCKS
programs:
    stringz "programs"
results:
    stringz "results"

    /* ---- interruptions: r22 is the vector's offset ---- */
    .macro entry
    .org at
    addl r22 = at, r0
    br.cond.sptk.few interrupted ;;
    .set at, at + 0x100
    .endm
    .section .ivt, "ax"
    .global ivt
ivt:
    .set at, 0
    .rept 0x7f
    entry
    .endr
    .org 0x7f00
interrupted:
    mov r31 = pr
    mov r20 = cr.isr
    mov r19 = cr.iim ;;
    addl r18 = 0x2c00, r0 /* Break */
    movl r17 = END ;;
    cmp.eq p6, p7 = r22, r18 ;;
    (p6) cmp.eq.unc p6, p7 = r19, r17 ;;
    (p6) br.cond.sptk.few finish ;;
    shrp r21 = r21, r21, 57 ;;
    add r21 = r21, r20 ;;
    add r21 = r21, r22
    shl r29 = r22, 48 ;;
    add r29 = r29, r20
    addl r18 = 0x5d00, r0 ;; /* Floating-point Trap: done already */
    cmp.eq p6, p7 = r22, r18
    (p6) br.cond.sptk.few resume ;;
    next_instruction
resume:
    mov pr = r31, -1 ;;
    rfi ;;
