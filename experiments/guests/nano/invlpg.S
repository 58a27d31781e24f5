/* invlpg.S: INVLPG of a page that is mapped.
 * End: an INVLPG for each iteration. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_INVLPG, 100000

    function nano_setup
    mov $3, arg1
#ifndef __x86_64__
    xor %edx, %edx              /* the upper half of the flags */
#endif
    ccall nano_map_pages
    ccall nano_touch_pages
    ret

    begin
    mov $NANO_PAGES, xbx
    body
    invlpg (xbx)
    end

    .section .note.GNU-stack, "", @progbits
