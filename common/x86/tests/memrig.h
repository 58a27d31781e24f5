/* memrig.h: one access to memory as handlers make it, of each kind. */
#ifndef COMMON_X86_TESTS_MEMRIG_H
#define COMMON_X86_TESTS_MEMRIG_H

#include "common/x86/tests/rig.h"

/* RMW stores what it loads, plus 1 in the first byte. */
enum how { LOAD, STORE, RMW, PROBE };

/* n bytes from or to buf: BARE_DONE, or the vector, with r->b.event. */
int memrig_reach(struct rig *r, enum how how, unsigned seg, uint64_t off,
                 void *buf, unsigned n);
/* The same of at most 64 bytes, which are zero where they are stored. */
int memrig_touch(struct rig *r, enum how how, unsigned seg, uint64_t off,
                 unsigned n);

#endif
