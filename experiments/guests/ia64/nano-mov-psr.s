/* nano-mov-psr.s: a read of the PSR. */
    .include "nano.inc"

    .macro body
    mov r9 = psr ;;
    .endm

    nano mov-psr, 10000
