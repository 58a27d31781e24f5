/* nano-tpr.s: the task priority register, written and read. */
    .include "nano.inc"

    .macro body
    mov cr.tpr = r0 ;;
    srlz.d ;;
    mov r9 = cr.tpr ;;
    .endm

    nano tpr, 10000
