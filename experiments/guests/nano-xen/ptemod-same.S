/* ptemod-same.S: page-table entries written unchanged, by update_va_mapping.
 * End: a hypercall for each of 32768 entries. */
#include "experiments/guests/nano-xen/ptemod.inc"

    nano MARK_PTEMOD_SAME, NANO_NR_PAGES

    ptemod 1, 1

    .section .note.GNU-stack, "", @progbits
