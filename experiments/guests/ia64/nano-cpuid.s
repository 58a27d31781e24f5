/* nano-cpuid.s: a CPUID register. Any level may ask. */
    .include "nano.inc"

    .macro body
    mov r9 = cpuid[r0] ;;
    .endm

    nano cpuid, 10000
