/* invlpg.S: a page's translation dropped, by mmuext_op.
 * End: a MMUEXT_INVLPG_LOCAL for each iteration. */
#include "experiments/guests/nano-xen/xen_asm.inc"

    nano MARK_INVLPG, 100000

#define MMUEXT_INVLPG_LOCAL 7

    mmuext_op op, MMUEXT_INVLPG_LOCAL

    begin_hypercalls
    mov $NANO_PAGES, xax
    mov xax, op + MMUEXT_ARG
    body
    mov $op, xbx
    mmuext
    end_hypercalls

    .section .note.GNU-stack, "", @progbits
