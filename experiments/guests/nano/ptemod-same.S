/* ptemod-same.S: page-table entries written with the value that they have:
 * present before and after. The pages were read before, so that a VMM with
 * shadow page tables holds translations made from these entries.
 * Paper: "unchanged"; traces on page tables make a plain store costly.
 * End: a write of each of 32768 entries, all still present. */
#include "experiments/guests/nano/ptemod.inc"

    nano MARK_PTEMOD_SAME, NANO_NR_PAGES

    function nano_setup
    ptemod_pages
    ret

    begin
    mov nano_ptes, xbx
    mov (xbx), xax
    mov xax, xdx
    body
    mov xax, -8(xbx, count, 8)
    end

    ptemod_check 1

    .section .note.GNU-stack, "", @progbits
