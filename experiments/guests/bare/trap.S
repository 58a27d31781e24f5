/* trap.S: entry of traps, interrupts and system calls, and the way back.
 * Every entry leaves a struct frame (platform.h) on the kernel's stack and
 * calls kernel_trap(frame, address of the page fault). */
#include "experiments/guests/platform/layout.h"

#define VECTORS      129 /* exceptions, interrupts, INT 0x80 */
#define TRAP_PAGE    14
#define TRAP_SYSCALL 128

    .text
    .altmacro
    .macro stub n
    .p2align 4
trap_stub_\n:
    .if (\n == 8) || ((\n >= 10) && (\n <= 14)) || (\n == 17)
    .else
    push $0                     /* no error code */
    .endif
    push $\n
    jmp trap_common
    .endm
    .macro entry n
#ifdef __x86_64__
    .quad trap_stub_\n
#else
    .long trap_stub_\n
#endif
    .endm

    .set i, 0
    .rept VECTORS
    stub %i
    .set i, i + 1
    .endr

    .section .rodata
    .p2align 3
    .globl trap_stubs
trap_stubs:
    .set i, 0
    .rept VECTORS
    entry %i
    .set i, i + 1
    .endr

    .text
#ifdef __x86_64__
    .macro save
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
    .endm
    .macro restore
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
    .endm

trap_common:
    save
    cld
    mov %rsp, %rdi
    xor %esi, %esi
    cmpl $TRAP_PAGE, FRAME_REGS * 8(%rsp)
    jne 1f
    mov %cr2, %rsi
1:  call kernel_trap
trap_out:
    restore
    add $16, %rsp
    iretq

    /* SYSCALL: RCX holds the return address, R11 the flags; the stack is still
     * the user's. One processor: its stacks can have fixed places. */
    .globl syscall_entry
syscall_entry:
    mov %rsp, syscall_user_sp(%rip)
    mov syscall_kernel_sp(%rip), %rsp
    push $(SEL_UDATA | 3)
    push syscall_user_sp(%rip)
    push %r11
    push $(SEL_UCODE | 3)
    push %rcx
    push $0
    push $TRAP_SYSCALL
    save
    cld
    mov %rsp, %rdi
    xor %esi, %esi
    call kernel_trap
    cmpl $TRAP_SYSCALL, FRAME_REGS * 8(%rsp)
    jne trap_out
    restore
    mov 16(%rsp), %rcx
    mov 32(%rsp), %r11
    mov 40(%rsp), %rsp
    sysretq

    .globl plat_return
plat_return:
    mov %rdi, %rsp
    jmp trap_out

    .bss
    .p2align 3
syscall_user_sp:
    .skip 8
    .globl syscall_kernel_sp
syscall_kernel_sp:
    .skip 8
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
    xor %edx, %edx
    cmpl $TRAP_PAGE, FRAME_REGS * 4(%esp)
    jne 1f
    mov %cr2, %edx
1:  call kernel_trap
trap_out:
    pop %edi
    pop %esi
    pop %ebp
    pop %ebx
    pop %edx
    pop %ecx
    pop %eax
    add $8, %esp
    iret

    .globl plat_return
plat_return:
    mov %eax, %esp
    jmp trap_out
#endif

    .section .note.GNU-stack, "", @progbits
