/* nano_asm.h: names for both widths, and the frame of a measured loop.
 * Registers: `count` counts; a body may use every other one. */
#ifndef EXPERIMENTS_GUESTS_NANO_NANO_ASM_H
#define EXPERIMENTS_GUESTS_NANO_NANO_ASM_H

#include "experiments/guests/platform/layout.h"

#define MARK(code, id, name) .set MARK_##id, code;
#ifdef __ASSEMBLER__
#include "experiments/guests/marks.def"

/* Of nano.h. */
#define NANO_PAGES    0x20000000
#define NANO_NR_PAGES 32768

#ifdef __x86_64__
#define xax    % rax
#define xbx    % rbx
#define xcx    % rcx
#define xdx    % rdx
#define xdi    % rdi
#define xbp    % rbp
#define xsp    % rsp
#define count  % rsi
#define arg1   % rdi
#define arg2   % rsi
#define arg3   % rdx
#define xiret  iretq
#define xpushf pushfq
#define xpopf  popfq
#define xadd   addq
#define WORD   8
#else
#define xax    % eax
#define xbx    % ebx
#define xcx    % ecx
#define xdx    % edx
#define xdi    % edi
#define xbp    % ebp
#define xsp    % esp
#define count  % esi
#define arg1   % eax
#define arg2   % edx
#define arg3   % ecx
#define xiret  iret
#define xpushf pushf
#define xpopf  popf
#define xadd   addl
#define WORD   4
#endif

/* A C function, with the stack aligned as it expects. */
.macro ccall name
#ifdef __x86_64__
    sub $8,
    % rsp call \name add $8,
    % rsp
#else
    call \name
#endif
            .endm

            .macro function name.globl \name.type \name,
    @function.p2align 4
\name :.endm

            /* nano MARK_X, iterations, [user]: what main.c must know. */
            .macro nano code,
    iterations,
    user = 0.section.rodata.globl nano_code, nano_iterations,
    nano_user nano_code :.long \code nano_iterations
    :.long \iterations nano_user
    :.long \user.text
         .endm

         /* The function of a loop: `begin`, preparations, `body`, the
          * operation, `end`. */
         .macro begin name =
        nano_loop function \name push xbx push xbp push xdi push count mov arg1,
    count.endm.macro body.p2align 6 1
    :.endm.macro end dec count jnz 1b pop count pop xdi pop xbp pop xbx
         ret.endm

             /* The same in user mode. */
             .macro begin_user name = nano_loop.section.user,
    "ax", @progbits function \name mov arg1,
    count.endm.macro end_user dec count jnz 1b int $0x80.text.endm
#endif
#undef MARK

#endif
