/* hypercall_asm.h: hypercalls, by the page that Xen fills. */
#ifndef EXPERIMENTS_GUESTS_XEN_HYPERCALL_ASM_H
#define EXPERIMENTS_GUESTS_XEN_HYPERCALL_ASM_H

#include <stdint.h>

extern char hypercall_page[];

/* Up to four arguments. Xen may change the registers that hold them. */
static inline long hypercall(unsigned nr, uintptr_t a, uintptr_t b, uintptr_t c,
                             uintptr_t d)
{
    long r = (long)(hypercall_page + nr * 32);

#ifdef __x86_64__
    register uintptr_t r10 __asm__("r10") = d;

    __asm__ volatile("call *%%rax"
                     : "+a"(r), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
                     :
                     : "rcx", "r11", "r8", "r9", "memory");
#else
    __asm__ volatile("call *%%eax"
                     : "+a"(r), "+b"(a), "+c"(b), "+d"(c), "+S"(d)
                     :
                     : "memory");
#endif
    return r;
}

static inline void hypercall_barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

/* The test device's ports, which the VMM lets a guest kernel reach. */
static inline void hypercall_out32(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

#endif
