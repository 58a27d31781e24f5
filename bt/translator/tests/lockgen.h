/* lockgen.h: random guest programs for lock step. */
#ifndef BT_TRANSLATOR_TESTS_LOCKGEN_H
#define BT_TRANSLATOR_TESTS_LOCKGEN_H

#include "bt/translator/tests/lockguest.h"

#define LOCKGEN_BYTES (LOCK_CHUNKS * LOCK_CHUNK)

/* The code of all chunks, for guests like *g. */
void lockgen_make(const struct lock_guest *g, uint64_t seed,
                  uint8_t image[LOCKGEN_BYTES]);

#endif
