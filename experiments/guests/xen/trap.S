/* trap.S: Xen's bounce frames become struct frames (platform.h), and back by
 * the hypercall iret. [XEN arch-x86/xen-x86_64.h "struct iret_context"],
 * [XEN arch-x86/xen-x86_32.h "HYPERVISOR_iret"]. In 64-bit mode a bounce frame
 * begins with RCX and R11. */
#include "experiments/guests/platform/layout.h"

#define EXCEPTIONS      20
#define TRAP_IRQ        32
#define TRAP_SYSCALL    128
#define HYPERVISOR_IRET 23

    .text
    .altmacro
    .macro stub name, vector, has_error=0
    .p2align 4
\name:
#ifdef __x86_64__
    pop %rcx
    pop %r11
#endif
    .if !(\has_error)
    push $0
    .endif
    push $\vector
    jmp trap_common
    .endm
    .macro exception n
    .if (\n == 8) || ((\n >= 10) && (\n <= 14)) || (\n == 17)
    stub trap_stub_\n, \n, 1
    .else
    stub trap_stub_\n, \n
    .endif
    .endm
    .macro entry n
#ifdef __x86_64__
    .quad trap_stub_\n
#else
    .long trap_stub_\n
#endif
    .endm

    .set i, 0
    .rept EXCEPTIONS
    exception %i
    .set i, i + 1
    .endr

    .globl xen_event_entry, xen_syscall_entry, xen_failsafe_entry
    stub xen_event_entry, TRAP_IRQ
    stub xen_syscall_entry, TRAP_SYSCALL

    /* A return with segments that do not exist: this kernel makes none. */
xen_failsafe_entry:
    ud2

    .section .rodata
    .p2align 3
    .globl xen_trap_stubs
xen_trap_stubs:
    .set i, 0
    .rept EXCEPTIONS
    entry %i
    .set i, i + 1
    .endr

    .text
    .globl plat_return
#ifdef __x86_64__
trap_common:
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    mov %rsp, %rdi
    call xen_trap
trap_out:
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $8, %rsp                /* the vector */
    movq $0, (%rsp)             /* iret_context.flags in the error's place */
    jmp hypercall_page + HYPERVISOR_IRET * 32

plat_return:
    mov %rdi, %rsp
    jmp trap_out
#else
trap_common:
    push %eax
    push %ecx
    push %edx
    push %ebx
    push %ebp
    push %esi
    push %edi
    cld
    mov %esp, %eax
    call xen_trap
trap_out:
    pop %edi
    pop %esi
    pop %ebp
    pop %ebx
    pop %edx
    pop %ecx
    pop %eax
    add $8, %esp
    jmp hypercall_page + HYPERVISOR_IRET * 32

plat_return:
    mov %eax, %esp
    jmp trap_out
#endif

    .section .note.GNU-stack, "", @progbits
