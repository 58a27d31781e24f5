/* kvmknown.h: what is known of a difference between interp and KVM. */
#ifndef COMMON_X86_TESTS_KVMKNOWN_H
#define COMMON_X86_TESTS_KVMKNOWN_H

#include "common/x86/tests/kvmdiff.h"

/* KVM did not carry out what the case is about, although it came to an end
 * (kvmunable.c). */
bool kvmknown_unable(const struct kvmdiff_case *c);

/* Is the difference what the table says (kvmknown.c)? Changes interp's side to
 * KVM's ways. */
bool kvmknown(struct kvmdiff_case *c);

/* ---- for both files ---- */

/* Did it halt in the handler of vec? */
bool kvmknown_at(const struct x86_state *s, unsigned vec);

/* The first opcode (0xCF, 0x0F20), and the byte after it. */
unsigned kvmknown_opcode(const struct kvmdiff_case *c, uint8_t *modrm);
bool kvmknown_starts(const struct kvmdiff_case *c, unsigned op);

#endif
