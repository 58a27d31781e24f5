/* cli-sti.S: CLI and STI; no interrupt is due.
 * What a kernel does most often of all that is sensitive.
 * End: a CLI and a STI for each iteration. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_CLI_STI, 100000

    begin
    body
    cli
    sti
    end

    .section .note.GNU-stack, "", @progbits
