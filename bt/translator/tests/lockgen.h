/* lockgen.h: random guest programs for lock step. */
#ifndef BT_TRANSLATOR_TESTS_LOCKGEN_H
#define BT_TRANSLATOR_TESTS_LOCKGEN_H

#include "bt/translator/tests/lockguest.h"

#define LOCKGEN_BYTES (LOCK_CHUNKS * LOCK_CHUNK)

struct lockgen_image {
    uint8_t code[LOCKGEN_BYTES]; /* all chunks, for LOCK_CODE */
    uint8_t other[PAGE_SIZE];    /* other functions, for LOCK_OTHER */
};

/* The code for guests like *g. */
void lockgen_make(const struct lock_guest *g, uint64_t seed,
                  struct lockgen_image *image);

#endif
