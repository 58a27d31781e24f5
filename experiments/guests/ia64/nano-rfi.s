/* nano-rfi.s: rfi to the next bundle, with what it needs: PSR.ic off, IPSR, IIP
 * and IFS. */
    .include "nano.inc"

    .purgem setup
    .macro setup
    movl r10 = PSR_ON ;;
    movl r11 = 9f ;;
    .endm

    .macro body
    rsm PSR_IC ;;
    srlz.d ;;
    mov cr.ipsr = r10 ;;
    mov cr.iip = r11 ;;
    mov cr.ifs = r0 ;;
    rfi ;;
    .align 16
9:
    .endm

    nano rfi, 10000
