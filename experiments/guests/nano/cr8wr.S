/* cr8wr.S: MOV to CR8, the task priority (64-bit mode only).
 * Paper: binary translation keeps the priority in memory; hardware assist need
 * not exit either, as no pending interrupt becomes due.
 * End: a write of CR8 for each iteration. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_CR8WR, 100000

    begin
    xor %eax, %eax
    body
    mov %rax, %cr8
    end

    .section .note.GNU-stack, "", @progbits
