/* hypercall.S: VMCALL, by which a guest asks a VMM for something.
 * Where there is none the instruction is undefined: a handler goes on behind
 * it, and what is measured is that exception.
 * End: a VMCALL for each iteration, or an exception 6. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_HYPERCALL, 100000

#define LENGTH 3 /* of VMCALL */

    function handler
    xadd $LENGTH, (xsp)
    xiret

    function nano_setup
    mov $6, arg1
    mov $handler, arg2
    mov $0, arg3
    ccall plat_gate
    ret

    begin
    xor %eax, %eax
    body
    vmcall
    end

    .section .note.GNU-stack, "", @progbits
