/* cpuid.S: CPUID, leaf 0.
 * It always exits under VT-x; elsewhere it is a trap or an emulation.
 * End: a CPUID for each iteration, and an instruction that clears EAX. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_CPUID, 100000

    begin
    body
    xor %eax, %eax
    cpuid
    end

    .section .note.GNU-stack, "", @progbits
