/* ptemod-set.S: page-table entries made present, by update_va_mapping.
 * End: a hypercall for each of 32768 entries. */
#include "experiments/guests/nano-xen/ptemod.inc"

    nano MARK_PTEMOD_SET, NANO_NR_PAGES

    ptemod 0, 1

    .section .note.GNU-stack, "", @progbits
