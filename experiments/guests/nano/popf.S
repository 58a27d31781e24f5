/* popf.S: POPF of the flags as they are, from the stack.
 * Deprivileged, POPF drops its change of IF in silence: what keeps IA-32 from
 * being virtualized by traps alone.
 * End: a POPF and a PUSH for each iteration. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_POPF, 100000

    begin
    xpushf
    pop xbx
    body
    push xbx
    xpopf
    end

    .section .note.GNU-stack, "", @progbits
