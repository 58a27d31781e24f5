/* codecache_asm.h: let the processor see code that was written through another
 * address. */
#ifndef BT_TRANSLATOR_CODECACHE_ASM_H
#define BT_TRANSLATOR_CODECACHE_ASM_H

#include <stdint.h>

/* A serializing instruction that user code may execute and that does not leave
 * a virtual machine: IRET to the next instruction. [SDM3 "Serializing
 * Instructions"; "Handling Self- and Cross-Modifying Code": code written at a
 * linear address other than that of its fetch needs one] The red zone below RSP
 * may be in use by the compiler. */
static inline void codecache_serialize(void)
{
    uint64_t rsp, tmp;

    __asm__ volatile("movq %%rsp, %0\n\t"
                     "subq $128, %%rsp\n\t"
                     "movl %%ss, %k1\n\t"
                     "pushq %1\n\t"
                     "pushq %0\n\t"
                     "pushfq\n\t"
                     "movl %%cs, %k1\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %1\n\t"
                     "pushq %1\n\t"
                     "iretq\n"
                     "1:"
                     : "=&r"(rsp), "=&r"(tmp)
                     :
                     : "memory", "cc");
}

#endif
