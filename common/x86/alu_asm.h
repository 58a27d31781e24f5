/* alu_asm.h: integer arithmetic by the host's own instructions, with the flags
 * that they leave, undefined ones included.
 *
 * Every function takes and updates *ar, the flags in the form of flags.h.
 * Where the guest's flags are an input or may survive, they are loaded into
 * the host's first. */
#ifndef COMMON_X86_ALU_ASM_H
#define COMMON_X86_ALU_ASM_H

#include "common/x86/flags.h"

/* AX after an instruction is the flags (LAHF; SETO), and back: OF is what
 * adding 0x7f to AL = 0 or 1 overflows to; SAHF gives the others. */
#define HOST_FLAGS_READ "lahf\n\tseto %%al\n\t"
#define HOST_FLAGS_LOAD "addb $0x7f, %%al\n\tsahf\n\t"
/* CF alone, from bit 8 */
#define HOST_CARRY_LOAD "btl $8, %%eax\n\t"

/* ADD, OR, AND, SUB, XOR: `uintN_t host_addN(uint16_t *ar, a, b)` */
#define HOST_BINARY(name, bits, suffix, reg)                                   \
    static ALWAYS_INLINE uint##bits##_t host_##name##bits(                     \
        uint16_t *ar, uint##bits##_t a, uint##bits##_t b)                      \
    {                                                                          \
        uint16_t f;                                                            \
                                                                               \
        __asm__ volatile(#name #suffix " %2, %0\n\t" HOST_FLAGS_READ           \
                         : "+" reg(a), "=a"(f)                                 \
                         : reg(b)                                              \
                         : "cc");                                              \
        *ar = f;                                                               \
        return a;                                                              \
    }

/* ADC, SBB: the same with CF as an input */
#define HOST_BINARY_CARRY(name, bits, suffix, reg)                             \
    static ALWAYS_INLINE uint##bits##_t host_##name##bits(                     \
        uint16_t *ar, uint##bits##_t a, uint##bits##_t b)                      \
    {                                                                          \
        uint16_t f = *ar;                                                      \
                                                                               \
        __asm__ volatile(HOST_CARRY_LOAD #name #suffix                         \
                         " %2, %0\n\t" HOST_FLAGS_READ                         \
                         : "+" reg(a), "+a"(f)                                 \
                         : reg(b)                                              \
                         : "cc");                                              \
        *ar = f;                                                               \
        return a;                                                              \
    }

/* CMP, TEST: flags only */
#define HOST_COMPARE(name, bits, suffix, reg)                                  \
    static ALWAYS_INLINE void host_##name##bits(                               \
        uint16_t *ar, uint##bits##_t a, uint##bits##_t b)                      \
    {                                                                          \
        uint16_t f;                                                            \
                                                                               \
        __asm__ volatile(#name #suffix " %1, %2\n\t" HOST_FLAGS_READ           \
                         : "=a"(f)                                             \
                         : reg(b), reg(a)                                      \
                         : "cc");                                              \
        *ar = f;                                                               \
    }

/* INC, DEC: CF stays. NEG: CF is an output; that it is loaded does no harm. */
#define HOST_UNARY(name, bits, suffix, reg)                                    \
    static ALWAYS_INLINE uint##bits##_t host_##name##bits(uint16_t *ar,        \
                                                          uint##bits##_t a)    \
    {                                                                          \
        uint16_t f = *ar;                                                      \
                                                                               \
        __asm__ volatile(HOST_CARRY_LOAD #name #suffix                         \
                         " %0\n\t" HOST_FLAGS_READ                             \
                         : "+" reg(a), "+a"(f)                                 \
                         :                                                     \
                         : "cc");                                              \
        *ar = f;                                                               \
        return a;                                                              \
    }

/* Shifts and rotates by `count`, of which the host takes what it takes. A count
 * of 0 leaves the flags as they were loaded. */
#define HOST_SHIFT(name, bits, suffix, reg)                                    \
    static ALWAYS_INLINE uint##bits##_t host_##name##bits(                     \
        uint16_t *ar, uint##bits##_t a, uint8_t count)                         \
    {                                                                          \
        uint16_t f = *ar;                                                      \
                                                                               \
        __asm__ volatile(HOST_FLAGS_LOAD #name #suffix                         \
                         " %%cl, %0\n\t" HOST_FLAGS_READ                       \
                         : "+" reg(a), "+a"(f)                                 \
                         : "c"(count)                                          \
                         : "cc");                                              \
        *ar = f;                                                               \
        return a;                                                              \
    }

/* SHLD, SHRD */
#define HOST_DOUBLE_SHIFT(name, bits, suffix, reg)                             \
    static ALWAYS_INLINE uint##bits##_t host_##name##bits(                     \
        uint16_t *ar, uint##bits##_t a, uint##bits##_t b, uint8_t count)       \
    {                                                                          \
        uint16_t f = *ar;                                                      \
                                                                               \
        __asm__ volatile(HOST_FLAGS_LOAD #name #suffix                         \
                         " %%cl, %3, %0\n\t" HOST_FLAGS_READ                   \
                         : "+" reg(a), "+a"(f)                                 \
                         : "c"(count), reg(b)                                  \
                         : "cc");                                              \
        *ar = f;                                                               \
        return a;                                                              \
    }

#define HOST_SIZES(form, name)                                                 \
    form(name, 8, b, "q") form(name, 16, w, "r") form(name, 32, l, "r")        \
        form(name, 64, q, "r")
#define HOST_WIDE_SIZES(form, name)                                            \
    form(name, 16, w, "r") form(name, 32, l, "r") form(name, 64, q, "r")

HOST_SIZES(HOST_BINARY, add)
HOST_SIZES(HOST_BINARY, or)
HOST_SIZES(HOST_BINARY, and)
HOST_SIZES(HOST_BINARY, sub)
HOST_SIZES(HOST_BINARY, xor)
HOST_SIZES(HOST_BINARY_CARRY, adc)
HOST_SIZES(HOST_BINARY_CARRY, sbb)
HOST_SIZES(HOST_COMPARE, cmp)
HOST_SIZES(HOST_COMPARE, test)
HOST_SIZES(HOST_UNARY, inc)
HOST_SIZES(HOST_UNARY, dec)
HOST_SIZES(HOST_UNARY, neg)
HOST_SIZES(HOST_SHIFT, rol)
HOST_SIZES(HOST_SHIFT, ror)
HOST_SIZES(HOST_SHIFT, rcl)
HOST_SIZES(HOST_SHIFT, rcr)
HOST_SIZES(HOST_SHIFT, shl)
HOST_SIZES(HOST_SHIFT, shr)
HOST_SIZES(HOST_SHIFT, sar)
HOST_WIDE_SIZES(HOST_DOUBLE_SHIFT, shld)
HOST_WIDE_SIZES(HOST_DOUBLE_SHIFT, shrd)

#endif
