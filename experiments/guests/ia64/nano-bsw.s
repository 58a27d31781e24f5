/* nano-bsw.s: both bank switches. */
    .include "nano.inc"

    .macro body
    bsw.0 ;;
    bsw.1 ;;
    .endm

    nano bsw, 10000
