/* ptemod-clear.S: page-table entries made not present, by update_va_mapping.
 * End: a hypercall for each of 32768 entries. */
#include "experiments/guests/nano-xen/ptemod.inc"

    nano MARK_PTEMOD_CLEAR, NANO_NR_PAGES

    ptemod 1, 0

    .section .note.GNU-stack, "", @progbits
