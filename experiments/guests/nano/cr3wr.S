/* cr3wr.S: MOV to CR3 of the value that it has: all translations are flushed.
 * End: a write of CR3 for each iteration. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_CR3WR, 100000

    begin
    mov %cr3, xax
    body
    mov xax, %cr3
    end

    .section .note.GNU-stack, "", @progbits
