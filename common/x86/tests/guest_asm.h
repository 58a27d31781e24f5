/* guest_asm.h: guest code in assembler, inside a test.
 *
 *     GUEST32(loop, "1: incl %eax; jmp 1b");
 *
 * makes `loop_code`, `loop_end`: the bytes. Absolute addresses are sums:
 * $(1b - loop_code + 0x10000) for code that is put at 0x10000. */
#ifndef COMMON_X86_TESTS_GUEST_ASM_H
#define COMMON_X86_TESTS_GUEST_ASM_H

#include <stdint.h>

#define GUEST_TEXT(name, mode, text)                                           \
    extern const uint8_t name##_code[] __attribute__((visibility("hidden")));  \
    extern const uint8_t name##_end[] __attribute__((visibility("hidden")));   \
    __asm__(".pushsection .rodata\n" #name "_code:\n" mode "\n" text "\n"      \
            ".code64\n" #name "_end:\n"                                        \
            ".popsection\n")

#define GUEST16(name, text) GUEST_TEXT(name, ".code16", text)
#define GUEST32(name, text) GUEST_TEXT(name, ".code32", text)
#define GUEST64(name, text) GUEST_TEXT(name, ".code64", text)

#endif
