/* cr3wr.S: the page table that is in use made the one in use, by mmuext_op.
 * End: a MMUEXT_NEW_BASEPTR for each iteration. */
#include "experiments/guests/nano-xen/xen_asm.inc"

    nano MARK_CR3WR, 100000

#define MMUEXT_NEW_BASEPTR 5

    mmuext_op op, MMUEXT_NEW_BASEPTR

    begin_hypercalls
    mov %cr3, xax
#ifdef __x86_64__
    shr $12, xax
#else
    rol $20, xax                /* as Xen folds frame numbers of 32 bits */
#endif
    mov xax, op + MMUEXT_ARG
    body
    mov $op, xbx
    mmuext
    end_hypercalls

    .section .note.GNU-stack, "", @progbits
