/* callret.S: call of an empty function and its return.
 * Paper: binary translation slows down returns; other techniques see nothing.
 * End: each iteration retires CALL and RET and nothing sensitive. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_CALLRET, 100000

    function empty_function
    ret

    begin
    body
    call empty_function
    end

    .section .note.GNU-stack, "", @progbits
