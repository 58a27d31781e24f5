/* hypercall.S: the hypercall that does least, xen_version.
 * End: a hypercall for each iteration. */
#include "experiments/guests/nano-xen/xen_asm.inc"

    nano MARK_HYPERCALL, 100000

    begin_hypercalls
    body
    xor hc1, hc1                /* XENVER_version */
    hypercall HC_XEN_VERSION
    end_hypercalls

    .section .note.GNU-stack, "", @progbits
