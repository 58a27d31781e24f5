/* x87_asm.h: every x87 instruction as a host stub, run on the guest's state.
 *
 * FXRSTOR loads the guest's registers and control word, exceptions unmasked as
 * the guest has them; the stub is the guest's instruction with its memory
 * operand at (%rdi); FXSAVE and FNINIT, which do not wait, take the state back
 * before an unmasked exception could reach the host. The caller has checked
 * that no exception is pending where the instruction would wait, and that the
 * encoding exists. */
#ifndef COMMON_X86_X87_ASM_H
#define COMMON_X86_X87_ASM_H

#include <stdint.h>

/* 8 bytes a stub: 64 memory forms by (escape, reg), then 512 register forms by
 * (escape, second byte - 0xc0). */
__asm__(".pushsection .text\n"
        ".balign 8\n"
        "x87_stubs:\n"
        ".set x87_e, 0\n"
        ".rept 8\n"
        ".set x87_r, 0\n"
        ".rept 8\n"
        ".byte 0xd8 + x87_e, x87_r << 3 | 7\n"
        "ret\n"
        ".balign 8\n"
        ".set x87_r, x87_r + 1\n"
        ".endr\n"
        ".set x87_e, x87_e + 1\n"
        ".endr\n"
        ".set x87_e, 0\n"
        ".rept 8\n"
        ".set x87_r, 0\n"
        ".rept 64\n"
        ".byte 0xd8 + x87_e, 0xc0 + x87_r\n"
        "ret\n"
        ".balign 8\n"
        ".set x87_r, x87_r + 1\n"
        ".endr\n"
        ".set x87_e, x87_e + 1\n"
        ".endr\n"
        ".popsection\n");

extern const uint8_t x87_stubs[] __asm__("x87_stubs");

/* An FXSAVE image for the host: x87 part of the guest, no XMM state. */
struct x87_image {
    uint8_t b[512];
} __attribute__((aligned(16)));

/* Run stub `n` on *im with the memory operand at mem (may be NULL for register
 * forms). `arith` goes in as the flags that FCMOVcc tests and comes back as
 * FCOMI leaves them. */
static inline void x87_run(struct x87_image *im, unsigned n, void *mem,
                           uint16_t *arith)
{
    uint64_t ax = *arith;

    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t" /* below the red zone */
                     "fxrstor64 (%[im])\n\t"
                     "sahf\n\t"
                     "call *%[stub]\n\t"
                     "lahf\n\t"
                     "seto %%al\n\t"
                     "fxsave64 (%[im])\n\t"
                     "fninit\n\t"
                     "leaq 128(%%rsp), %%rsp"
                     : "+a"(ax)
                     : [im] "r"(im), [stub] "r"(x87_stubs + 8 * n), "D"(mem)
                     : "memory", "cc", "st", "st(1)", "st(2)", "st(3)", "st(4)",
                       "st(5)", "st(6)", "st(7)", "xmm0", "xmm1", "xmm2",
                       "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    *arith = (uint16_t)ax;
}

#endif
