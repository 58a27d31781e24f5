/* bit_asm.h: bit tests and scans, 16-bit BSWAP and CMPXCHG by the host's own
 * instructions, with what they leave where the manual says "undefined". */
#ifndef COMMON_X86_BIT_ASM_H
#define COMMON_X86_BIT_ASM_H

#include "common/x86/alu_asm.h"

/* BSF, BSR: the destination register as a whole goes in and comes out: what a
 * source of 0 does to it is the host's business. */
#define HOST_SCAN(name, bits, suffix, mod)                                     \
    static ALWAYS_INLINE uint64_t host_##name##bits(                           \
        uint16_t *ar, uint64_t dst, uint##bits##_t src)                        \
    {                                                                          \
        uint16_t f = *ar;                                                      \
                                                                               \
        __asm__ volatile(HOST_FLAGS_LOAD #name #suffix " %" mod "2, %" mod     \
                                                       "0\n\t" HOST_FLAGS_READ \
                         : "+r"(dst), "+a"(f)                                  \
                         : "r"(src)                                            \
                         : "cc");                                              \
        *ar = f;                                                               \
        return dst;                                                            \
    }

/* BT, BTS, BTR, BTC on a register; the bit number is taken modulo the size. */
#define HOST_BIT(name, bits, suffix)                                           \
    static ALWAYS_INLINE uint##bits##_t host_##name##bits(                     \
        uint16_t *ar, uint##bits##_t a, uint##bits##_t bit)                    \
    {                                                                          \
        uint16_t f = *ar;                                                      \
                                                                               \
        __asm__ volatile(HOST_FLAGS_LOAD #name #suffix                         \
                         " %2, %0\n\t" HOST_FLAGS_READ                         \
                         : "+r"(a), "+a"(f)                                    \
                         : "r"(bit)                                            \
                         : "cc");                                              \
        *ar = f;                                                               \
        return a;                                                              \
    }

/* CMPXCHG: *dst and the accumulator are registers as a whole. Returns the
 * accumulator. */
#define HOST_CMPXCHG(bits, suffix, mod)                                        \
    static ALWAYS_INLINE uint64_t host_cmpxchg##bits(                          \
        uint16_t *ar, uint64_t acc, uint64_t *dst, uint64_t src)               \
    {                                                                          \
        uint64_t d = *dst, out;                                                \
                                                                               \
        __asm__ volatile("cmpxchg" #suffix " %" mod "3, %" mod "1\n\t"         \
                         "movq %%rax, %2\n\t" HOST_FLAGS_READ                  \
                         : "+a"(acc), "+&q"(d), "=&r"(out)                     \
                         : "q"(src)                                            \
                         : "cc");                                              \
        *ar = (uint16_t)acc;                                                   \
        *dst = d;                                                              \
        return out;                                                            \
    }

static ALWAYS_INLINE uint16_t host_bswap16(uint16_t a)
{
    __asm__ volatile(".byte 0x66, 0x0f, 0xc8" : "+a"(a)); /* bswap %ax */
    return a;
}

HOST_SCAN(bsf, 16, w, "w")
HOST_SCAN(bsf, 32, l, "k")
HOST_SCAN(bsf, 64, q, "q")
HOST_SCAN(bsr, 16, w, "w")
HOST_SCAN(bsr, 32, l, "k")
HOST_SCAN(bsr, 64, q, "q")
HOST_BIT(bt, 16, w)
HOST_BIT(bt, 32, l)
HOST_BIT(bt, 64, q)
HOST_BIT(bts, 16, w)
HOST_BIT(bts, 32, l)
HOST_BIT(bts, 64, q)
HOST_BIT(btr, 16, w)
HOST_BIT(btr, 32, l)
HOST_BIT(btr, 64, q)
HOST_BIT(btc, 16, w)
HOST_BIT(btc, 32, l)
HOST_BIT(btc, 64, q)
HOST_CMPXCHG(8, b, "b")
HOST_CMPXCHG(16, w, "w")
HOST_CMPXCHG(32, l, "k")
HOST_CMPXCHG(64, q, "q")

#endif
