/* iret.S: IRET to the next instruction, in the same mode.
 * End: an IRET for each iteration, and the pushes of its frame. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_IRET, 100000

    begin
    xpushf
    pop xbx
    mov $2f, xdi
    mov xsp, xbp
    mov $SEL_KCODE, %eax
    body
#ifdef __x86_64__
    push $SEL_KDATA
    push xbp
#endif
    push xbx
    push xax
    push xdi
    xiret
2:
    end

    .section .note.GNU-stack, "", @progbits
