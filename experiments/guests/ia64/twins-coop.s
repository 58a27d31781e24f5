/* twins-coop.s: the small kernel without preemption: it returns to each frame
 * that it interrupts, and never needs what cover leaves in IFS. */
    .set PREEMPTS, 0
    .include "twins.inc"
