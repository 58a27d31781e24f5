/* in.S: input from port 0x80, that of the power-on self-test.
 * Paper: natively an access to the chipset; a VMM answers without one.
 * End: an IN of port 0x80 for each iteration. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_IN, 100000

    begin
    body
    in $0x80, %al
    end

    .section .note.GNU-stack, "", @progbits
