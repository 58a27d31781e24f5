/* pgfault.S: a read of a page that is not present: reflected to the handler of
 * the trap table, which goes on behind it and returns by the hypercall iret.
 * End: an exception 14 for each iteration, its address in the vcpu's page. */
#include "experiments/guests/nano-xen/xen_asm.inc"

    nano MARK_PGFAULT, 100000

#define LENGTH 2        /* of the reading instruction */
#define CR2    2 * WORD /* offset in struct vcpu_info */

    function handler
    enter_trap
    add $WORD, xsp              /* the error code */
    xadd $LENGTH, (xsp)
    leave_trap

    function nano_setup
    xor %eax, %eax
    xor %edx, %edx
    mov xax, arg1
    ccall nano_map_pages        /* no entry is present */
    mov $14, arg1
    mov $handler, arg2
    mov $0, arg3
    ccall plat_gate
    ret

    begin
    mov $NANO_PAGES, xbx
    body
    mov (xbx), %eax
    end

    function nano_check
    mov xen_shared + CR2, xcx
    xor %eax, %eax
    cmp $NANO_PAGES, xcx
    sete %al
    ret

    .section .note.GNU-stack, "", @progbits
