/* nano-break.s: a break and the return behind it: a system call of the old
 * kind. */
    .include "nano.inc"

    .macro body
    break.m 0x1234 ;;
    .endm

    .purgem handlers
    .macro handlers
    vector 0x2c00
    mov r31 = pr ;;
    next_instruction
    mov pr = r31, -1 ;;
    rfi ;;
    .endm

    nano break, 10000
