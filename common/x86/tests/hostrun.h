/* hostrun.h: one register-only 64-bit instruction on the host and on interp,
 * from the same values. Quick, for tables of many values; hostcpu.h can run
 * anything. */
#ifndef COMMON_X86_TESTS_HOSTRUN_H
#define COMMON_X86_TESTS_HOSTRUN_H

#include "common/x86/tests/bare.h"

/* Registers that the instruction may use */
struct hostrun {
    uint64_t ax, cx, dx, bx, flags;
};

/* Execute on the host; changes *r. The instruction must not fault, branch, or
 * touch other registers or memory. Fails the test if the host has no page for
 * code. */
void hostrun_host(const uint8_t *bytes, unsigned n, struct hostrun *r);

/* Execute on interp (b in 64-bit mode); returns as bare_exec(). */
int hostrun_interp(struct bare *b, const uint8_t *bytes, unsigned n,
                   struct hostrun *r);

/* Both; fails the test unless registers and arithmetic flags agree after. */
void hostrun_both(struct bare *b, const uint8_t *bytes, unsigned n,
                  const struct hostrun *in);

/* Values at which carries, signs and sizes change. */
extern const uint64_t hostrun_values[];
#define HOSTRUN_VALUES 20u

#endif
