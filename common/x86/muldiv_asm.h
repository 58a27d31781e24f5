/* muldiv_asm.h: MUL, IMUL, DIV and IDIV by the host's own instructions, with
 * the flags that they leave. The guest's flags are loaded first: a host that
 * does not touch an undefined flag leaves the guest's. */
#ifndef COMMON_X86_MULDIV_ASM_H
#define COMMON_X86_MULDIV_ASM_H

#include "common/x86/alu_asm.h"

/* AX = AL * b: `uint16_t host_mul8(uint16_t *ar, uint8_t a, uint8_t b)` */
#define HOST_MUL8(name)                                                        \
    static ALWAYS_INLINE uint16_t host_##name##8(uint16_t * ar, uint8_t a,     \
                                                 uint8_t b)                    \
    {                                                                          \
        uint16_t f = *ar;                                                      \
        uint32_t out;                                                          \
                                                                               \
        __asm__ volatile(HOST_FLAGS_LOAD "movzbl %2, %%eax\n\t" #name          \
                                         "b %3\n\t"                            \
                                         "movl %%eax, %1\n\t" HOST_FLAGS_READ  \
                         : "+a"(f), "=&r"(out)                                 \
                         : "q"(a), "q"(b)                                      \
                         : "cc");                                              \
        *ar = f;                                                               \
        return (uint16_t)out;                                                  \
    }

/* Returns the low half; the high half in *hi */
#define HOST_MUL(name, bits, suffix, acc)                                      \
    static ALWAYS_INLINE uint##bits##_t host_##name##bits(                     \
        uint16_t *ar, uint##bits##_t a, uint##bits##_t b, uint##bits##_t *hi)  \
    {                                                                          \
        uint16_t f = *ar;                                                      \
        uint##bits##_t lo, d;                                                  \
                                                                               \
        __asm__ volatile(HOST_FLAGS_LOAD "mov" #suffix " %3, %%" acc           \
                                         "\n\t" #name #suffix " %4\n\t"        \
                                         "mov" #suffix " %%" acc               \
                                         ", %1\n\t" HOST_FLAGS_READ            \
                         : "+a"(f), "=&r"(lo), "=&d"(d)                        \
                         : "r"(a), "r"(b)                                      \
                         : "cc");                                              \
        *ar = f;                                                               \
        *hi = d;                                                               \
        return lo;                                                             \
    }

/* IMUL with two operands */
#define HOST_IMUL2(bits, suffix)                                               \
    static ALWAYS_INLINE uint##bits##_t host_imul2_##bits(                     \
        uint16_t *ar, uint##bits##_t a, uint##bits##_t b)                      \
    {                                                                          \
        uint16_t f = *ar;                                                      \
                                                                               \
        __asm__ volatile(HOST_FLAGS_LOAD "imul" #suffix                        \
                                         " %2, %0\n\t" HOST_FLAGS_READ         \
                         : "+r"(a), "+a"(f)                                    \
                         : "r"(b)                                              \
                         : "cc");                                              \
        *ar = f;                                                               \
        return a;                                                              \
    }

/* AX / b; returns AX after: remainder, quotient. The caller knows that it does
 * not fault. */
#define HOST_DIV8(name)                                                        \
    static ALWAYS_INLINE uint16_t host_##name##8(uint16_t * ar, uint16_t a,    \
                                                 uint8_t b)                    \
    {                                                                          \
        uint16_t f = *ar;                                                      \
        uint32_t out;                                                          \
                                                                               \
        __asm__ volatile(HOST_FLAGS_LOAD "movzwl %2, %%eax\n\t" #name          \
                                         "b %3\n\t"                            \
                                         "movl %%eax, %1\n\t" HOST_FLAGS_READ  \
                         : "+a"(f), "=&r"(out)                                 \
                         : "r"(a), "q"(b)                                      \
                         : "cc");                                              \
        *ar = f;                                                               \
        return (uint16_t)out;                                                  \
    }

/* *hi:lo / b; returns the quotient, the remainder in *hi. The caller knows that
 * it does not fault. */
#define HOST_DIV(name, bits, suffix, acc)                                      \
    static ALWAYS_INLINE uint##bits##_t host_##name##bits(                     \
        uint16_t *ar, uint##bits##_t *hi, uint##bits##_t lo, uint##bits##_t b) \
    {                                                                          \
        uint16_t f = *ar;                                                      \
        uint##bits##_t q, d = *hi;                                             \
                                                                               \
        __asm__ volatile(HOST_FLAGS_LOAD "mov" #suffix " %3, %%" acc           \
                                         "\n\t" #name #suffix " %4\n\t"        \
                                         "mov" #suffix " %%" acc               \
                                         ", %1\n\t" HOST_FLAGS_READ            \
                         : "+a"(f), "=&r"(q), "+d"(d)                          \
                         : "r"(lo), "r"(b)                                     \
                         : "cc");                                              \
        *ar = f;                                                               \
        *hi = d;                                                               \
        return q;                                                              \
    }

HOST_MUL8(mul)
HOST_MUL8(imul)
HOST_DIV8(div)
HOST_DIV8(idiv)
HOST_MUL(mul, 16, w, "ax")
HOST_MUL(mul, 32, l, "eax")
HOST_MUL(mul, 64, q, "rax")
HOST_MUL(imul, 16, w, "ax")
HOST_MUL(imul, 32, l, "eax")
HOST_MUL(imul, 64, q, "rax")
HOST_DIV(div, 16, w, "ax")
HOST_DIV(div, 32, l, "eax")
HOST_DIV(div, 64, q, "rax")
HOST_DIV(idiv, 16, w, "ax")
HOST_DIV(idiv, 32, l, "eax")
HOST_DIV(idiv, 64, q, "rax")
HOST_IMUL2(16, w)
HOST_IMUL2(32, l)
HOST_IMUL2(64, q)

#endif
