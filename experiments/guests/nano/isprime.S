/* isprime.S: the example of translation of Adams and Agesen 2006: is 49 prime?
 * Paper: four units, of 4, 5, 3 and 2 of the 16 instructions; the block that
 * says "prime" is never executed, so the two ways to it stay continuations.
 * End: each iteration calls isprime(49), whose answer is 0, with i at 7. */
#include "experiments/guests/nano/nano_asm.inc"

    nano MARK_ISPRIME, 1000

/* The argument is in ECX, the result in EAX; i is ESI. */
    function isprime
    mov %ecx, %edi
    mov $2, %esi
    cmp %ecx, %esi
    jge isprime_prime
    .globl isprime_nexti
isprime_nexti:
    mov %edi, %eax
    cltd
    idiv %esi
    test %edx, %edx
    jz isprime_notprime
    .globl isprime_inc
isprime_inc:
    inc %esi
    cmp %ecx, %esi
    jl isprime_nexti
    .globl isprime_prime
isprime_prime:
    mov $1, %eax
    ret
    .globl isprime_notprime
isprime_notprime:
    xor %eax, %eax
    ret

    begin
    body
    mov count, xbp
    mov $49, %ecx
    call isprime
    mov xbp, count
    end

    function nano_check
    push xdi
    push count
    mov $49, %ecx
    call isprime
    sub $7, %esi
    or %esi, %eax
    sete %al
    pop count
    pop xdi
    ret

    .section .note.GNU-stack, "", @progbits
