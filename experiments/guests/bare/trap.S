/* trap.S: entry of traps, interrupts and system calls, and the way back.
 * Every entry leaves a struct frame (platform.h) on the kernel's stack and
 * calls kernel_trap(frame, address of the page fault). */
#include "experiments/guests/platform/frame.inc"
#include "experiments/guests/platform/layout.h"

#define VECTORS      129 /* exceptions, interrupts, INT 0x80 */
#define TRAP_PAGE    14
#define TRAP_SYSCALL 128

    .text
    .macro stub n
    .p2align 4
trap_stub_\n:
    push_vector \n
    jmp trap_common
    .endm

    .set i, 0
    .rept VECTORS
    stub %i
    .set i, i + 1
    .endr

    stub_table trap_stubs, VECTORS

#ifdef __x86_64__
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
    save
    cld
    mov %esp, %eax
    xor %edx, %edx
    cmpl $TRAP_PAGE, FRAME_REGS * 4(%esp)
    jne 1f
    mov %cr2, %edx
1:  call kernel_trap
trap_out:
    restore
    add $8, %esp
    iret

    .globl plat_return
plat_return:
    mov %eax, %esp
    jmp trap_out
#endif

    .section .note.GNU-stack, "", @progbits
