/* twins.s: the small kernel, which takes the processor from its processes. */
    .set PREEMPTS, 1
    .include "twins.inc"
