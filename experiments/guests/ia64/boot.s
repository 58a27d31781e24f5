/* boot.s: a boot loader as the one of Linux for Ski works: it reads the ELF
 * file that its first argument names, loads it to its physical addresses, and
 * starts it with r28 at the boot parameters; by them the kernel finds EFI, SAL
 * and PAL, which are in firmware.inc. In physical mode, bank 1. */
    .include "start.inc"
    .include "ssc.inc"

    .set PT_LOAD, 1
    .set PHDR_BYTES, 56

    .macro call number, a0=r0, a1=r0, a2=r0, a3=r0
    mov out0 = \a0
    mov out1 = \a1
    mov out2 = \a2
    mov out3 = \a3
    mov out4 = \number ;;
    br.call.sptk.many b0 = service ;;
    .endm

    .macro say place
    movl out0 = \place ;;
    br.call.sptk.many b0 = say_it ;;
    .endm

    /* `bytes` to `at`, from `offset` of the file loc2 on; r8: how many */
    .macro read_file at, bytes, offset
    mov out0 = \at
    mov out1 = \bytes
    mov out2 = \offset
    mov out3 = loc2 ;;
    br.call.sptk.many b0 = read ;;
    .endm

    .macro fail text
    .pushsection .data
7:  .asciz "\text\n"
    .popsection
    movl out0 = 7b ;;
    br.call.sptk.many b0 = say_it ;;
    mov r9 = 1 ;;
    call SSC_EXIT, r9
    .endm

    .text
    .global _start
_start:
    movl sp = stack_end - 16 ;;
    bsw.1 ;;
    br.call.sptk.many b0 = main ;;

service:
    .regstk 5, 0, 0, 0
    mov r15 = in4 ;;
    break.m 0x80001 ;;
    br.ret.sptk.many b0 ;;

say_it:
    alloc loc0 = ar.pfs, 1, 3, 5, 0 ;;
    mov loc1 = b0 ;;
1:
    ld1 loc2 = [in0], 1 ;;
    cmp.eq p6, p7 = 0, loc2 ;;
    (p6) br.cond.sptk.few 2f ;;
    call SSC_PUTCHAR, loc2
    br.cond.sptk.few 1b ;;
2:
    mov ar.pfs = loc0
    mov b0 = loc1 ;;
    br.ret.sptk.many b0 ;;

read:
    alloc loc0 = ar.pfs, 4, 2, 5, 0 ;;
    mov loc1 = b0 ;;
    movl r9 = request ;;
    st8 [r9] = in0, 8 ;;
    st8 [r9] = in1, -8 ;;
    mov r10 = 1 ;;
    call SSC_READ, in3, r10, r9, in2
    movl r9 = stat ;;
    st4 [r9] = in3 ;;
    call SSC_WAIT_COMPLETION, r9
    movl r9 = stat + 4 ;;
    ld4 r8 = [r9]
    mov ar.pfs = loc0
    mov b0 = loc1 ;;
    br.ret.sptk.many b0 ;;

    /* loc2 the file, loc3 what follows the kernel's name, loc4 the entry, loc5
     * and loc6 offset and number of the headers left, loc7 the end of the
     * kernel, loc8 where a segment goes */
main:
    alloc loc0 = ar.pfs, 0, 11, 5, 0 ;;
    mov loc7 = 0 ;;
    call SSC_CONSOLE_INIT
    movl r9 = arguments ;;
    call SSC_GET_ARGS, r9
    movl loc3 = arguments ;;
    add r10 = loc3, r8 ;;
    st1 [r10] = r0 ;;
1:
    ld1 r9 = [loc3] ;;
    cmp.eq p6, p7 = 0, r9
    cmp.eq p8, p9 = ' ', r9 ;;
    (p8) st1 [loc3] = r0, 1
    (p6) br.cond.sptk.few 2f
    (p8) br.cond.sptk.few 2f ;;
    adds loc3 = 1, loc3 ;;
    br.cond.sptk.few 1b ;;
2:
    movl r9 = arguments ;;
    mov r10 = 1 ;;
    call SSC_OPEN, r9, r10
    mov loc2 = r8 ;;
    cmp.gt p6, p7 = 0, loc2 ;;
    (p7) br.cond.sptk.few 3f ;;
    say arguments
    fail ": file not found"
3:
    movl loc8 = memory ;;
    mov r9 = 4096 ;;
    read_file loc8, r9, r0
    ld4 r9 = [loc8] ;;
    movl r10 = 'E' << 8 | 'L' << 16 | 'F' << 24 | 0x7f ;;
    cmp.eq p6, p7 = r9, r10 ;;
    (p6) br.cond.sptk.few 4f ;;
    fail "not an ELF file"
4:
    adds r9 = 24, loc8
    adds r10 = 32, loc8
    adds r11 = 56, loc8 ;;
    ld8 loc4 = [r9]
    ld8 loc5 = [r10]
    ld2 loc6 = [r11] ;;
    say loading
    say arguments
    say dots

5:
    cmp.eq p6, p7 = 0, loc6 ;;
    (p6) br.cond.sptk.few 8f ;;
    movl loc8 = memory ;;
    mov r9 = PHDR_BYTES ;;
    read_file loc8, r9, loc5
    mov r9 = PHDR_BYTES ;;
    cmp.eq p6, p7 = r8, r9 ;;
    (p6) br.cond.sptk.few 6f ;;
    fail "failed to read a program header"
6:
    adds loc5 = PHDR_BYTES, loc5
    adds loc6 = -1, loc6
    ld4 r9 = [loc8] ;;
    cmp.ne p6, p7 = PT_LOAD, r9 ;;
    (p6) br.cond.sptk.few 5b ;;
    adds r9 = 8, loc8
    adds r10 = 24, loc8
    adds r11 = 32, loc8 ;;
    ld8 loc9 = [r9]
    ld8 loc8 = [r10]
    ld8 loc10 = [r11], 8 ;;
    dep loc8 = 0, loc8, 61, 3
    ld8 r11 = [r11] ;;
    add r11 = loc8, r11 ;;
    cmp.ltu p6, p7 = loc7, r11 ;;
    (p6) mov loc7 = r11
    read_file loc8, loc10, loc9
    /* The rest of the segment is zero. */
    add loc8 = loc8, loc10
    movl r9 = memory + 32 ;;
    ld8 r10 = [r9], 8 ;;
    ld8 r11 = [r9] ;;
    sub r11 = r11, r10 ;;
7:
    cmp.eq p6, p7 = 0, r11 ;;
    (p6) br.cond.sptk.few 5b ;;
    st1 [loc8] = r0, 1
    adds r11 = -1, r11 ;;
    br.cond.sptk.few 7b ;;

8:
    call SSC_CLOSE, loc2
    call SSC_GET_INITRAMFS, loc7
    mov out0 = loc3
    mov out1 = loc7
    mov out2 = r8 ;;
    br.call.sptk.many b0 = firmware ;;
    mov loc9 = r8 ;;
    say starting
    movl r9 = 0xffffc000000 ;;
    mov ar.k0 = r9 ;;
    movl r9 = arguments ;;
    call SSC_LOAD_SYMBOLS, r0, r9
    mov r28 = loc9
    mov b7 = loc4 ;;
    br.cond.sptk.few b7 ;;

    .data
    .align 16
request:
    data8 0, 0
stat:
    data8 0
loading:
    .asciz "loading "
dots:
    .asciz "...\n"
starting:
    .asciz "starting kernel...\n"
    .align 16
arguments:
    .skip 1024
memory:
    .skip 4096
stack:
    .skip 4096
stack_end:
    .include "firmware.inc"
