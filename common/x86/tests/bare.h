/* bare.h: a vcpu on a board without devices, to run single instructions. */
#ifndef COMMON_X86_TESTS_BARE_H
#define COMMON_X86_TESTS_BARE_H

#include "common/machine/machine.h"
#include "common/x86/cpu.h"

struct bare {
    struct machine m; /* 1 MiB of RAM from 0 */
    struct x86_cpu *c;
    struct x86_insn insn[2];
    struct x86_event event; /* of the last instruction that raised one */
};

/* A vcpu in reset state that is shown the model of that name. */
void bare_init(struct bare *b, const char *model);
void bare_fini(struct bare *b);

/* Modes with flat segments, paging off but for 64-bit mode, where the first GiB
 * is mapped one to one for all (tables at 0xf0000). */
void bare_real(struct bare *b);
void bare_protected(struct bare *b, unsigned cpl);
void bare_long64(struct bare *b, unsigned cpl);

#define BARE_DONE (-1)

/* Decode and execute one instruction as if it stood at R_IP. BARE_DONE if it
 * completed; else the vector it raised, with b->event. Undefined: VEC_UD. */
int bare_exec(struct bare *b, const void *bytes, unsigned n);

/* The same from text: bare_run(b, "\x0f\x22\xc0") */
#define bare_run(b, text) bare_exec((b), (text), sizeof(text) - 1)

#endif
