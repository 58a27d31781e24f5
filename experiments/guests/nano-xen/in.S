/* in.S: input from port 0x80 by a kernel that may use ports: it faults, and the
 * VMM answers.
 * End: an IN of port 0x80 emulated for each iteration. */
#include "experiments/guests/nano-xen/xen_asm.inc"

    nano MARK_IN, 100000

#define PHYSDEVOP_SET_IOPL 6

    .section .rodata
    .p2align 2
iopl:
    .long 1

    .text
    function nano_setup
    push xbx
    mov $PHYSDEVOP_SET_IOPL, hc1
    mov $iopl, hc2
    hypercall HC_PHYSDEV_OP
    pop xbx
    ret

    begin
    body
    in $0x80, %al
    end

    .section .note.GNU-stack, "", @progbits
