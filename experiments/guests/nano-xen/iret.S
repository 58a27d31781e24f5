/* iret.S: a return to the next instruction, in the same mode, by the hypercall
 * iret, and the pushes of its frame.
 * End: a hypercall iret for each iteration. */
#include "experiments/guests/nano-xen/xen_asm.inc"

    nano MARK_IRET, 100000

/* The kernel's selectors, as a frame has them. */
#ifdef __x86_64__
#define KERNEL_CS 0xe030
#define KERNEL_SS 0xe02b
#else
#define KERNEL_CS 0xe019
#endif

    begin
    mov $2f, xdi
    mov xsp, xbp
    mov $KERNEL_CS, %ebx
    body
#ifdef __x86_64__
    push $KERNEL_SS
    push xbp
#endif
    push $0x202                 /* events are not masked */
    push xbx
    push xdi
    leave_trap
2:
    end

    .section .note.GNU-stack, "", @progbits
