/* ssc.s: each call of Ski's that kernels for it make, with its result on the
 * console. What depends on the host's time is only checked for sense.
 *
 * The disk is the file PREFIX and the letter "a", of the argument
 * "simscsi=PREFIX", as Linux names it. Its first 512 bytes are read, the second
 * 512 are written and read back. */
    .include "start.inc"
    .include "ssc.inc"
    .include "text.inc"

    .set SIMSCSI, 9 /* type of an interrupt */
    .set CLOCK, 4
    .set VECTOR, 0x50
    .set BUFFER, 0x300000

    /* The record at r24 must have fewer than `limit` in its word at `offset`. */
    .macro below offset, limit, text
    movl r25 = record + \offset ;;
    ld4 r25 = [r25] ;;
    movl r26 = \limit ;;
    cmp.ltu p6, p7 = r25, r26 ;;
    mov r25 = 0 ;;
    (p6) mov r25 = 1 ;;
    show "\text", r25
    .endm

    /* One request: `bytes` at BUFFER, from `offset` of the file r27 on. */
    .macro disk number, bytes, offset
    movl r25 = BUFFER ;;
    movl r26 = request ;;
    st8 [r26] = r25, 8 ;;
    movl r25 = \bytes ;;
    st4 [r26] = r25 ;;
    args 0, 1, request, \offset
    mov r32 = r27 ;;
    ssc \number
    .endm

    .macro wait_for text
    movl r26 = record ;;
    st4 [r26] = r27 ;;
    args record
    ssc SSC_WAIT_COMPLETION
    show "\text", r8
    movl r26 = record + 4 ;;
    ld4 r26 = [r26] ;;
    show "  bytes", r26
    .endm

    start
    args
    ssc SSC_CONSOLE_INIT
    args 1
    ssc SSC_CTL_TRACE
    args
    ssc SSC_GETCHAR
    show "getchar without input:", r8

    /* ---- the command line ---- */
    args BUFFER
    ssc SSC_GET_ARGS
    mov r28 = r8 ;;
    movl r29 = BUFFER ;;
    add r29 = r28, r29 ;;
    st1 [r29] = r0 ;;
    movl r14 = BUFFER ;;
    br.call.sptk.few b6 = puts ;;
    show "\narguments:", r28

    /* ---- the network, which there is not ---- */
    movl r24 = record ;;
    mov r25 = -1 ;;
    st8 [r24] = r25 ;;
    args network, record
    ssc SSC_NETDEV_PROBE
    show "netdev_probe:", r8
    movl r24 = record ;;
    ld8 r25 = [r24] ;;
    show "  address:", r25

    /* ---- interrupts ---- */
    args CLOCK, 100
    ssc SSC_SET_PERIODIC_INTERRUPT
    args SIMSCSI, VECTOR
    ssc SSC_CONNECT_INTERRUPT
    mov r10 = 0 ;;
    ssm PSR_I ;;
    srlz.d ;;
    args SIMSCSI
    ssc SSC_GENERATE_INTERRUPT
    nop.m 0 ;;
    rsm PSR_I ;;
    show "interrupt:", r10
    mov r10 = 0 ;;
    args CLOCK
    ssc SSC_GENERATE_INTERRUPT
    ssm PSR_I ;;
    nop.m 0 ;;
    rsm PSR_I ;;
    show "one that is not connected:", r10

    /* ---- time ---- */
    args record
    ssc SSC_GET_RTC
    below 4, 12, "rtc month:"
    below 8, 32, "rtc day:"
    below 12, 24, "rtc hour:"
    below 16, 60, "rtc minute:"
    below 20, 61, "rtc second:"
    below 24, 1000, "rtc millisecond:"
    below 28, 7, "rtc weekday:"
    args record, zone
    ssc SSC_GET_TOD
    below 4, 1000000, "tod microsecond:"
    movl r24 = record ;;
    ld4 r28 = [r24] ;;
    args record
    ssc SSC_GET_TOD
    movl r24 = record ;;
    ld4 r29 = [r24] ;;
    cmp.leu p6, p7 = r28, r29 ;;
    mov r25 = 0 ;;
    (p6) mov r25 = 1 ;;
    show "tod goes on:", r25

    /* ---- what is not there ---- */
    args no_file, 1
    ssc SSC_OPEN
    show "open, no file:", r8
    args 0, no_file
    ssc SSC_LOAD_SYMBOLS
    show "load_symbols, no file:", r8
    mov r27 = 200 ;;
    disk SSC_READ, 512, 0
    show "read, not open:", r8
    args 200
    ssc SSC_CLOSE
    show "close, not open:", r8
    args record
    ssc SSC_GET_COMPLETION
    show "get_completion, none:", r8
    args BUFFER
    ssc SSC_GET_INITRAMFS
    show "get_initramfs:", r8

    /* ---- the disk: its name is what follows "simscsi=" ---- */
    args BUFFER
    ssc SSC_GET_ARGS
    cmp.eq p6, p7 = 0, r8 ;;
    (p6) br.cond.sptk.few no_disk ;;
    movl r24 = BUFFER ;;
    add r25 = r24, r8 ;;
    adds r25 = -1, r25 ;;
    mov r26 = 'a' ;;
    st1 [r25] = r26, 1 ;;
    st1 [r25] = r0 ;;
    args BUFFER + 8, 3
    ssc SSC_OPEN
    mov r27 = r8 ;;
    cmp.gt p6, p7 = 0, r8 ;;
    (p6) br.cond.sptk.few no_disk ;;

    disk SSC_READ, 512, 0
    show "read:", r8
    wait_for "wait_completion:"
    movl r24 = BUFFER ;;
    ld8 r24 = [r24] ;;
    show "  first bytes:", r24
    wait_for "wait_completion, done:"
    movl r24 = BUFFER ;;
    mov r25 = 0x5a ;;
    st1 [r24] = r25 ;;
    disk SSC_WRITE, 512, 512
    show "write:", r8
    wait_for "wait_completion:"
    disk SSC_READ, 512, 512
    wait_for "wait_completion:"
    movl r24 = BUFFER ;;
    ld8 r24 = [r24] ;;
    show "  first bytes:", r24
    disk SSC_READ, 512, 1 << 40
    show "read, behind the end:", r8
    wait_for "wait_completion:"

    /* Not at once: completions are told some time later. */
    disk SSC_READ, 16, 0
    args record
    ssc SSC_GET_COMPLETION
    show "get_completion, at once:", r8
    wait_for "wait_completion:"
    mov r32 = r27 ;;
    ssc SSC_CLOSE
    show "close:", r8
no_disk:
    exit_with 0

    library
    text_library

    .data
    .align 8
record:
    data8 0, 0, 0, 0
zone:
    data8 0
request:
    data8 0, 0
no_file:
    .asciz "/no/such/file"
network:
    .asciz "eth0"

    vector 0x3000
    mov r10 = cr.ivr ;;
    srlz.d ;;
    mov cr.eoi = r0 ;;
    rfi ;;
