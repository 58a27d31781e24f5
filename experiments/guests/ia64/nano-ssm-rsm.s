/* nano-ssm-rsm.s: external interrupts masked and unmasked: psr.i alone. */
    .include "nano.inc"

    .macro body
    rsm PSR_I ;;
    ssm PSR_I ;;
    .endm

    nano ssm-rsm, 10000
