/* pgfault.S: a read of a page that is not present, and a handler that goes on
 * behind the read: a true page fault, one that the guest itself must see.
 * Paper: a true fault costs a VMM with shadow page tables a search of the
 * guest's tables, to find that it is none of its own.
 * End: an exception 14 for each iteration, CR2 the address that was read. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_PGFAULT, 100000

#define LENGTH 2 /* of the reading instruction */

    function handler
    add $WORD, xsp              /* the error code */
    xadd $LENGTH, (xsp)
    xiret

    function nano_setup
    xor %eax, %eax
    xor %edx, %edx
    mov xax, arg1
    ccall nano_map_pages        /* all entries zero */
    mov $14, arg1
    mov $handler, arg2
    mov $0, arg3
    ccall plat_gate
    ret

    begin
    mov $NANO_PAGES, xbx
    body
    mov (xbx), %eax
    end

    function nano_check
    mov %cr2, xcx
    xor %eax, %eax
    cmp $NANO_PAGES, xcx
    sete %al
    ret

    .section .note.GNU-stack, "", @progbits
