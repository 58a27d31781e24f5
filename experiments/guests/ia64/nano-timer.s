/* nano-timer.s: wait for the interval timer, 100 ticks each time: an external
 * interrupt with IVR and EOI. */
    .include "nano.inc"

    .purgem setup
    .macro setup
    mov r8 = 0x40 ;;
    mov cr.itv = r8 ;;
    ssm PSR_I ;;
    .endm

    .macro body
    mov r8 = ar.itc ;;
    adds r8 = 100, r8 ;;
    mov cr.itm = r8 ;;
    ssc SSC_HALT
    .endm

    .purgem handlers
    .macro handlers
    vector 0x3000
    mov r16 = cr.ivr ;;
    srlz.d ;;
    mov cr.eoi = r0 ;;
    rfi ;;
    .endm

    nano timer, 1000
