/* nano-itc-d.s: a data translation inserted, the same each time. */
    .include "nano.inc"

    .purgem before
    .macro before
    rsm PSR_IC ;;
    srlz.d ;;
    movl r8 = 0x2000000 ;;
    mov cr.ifa = r8 ;;
    mov r9 = PAGE_SHIFT << 2 ;;
    mov cr.itir = r9 ;;
    movl r10 = 0x2000000 | PTE_KERNEL ;;
    .endm
    .purgem after
    .macro after
    ssm PSR_IC ;;
    srlz.d ;;
    .endm

    .macro body
    itc.d r10 ;;
    .endm

    nano itc-d, 10000
