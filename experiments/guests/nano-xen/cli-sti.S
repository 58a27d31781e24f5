/* cli-sti.S: events masked and unmasked in the vcpu's page, with the look at
 * what is pending that belongs to it. Nothing of it is sensitive.
 * End: no exit. */
#include "experiments/guests/nano-xen/xen_asm.inc"

    nano MARK_CLI_STI, 100000

/* struct vcpu_info */
#define PENDING 0
#define MASK    1

    begin
    mov $xen_shared, xbx
    body
    movb $1, MASK(xbx)
    movb $0, MASK(xbx)
    cmpb $0, PENDING(xbx)
    jne 2f
    end
2:  ud2                         /* no event is bound */

    .section .note.GNU-stack, "", @progbits
