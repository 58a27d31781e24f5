/* ptemod-set.S: page-table entries that are not present made present. The pages
 * were read before their entries were cleared, so that a VMM with shadow page
 * tables has the guest's tables traced.
 * Paper: "NP->P".
 * End: a write of each of 32768 entries, all present. */
#include "experiments/guests/nano/ptemod.inc"

    nano MARK_PTEMOD_SET, NANO_NR_PAGES

    function nano_setup
    ptemod_pages
    mov nano_ptes, xdx
    mov $NANO_NR_PAGES, %ecx
1:  andl $-2, -8(xdx, xcx, 8)
    dec %ecx
    jnz 1b
    ret

    begin
    mov nano_ptes, xbx
    mov (xbx), xax
    or $1, xax
    body
    mov xax, -8(xbx, count, 8)
    end

    ptemod_check 1

    .section .note.GNU-stack, "", @progbits
