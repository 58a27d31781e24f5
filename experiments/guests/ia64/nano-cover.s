/* nano-cover.s: cover of an empty frame: the RSE has nothing to do. */
    .include "nano.inc"

    .purgem before
    .macro before
    alloc r2 = ar.pfs, 0, 0, 0, 0 ;;
    .endm
    .purgem after
    .macro after
    alloc r2 = ar.pfs, 0, 0, 8, 0 ;;
    .endm

    .macro body
    cover ;;
    .endm

    nano cover, 10000
