/* ptemod-clear.S: present page-table entries made not present. The pages were read
 * before, so that a VMM with shadow page tables has to give translations up.
 * Paper: "P->NP".
 * End: a write of each of 32768 entries, none present. */
#include "experiments/guests/nano/ptemod.inc"

    nano MARK_PTEMOD_CLEAR, NANO_NR_PAGES

    function nano_setup
    ptemod_pages
    ret

    begin
    mov nano_ptes, xbx
    mov (xbx), xax
    and $-2, xax
    body
    mov xax, -8(xbx, count, 8)
    end

    ptemod_check 0

    .section .note.GNU-stack, "", @progbits
