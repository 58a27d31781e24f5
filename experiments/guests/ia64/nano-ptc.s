/* nano-ptc.s: a page purged that has no translation. */
    .include "nano.inc"

    .purgem setup
    .macro setup
    movl r8 = 0x2000000 ;;
    mov r9 = PAGE_SHIFT << 2 ;;
    .endm

    .macro body
    ptc.l r8, r9 ;;
    .endm

    nano ptc, 10000
