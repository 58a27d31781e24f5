/* start.S: where a program begins: main(argc, argv), then exit. */
#define SYSCALL(nr, name) .set SYS_##name, nr;
#include "experiments/guests/trik/syscalls.def"
#undef SYSCALL

    .text
    .globl _start
_start:
#ifdef __x86_64__
    mov (%rsp), %rdi
    lea 8(%rsp), %rsi
    call main
    mov %rax, %rdi
    call exit
#else
    mov (%esp), %eax
    lea 4(%esp), %edx
    call main
    call exit
#endif

    /* Handlers of signals return to here, with the stack as the kernel wants it
     * back: nothing may be pushed. */
    .globl signal_restorer
signal_restorer:
    mov $SYS_sigreturn, %eax
#ifdef __x86_64__
    syscall
#else
    int $0x80
#endif

    .section .note.GNU-stack, "", @progbits
