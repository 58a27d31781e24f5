/* common.S: the empty loops, calls to user mode, and defaults. */
#include "experiments/guests/nano/nano_asm.inc"

    begin nano_empty
    body
    end

    begin_user nano_empty_user
    body
    end_user

    /* Without a setup or check of its own a benchmark has these. */
    .weak nano_setup, nano_check
    function nano_setup
    ret
    function nano_check
    mov $1, %eax
    ret

    /* nano_user_call(fn, n, stack) */
    function nano_user_call
    push xbx
    push xbp
#ifdef __x86_64__
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_sp(%rip)
    push $(SEL_UDATA | 3)
    push %rdx
    push $2
    push $(SEL_UCODE | 3)
    push %rdi
    mov %rsi, %rdi
    iretq
#else
    push %esi
    push %edi
    mov %esp, saved_sp
    push $(SEL_UDATA | 3)
    push %ecx
    push $2
    push $(SEL_UCODE | 3)
    push %eax
    mov %edx, %eax
    iret
#endif

    function nano_user_done
#ifdef __x86_64__
    mov saved_sp(%rip), %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
#else
    mov saved_sp, %esp
    pop %edi
    pop %esi
#endif
    pop xbp
    pop xbx
    ret

    .bss
    .p2align 3
saved_sp:
    .skip 8

    .section .note.GNU-stack, "", @progbits
