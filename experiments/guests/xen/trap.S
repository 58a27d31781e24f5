/* trap.S: Xen's bounce frames become struct frames (platform.h), and back by
 * the hypercall iret. [XEN arch-x86/xen-x86_64.h "struct iret_context"],
 * [XEN arch-x86/xen-x86_32.h "HYPERVISOR_iret"]. In 64-bit mode a bounce frame
 * begins with RCX and R11. */
#include "experiments/guests/platform/frame.inc"
#include "experiments/guests/platform/layout.h"

#define EXCEPTIONS      20
#define TRAP_IRQ        32
#define TRAP_SYSCALL    128
#define HYPERVISOR_IRET 23

    .text
    .macro stub name, vector
    .p2align 4
\name:
#ifdef __x86_64__
    pop %rcx
    pop %r11
#endif
    push_vector \vector
    jmp trap_common
    .endm
    .macro exception n
    stub trap_stub_\n, \n
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

    stub_table xen_trap_stubs, EXCEPTIONS

    .globl plat_return
#ifdef __x86_64__
trap_common:
    save
    cld
    mov %rsp, %rdi
    call xen_trap
trap_out:
    restore
    add $8, %rsp                /* the vector */
    movq $0, (%rsp)             /* iret_context.flags in the error's place */
    jmp hypercall_page + HYPERVISOR_IRET * 32

plat_return:
    mov %rdi, %rsp
    jmp trap_out
#else
trap_common:
    save
    cld
    mov %esp, %eax
    call xen_trap
trap_out:
    restore
    add $8, %esp
    jmp hypercall_page + HYPERVISOR_IRET * 32

plat_return:
    mov %eax, %esp
    jmp trap_out
#endif

    .section .note.GNU-stack, "", @progbits
