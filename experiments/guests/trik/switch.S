/* switch.S: switch_stack(save, next): go on where another process left off.
 * Only what the calling convention keeps is saved: six words. */
    .text
    .globl switch_stack
switch_stack:
#ifdef __x86_64__
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
#else
    push %ebx
    push %ebp
    push %esi
    push %edi
    push %edi                   /* as many as in 64-bit mode */
    push %edi
    mov %esp, (%eax)
    mov %edx, %esp
    add $8, %esp
    pop %edi
    pop %esi
    pop %ebp
    pop %ebx
    ret
#endif

    .section .note.GNU-stack, "", @progbits
