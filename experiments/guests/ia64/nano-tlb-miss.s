/* nano-tlb-miss.s: loads that miss in the TLB, twice as many pages as it has
 * entries, and a handler that inserts what is missing. */
    .include "nano.inc"

    .purgem setup
    .macro setup
    movl r8 = 0x2000000 ;;
    movl r10 = 0x3fffff ;;
    movl r11 = 0x2000000 ;;
    mov r13 = 0 ;;
    addl r12 = 1 << PAGE_SHIFT, r0 ;;
    .endm

    .macro body
    add r8 = r11, r13 ;;
    ld8 r9 = [r8] ;;
    add r13 = r12, r13 ;;
    and r13 = r10, r13 ;;
    .endm

    .purgem handlers
    .macro handlers
    vector 0x1000
    mov r16 = cr.ifa ;;
    mov r17 = PAGE_SHIFT << 2 ;;
    dep r16 = 0, r16, 0, PAGE_SHIFT ;;
    movl r18 = PTE_KERNEL ;;
    or r16 = r16, r18 ;;
    mov cr.itir = r17 ;;
    itc.d r16 ;;
    rfi ;;
    .endm

    nano tlb-miss, 10000
