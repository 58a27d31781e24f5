/* nano-itc.s: the interval time counter. */
    .include "nano.inc"

    .macro body
    mov r9 = ar.itc ;;
    .endm

    nano itc, 10000
