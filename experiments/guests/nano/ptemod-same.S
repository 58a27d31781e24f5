/* ptemod-same.S: page-table entries written with the value that they have:
 * present before and after. The pages were read before, so that a VMM with
 * shadow page tables holds translations made from these entries.
 * Paper: "unchanged"; traces on page tables make a plain store costly.
 * End: a write of each of 32768 entries, all still present. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_PTEMOD_SAME, NANO_NR_PAGES

    function nano_setup
    mov $3, arg1
#ifndef __x86_64__
    xor %edx, %edx            /* the upper half of the flags */
#endif
    mov $0, %ecx
    ccall nano_map_pages
    ccall nano_touch_pages
    ret

    begin
    mov nano_ptes, xbx
    mov (xbx), xax
    mov xax, xdx
    body
    mov xax, -8(xbx, count, 8)
    end

    function nano_check
    mov nano_ptes, xdx
    mov (xdx), %eax
    xor (NANO_NR_PAGES - 1) * 8(xdx), %eax
    mov (xdx), %edx
    and $1, %edx
    cmp $1, %edx
    jne 1f
    test %eax, %eax
    jne 1f
    mov $1, %eax
    ret
1:  xor %eax, %eax
    ret

    .section .note.GNU-stack, "", @progbits
