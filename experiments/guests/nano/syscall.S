/* syscall.S: a system call that does nothing: SYSCALL and SYSRET from and to
 * user mode; in 32-bit mode SYSENTER and SYSEXIT.
 * Paper: user code executes directly; hardware assist leaves the round trip to
 * the processor, binary translation enters and leaves translated code.
 * End: each iteration retires the two instructions, no exception. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_SYSCALL, 100000, user=1

    function entry
#ifdef __x86_64__
    sysretq
#else
    sysexit                     /* to EDX with stack ECX */
#endif

    function nano_setup
    mov $entry, arg1
    ccall plat_syscall_entry
    ret

    begin_user
#ifdef __x86_64__
    body
    syscall                     /* changes RCX and R11 */
#else
    call 2f
2:  pop %edx
    add $(3f - 2b), %edx
    mov %esp, %ecx
    body
    sysenter
3:
#endif
    end_user

    .section .note.GNU-stack, "", @progbits
