/* simd_asm.h: packed operations by the host's own instructions. */
#ifndef COMMON_X86_SIMD_ASM_H
#define COMMON_X86_SIMD_ASM_H

#include "common/x86/sse.h"

/* `static inline xmm_t host_NAME(xmm_t d, xmm_t s)` */
#define HOST_XMM2(name)                                                        \
    static inline xmm_t host_##name(xmm_t d, xmm_t s)                          \
    {                                                                          \
        __asm__ volatile(#name " %1, %0" : "+x"(d) : "x"(s));                  \
        return d;                                                              \
    }

/* The same on 64-bit MMX registers; EMMS gives the host its x87 back. */
#define HOST_MMX2(name)                                                        \
    static inline mmx_t host_mmx_##name(mmx_t d, mmx_t s)                      \
    {                                                                          \
        __asm__ volatile("movq %0, %%mm0\n\t"                                  \
                         "movq %1, %%mm1\n\t" #name " %%mm1, %%mm0\n\t"        \
                         "movq %%mm0, %0\n\t"                                  \
                         "emms"                                                \
                         : "+m"(d)                                             \
                         : "m"(s)                                              \
                         : "mm0", "mm1", "st", "st(1)", "st(2)", "st(3)",      \
                           "st(4)", "st(5)", "st(6)", "st(7)");                \
        return d;                                                              \
    }

#endif
