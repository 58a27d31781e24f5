/* keys.s: the keyboard as Linux's simulated serial line uses it: an interrupt
 * that was connected by its type, at which characters are taken until there is
 * none. They are printed; "q" ends the run. */
    .include "start.inc"
    .include "ssc.inc"

    .set KEYBOARD, 3
    .set VECTOR, 0x51

    start
    args KEYBOARD, VECTOR
    ssc SSC_CONNECT_INTERRUPT
    ssm PSR_I ;;
    srlz.d ;;
1:
    ssc SSC_HALT
    br.cond.sptk.few 1b ;;

    library

    vector 0x3000
    mov r16 = cr.ivr ;;
    srlz.d ;;
    mov cr.eoi = r0 ;;
2:
    ssc SSC_GETCHAR
    cmp.eq p6, p7 = 0, r8
    cmp.eq p8, p9 = 'q', r8 ;;
    (p6) br.cond.sptk.few 4f ;;
    mov r32 = r8 ;;
    ssc SSC_PUTCHAR
    (p8) br.cond.sptk.few 3f ;;
    br.cond.sptk.few 2b ;;
3:
    exit_with 0
4:
    rfi ;;
