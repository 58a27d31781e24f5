/* rdtsc.S: RDTSC.
 * Paper: trap and emulate, a call-out or inline code: three ways to do it.
 * End: a RDTSC for each iteration. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_RDTSC, 100000

    begin
    body
    rdtsc
    end

    .section .note.GNU-stack, "", @progbits
