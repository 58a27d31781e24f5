/* divzero.S: division by zero, and a handler that goes on behind it.
 * Paper: an exception that is no page fault; hardware assist need not exit.
 * End: an exception 0 for each iteration. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_DIVZERO, 100000

#define LENGTH 2 /* of the DIV */

    function handler
    xadd $LENGTH, (xsp)
    xiret

    function nano_setup
    mov $0, arg1
    mov $handler, arg2
    mov $0, arg3
    ccall plat_gate
    ret

    begin
    xor %ecx, %ecx
    xor %edx, %edx
    mov $1, %eax
    body
    div %ecx
    end

    .section .note.GNU-stack, "", @progbits
