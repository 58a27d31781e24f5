/* timer.S: waiting for the timer: HLT, its interrupt, and the end of interrupt
 * that the 8259 wants.
 * End: a HLT, an external interrupt and an OUT to port 0x20 for each
 * iteration. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_TIMER, 1000

#define VECTOR 32
#define HZ     10000

    function handler
    push xax
    mov $0x60, %al              /* end of interrupt 0 */
    out %al, $0x20
    incl interrupts
    pop xax
    xiret

    function nano_setup
    mov $VECTOR, arg1
    mov $handler, arg2
    mov $0, arg3
    ccall plat_gate
    mov $HZ, arg1
    ccall plat_timer_start
    ret

    begin
    sti
    body
    hlt
    dec count
    jnz 1b
    cli
    inc count
    end

    function nano_check
    xor %eax, %eax
    cmpl $1000, interrupts
    setae %al
    ret

    .bss
    .p2align 2
interrupts:
    .skip 4

    .section .note.GNU-stack, "", @progbits
