/* nano-thash.s: thash: an address in the VHPT. Any level may ask; only VT-i makes it fault. */
    .include "nano.inc"

    .macro body
    thash r9 = r8 ;;
    .endm

    nano thash, 10000
