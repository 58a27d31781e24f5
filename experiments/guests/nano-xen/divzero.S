/* divzero.S: division by zero: reflected to the handler of the trap table, which
 * goes on behind it and returns by the hypercall iret.
 * End: an exception 0 and an iret for each iteration. */
#include "experiments/guests/nano-xen/xen_asm.inc"

    nano MARK_DIVZERO, 100000

#define LENGTH 2 /* of the DIV */

    function handler
    enter_trap
    xadd $LENGTH, (xsp)
    leave_trap

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
