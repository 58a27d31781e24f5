/* ptemod-set.S: page-table entries that are not present made present. The pages
 * were read before their entries were cleared, so that a VMM with shadow page
 * tables has the guest's tables traced.
 * Paper: "NP->P".
 * End: a write of each of 32768 entries, all present. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_PTEMOD_SET, NANO_NR_PAGES

    function nano_setup
    mov $3, arg1
#ifndef __x86_64__
    xor %edx, %edx            /* the upper half of the flags */
#endif
    mov $0, %ecx
    ccall nano_map_pages
    ccall nano_touch_pages
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
